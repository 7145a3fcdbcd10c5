"""The older Python SDKs: request classes with setters, signed with HMAC-SHA1 in the query; CommonRequest elsewhere."""

import importlib
import json

from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from ..wire import VERSIONS
from .api import ApiClient, ApiError


class AcsPython(ApiClient):
    """`aliyun-python-sdk-core` with `-live` and `-cams`; the chat groups of CAMS have no class there."""

    name = "acs-python"
    label = "Python aliyun-python-sdk-core 2.16.1, -live 3.9.75, -cams 1.0.13"
    exceptions = {"client": "ServerException", "server": "ServerException", "throttled": "ServerException"}

    def __init__(self, server, key=None, ledger=None):
        super().__init__(server, key, ledger)
        if token := self.key.token:
            temporary = StsTokenCredential(self.key.id, self.key.secret, token)
            self._client = AcsClient(region_id="cn-shanghai", credential=temporary)
        else:
            self._client = AcsClient(self.key.id, self.key.secret, "cn-shanghai")

    def invoke(self, product, action, params):
        request = _typed(product, action, params) or _common(self.server, product, action, params)
        request.set_accept_format("json")
        request.set_protocol_type(self.server.scheme)
        request.set_endpoint(self.server.authority)
        try:
            return json.loads(self._client.do_action_with_exception(request))
        except ServerException as error:
            raise ApiError(
                error.get_error_code(), error.get_http_status(), error.get_error_msg(), error.get_request_id(), "ServerException"
            ) from error
        except ClientException as error:
            raise ApiError(error.get_error_code(), None, error.get_error_msg(), None, "ClientException") from error


def _typed(product, action, params):
    version = VERSIONS[product].replace("-", "")
    try:
        module = importlib.import_module(f"aliyunsdk{product}.request.v{version}.{action}Request")
    except ModuleNotFoundError:
        return None
    request = getattr(module, f"{action}Request")()
    if any(value is not None and not hasattr(request, f"set_{name}") for name, value in params.items()):
        # The class is older than the parameter: its users ask without it.
        return None
    for name, value in params.items():
        if value is not None:
            getattr(request, f"set_{name}")(value)
    return request


def _common(server, product, action, params):
    request = CommonRequest(domain=server.authority, version=VERSIONS[product], action_name=action, product=product)
    request.set_method("POST")
    for name, value in params.items():
        if value is not None:
            request.add_query_param(name, json.dumps(value) if isinstance(value, (dict, list)) else value)
    return request
