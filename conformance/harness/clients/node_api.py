"""The JavaScript API clients. Each runs in a Node process of its own, started at its first call and kept."""

from .api import ApiClient, ApiError
from .node_process import NodeFailure, NodeProcess
from ..wire import VERSIONS

_processes = {}


class NodeApi(ApiClient):
    """What the three have in common: the script does the call, in its client's own way."""

    script = ""

    def invoke(self, product, action, params):
        process = _processes.get(self.script)
        if process is None:
            process = _processes[self.script] = NodeProcess(self.script)
        try:
            return process.ask(
                scheme=self.server.scheme,
                authority=self.server.authority,
                accessKeyId=self.key.id,
                accessKeySecret=self.key.secret,
                version=VERSIONS[product],
                product=product,
                action=action,
                params={name: value for name, value in params.items() if value is not None},
            )
        except NodeFailure as failure:
            error = failure.error
            raise ApiError(
                error.get("code"), error.get("status"), error.get("message"), error.get("requestId"), error.get("class"),
                {"access_denied": error.get("accessDenied"), "retry_after": error.get("retryAfter")},
            ) from failure


class PopCoreNode(NodeApi):
    """`@alicloud/pop-core`: everything in the query of a GET, signed with HMAC-SHA1; never looks at the HTTP status."""

    name = "pop-core"
    label = "npm @alicloud/pop-core 1.8.0"
    script = "pop_core.mjs"
    exceptions = {"client": "{code}Error", "server": "{code}Error", "throttled": "{code}Error"}


class OpenApiClientNode(NodeApi):
    """`@alicloud/openapi-client`, used generically."""

    name = "openapi-client"
    label = "npm @alicloud/openapi-client 0.4.15"
    script = "openapi_client.mjs"
    exceptions = {"client": "Error", "server": "Error", "throttled": "Error"}


class OpenApiCoreNode(NodeApi):
    """`@alicloud/openapi-core`, used generically."""

    name = "openapi-core"
    label = "npm @alicloud/openapi-core 1.0.8"
    script = "openapi_core.mjs"
    exceptions = {"client": "ClientError", "server": "ServerError", "throttled": "ThrottlingError"}
