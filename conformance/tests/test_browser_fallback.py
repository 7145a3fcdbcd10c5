"""The browser client behind proxies that let no WebSocket through, and less: it goes over HTTP streaming, and over SSE."""

import re

import pytest

from harness.clients.sdk_page import SdkPage, login
from harness.narrow_proxy import Denial, NarrowProxy
from harness.scenes import say
from harness.waiting import until

# Longer than any machine needs to come back.
CONFIG = {"realtime": {"grace_seconds": 120}}

pytestmark = pytest.mark.looks_at("door")

COMMENT = 10001
SOCKET, STREAM, EVENTS = "/connection/websocket", "/connection/http_stream", "/connection/sse"
# How long the client waits for an answer over one way, in seconds.
ONE_WAY = 10


@pytest.fixture
def behind(server):
    """Opens a page behind a proxy that does this to requests to some paths: the page, and the proxy."""
    opened = []

    def behind(denied):
        proxy = NarrowProxy(server, denied)
        page = SdkPage(proxy)
        opened.append((page, proxy))
        return page, proxy

    yield behind
    complaints = []
    for page, proxy in opened:
        complaints += page.close()
        proxy.close()
    # What the proxy does is told by the browser itself.
    assert [text for text in complaints if not re.search("WebSocket connection|net::ERR_|blocked by CORS", text)] == []


def talk(page, group, witness):
    """Says something, and hears something."""
    page.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "from behind"})
    assert witness.event("recvgroupmessage", data="from behind")["data"]["sender"]["userId"] == "ada"
    say(witness, group, "to behind")
    page.event("recvgroupmessage", lambda message, _: message["data"] == "to behind")


@pytest.mark.parametrize(("refused", "way"), [([SOCKET], STREAM), ([SOCKET, STREAM], EVENTS)], ids=["http_stream", "sse"])
def test_a_page_whose_websocket_is_refused_talks_hears_and_comes_back_over_another_way(behind, app, group, witness, refused, way):
    page, proxy = behind(dict.fromkeys(refused, Denial.REFUSED))
    page.start(app)
    page.login(app, "ada")
    assert set(proxy.kept) == set(refused) and way in proxy.passed
    page.groups("joinGroup", group)
    talk(page, group, witness)
    proxy.refuse()
    proxy.drop()
    until(lambda: len(page.untaken("connecting")) == 2, "the loss to be told")
    say(witness, group, "missed")
    denials = len(proxy.kept)
    proxy.refuse(False)
    [groups] = page.event("reconnectsuccess")
    assert [info["groupId"] for info in groups] == [group]
    page.event("recvgroupmessage", lambda message, _: message["data"] == "missed")
    talk(page, group, witness)
    assert len(proxy.kept) == denials, "a way that has been found is kept to"
    assert "/emulation" in proxy.passed and page.untaken("disconnect") == []


def test_a_page_whose_websocket_and_stream_are_never_answered_logs_in_over_the_way_that_is_left(behind, app, group, witness):
    page, proxy = behind({SOCKET: Denial.SWALLOWED, STREAM: Denial.SWALLOWED})
    page.start(app)
    page.run(f"void AliVCInteraction.ImEngine.engine.login({login(app, 'ada')})")
    for tried in ([SOCKET], [SOCKET, STREAM]):
        until(lambda: proxy.kept == tried, lambda: f"{tried} to be tried: {proxy.kept}")
        page.pass_time(ONE_WAY)
    page.event("connectsuccess")
    assert proxy.kept == [SOCKET, STREAM] and EVENTS in proxy.passed and page.untaken("connectfailed") == []
    page.groups("joinGroup", group)
    talk(page, group, witness)
