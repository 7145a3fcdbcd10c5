"""HTTP streaming, SSE and `/emulation`, spoken by hand: what their clients rely on, and what strangers may try."""

import json
import re

import pytest

from harness.raw_session import Closed, RawSession
from harness.scenes import new_app, online, say
from harness.streamed_session import PATHS, StreamedSession, post
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire, fetch

# What goes over these ways meets the server before any store does.
pytestmark = pytest.mark.looks_at("door")

# No ping comes while a test runs: what is seen at once is not seen by a pong that is missing.
CONFIG = {"realtime": {"ping_seconds": 900, "pong_timeout_seconds": 600, "write_timeout_seconds": 2}}
JSON = {"Content-Type": "application/json"}

either = pytest.mark.parametrize("transport", PATHS)


@pytest.fixture
def enter(server, app):
    """Logs a user in over one of these ways, and joins a group if one is given."""
    opened = []

    def enter(user, transport="http_stream", group=None, **options):
        session = StreamedSession(server, transport, **options)
        opened.append(session)
        session.login(login_token(app, user))
        if group:
            session.join(group)
        return session

    yield enter
    for session in opened:
        session.close()


def streams(server, transport):
    """How many connections there are over this transport."""
    metrics = fetch(server, "/metrics").body.decode()
    pattern = rf'^muster_transport_connections{{transport="{transport}",form="json"}} (\S+)$'
    return int(float(re.search(pattern, metrics, re.M)[1]))


@either
def test_a_member_joins_talks_and_hears_and_nothing_on_the_way_may_hold_it_back(enter, transport, group, witness):
    ada = enter("ada", transport, group)
    assert re.fullmatch("[0-9a-f]{32}", ada.session) and ada.node
    kind = {"http_stream": "application/json; charset=utf-8", "sse": "text/event-stream"}[transport]
    assert ada.answer.status == 200 and ada.answer.headers["content-type"] == kind
    assert ada.answer.headers["x-accel-buffering"] == "no" and "no-store" in ada.answer.headers["cache-control"]
    ada.result("publish", {"channel": f"g:{group}", "data": "over a stream"})
    assert witness.event("recvgroupmessage", data="over a stream")
    say(witness, group, "héllo 😀")
    assert ada.event("recvgroupmessage", data="héllo 😀")["offset"] == 2
    assert ada.rpc("queryGroup", {"groupId": group})["statistics"]["onlineCount"] == 2


def test_a_connection_that_runs_both_ways_has_no_key(server, app):
    with RawSession(server) as session:
        result = session.login(login_token(app, "ada"))
        assert "session" not in result and "node" not in result


def test_several_commands_may_begin_a_connection(server, app, group):
    with StreamedSession(server) as ada:
        token = login_token(app, "ada")
        ada.send_frame({"id": 1, "connect": {"token": token}}, {"id": 2, "subscribe": {"channel": f"g:{group}"}})
        assert ada.reply(1)["connect"]["client"] and ada.reply(2)["subscribe"]["positioned"]


@either
def test_a_client_that_hangs_up_is_seen_at_once_and_what_it_missed_is_there_when_it_comes_back(
    server, enter, transport, app, group, witness
):
    ada = enter("ada", transport)
    joined = ada.join(group)
    ada.abandon()
    until(lambda: streams(server, transport) == 0, "the connection to be gone")
    say(witness, group, "one", "two", "three")
    again = enter("ada", transport)
    back = again.join(group, recover=True, epoch=joined["epoch"], offset=joined.get("offset", 0))
    assert back["recovered"] and back["was_recovering"]
    texts = [one["data"]["data"] for one in back["publications"] if one["data"]["event"] == "recvgroupmessage"]
    assert texts == ["one", "two", "three"]


@either
def test_the_end_is_told_and_ends_the_answer(server, wire, enter, transport, app, group):
    ada = enter("ada", transport, group)
    wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "ada"})
    assert ada.push("unsubscribe")["unsubscribe"]["code"] == 2101
    enter("ada", transport)
    assert ada.closing() == (4501, "signed in elsewhere")
    assert post(server, ada.session, ada.node, {}).status == 404


@either
def test_a_refused_login_is_answered_and_one_that_breaks_the_protocol_ended(server, transport):
    with StreamedSession(server, transport) as stranger:
        assert stranger.error("connect", {"token": "nonsense"})["code"] == 403
    with StreamedSession(server, transport) as stranger:
        stranger.send("rpc", {"method": "queryGroup"})
        assert stranger.closing() == (3501, "bad request")


def test_a_key_opens_its_own_session_and_no_other(server, enter, group, witness):
    ada = enter("ada", group=group)
    said = {"id": 900, "publish": {"channel": f"g:{group}", "data": "as somebody else"}}
    guesses = ["", "0" * 32, ada.session[:-1], ada.session.upper() + "0", ada.session + "0", "'; --", "x" * 10_000]
    for guess in guesses:
        refused = post(server, guess, ada.node, said)
        assert (refused.status, b"no such session" in refused.body) == (404, True), guess
    for node in ("", "elsewhere", "a.b.>", "*", "x" * 10_000):
        assert post(server, ada.session, node, {"id": 901, "presence_stats": {"channel": f"g:{group}"}}).status == 204
    assert ada.reply(901)["presence_stats"]["num_users"] == 2
    assert not witness.unread(lambda message: "as somebody else" in json.dumps(message))
    ada.abandon()
    until(lambda: post(server, ada.session, ada.node, {}).status == 404, "the key to open nothing")


