"""Connections that break and come back: recovery by position, the grace period, drain, pings; by hand and with both SDKs."""

import json
import signal
import time

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection

from harness.raw_session import RawSession
from harness.relay import Relay
from harness.scenes import client_of, new_app, new_group, old_app, old_group, old_token, online, say
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("nodes")

# Longer than any machine needs to come back, and no bound for who fills a stream: a quick machine reaches it.
CONFIG = {"realtime": {"grace_seconds": 120, "messages_per_client": 0}}


def resubscribe(session, group, position):
    return session.result(
        "subscribe",
        {"channel": f"g:{group}", "positioned": True, "recoverable": True, "recover": True, **position},
    )


def texts(publications):
    return [publication["data"]["data"] for publication in publications]


def test_a_member_that_comes_back_gets_all_it_missed_in_order_and_nothing_twice(server, app, group, witness):
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        say(witness, group, "one", "two")
        seen = ada.event("recvgroupmessage", data="two")
        ada.abandon()
    missed = [f"missed {n}" for n in range(10)]
    say(witness, group, *missed)
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        result = resubscribe(ada, group, {"epoch": joined["epoch"], "offset": seen["offset"]})
        assert result["recovered"] is True and result["was_recovering"] is True
        assert result["epoch"] == joined["epoch"]
        assert texts(result["publications"]) == missed
        offsets = [publication["offset"] for publication in result["publications"]]
        assert offsets == list(range(seen["offset"] + 1, seen["offset"] + 11))
        say(witness, group, "live again")
        assert ada.event("recvgroupmessage")["data"]["data"] == "live again"


def test_recovery_at_the_top_is_complete_and_empty(server, app, group, witness):
    say(witness, group, "only")
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        ada.result("unsubscribe", {"channel": f"g:{group}"})
        result = resubscribe(ada, group, {"epoch": joined["epoch"], "offset": joined["offset"]})
        assert result["recovered"] is True and not result.get("publications")


def test_recovery_from_the_beginning_without_an_epoch_gives_all(server, app, group, witness):
    say(witness, group, "one", "two", "three")
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        result = resubscribe(ada, group, {"epoch": "", "offset": 0})
        assert result["recovered"] is True and texts(result["publications"]) == ["one", "two", "three"]


@pytest.mark.parametrize("change", [{"epoch": "other"}, {"offset": 10_000}], ids=["epoch", "offset above the top"])
def test_recovery_from_a_position_that_never_was_is_refused_whole(server, app, group, witness, change):
    say(witness, group, "a", "b")
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        ada.result("unsubscribe", {"channel": f"g:{group}"})
        position = {"epoch": joined["epoch"], "offset": 0, **change}
        result = resubscribe(ada, group, position)
        assert not result.get("recovered") and result["was_recovering"] is True
        assert not result.get("publications"), "all or nothing"
        assert (result["epoch"], result["offset"]) == (joined["epoch"], joined["offset"])
        ada.result("unsubscribe", {"channel": f"g:{group}"})
        body = {"channel": f"g:{group}", "recoverable": True, "positioned": True, "recover": True, "flag": 3, **position}
        assert ada.error("subscribe", body)["code"] == 112


def test_more_than_the_server_keeps_is_not_recovered_in_part(server, app, group, witness):
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        ada.result("unsubscribe", {"channel": f"g:{group}"})
        for start in range(0, 1200, 100):
            frame = [
                {"id": witness.next_id(), "publish": {"channel": f"g:{group}", "data": str(n)}} for n in range(start, start + 100)
            ]
            witness.send_frame(*frame)
            assert "publish" in witness.reply(frame[-1]["id"], 20)
        result = resubscribe(ada, group, {"epoch": joined["epoch"], "offset": joined.get("offset", 0)})
        publications = result.get("publications", [])
        assert len(publications) == (1200 if result.get("recovered") else 0)
        assert result["offset"] == joined.get("offset", 0) + (0 if result.get("recovered") else 1200)


