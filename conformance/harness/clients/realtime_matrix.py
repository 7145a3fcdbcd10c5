"""Every realtime client whose column the table of clients has: each released client, form and transport.

The scenarios of the suite run through the two of `REALTIME_CLIENTS`; what all clients must do is one module of tests.
"""

import os
from pathlib import Path

from ..daemon import program
from .line_process import LineProcess, NodeProcess
from .realtime import CentrifugeJs, CentrifugePython, LineClient, log_event

SUITE = Path(__file__).parents[2]


class CentrifugePythonProtobuf(CentrifugePython):
    """The same in Protobuf."""

    name = "centrifuge-python-protobuf"
    label = "PyPI centrifuge-python, Protobuf"
    protobuf = True


class CentrifugeJsProtobuf(CentrifugeJs):
    """Its other build."""

    name = "centrifuge-js-protobuf"
    label = "npm centrifuge, Protobuf"
    form = "protobuf"


class CentrifugeJsHttpStream(CentrifugeJs):
    """npm `centrifuge` in Node.js without a WebSocket."""

    name = "centrifuge-js-http-stream"
    label = "npm centrifuge, HTTP streaming"
    transport = "http_stream"


class CentrifugeJsHttpStreamProtobuf(CentrifugeJsHttpStream):
    """The same in Protobuf."""

    name = "centrifuge-js-http-stream-protobuf"
    label = "npm centrifuge, HTTP streaming, Protobuf"
    form = "protobuf"


_browser = None


def browser():
    """The process that drives Chromium, started when it is first needed."""
    global _browser
    if _browser is None:
        chromium = program("chromium", "Chromium", "chromium")
        _browser = LineProcess("Chromium", ["node", "browser.mjs", chromium], SUITE / "node", log_event)
    return _browser


class Chromium(LineClient):
    """npm `centrifuge` in a page of a real Chromium, by its build for browsers."""

    name = "chromium"
    label = "npm centrifuge in Chromium"

    def process(self):
        """Chromium."""
        return browser()


class ChromiumProtobuf(Chromium):
    """The same in Protobuf."""

    name = "chromium-protobuf"
    label = "npm centrifuge in Chromium, Protobuf"
    form = "protobuf"


class ChromiumHttpStream(Chromium):
    """The same without a WebSocket, from a page of another origin."""

    name = "chromium-http-stream"
    label = "npm centrifuge in Chromium, HTTP streaming"
    transport = "http_stream"


class ChromiumHttpStreamProtobuf(ChromiumHttpStream):
    """The same in Protobuf."""

    name = "chromium-http-stream-protobuf"
    label = "npm centrifuge in Chromium, HTTP streaming, Protobuf"
    form = "protobuf"


class ChromiumSse(Chromium):
    """The same by server-sent events, which Node.js 20 has not."""

    name = "chromium-sse"
    label = "npm centrifuge in Chromium, SSE"
    transport = "sse"


_java = None


class CentrifugeJava(LineClient):
    """`io.github.centrifugal:centrifuge-java`, the client of phones: Protobuf alone."""

    name = "centrifuge-java"
    label = "Java centrifuge-java 0.4.1, Protobuf"
    form = "protobuf"

    def process(self):
        """A JVM."""
        global _java
        if _java is None:
            java = SUITE / "java"
            classes = f"{java}/target/classes:{java}/target/lib/*"
            _java = LineProcess("centrifuge-java", ["java", "-Xmx256m", "-cp", classes, "Realtime"], java, log_event)
        return _java


_go = None


class CentrifugeGo(LineClient):
    """`github.com/centrifugal/centrifuge-go`."""

    name = "centrifuge-go"
    label = "Go centrifuge-go 0.12.1"

    def process(self):
        """The program that `conformance/run` has built."""
        global _go
        if _go is None:
            _go = LineProcess("centrifuge-go", [SUITE / "go" / "target" / "client"], SUITE / "go", log_event)
        return _go


class CentrifugeGoProtobuf(CentrifugeGo):
    """The same in Protobuf."""

    name = "centrifuge-go-protobuf"
    label = "Go centrifuge-go, Protobuf"
    form = "protobuf"


_rust = None


class TokioCentrifuge(LineClient):
    """Crate `tokio-centrifuge`, which knows no presence, no recovery and no subscriptions of the server's; of a refused login
    it tells its application nothing."""

    name = "tokio-centrifuge"
    label = "crate tokio-centrifuge 0.2.6"
    lacks = frozenset({
        "presence", "presence_stats", "recovery after a dropped connection", "messages to one's own channel",
        "login that is refused",
    })
    tells_closes = False

    def process(self):
        """The program that is built beside the server."""
        global _rust
        if _rust is None:
            beside = Path(os.environ["MUSTER_BIN"]).with_name("conformance-client")
            _rust = LineProcess("tokio-centrifuge", [beside], SUITE, log_event)
        return _rust


class TokioCentrifugeProtobuf(TokioCentrifuge):
    """The same in Protobuf, asked for by the address."""

    name = "tokio-centrifuge-protobuf"
    label = "crate tokio-centrifuge, Protobuf"
    form = "protobuf"


REALTIME_MATRIX = [
    CentrifugeJs, CentrifugeJsProtobuf, CentrifugeJsHttpStream, CentrifugeJsHttpStreamProtobuf,
    CentrifugePython, CentrifugePythonProtobuf,
    Chromium, ChromiumProtobuf, ChromiumHttpStream, ChromiumHttpStreamProtobuf, ChromiumSse,
    CentrifugeJava, CentrifugeGo, CentrifugeGoProtobuf, TokioCentrifuge, TokioCentrifugeProtobuf,
]
