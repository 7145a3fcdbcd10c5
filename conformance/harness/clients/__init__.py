"""The official API clients behind one interface, so that one scenario runs through each of them."""

from .api import ApiClient, ApiError
from .acs_python import AcsPython
from .java_api import AcsJava, AsyncJava
from .node_api import OpenApiClientNode, OpenApiCoreNode, PopCoreNode, RpcClientNode
from .tea_python import TeaPython, TeaPythonAsync

API_CLIENTS = [
    TeaPython, TeaPythonAsync, AcsPython, PopCoreNode, RpcClientNode, OpenApiClientNode, OpenApiCoreNode, AsyncJava, AcsJava,
]

__all__ = [
    "API_CLIENTS", "AcsJava", "AcsPython", "ApiClient", "ApiError", "AsyncJava", "OpenApiClientNode", "OpenApiCoreNode",
    "PopCoreNode", "RpcClientNode", "TeaPython", "TeaPythonAsync",
]