def test_a_short_drop_is_not_told_to_anybody_and_the_member_stays_listed(server, wire, app, group, witness):
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        witness.event("memberchange", memberCount=2)
        ada.abandon()
    assert online(wire, app, group) == 2
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        resubscribe(ada, group, {"epoch": joined["epoch"], "offset": joined.get("offset", 0)})
        assert online(wire, app, group) == 2
        with RawSession(server) as bob:
            bob.login(login_token(app, "bob"))
            bob.join(group)
            change = witness.change(joined="bob", memberCount=3)
        assert [user["userId"] for user in change["joinUsers"]] == ["bob"] and change["leaveUsers"] == []
        earlier = witness.unread(lambda m: m.get("push", {}).get("pub", {}).get("data", {}).get("event") == "memberchange")
        assert not any(user["userId"] == "ada" for m in earlier for user in m["push"]["pub"]["data"]["leaveUsers"])
        described = wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
        assert described["TotalTimes"] == 3, "coming back is no new session"


@pytest.mark.process
def test_after_the_grace_a_lost_member_has_left_and_the_others_are_told(new_server):
    server = new_server({"realtime": {"grace_seconds": 2}}).start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    with RawSession(server) as witness:
        witness.login(login_token(app, "witness"))
        witness.join(group)
        with RawSession(server) as ada:
            ada.login(login_token(app, "ada"))
            ada.join(group)
            witness.event("memberchange", memberCount=2)
            lost = time.monotonic()
            ada.abandon()
        change = witness.change(left="ada", memberCount=1)
        assert [user["userId"] for user in change["leaveUsers"]] == ["ada"]
        assert time.monotonic() - lost > 1.5, "the grace is 2 s here"
        assert online(wire, app, group) == 1


def test_a_member_keeps_its_place_in_the_roll_over_a_short_drop(server, wire, app, group, witness):
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        ada.join(group)
        with RawSession(server) as bob:
            bob.login(login_token(app, "bob"))
            bob.join(group)
            ada.abandon()
            with RawSession(server) as again:
                again.login(login_token(app, "ada"))
                again.join(group)
                page = {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
                rows = wire.ok("ListLiveMessageGroupUsers", page)["UserList"]
                assert [row["UserId"] for row in rows] == ["witness", "ada", "bob"]


def test_an_sdk_whose_socket_is_cut_misses_nothing(server, wire, app, group, witness, realtime, ledger):
    with Relay(server) as relay, client_of(realtime, server, app, "ada", ledger, relay.websocket_url) as ada:
        ada.login()
        joined = ada.join(group)
        assert joined["recoverable"] and joined["positioned"] and not joined["wasRecovering"]
        say(witness, group, "before")
        ada.received(group, "recvgroupmessage", data="before")
        for round in range(3):
            mark = ada.events.mark()
            relay.refuse()
            relay.drop()
            ada.events.wait("connecting", since=mark)
            missed = [f"round {round} message {n}" for n in range(5)]
            say(witness, group, *missed)
            relay.refuse(False)
            back = ada.recovered(group, since=mark)
            assert back["recovered"] is True and back["wasRecovering"] is True
            ada.received(group, "recvgroupmessage", data=missed[-1], since=mark)
            heard = [
                event["data"]["data"]
                for event in ada.events.all("publication", since=mark)
                if event["data"]["event"] == "recvgroupmessage"
            ]
            assert heard == missed
    left = witness.unread(lambda m: m.get("push", {}).get("pub", {}).get("data", {}).get("event") == "memberchange")
    assert not any(m["push"]["pub"]["data"]["leaveUsers"] for m in left), "nobody was told of the drops"


def test_an_sdk_that_joins_with_its_login_is_subscribed_and_hears(server, wire, app, group, witness, realtime, ledger):
    with client_of(realtime, server, app, "ada", ledger) as ada:
        ada.login(joining=[group])
        ada.events.wait("subscribed", channel=f"g:{group}")
        say(witness, group, "welcome")
        ada.received(group, "recvgroupmessage", data="welcome")


def test_every_call_works_through_each_sdk(server, wire, app, group, witness, realtime, ledger):
    with client_of(realtime, server, app, "creator", ledger) as carl:
        carl.login()
        carl.join(group)
        carl.publish(group, "published")
        assert carl.received(group, "recvgroupmessage", data="published")["offset"]
        sent = carl.rpc("sendGroupMessage", {"groupId": group, "type": 10005, "data": "called"})
        assert carl.received(group, "recvgroupmessage", messageId=sent["messageId"])["data"]["data"] == "called"
        assert carl.rpc("queryGroup", {"groupId": group})["statistics"]["onlineCount"] == 2
        users = carl.rpc("listGroupUser", {"groupId": group, "sortType": 0, "pageSize": 10})["userList"]
        assert [row["userId"] for row in users] == ["witness", "creator"]
        assert sorted(info["user"] for info in carl.presence(group).values()) == ["creator", "witness"]
        assert carl.presence_stats(group) == {"num_clients": 2, "num_users": 2}
        carl.leave(group)
        # The client says that it has left before the server has answered.
        until(lambda: online(wire, app, group) == 1, "the leave to have arrived")


def test_an_sdk_is_told_for_good_when_it_is_kicked_signed_in_elsewhere_or_unwelcome(server, wire, app, group, realtime):
    with client_of(realtime, server, app, "kim") as kim:
        kim.login()
        kim.join(group)
        wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "kim"})
        assert kim.events.wait("unsubscribed", channel=f"g:{group}")["code"] == 2101
        with client_of(realtime, server, app, "kim") as elsewhere:
            elsewhere.login()
            assert kim.events.wait("disconnected")["code"] == 4501
    with realtime(server, "nonsense") as stranger:
        assert stranger.refused_login()["code"] == 403


