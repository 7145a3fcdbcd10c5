"""The Java API clients. One JVM runs both, started at the first call and kept."""

from pathlib import Path

from .line_process import LineProcess
from .node_api import LineApi

JAVA = Path(__file__).parents[2] / "java"

_process = None


def _jvm():
    global _process
    if _process is None:
        classes = f"{JAVA}/target/classes:{JAVA}/target/lib/*"
        _process = LineProcess("the Java clients", ["java", "-Xmx256m", "-cp", classes, "Clients"], JAVA)
    return _process


class JavaApi(LineApi):
    """What the two have in common: the JVM does the call, in its client's own way."""

    client = ""

    def __init__(self, server, key=None, ledger=None, signature=None):
        super().__init__(server, key, ledger)
        self._signature = signature

    def process(self):
        """The JVM."""
        return _jvm()

    def request(self, product, action, params):
        """The line of one call."""
        return {**super().request(product, action, params), "client": self.client, "signature": self._signature}


class AsyncJava(JavaApi):
    """`aliyun-gateway-pop`, the asynchronous runtime, used generically: ACS3-HMAC-SHA256 that does not cover the Host."""

    name = "java-async"
    label = "Java com.aliyun:aliyun-gateway-pop, darabonba-java-core 0.3.6-beta"
    client = "asynchronous"
    exceptions = {"client": "PopClientException", "server": "PopServerException", "throttled": "PopClientException"}


class AcsJava(JavaApi):
    """`aliyun-java-sdk-core` with `-live`: request and answer classes, signed with HMAC-SHA1; CommonRequest for cams."""

    name = "java-acs"
    label = "Java com.aliyun:aliyun-java-sdk-core 4.7.10, -live 3.9.76"
    client = "older"
    tells_status = False
    exceptions = {"client": "ClientException", "server": "ServerException", "throttled": "ClientException"}
