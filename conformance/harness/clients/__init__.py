"""The official API clients behind one interface, so that one scenario runs through each of them."""

from .api import ApiClient, ApiError
from .acs_python import AcsPython
from .node_api import OpenApiClientNode, OpenApiCoreNode, PopCoreNode
from .tea_python import TeaPython

API_CLIENTS = [TeaPython, AcsPython, PopCoreNode, OpenApiClientNode, OpenApiCoreNode]

__all__ = ["API_CLIENTS", "AcsPython", "ApiClient", "ApiError", "OpenApiClientNode", "OpenApiCoreNode", "PopCoreNode", "TeaPython"]