def test_an_sdk_hears_of_a_closed_group(server, wire, app, group, realtime):
    with client_of(realtime, server, app, "ada") as ada:
        ada.login()
        ada.join(group)
        wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
        ada.received(group, "exit", reason=1)
        assert ada.events.wait("unsubscribed", channel=f"g:{group}")["code"] == 2102


def test_a_first_generation_member_recovers_too(server, wire, realtime, ledger):
    app = old_app(wire)
    group = old_group(wire, app)
    with Relay(server) as relay, RawSession(server) as talker:
        talker.login(old_token(wire, app, "talker", device="d2"))
        talker.join(group)
        with realtime(server, old_token(wire, app, "ben"), ledger=ledger, generation=1, url=relay.websocket_url) as ben:
            ben.login()
            ben.join(group)
            say(talker, group, "before")
            ben.received(group, "recvgroupmessage", data="before")
            mark = ben.events.mark()
            relay.refuse()
            relay.drop()
            ben.events.wait("connecting", since=mark)
            say(talker, group, "missed")
            relay.refuse(False)
            assert ben.recovered(group, since=mark)["recovered"] is True
            ben.received(group, "recvgroupmessage", data="missed", since=mark)


@pytest.mark.process
def test_a_drained_server_tells_its_clients_to_come_back_and_they_find_their_messages(new_server, realtime):
    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    with RawSession(server) as raw, client_of(realtime, server, app, "ada") as ada:
        raw.login(login_token(app, "raw"))
        raw.join(group)
        ada.login()
        ada.join(group)
        say(raw, group, "before the restart")
        ada.received(group, "recvgroupmessage", data="before the restart")
        mark = ada.events.mark()
        server.signal(signal.SIGTERM)
        code, reason = raw.closing()
        assert code == 3001 and reason
        ada.events.wait("connecting", since=mark)
        assert server.wait() == 0
        server.start()
        ada.events.wait("connected", since=mark)
        back = ada.events.wait("subscribed", since=mark, channel=f"g:{group}")
        assert back["wasRecovering"] is True and back["recovered"] is True, "the stream outlives the process"
        with RawSession(server) as talker:
            talker.login(login_token(app, "talker"))
            talker.join(group)
            say(talker, group, "after the restart")
        ada.received(group, "recvgroupmessage", data="after the restart", since=mark)


