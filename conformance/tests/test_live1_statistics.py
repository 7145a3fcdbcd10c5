"""The figures of a first-generation group: joins, different users, members and likes, exact whatever happens at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, old_app, old_group, old_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture
def at(wire):
    app = old_app(wire)
    return {"AppId": app, "GroupId": old_group(wire, app)}


def figures(wire, at, **options):
    return wire.ok("GetGroupStatistics", at, **options)["Result"]


def told(likes=0, online=0, pv=0, uv=0):
    return {"LikeCount": likes, "OnlineCount": online, "PV": pv, "UV": uv}


def test_a_user_is_counted_once_however_often_it_comes(server, wire, at):
    assert figures(wire, at) == told()
    for _ in range(3):
        for user in ("anna", "ben"):
            for _ in range(2):
                wire.ok("JoinMessageGroup", {**at, "UserId": user})
            wire.ok("LeaveMessageGroup", {**at, "UserId": user})
    assert figures(wire, at) == told(pv=6, uv=2)
    with RawSession(server) as session:
        session.login(old_token(wire, at["AppId"], "carl"))
        session.join(at["GroupId"])
        until(lambda: figures(wire, at) == told(online=1, pv=7, uv=3), "the connected user to be counted")
        session.result("unsubscribe", {"channel": f"g:{at['GroupId']}"})
    wire.ok("SendLike", {**at, "Count": 3})
    until(lambda: figures(wire, at, place="form") == told(likes=3, pv=7, uv=3), "the group to be empty")
    assert figures(wire, {**at, "GroupId": old_group(wire, at["AppId"])}) == told(), "another group has its own"


def test_figures_are_exact_while_many_come_go_and_like_at_once(server, wire, at):
    def one(worker):
        own = Wire(server.nodes[worker % len(server.nodes)])
        for n in range(12):
            user = f"u{n}" if n % 2 else f"w{worker}n{n}"
            own.ok("JoinMessageGroup", {**at, "UserId": user})
            own.ok("SendLike", {**at, "Count": 2})
            seen = figures(own, at)
            assert seen["UV"] <= seen["PV"]
            if n % 3 == 0:
                own.ok("LeaveMessageGroup", {**at, "UserId": user})
        own.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    users = {f"u{n}" for n in range(1, 12, 2)} | {f"w{worker}n{n}" for worker in range(8) for n in range(0, 12, 2)}
    members = wire.ok("ListMessageGroupUser", at)["Result"]["Total"]
    found = figures(wire, at)
    assert (found["LikeCount"], found["UV"], found["OnlineCount"]) == (8 * 12 * 2, len(users), members)
    assert found["PV"] >= found["UV"]


@pytest.mark.process
@pytest.mark.looks_at("transactions")
def test_figures_outlast_a_restart(new_server):
    server = new_server().start()
    wire = Wire(server)
    app = old_app(wire)
    at = {"AppId": app, "GroupId": old_group(wire, app)}
    for user in ("anna", "ben"):
        wire.ok("JoinMessageGroup", {**at, "UserId": user})
    wire.ok("LeaveMessageGroup", {**at, "UserId": "ben"})
    wire.ok("SendLike", {**at, "Count": 4})
    with RawSession(server) as session:
        session.login(old_token(wire, app, "carl"))
        session.join(at["GroupId"])
    server.stop()
    server.start()
    wire = Wire(server)
    until(lambda: figures(wire, at) == told(likes=4, online=1, pv=3, uv=3), "the connection to be forgotten")
    wire.ok("JoinMessageGroup", {**at, "UserId": "carl"})
    wire.ok("JoinMessageGroup", {**at, "UserId": "dora"})
    assert figures(wire, at) == told(likes=4, online=3, pv=5, uv=4)


@pytest.mark.looks_at("door")
def test_only_a_group_of_the_first_generation_has_these_figures(wire, at):
    not_found = (404, "ResourceNotExist")
    assert wire.refused("GetGroupStatistics", {**at, "GroupId": "nosuch"}) == not_found
    newer = new_app(wire)["AppId"]
    wire.ok("CreateLiveMessageGroup", {"AppId": newer, "GroupId": "g1"})
    assert wire.refused("GetGroupStatistics", {"AppId": newer, "GroupId": "g1"}) == not_found
    wire.ok("CloseMessageGroup", at)
    assert wire.refused("GetGroupStatistics", at) == not_found
