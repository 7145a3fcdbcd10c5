"""Messages to some members of a first-generation group: who hears them, and what a receiver has who was away."""

from contextlib import ExitStack

import pytest

from harness.raw_session import RawSession
from harness.scenes import old_app, old_group, old_token
from harness.waiting import until

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture
def scene(server, wire):
    """A group in which anna, ben and carl are, on nodes of their own; dora is connected and not in it."""
    app = old_app(wire)
    group = old_group(wire, app)
    with ExitStack() as opened:
        sessions, places = {}, {}
        for number, name in enumerate(("anna", "ben", "carl", "dora")):
            session = opened.enter_context(RawSession(server.nodes[number % len(server.nodes)]))
            places[name] = session.login(old_token(wire, app, name))["subs"][f"u:{name}"]
            sessions[name] = session
        for name in ("anna", "ben", "carl"):
            sessions[name].join(group)
        members = {"AppId": app, "GroupId": group}
        until(lambda: wire.ok("ListMessageGroupUser", members)["Result"]["Total"] == 3, "three to be in the group")
        yield {**members, "OperatorUserId": "System", "Type": 20001}, sessions, places


def send(wire, at, receivers, data):
    said = {**at, "ReceiverIdList": receivers, "Data": data}
    return wire.ok("SendMessageToGroupUsers", said)["Result"]["MessageId"]


def test_the_receivers_who_are_in_the_group_hear_it_and_nobody_else(scene, wire):
    at, sessions, _ = scene
    sent = send(wire, at, "anna,ben,dora,nobody,anna", "to some ~ 你好")
    for name in ("anna", "ben"):
        heard = sessions[name].event("recvgroupmessage", messageId=sent)
        assert heard["offset"] == 1, "it has a place in the user's own stream"
        told = heard["data"]
        assert (told["groupId"], told["type"], told["data"]) == (at["GroupId"], 20001, "to some ~ 你好")
        assert told["sender"]["userId"] == "System"
    last = wire.ok("SendMessageToGroup", {**at, "Data": "to all"})["Result"]["MessageId"]
    for name in ("anna", "ben", "carl"):
        sessions[name].event("recvgroupmessage", messageId=last)
        assert not [one for one in sessions[name].unread() if sent in str(one)], "it is heard once, by its receivers"
    mark = send(wire, {**at, "GroupId": old_group_with(wire, at, "dora")}, "dora", "in another group")
    sessions["dora"].event("recvgroupmessage", messageId=mark)
    assert not [one for one in sessions["dora"].unread() if sent in str(one)], "dora is not in the group"
    page = wire.ok("ListMessage", {"AppId": at["AppId"], "GroupId": at["GroupId"], "PageNum": 1, "PageSize": 50})["Result"]
    assert [row["MessageId"] for row in page["MessageList"]] == [last], "the group's history does not show it"


def old_group_with(wire, at, user):
    """A group of the same application that a user is in."""
    group = old_group(wire, at["AppId"])
    wire.ok("JoinMessageGroup", {"AppId": at["AppId"], "GroupId": group, "UserId": user})
    return group


def test_a_receiver_who_was_away_has_it_after_coming_back(scene, server, wire):
    at, sessions, places = scene
    heard = send(wire, at, "ben", "heard")
    sessions["ben"].event("recvgroupmessage", messageId=heard)
    sessions["ben"].abandon()
    missed = [send(wire, at, ["ben", "carl"], f"missed {n}") for n in range(3)]
    place = {"recover": True, "epoch": places["ben"]["epoch"], "offset": 1}
    with RawSession(server) as again:
        found = again.login(old_token(wire, at["AppId"], "ben"), subs={"u:ben": place})["subs"]["u:ben"]
        assert found["recovered"] is True
        told = [publication["data"] for publication in found["publications"]]
        assert [one["messageId"] for one in told] == missed
        assert {(one["event"], one["groupId"]) for one in told} == {("recvgroupmessage", at["GroupId"])}


@pytest.mark.looks_at("door")
def test_receivers_are_named_and_one_of_them_is_in_the_group(scene, wire):
    at, _, _ = scene
    at = {**at, "Data": "x"}
    action = "SendMessageToGroupUsers"
    assert wire.refused(action, {**at, "ReceiverIdList": "dora,nobody"}) == (404, "ResourceNotExist")
    assert wire.refused(action, at) == (400, "MissingReceiverIdList")
    many = ",".join(f"u{n}" for n in range(101))
    assert wire.refused(action, {**at, "ReceiverIdList": many}) == (400, "InputInvalid")
    assert wire.refused(action, {**at, "ReceiverIdList": "anna", "Type": None}) == (400, "MissingType")
    assert wire.refused(action, {**at, "ReceiverIdList": "anna", "Data": "x" * 15361}) == (400, "InputInvalid")
    for list_form in ("anna,ben", '["anna","ben"]'):
        assert wire.ok(action, {**at, "ReceiverIdList": list_form})["Result"]["MessageId"]
    dotted = {"ReceiverIdList.1": "anna", "ReceiverIdList.2": "ben"}
    assert wire.ok(action, {**at, **dotted})["Result"]["MessageId"]
