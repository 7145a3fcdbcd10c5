"""What every released realtime client must do, each in its forms and transports: the columns of the table of clients."""

import pytest

from harness.clients.realtime import RealtimeError
from harness.clients.realtime_matrix import REALTIME_MATRIX
from harness.relay import Relay
from harness.scenes import client_of, old_app, old_group, old_token, online, say
from harness.waiting import until

# What a client makes of the protocol meets the server before any store does.
pytestmark = pytest.mark.looks_at("door")

# Longer than any machine needs to come back.
CONFIG = {"realtime": {"grace_seconds": 120}}
RECOVERY = "recovery after a dropped connection"
REFUSED = "login that is refused"


def those_with(feature):
    return [client for client in REALTIME_MATRIX if feature not in client.lacks]


every_client = pytest.mark.parametrize("kind", REALTIME_MATRIX, ids=lambda kind: kind.name)


@every_client
def test_a_client_joins_hears_says_asks_and_leaves(kind, server, wire, app, group, witness, ledger):
    with client_of(kind, server, app, "creator", ledger) as carl:
        connected = carl.login()
        assert connected["data"]["userId"] == "creator" and connected["client"]
        joined = carl.join(group)
        assert joined["data"]["groupId"] == group and joined["data"]["statistics"]["onlineCount"] == 2
        say(witness, group, "héllo 😀")
        heard = carl.received(group, "recvgroupmessage", data="héllo 😀")
        assert heard["offset"] and heard["data"]["sender"]["userId"] == "witness"
        carl.publish(group, "published")
        assert carl.received(group, "recvgroupmessage", data="published")["offset"] == heard["offset"] + 1
        sent = carl.rpc("sendGroupMessage", {"groupId": group, "type": 10005, "data": "called", "noStorage": True})
        told = carl.received(group, "recvgroupmessage", messageId=sent["messageId"])
        assert told["data"]["data"] == "called" and not told.get("offset"), "what is not stored has no offset"
        assert carl.rpc("sendC2cMessage", {"receiverId": "witness", "type": 1, "data": "psst"})["messageId"]
        assert witness.event("recvc2cmessage", data="psst")["data"]["sender"]["userId"] == "creator"
        assert carl.rpc("queryGroup", {"groupId": group})["statistics"]["msgAmount"] == {"10001": 2, "10005": 1}
        users = carl.rpc("listGroupUser", {"groupId": group, "pageSize": 10})["userList"]
        assert [row["userId"] for row in users] == ["witness", "creator"]
        said = ["héllo 😀", "published"]
        for method, more in (("listRecentMessage", {}), ("listMessage", {"type": 10001}), ("listHistoryMessage", {"type": 10001})):
            assert [row["data"] for row in carl.rpc(method, {"groupId": group, **more})["messageList"]] == said, method
        with pytest.raises(RealtimeError) as refused:
            carl.rpc("sendC2cMessage", {"receiverId": "nobody", "type": 1, "data": "psst"})
        assert (refused.value.code, refused.value.message) == (424, "user not online")
        carl.leave(group)
        # The client says that it has left before the server has answered.
        until(lambda: online(wire, app, group) == 1, "the leave to have arrived")


@pytest.mark.parametrize("kind", those_with("messages to one's own channel"), ids=lambda kind: kind.name)
def test_a_client_hears_what_is_said_to_its_user_alone(kind, server, app, group, witness, ledger):
    with client_of(kind, server, app, "ada", ledger) as ada:
        ada.login()
        witness.rpc("sendC2cMessage", {"receiverId": "ada", "type": 7, "data": "for you"})
        told = ada.told("recvc2cmessage", data="for you")
        assert told["channel"] == "u:ada" and told["offset"] and told["data"]["sender"]["userId"] == "witness"


@pytest.mark.parametrize("kind", those_with("presence"), ids=lambda kind: kind.name)
def test_a_client_is_told_who_is_there(kind, server, app, group, witness, ledger):
    with client_of(kind, server, app, "ada", ledger) as ada:
        ada.login()
        ada.join(group)
        assert sorted(info["user"] for info in ada.presence(group).values()) == ["ada", "witness"]
        assert ada.presence_stats(group) == {"num_clients": 2, "num_users": 2}


@pytest.mark.parametrize("kind", those_with(RECOVERY), ids=lambda kind: kind.name)
def test_a_client_whose_connection_is_cut_comes_back_and_has_missed_nothing(kind, server, app, group, witness, ledger):
    with Relay(server) as relay, client_of(kind, server, app, "ada", ledger, relay.websocket_url) as ada:
        ada.login()
        joined = ada.join(group)
        assert joined["recoverable"] and joined["positioned"] and not joined["wasRecovering"]
        say(witness, group, "before")
        ada.received(group, "recvgroupmessage", data="before")
        mark = ada.events.mark()
        relay.refuse()
        relay.drop()
        ada.events.wait("connecting", since=mark)
        missed = [f"missed {n}" for n in range(5)]
        say(witness, group, *missed)
        relay.refuse(False)
        assert ada.recovered(group, since=mark)["recovered"] is True
        ada.received(group, "recvgroupmessage", data=missed[-1], since=mark)
        told = [event["data"] for event in ada.events.all("publication", since=mark)]
        assert [data["data"] for data in told if data["event"] == "recvgroupmessage"] == missed


@every_client
def test_a_client_of_the_first_generation_logs_in_and_talks(kind, server, wire, ledger):
    app = old_app(wire)
    group = old_group(wire, app)
    with kind(server, old_token(wire, app, "ben"), ledger=ledger, generation=1) as ben:
        ben.login()
        ben.join(group)
        ben.rpc("sendGroupMessage", {"groupId": group, "type": 20001, "data": "hello"})
        assert ben.received(group, "recvgroupmessage", data="hello")["offset"]


@pytest.mark.parametrize("kind", those_with(REFUSED), ids=lambda kind: kind.name)
def test_a_client_whose_login_is_refused_is_told_why_and_stays_away(kind, server, ledger):
    with kind(server, "nonsense", ledger=ledger) as stranger:
        assert stranger.refused_login()["code"] == 403


@every_client
def test_a_client_is_told_for_good_that_it_was_removed_or_is_elsewhere(kind, server, wire, app, group, ledger):
    with client_of(kind, server, app, "kim", ledger) as kim:
        kim.login()
        kim.join(group)
        wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "kim"})
        assert kim.removed(group)["code"] == 2101
        with client_of(kind, server, app, "kim") as elsewhere:
            elsewhere.login()
            assert kim.sent_away()["code"] == (4501 if kind.tells_closes else 0)
