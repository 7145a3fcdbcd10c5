"""What the system says of joins and leaves in the first generation: who hears it, and with which figures."""

from contextlib import ExitStack

import pytest

from harness.scenes import old_scene

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture
def scene(server, wire):
    """A group in which anna and ben are, on nodes of their own; carl is connected and not in it."""
    with ExitStack() as opened:
        yield old_scene(server, wire, opened, ("anna", "ben", "carl"), inside=("anna", "ben"))


def done(wire, action, at, user, **more):
    assert wire.ok(action, {**at, "UserId": user, **more})["Result"] == {"Success": True}


def system(session, kind, user):
    """The next message of the system of this type about this user: its publication."""
    told = session.event("systemmessage", type=kind, senderId=user)
    assert told["data"]["senderInfo"]["userId"] == user and told["data"]["messageId"]
    assert not told.get("offset"), "it is told once"
    return told["data"]


def unheard(session, kind):
    return [message for message in session.unread() if "systemmessage" in str(message) and str(kind) in str(message)]


def test_the_group_hears_who_comes_and_goes_with_its_figures(scene, wire):
    at, sessions = scene
    wire.ok("MuteAllGroupUser", {**at, "OperatorUserId": "boss"})
    wire.ok("SendLike", {**at, "Count": 7})
    done(wire, "JoinMessageGroup", at, "dora", BroadCastType=2, BroadCastStatistics=True)
    for name in ("anna", "ben"):
        told = system(sessions[name], 1002, "dora")
        assert told["groupId"] == at["GroupId"]
        assert told["data"] == {"statistics": {
            "pv": 3, "uv": 3, "onlineCount": 3, "likeCount": 7, "isMuteAll": True,
        }}
    done(wire, "JoinMessageGroup", at, "dora", BroadCastType=2)
    done(wire, "LeaveMessageGroup", at, "dora", BroadCastType=2, BroadCastStatistics=True)
    for name in ("anna", "ben"):
        told = system(sessions[name], 1003, "dora")
        assert told["data"] == {"statistics": {
            "pv": 3, "uv": 3, "onlineCount": 2, "likeCount": 7, "isMuteAll": True,
        }}
        assert unheard(sessions[name], 1002) == [], "whoever was in the group has not joined it"


def test_whoever_is_taken_out_hears_it_with_the_group(scene, wire):
    at, sessions = scene
    done(wire, "LeaveMessageGroup", at, "ben", BroadCastType=2)
    for name in ("ben", "anna"):
        assert system(sessions[name], 1003, "ben")["data"] == {}


def test_one_user_or_nobody_hears_of_a_join(scene, wire):
    at, sessions = scene
    done(wire, "JoinMessageGroup", at, "carl", BroadCastType=1, BroadCastStatistics=True)
    told = system(sessions["carl"], 1002, "carl")
    assert told["groupId"] == at["GroupId"] and told["data"]["statistics"]["onlineCount"] == 3
    done(wire, "LeaveMessageGroup", at, "carl", BroadCastType=1)
    assert system(sessions["carl"], 1003, "carl")["data"] == {}
    done(wire, "JoinMessageGroup", at, "emil")
    done(wire, "LeaveMessageGroup", at, "emil")
    done(wire, "JoinMessageGroup", at, "last", BroadCastType=2)
    for name in ("anna", "ben"):
        system(sessions[name], 1002, "last")
        assert unheard(sessions[name], "carl") == [] and unheard(sessions[name], "emil") == []