def test_what_is_too_large_is_no_command_or_comes_otherwise_is_refused_in_words(server, enter):
    ada = enter("ada")

    def refused(path, body=None, method="POST", headers=JSON):
        answer = fetch(server, path, method, body, headers)
        assert answer.status >= 400 and answer.body.endswith(b"\n"), answer
        return answer.status

    assert refused("/emulation", b"{") == refused("/emulation", b"[]") == refused("/emulation", b"") == 400
    assert refused("/emulation", b"\xff\xff", headers={"Content-Type": "application/octet-stream"}) == 400
    large = json.dumps({"session": ada.session, "node": ada.node, "data": "x" * 70_000})
    assert refused("/emulation", large) == refused("/emulation", b"x" * 200_000) == 413
    assert refused("/connection/http_stream", b"x" * 40_000) == 413
    assert refused(f"/connection/sse?cf_connect={'x' * 40_000}", method="GET") == 413
    assert refused("/connection/http_stream", b"") == refused("/connection/sse", method="GET") == 400
    for path, method in (("/emulation", "GET"), ("/connection/http_stream", "GET"), ("/connection/sse", "PUT")):
        assert refused(path, method=method) == 405
    assert ada.error("rpc", {"method": "none"})["code"] == 104, "none of it touches the session"


def test_a_page_of_another_origin_is_told_what_it_may(server, new_server):
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Headers": "content-type"}
    for path in (*PATHS.values(), "/emulation"):
        answer = fetch(server, path, "OPTIONS", headers=asked)
        assert answer.status == 204 and answer.headers["access-control-allow-origin"] == "https://app.example.com"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"] == "content-type"
    answer = fetch(server, "/emulation", "POST", "{}", {**JSON, "Origin": "https://app.example.com"})
    assert answer.status == 404 and answer.headers["access-control-allow-origin"] == "https://app.example.com"
    strict = new_server({"realtime": {"origins": ["https://app.example.com"]}})
    strict.start()
    for path in (*PATHS.values(), "/emulation"):
        for method in ("OPTIONS", "POST"):
            assert fetch(strict, path, method, "{}", {**JSON, "Origin": "https://evil.example"}).status == 403
    app = new_app(Wire(strict))
    with StreamedSession(strict, headers={"Origin": "https://app.example.com"}) as ada:
        ada.login(login_token(app, "ada"))
        assert ada.answer.headers["access-control-allow-origin"] == "https://app.example.com"


def test_a_server_that_is_full_says_so_and_one_that_stops_sends_its_clients_elsewhere(new_server):
    server = new_server({"realtime": {"max_connections": 1}})
    server.start()
    app = new_app(Wire(server))
    with StreamedSession(server) as ada:
        ada.login(login_token(app, "ada"))
        refused = fetch(server, "/connection/http_stream", "POST", "{}", JSON)
        assert (refused.status, refused.body) == (503, b"This server takes no more connections now.\n")
        server.terminate()
        assert ada.closing() == (3001, "shutdown")
        assert server.wait() == 0


def test_a_client_that_never_reads_is_told_to_wait_and_closed_and_keeps_nobody_else(server, enter, app, group, witness):
    for _ in range(60):
        witness.result("publish", {"channel": f"g:{group}", "data": "x" * 15_000})
    before = streams(server, "http_stream")
    deaf = enter("deaf", group=group, window=4096)
    history = "\n".join(json.dumps({"id": n, "history": {"channel": f"g:{group}", "limit": -1}}) for n in range(100, 300))
    answers = set()

    def posted():
        answers.add(deaf.post_text(history).status)
        return 404 in answers

    until(posted, "the connection to be closed")
    assert answers <= {204, 429, 404}
    until(lambda: streams(server, "http_stream") == before, "the deaf one to be gone")
    witness.result("publish", {"channel": f"g:{group}", "data": "still there"})


def test_a_thousand_posts_of_one_client_are_carried_out_or_refused_each(server, enter, wire, app, group, witness):
    ada = enter("ada", group=group)
    taken = [
        number
        for number in range(1000, 2000)
        if ada.post_text(json.dumps({"id": number, "presence_stats": {"channel": f"g:{group}"}})).status == 204
    ]
    assert len(taken) > 500
    for number in taken:
        assert ada.reply(number)["presence_stats"]["num_users"] == 2
    assert online(wire, app, group) == 2


def test_a_commands_frame_beyond_the_bound_ends_its_connection_alone(enter, group):
    ada, ben = enter("ada", group=group), enter("ben", group=group)
    ada.send_frame(*({"id": n, "presence_stats": {"channel": f"g:{group}"}} for n in range(10, 300)))
    with pytest.raises(Closed) as closed:
        ada.reply(5_000)
    assert closed.value.code == 3501
    assert ben.result("presence_stats", {"channel": f"g:{group}"})
