"""Mutes: who may not talk, who hears of it, and what whoever comes later finds; in a lesson, and generation by generation."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, old_scene, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("transactions", "nodes")

MUTED = 442


@pytest.fixture
def room():
    """What a test opens, closed at its end."""
    with ExitStack() as opened:
        yield opened


def enter(room, server, number, token, group):
    """A session on one of the nodes that has joined a group; what it found."""
    session = room.enter_context(RawSession(server.nodes[number % len(server.nodes)]))
    session.login(token)
    return session, session.join(group)["data"]


def says(session, group, text="x", **more):
    """The code that a message is refused with; None when it is taken."""
    data = {"groupId": group, "type": 10001, "data": text, **more}
    reply = session.reply(session.send("rpc", {"method": "sendGroupMessage", "data": data}))
    return reply["error"]["code"] if "error" in reply else None


def soon(session, group, code):
    """A node hears of another one's change within a moment: then a message is answered so."""
    until(lambda: says(session, group) == code, f"a message to be answered {code}")


def status(group, everybody=False, muted=(), spared=()):
    return {"groupId": group, "muteAll": everybody, "muteUserList": list(muted), "whiteUserList": list(spared)}


def test_a_lesson_is_muted_but_for_one_whose_words_are_taken_back_and_whoever_comes_late_sees_it(server, wire, room):
    app = new_app(wire)
    group = new_group(wire, app, CreatorId="teacher", Administrators="assistant")
    at = {"AppId": app["AppId"], "GroupId": group}
    people = ["teacher", "assistant", "anna", "ben"]
    sessions = {name: enter(room, server, n, login_token(app, name), group)[0] for n, name in enumerate(people)}

    sessions["teacher"].rpc("muteAll", {"groupId": group})
    wire.ok("BanLiveMessageGroup", {**at, "ExceptUsers": "anna"})
    for session in sessions.values():
        assert session.event("mutechange", muteAll=True, whiteUserList=["anna"])["data"]["muteUserList"] == []
    for name in ("teacher", "assistant", "anna"):
        assert says(sessions[name], group, name) is None
        heard = sessions["ben"].event("recvgroupmessage", data=name)["data"]
        assert heard["sender"]["userId"] == name
    soon(sessions["ben"], group, MUTED)
    assert sessions["ben"].error("publish", {"channel": f"g:{group}", "data": "x"})["code"] == MUTED
    assert says(sessions["ben"], group, "signal", skipMuteCheck=True) is None

    late, found = enter(room, server, 1, login_token(app, "late"), group)
    assert found["muteStatus"] == status(group, True, spared=["anna"])
    assert late.rpc("queryGroup", group)["muteStatus"] == status(group, True, spared=["anna"])
    soon(late, group, MUTED)
    assert late.error("rpc", {"method": "cancelMuteAll", "data": {"groupId": group}})["code"] == 403
    wire.ok("SendLiveMessageGroup", {**at, "SenderId": "ben", "Body": "by the server"})
    assert late.event("recvgroupmessage", data="by the server")

    # What anna said last is taken back.
    sessions["teacher"].rpc("deleteMessage", {"groupId": group, "messageId": heard["messageId"]})
    for session in (*sessions.values(), late):
        assert session.event("deletegroupmessage", messageId=heard["messageId"])["data"]["deleter"]["userId"] == "teacher"

    sessions["assistant"].rpc("muteUser", {"groupId": group, "userList": ["ben"]})
    sessions["teacher"].rpc("cancelMuteAll", group)
    assert late.event("mutechange", muteAll=False)["data"] == {"event": "mutechange", **status(group, muted=["ben"])}
    soon(late, group, None)
    soon(sessions["ben"], group, MUTED)
    assert sessions["teacher"].rpc("listMuteUsers", group) == status(group, muted=["ben"])
    sessions["assistant"].rpc("cancelMuteUser", {"groupId": group, "userList": ["ben"]})
    soon(sessions["ben"], group, None)


def test_a_change_of_mutes_is_recovered_by_whoever_missed_it(server, wire, room):
    app = new_app(wire)
    group = new_group(wire, app)
    session = room.enter_context(RawSession(server))
    session.login(login_token(app, "anna"))
    joined = session.result("subscribe", {"channel": f"g:{group}", "positioned": True, "recoverable": True})
    session.close()
    wire.ok("AddLiveMessageGroupBand", {"AppId": app["AppId"], "GroupId": group, "BannedUsers": "anna,ben"})
    back = room.enter_context(RawSession(server))
    back.login(login_token(app, "anna"))
    again = back.join(group, recover=True, epoch=joined["epoch"], offset=joined.get("offset", 0))
    told = [publication["data"] for publication in again["publications"] if publication["data"]["event"] == "mutechange"]
    assert told == [{"event": "mutechange", **status(group, muted=["anna", "ben"])}]
    assert again["data"]["muteStatus"] == status(group, muted=["anna", "ben"])