@pytest.mark.process
def test_nobody_is_left_in_a_group_by_a_server_that_was_killed(new_server):
    server = new_server({"realtime": {"grace_seconds": 1}}).start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    session = RawSession(server)
    session.login(login_token(app, "ada"))
    session.join(group)
    server.kill()
    server.start()
    until(lambda: online(wire, app, group) == 0, "the ghost to be gone")
    page = {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
    assert wire.ok("ListLiveMessageGroupUsers", page)["UserList"] == []


@pytest.mark.process
@pytest.mark.looks_at("door")
def test_the_server_pings_on_schedule_and_parts_from_who_does_not_answer(new_server):
    server = new_server({"realtime": {"ping_seconds": 3, "pong_timeout_seconds": 2}}).start()
    app = new_app(Wire(server))
    with RawSession(server, answer_pings=False) as mute:
        assert mute.login(login_token(app, "mute"))["ping"] == 3
        code, reason = mute.closing()
        assert code == 3012 and reason
        assert mute.pings == 1
    with RawSession(server) as lively:
        lively.login(login_token(app, "lively"))

        def pinged_twice():
            lively.result("unsubscribe", {"channel": "g:none"})
            return lively.pings >= 2

        until(pinged_twice, "two pings on a busy connection")


class FramesOfPings(ClientConnection):
    """A WebSocket that counts the pings of its own protocol, and can keep their pongs back."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.frame_pings, self.answers = 0, True
        send_frame = self.protocol.send_frame
        self.protocol.send_frame = lambda frame: send_frame(frame) if self.answers or frame.opcode is not Opcode.PONG else None

    def process_event(self, event):
        self.frame_pings += isinstance(event, Frame) and event.opcode is Opcode.PING
        super().process_event(event)


@pytest.mark.process
@pytest.mark.looks_at("door")
def test_a_client_that_asks_for_it_is_pinged_by_frames_of_websocket_alone_and_has_to_answer_them(new_server):
    server = new_server({"realtime": {"ping_seconds": 3, "pong_timeout_seconds": 2}}).start()
    app = new_app(Wire(server))
    url = f"{server.websocket_url}?cf_ws_frame_ping_pong=true"
    with RawSession(server, url, create_connection=FramesOfPings) as ada:
        connected = ada.login(login_token(app, "ada"))
        assert "ping" not in connected and "pong" not in connected
        until(lambda: ada.socket.frame_pings >= 2, "a second ping, for the first was answered")
        ada.result("unsubscribe", {"channel": "g:none"})
        assert ada.pings == 0
        ada.socket.answers = False
        assert ada.closing() == (3012, "no pong")
        assert ada.pings == 0
    with RawSession(server, url) as ada:
        ada.login(login_token(app, "ada"))
        # A pong of the protocol's answers nothing here.
        ada.send_frame({})
        assert ada.closing() == (3501, "bad request")


def test_two_members_see_the_same_order_whoever_sends(server, wire, app, group, witness):
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        ada.join(group)
        for session, name in ((ada, "ada"), (witness, "witness")):
            session.send_frame(
                *({"id": session.next_id(), "publish": {"channel": f"g:{group}", "data": f"{name} {n}"}} for n in range(30))
            )
        orders = []
        for session in (ada, witness):
            for name in ("ada", "witness"):
                session.event("recvgroupmessage", data=f"{name} 29")
            messages = [json.loads(line) for frame in session.frames for line in frame.strip().split("\n")]
            publications = [m["push"]["pub"] for m in messages if "pub" in m.get("push", {})]
            orders.append([(p["offset"], p["data"]["data"]) for p in publications if p["data"]["event"] == "recvgroupmessage"])
        assert orders[0] == orders[1] and len(orders[0]) == 60
