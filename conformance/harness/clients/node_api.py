"""The JavaScript API clients. Each runs in a Node process of its own, started at its first call and kept."""

from .api import ApiClient, ApiError
from .line_process import LineFailure, NodeProcess
from ..wire import VERSIONS

_processes = {}


class LineApi(ApiClient):
    """A client in a process of its own, which does the call in the client's own way."""

    def process(self):
        """The process, started at the first call."""
        raise NotImplementedError

    def request(self, product, action, params):
        """The line of one call."""
        return {
            "scheme": self.server.scheme,
            "authority": self.server.authority,
            "accessKeyId": self.key.id,
            "accessKeySecret": self.key.secret,
            "securityToken": self.key.token,
            "version": VERSIONS[product],
            "product": product,
            "action": action,
            "params": {name: value for name, value in params.items() if value is not None},
        }

    def invoke(self, product, action, params):
        try:
            return self.process().ask(**self.request(product, action, params))
        except LineFailure as failure:
            error = failure.error
            raise ApiError(
                error.get("code"), error.get("status"), error.get("message"), error.get("requestId"), error.get("class"),
                {"access_denied": error.get("accessDenied"), "retry_after": error.get("retryAfter")},
            ) from failure


class NodeApi(LineApi):
    """What the JavaScript clients have in common: a script of each."""

    script = ""

    def process(self):
        """The script under Node."""
        if self.script not in _processes:
            _processes[self.script] = NodeProcess(self.script)
        return _processes[self.script]


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


class RpcClientNode(NodeApi):
    """`@alicloud/rpc-client`, the runtime between the two, used generically; signs with HMAC-SHA1."""

    name = "rpc-client"
    label = "npm @alicloud/rpc-client 1.3.2"
    script = "rpc_client.mjs"
    exceptions = {"client": "Error", "server": "Error", "throttled": "Error"}
