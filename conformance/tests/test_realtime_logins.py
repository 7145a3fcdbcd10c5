"""Logins that end with their tokens: how they go on, how they end, and what clients of every kind make of it."""

import re

import pytest

from harness.clients.realtime_matrix import REALTIME_MATRIX
from harness.raw_session import RawSession
from harness.scenes import client_of, member_of, new_app, new_group, old_app, old_token, say
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import fetch

# Nobody has time to refresh once the token has ended, and nobody is out of a group by waiting.
CONFIG = {"realtime": {"refresh_grace_seconds": 0, "grace_seconds": 120}}

pytestmark = pytest.mark.looks_at("nodes")

# Seconds that a login lasts that is to end: time enough to log in with it.
BRIEF = 5


def test_a_login_goes_on_with_another_token_on_the_same_connection(server, app, group):
    with RawSession(server) as ada, RawSession(server) as bob:
        first = ada.login(login_token(app, "ada", lifetime=BRIEF))
        assert first["expires"] is True and 1 <= first["ttl"] <= BRIEF
        refreshed = ada.result("refresh", {"token": login_token(app, "ada")})
        assert refreshed["expires"] is True and 3590 <= refreshed["ttl"] <= 3600
        bob.login(login_token(app, "bob", lifetime=BRIEF))
        ada.join(group)
        assert bob.closing() == (3005, "connection expired")
        say(ada, group, "there still")
        assert ada.event("recvgroupmessage", data="there still")


def test_who_comes_back_with_another_token_has_missed_nothing_and_the_old_one_is_refused(server, app, group):
    token = login_token(app, "ada", lifetime=BRIEF)
    with member_of(server, app, group, "witness") as witness:
        with RawSession(server) as ada:
            ada.login(token)
            joined = ada.join(group)
            assert ada.closing() == (3005, "connection expired")
        say(witness, group, "missed")
        with RawSession(server) as ada:
            assert ada.error("connect", {"token": token}) == {"code": 109, "message": "token expired"}
        with RawSession(server) as ada:
            ada.login(login_token(app, "ada"))
            back = ada.join(group, recover=True, epoch=joined["epoch"], offset=joined.get("offset", 0))
            assert back["recovered"] is True
            assert [publication["data"]["data"] for publication in back["publications"]] == ["missed"]
            assert back["data"]["statistics"]["onlineCount"] == 2


def test_another_token_must_be_the_users_own_and_say_the_same_of_it(server, wire, app):
    for token, code in [("nonsense", 403), (login_token(app, "bob"), 403), (login_token(new_app(wire), "ada"), 403)]:
        with RawSession(server) as ada:
            ada.login(login_token(app, "ada"))
            assert ada.error("refresh", {"token": token}) == {"code": code, "message": "auth fail"}
            assert ada.rpc("queryGroup", {"groupId": new_group(wire, app)})
    for token, closing in [
        (login_token(app, "ada", lifetime=-5), (3005, "connection expired")),
        (login_token(app, "ada", role="admin"), (3011, "force reconnect")),
        (login_token(app, "ada", extension="{}"), (3011, "force reconnect")),
    ]:
        with RawSession(server) as ada:
            ada.login(login_token(app, "ada"))
            ada.send("refresh", {"token": token})
            assert ada.closing() == closing


def test_a_login_of_the_first_generation_goes_on_with_another_access_token(server, wire):
    app = old_app(wire)
    with RawSession(server) as ben:
        assert ben.login(old_token(wire, app, "ben"))["ttl"] > 86_000
        assert ben.result("refresh", {"token": old_token(wire, app, "ben")})["ttl"] > 86_000
        assert ben.error("refresh", {"token": old_token(wire, app, "zoe")})["code"] == 403


def test_a_user_reads_and_recovers_its_own_stream(server, wire, app):
    with RawSession(server) as ada, RawSession(server) as bob:
        bob.login(login_token(app, "bob"))
        own = ada.login(login_token(app, "ada"))["subs"]["u:ada"]
        assert own["recoverable"] and own["positioned"] and not own.get("was_recovering")
        first = own.get("offset", 0)
        for number in range(1, 5):
            bob.rpc("sendC2cMessage", {"receiverId": "ada", "type": 1, "data": f"m{number}"})
        assert ada.event("recvc2cmessage", data="m4")["offset"] == first + 4

        def read(**what):
            history = ada.result("history", {"channel": "u:ada", **what})
            assert (history["epoch"], history["offset"]) == (own["epoch"], first + 4)
            return [publication["data"]["data"] for publication in history["publications"]]

        assert read() == read(limit=0) == []
        assert read(limit=-1, since={"offset": first, "epoch": own["epoch"]}) == ["m1", "m2", "m3", "m4"]
        assert read(limit=2, since={"offset": first + 1, "epoch": own["epoch"]}) == ["m2", "m3"]
        assert read(limit=2, reverse=True) == ["m4", "m3"]
        assert read(limit=-1, reverse=True, since={"offset": first + 3, "epoch": ""})[:2] == ["m2", "m1"]
        assert ada.error("history", {"channel": "u:ada", "limit": 1, "since": {"offset": 1, "epoch": "another"}})["code"] == 112
        assert ada.error("history", {"channel": "u:bob", "limit": 1})["code"] == 103
        for epoch, offset, missed in [
            (own["epoch"], first + 2, ["m3", "m4"]),
            (own["epoch"], first + 4, []),
            (own["epoch"], first + 5, None),
            ("another", first + 2, None),
        ]:
            with RawSession(server) as again:
                held = {"u:ada": {"recover": True, "epoch": epoch, "offset": offset}}
                back = again.login(login_token(app, "ada"), subs=held)["subs"]["u:ada"]
                assert back["was_recovering"] is True and back.get("recovered", False) is (missed is not None)
                assert [publication["data"]["data"] for publication in back.get("publications", [])] == (missed or [])
                assert back["offset"] == (offset if missed is not None else first + 4)


def refused(server):
    """How many logins the server has refused."""
    return int(float(re.search(r"^muster_logins_refused_total (\S+)$", fetch(server, "/metrics").body.decode(), re.M)[1]))


# Each SDK once: the form and the browser change nothing about it.
SDKS = [kind for kind in REALTIME_MATRIX if kind.name in ("centrifuge-js", "centrifuge-python", "centrifuge-go", "centrifuge-java")]


@pytest.mark.only_over("sqlite", reason="what a client makes of the protocol is the same over every store")
@pytest.mark.parametrize("kind", SDKS, ids=lambda kind: kind.name)
def test_a_client_that_has_no_other_token_ends_for_good_and_does_not_storm(kind, server, app):
    with client_of(kind, server, app, "first") as first:
        # The client's program runs now: the time of the token is the client's own.
        first.login()
    before = refused(server)
    with client_of(kind, server, app, "ada", lifetime=BRIEF) as ada:
        ada.login()
        ada.events.wait("disconnected")
    assert refused(server) - before <= 1
