"""Likes of a first-generation group: totals that are exact however many like at once, and who hears of them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, old_app, old_group, old_scene
from harness.tokens import login_token
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture
def scene(server, wire):
    """A group of boss's in which anna and ben are, on nodes of their own; boss is connected and not in it."""
    with ExitStack() as opened:
        yield old_scene(server, wire, opened, ("anna", "ben", "boss"), inside=("anna", "ben"))


def like(wire, at, count, **more):
    return wire.ok("SendLike", {**at, "Count": count, **more})["Result"]["LikeCount"]


def liked(session, total):
    """The system's message of a total: its publication's data."""
    told = session.event("systemmessage", type=1001, data={"likeCount": total})
    assert told["data"]["messageId"] and not told.get("offset"), "it is told once"
    return told["data"]


def test_the_group_one_user_or_nobody_hears_the_running_total(scene, wire):
    at, sessions = scene
    assert like(wire, at, 3, OperatorUserId="anna", BroadCastType=2) == 3
    for name in ("anna", "ben"):
        told = liked(sessions[name], 3)
        assert (told["groupId"], told["senderId"]) == (at["GroupId"], "anna")
    assert like(wire, at, "4", OperatorUserId="ben", BroadCastType=1) == 7
    assert liked(sessions["ben"], 7)["groupId"] == at["GroupId"], "1 is who likes it"
    assert like(wire, at, 1, BroadCastType=1) == 8
    assert liked(sessions["boss"], 8)["senderId"] == "boss", "where nobody is named it is the creator"
    assert like(wire, at, 1) == 9
    assert like(wire, at, 1, BroadCastType=2) == 10
    for name in ("anna", "ben"):
        liked(sessions[name], 10)
        totals = [one for one in sessions[name].unread() if "likeCount" in str(one)]
        assert totals == [], "nobody else hears of what is told to one, or to nobody"


def test_totals_are_exact_however_many_like_at_once(scene, server, wire):
    at, _ = scene

    def one(worker):
        own = Wire(server.nodes[worker % len(server.nodes)])
        totals = [like(own, at, worker + 1) for _ in range(25)]
        own.close()
        assert totals == sorted(set(totals)), "a total never falls"
        return totals

    with ThreadPoolExecutor(8) as pool:
        answers = [total for totals in pool.map(one, range(8)) for total in totals]
    assert len(set(answers)) == len(answers), "each is a total of its own"
    assert max(answers) == sum(25 * (worker + 1) for worker in range(8))
    assert like(wire, at, 1) == max(answers) + 1


@pytest.mark.process
def test_likes_are_no_messages(scene, server, wire):
    at, _ = scene
    like(wire, at, 5)
    shown = server.cli_json("group", "show", at["AppId"], at["GroupId"])
    assert (shown["likes"], shown["messages"]) == (5, {})
    page = wire.ok("ListMessage", {**at, "PageNum": 1, "PageSize": 50})["Result"]
    assert page["MessageList"] == []


@pytest.mark.process
def test_a_like_that_was_answered_outlives_a_kill(new_server):
    server = new_server().start()
    wire = Wire(server)
    app = old_app(wire)
    at = {"AppId": app, "GroupId": old_group(wire, app)}
    for _ in range(3):
        before = like(wire, at, 7)
        server.kill()
        server.start()
        assert like(wire, at, 1) == before + 1


@pytest.mark.looks_at("door")
def test_how_many_likes_there_are_is_a_number_of_at_least_one(scene, wire):
    at, _ = scene
    for bad in ("0", "-1", "1.5", "+1", "x", "2147483648", "99999999999999999999"):
        assert wire.refused("SendLike", {**at, "Count": bad}) == (400, "InputInvalid"), bad
    assert wire.refused("SendLike", at) == (400, "MissingCount")
    assert wire.refused("SendLike", {**at, "Count": 1, "BroadCastType": 3}) == (400, "InputInvalid")
    for total in (2147483647, 2147483647):
        assert like(wire, at, 2147483647) == total, "the answer is a number of 32 bits, and stays at its end"


def test_no_message_has_the_type_that_likes_are_counted_under(server, wire):
    app = new_app(wire)
    group = new_group(wire, app)
    least = -(2**63)
    with RawSession(server) as session:
        session.login(login_token(app, "anna"))
        session.join(group)
        said = {"groupId": group, "type": least, "data": "x"}
        assert session.error("rpc", {"method": "sendGroupMessage", "data": said})["code"] == 400
        sent = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "x", "MsgType": least}
        assert wire.refused("SendLiveMessageGroup", sent) == (400, "InputInvalid")
