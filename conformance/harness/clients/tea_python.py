"""The current Python SDKs: typed requests and responses, signed with ACS3-HMAC-SHA256."""

import asyncio
import importlib
import re

from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi import exceptions as tea_exceptions
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions

from ..wire import VERSIONS
from .api import ApiClient, ApiError

MODULES = {"live": "alibabacloud_live20161101", "cams": "alibabacloud_cams20200606"}


class TeaPython(ApiClient):
    """`alibabacloud_live20161101` and `alibabacloud_cams20200606`."""

    name = "tea-python"
    label = "Python alibabacloud_live20161101 3.0.2, alibabacloud_cams20200606 5.3.1"
    exceptions = {"client": "ClientException", "server": "ServerException", "throttled": "ThrottlingException"}

    def __init__(self, server, key=None, ledger=None, signature_algorithm=None):
        super().__init__(server, key, ledger)
        self._signature_algorithm = signature_algorithm
        self._clients = {}

    def invoke(self, product, action, params):
        try:
            typed = _typed(product, action)
            if typed is None:
                return self._send_generic(self._client(product), _generic(product, action), params)
            response = self._send(self._client(product), _method(action), typed().from_map(dict(params)))
        except tea_exceptions.AlibabaCloudException as error:
            raise ApiError(
                error.code, error.status_code, error.message, error.request_id, type(error).__name__,
                {"access_denied": getattr(error, "access_denied_detail", None), "retry_after": getattr(error, "retry_after", None)},
            ) from error
        return response.body.to_map()

    def _send(self, client, method, request):
        return getattr(client, method)(request)

    def _send_generic(self, client, operation, params):
        """A call of what has no class here, by the runtime that the packages share."""
        return client.call_api(operation, OpenApiRequest(query=texts(params)), RuntimeOptions())["body"]

    def _client(self, product):
        if product not in self._clients:
            config = Config(
                access_key_id=self.key.id,
                access_key_secret=self.key.secret,
                security_token=self.key.token,
                endpoint=self.server.authority,
                protocol=self.server.scheme,
                region_id="cn-shanghai",
            )
            if self._signature_algorithm:
                config.signature_algorithm = self._signature_algorithm
            module = importlib.import_module(f"{MODULES[product]}.client") if product in MODULES else None
            self._clients[product] = module.Client(config) if module else OpenApiClient(config)
        return self._clients[product]


class TeaPythonAsync(TeaPython):
    """The same clients by their asynchronous methods, which send another Content-Type and sign the same."""

    name = "tea-python-async"
    label = "the same, asynchronous"

    def _send(self, client, method, request):
        return asyncio.run(getattr(client, f"{method}_async")(request))

    def _send_generic(self, client, operation, params):
        return asyncio.run(client.call_api_async(operation, OpenApiRequest(query=texts(params)), RuntimeOptions()))["body"]


def _typed(product, action):
    """The class of an operation's requests; None where the packages have none, as of operations that were withdrawn."""
    if product not in MODULES:
        return None
    return getattr(importlib.import_module(f"{MODULES[product]}.models"), f"{action}Request", None)


def _generic(product, action):
    return Params(
        action=action, version=VERSIONS[product], protocol=None, pathname="/", method="POST", auth_type="AK", style="RPC",
        req_body_type="formData", body_type="json",
    )


def texts(params):
    """Plain parameters as text."""
    return {name: str(value) for name, value in params.items() if value is not None}


def _method(action):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", action).lower()
