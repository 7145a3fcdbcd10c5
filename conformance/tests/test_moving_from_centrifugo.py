"""What programs written for Centrifugo find: its tokens, channels and server API, beside the groups of this server."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request

import pytest

from harness.raw_session import Closed, RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

SECRET = "a secret of the operator's"
KEY = "a key of the backend's"
CHAT = {
    "presence": True,
    "join_leave": True,
    "history_size": 10,
    "history_ttl": "5m",
    "allow_recovery": True,
    "allow_subscribe_for_client": True,
    "allow_publish_for_subscriber": True,
    "allow_presence_for_subscriber": True,
    "allow_history_for_subscriber": True,
}
CONFIG = {
    "realtime": {
        "ping_seconds": 300,
        "compat": {"enabled": True, "hmac_secret_key": SECRET, "api_key": KEY, "api_body_bytes": 20_000, "namespaces": {"chat": CHAT}},
    }
}


def jwt(**claims):
    """A token as backends of Centrifugo make it."""
    pack = lambda part: base64.urlsafe_b64encode(part).rstrip(b"=")
    signed = b".".join(pack(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (signed + b"." + pack(hmac.digest(SECRET.encode(), signed, hashlib.sha256))).decode()


def call(server, method, body, **headers):
    """Calls the server API; the status, and the answer's JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}/api/{method}", data, headers or {"X-API-Key": KEY})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def seated(server, user, *channels):
    """A session that has logged in and subscribed."""
    session = RawSession(server)
    session.login(jwt(sub=user))
    for channel in channels:
        session.result("subscribe", {"channel": channel, "recoverable": True, "join_leave": True})
    return session


def test_what_a_backend_publishes_reaches_subscribers_and_stays_in_the_history(server):
    with seated(server, "42", "chat:a") as session:
        status, answer = call(server, "publish", {"channel": "chat:a", "data": {"n": 1.50}})
        assert status == 200 and answer["result"]["offset"] == 1 and answer["result"]["epoch"]
        assert session.push("pub") == {"channel": "chat:a", "pub": {"data": {"n": 1.5}, "offset": 1}}
        _, answer = call(server, "broadcast", {"channels": ["chat:a", "chat:b", "nowhere:c"], "data": 2})
        assert [list(one) for one in answer["result"]["responses"]] == [["result"], ["result"], ["error"]]
        _, answer = call(server, "history", {"channel": "chat:a", "limit": -1})
        assert [one["data"] for one in answer["result"]["publications"]] == [{"n": 1.5}, 2]
        _, answer = call(server, "presence", {"channel": "chat:a"})
        assert [one["user"] for one in answer["result"]["presence"].values()] == ["42"]
        _, answer = call(server, "presence_stats", {"channel": "chat:a"})
        assert answer["result"] == {"num_clients": 1, "num_users": 1}
        call(server, "history_remove", {"channel": "chat:a"})
        _, answer = call(server, "history", {"channel": "chat:a", "limit": -1})
        assert answer["result"]["publications"] == [] and answer["result"]["offset"] == 2


def test_a_backend_takes_a_user_out_of_a_channel_and_off(server):
    with seated(server, "43", "chat:c") as session:
        assert call(server, "unsubscribe", {"user": "43", "channel": "chat:c"}) == (200, {"result": {}})
        ended = {"code": 2000, "reason": "server unsubscribe"}
        assert session.push("unsubscribe") == {"channel": "chat:c", "unsubscribe": ended}
        assert session.error("publish", {"channel": "chat:c", "data": 1})["code"] == 103
        assert call(server, "disconnect", {"user": "43"}) == (200, {"result": {}})
        assert session.closing() == (3503, "force disconnect")


def test_the_server_api_wants_its_key_and_json(server):
    body = {"channel": "chat:a", "data": 1}
    for headers in ({"X-API-Key": "another"}, {"Authorization": "apikey another"}, {"X-Other": KEY}):
        assert call(server, "publish", body, **headers) == (401, None)
    assert call(server, "publish", body, Authorization=f"apikey {KEY}")[0] == 200
    assert call(server, "nothing", body) == (404, None)
    for malformed in (b"", b"[]", b"{", b"\xff", b'{"channel": 5}'):
        assert call(server, "publish", malformed) == (400, None), malformed
    assert call(server, "publish", b" " * 20_001)[0] == 413
    for wrong, code in [
        ({"channel": "", "data": 1}, 107), ({"channel": "chat:a"}, 107), ({"channel": "chat:a", "data": None}, 107),
        ({"channel": "g:1", "data": 1}, 102), ({"channel": "chat:a", "b64data": "%"}, 107),
    ]:
        assert call(server, "publish", wrong)[1]["error"]["code"] == code, wrong


def test_tokens_of_both_kinds_log_in_beside_each_other_and_see_nothing_of_each_other(server, wire):
    app = new_app(wire)
    group = new_group(wire, app)
    with RawSession(server) as member, seated(server, "42") as seat:
        member.login(login_token(app, "boss"))
        member.join(group)
        for channel in (f"g:{group}", "u:boss"):
            assert seat.error("subscribe", {"channel": channel})["code"] == 102
            assert seat.error("publish", {"channel": channel, "data": 1})["code"] == 102
            assert seat.error("history", {"channel": channel, "limit": 1})["code"] == 102
        assert member.error("subscribe", {"channel": "chat:a"})["code"] == 102
        assert seat.error("rpc", {"method": "queryGroup", "data": {"groupId": group}})["code"] == 108


def test_a_login_that_is_no_good_is_closed_with_the_code_that_ends_it_or_asked_for_another(server):
    for token in ("invalid_token", jwt(sub="42") + "x", jwt(sub="42", channel="chat:a"), ""):
        with RawSession(server) as session, pytest.raises(Closed) as closed:
            session.result("connect", {"token": token})
        assert (closed.value.code, closed.value.reason) == (3500, "invalid token")
    with RawSession(server) as session:
        assert session.error("connect", {"token": jwt(sub="42", exp=int(time.time()) - 5)})["code"] == 109


def test_the_section_is_refused_where_there_is_more_than_one_node(new_server):
    several = {"MUSTER_STORE": "postgres://localhost/none", "MUSTER_BUS": "nats://localhost:1"}
    done = new_server(CONFIG).cli("serve", check=False, environment=several)
    assert done.returncode == 2 and "realtime.compat" in done.stderr, done.stderr