def test_changes_of_mutes_at_once_all_count(server, wire):
    app = new_app(wire)
    group = new_group(wire, app)
    at = {"AppId": app["AppId"], "GroupId": group}
    users = [f"u{n:02d}" for n in range(8)]

    def mute(user):
        caller = Wire(server)
        caller.ok("AddLiveMessageGroupBand", {**at, "BannedUsers": user})
        caller.close()

    with ThreadPoolExecutor(4) as callers:
        list(callers.map(mute, users))
    assert wire.ok("DescribeLiveMessageGroupBand", at)["BannedUserList"] == users


def of_boss(server, wire, room):
    """A first-generation group in which boss, anna and ben are: as boss names it in a call, its id, and the sessions."""
    people = ("boss", "anna", "ben")
    at, sessions = old_scene(server, wire, room, people, inside=people)
    return {**at, "OperatorUserId": "boss"}, at["GroupId"], sessions


def system(session, kind, **data):
    """The next message of the system of this type about this: the whole of it."""
    return session.event("systemmessage", type=kind, data=data)["data"]


def test_the_first_generation_hears_what_the_broadcast_says(server, wire, room):
    at, group, sessions = of_boss(server, wire, room)
    wire.ok("MuteGroupUser", {**at, "MuteUserList": "anna,ben", "MuteTime": 600, "BroadCastType": 2})
    for session in sessions.values():
        for user in ("anna", "ben"):
            told = system(session, 1006, userId=user, userNick="")
            assert (told["groupId"], told["senderId"], told["senderInfo"]["userId"]) == (group, "boss", "boss")
            assert told["messageId"]
    soon(sessions["anna"], group, MUTED)
    wire.ok("CancelMuteGroupUser", {**at, "CancelMuteUserList": "anna", "BroadCastType": 1})
    system(sessions["anna"], 1007, userId="anna", userNick="")
    soon(sessions["anna"], group, None)
    soon(sessions["ben"], group, MUTED)
    wire.ok("MuteAllGroupUser", {**at, "BroadCastType": 2})
    for session in sessions.values():
        system(session, 1004)
    assert wire.ok("GetMessageGroup", {"AppId": at["AppId"], "GroupId": group})["Result"]["IsMuteAll"] is True
    soon(sessions["anna"], group, MUTED)
    assert says(sessions["boss"], group) is None, "the creator talks"
    wire.ok("CancelMuteAllGroupUser", {**at, "BroadCastType": 2})
    for session in sessions.values():
        system(session, 1005)
    told = [message for message in sessions["ben"].unread() if "systemmessage" in str(message) and "1007" in str(message)]
    assert told == [], "whom it did not concern was not told"


def test_a_mute_of_the_first_generation_ends_by_itself(server, wire, room):
    at, group, sessions = of_boss(server, wire, room)
    wire.ok("MuteGroupUser", {**at, "MuteUserList": "anna", "MuteTime": 2})
    page = {**at, "PageNum": 1, "PageSize": 20}
    # The list first: anna's own node may hear of the mute only after it has taken a message of hers.
    until(lambda: wire.ok("ListMuteGroupUser", page)["Result"]["Total"] == 0, "the mute to have ended")
    assert wire.ok("ListMuteGroupUser", page)["Result"] == {"HasMore": False, "Total": 0, "UserList": []}
    soon(sessions["anna"], group, None)


@pytest.mark.process
@pytest.mark.looks_at("store")
def test_mutes_are_there_after_the_server_was_killed(new_server):
    server = new_server().start()
    wire = Wire(server)
    app, group = new_app(wire), unique("g")
    new_group(wire, app, group)
    at = {"AppId": app["AppId"], "GroupId": group}
    wire.ok("ModifyLiveMessageGroupBand", {**at, "BannedAll": True, "BannnedUsers": "anna", "ExceptUsers": "ben"})
    wire.close()
    server.kill()
    server.start()
    wire = Wire(server)
    band = wire.ok("DescribeLiveMessageGroupBand", at)
    wire.close()
    assert (band["IsbannedAll"], band["BannedUserList"], band["UnbannedUserList"]) == (True, ["anna"], ["ben"])
