"""First-generation operations: the `Result` envelope, durable membership, pages in both orders, login tokens, XML."""

import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.raw_session import RawSession
from harness.scenes import in_effect, new_app, old_app, old_group, old_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture(scope="module")
def app(wire):
    return old_app(wire)


def result(wire, action, params=None, **options):
    """The Result of an operation, after the envelope is checked."""
    answer = wire.ok(action, params, **options)
    assert set(answer) == {"RequestId", "Result"}, sorted(answer)
    return answer["Result"]


def join(wire, app, group, *users):
    for user in users:
        assert result(wire, "JoinMessageGroup", {"AppId": app, "GroupId": group, "UserId": user}) == {"Success": True}


def members(wire, app, group, **params):
    return result(wire, "ListMessageGroupUser", {"AppId": app, "GroupId": group, **params})


def names(page):
    return [row["UserId"] for row in page["UserList"]]


def test_an_app_is_made_and_answered_with_its_maps(wire):
    config, extension = {"appAlias": "calls", "色": "青"}, {"owner": "it"}
    made = result(wire, "CreateMessageApp", {"AppName": "shop", "AppConfig": config, "Extension": extension}, place="form")
    assert set(made) == {"AppId"} and made["AppId"]
    app = result(wire, "GetMessageApp", {"AppId": made["AppId"]}, place="form")
    assert set(app) == {"AppId", "AppName", "AppConfig", "Extension", "CreateTime", "Status"}
    assert (app["AppName"], app["AppConfig"], app["Extension"], app["Status"]) == ("shop", config, extension, 1)
    assert abs(app["CreateTime"] - time.time()) < 60, "CreateTime is in seconds"


@pytest.mark.parametrize(
    "params,code",
    [
        ({}, "MissingAppName"),
        ({"AppName": "x"}, "InputInvalid"),
        ({"AppName": "x" * 17}, "InputInvalid"),
        ({"AppName": "fine", "AppConfig": "not json"}, "InputInvalid"),
        ({"AppName": "fine", "Extension": "[1]"}, "InputInvalid"),
    ],
    ids=["missing", "short", "long", "config", "extension"],
)
@pytest.mark.looks_at("door")
def test_an_app_is_not_made_from_bad_values(wire, params, code):
    assert wire.refused("CreateMessageApp", params) == (400, code)


def test_apps_are_paged_in_both_orders(wire):
    made = [old_app(wire) for _ in range(5)]
    newest = result(wire, "ListMessageApp", {"SortType": 1, "PageNum": 1, "PageSize": 5})
    assert [row["AppId"] for row in newest["AppList"]] == made[::-1]
    assert set(newest) == {"AppList", "HasMore", "Total"} and newest["HasMore"] is (newest["Total"] > 5)
    walked, number = [], 1
    while True:
        page = result(wire, "ListMessageApp", {"SortType": 0, "PageNum": number, "PageSize": 3})
        walked += [row["AppId"] for row in page["AppList"]]
        if not page["HasMore"]:
            break
        number += 1
    assert walked[-5:] == made and len(walked) == page["Total"] == newest["Total"]


def test_a_group_is_made_with_its_own_id_and_described(wire, app):
    made = result(wire, "CreateMessageGroup", {"AppId": app, "CreatorId": "Carl7", "Extension": {"groupName": "one"}})
    assert made["GroupId"] and made["Extension"] == {"groupName": "one"}
    group = result(wire, "GetMessageGroup", {"AppId": app, "GroupId": made["GroupId"]})
    assert abs(group.pop("CreateTime") - time.time()) < 60
    assert group == {
        "GroupId": made["GroupId"], "CreatorId": "Carl7", "Extension": {"groupName": "one"}, "IsMuteAll": False, "Status": 1,
    }
    for bad in ({"CreatorId": "x" * 37}, {"CreatorId": "a b"}):
        assert wire.refused("CreateMessageGroup", {"AppId": app, **bad}) == (400, "InputInvalid")
    assert wire.refused("CreateMessageGroup", {"AppId": app}) == (400, "MissingCreatorId")


def test_groups_of_an_app_and_of_a_user_are_paged(wire):
    app = old_app(wire)
    groups = [old_group(wire, app, creator=f"creator{n % 2}") for n in range(5)]
    for number, group in enumerate(groups):
        if number != 2:
            join(wire, app, group, "ann")
    page = result(wire, "ListMessageGroup", {"AppId": app, "SortType": 0, "PageNum": 1, "PageSize": 3})
    assert [row["GroupId"] for row in page["GroupList"]] == groups[:3]
    assert set(page) == {"GroupList", "HasMore", "Total"} and (page["HasMore"], page["Total"]) == (True, 5)
    assert set(page["GroupList"][0]) == {"AppId", "CreateTime", "CreatorId", "Extension", "GroupId", "Status"}
    page = result(wire, "ListMessageGroup", {"AppId": app, "SortType": 1, "PageNum": 2, "PageSize": 3})
    assert [row["GroupId"] for row in page["GroupList"]] == groups[1::-1] and page["HasMore"] is False
    mine = result(wire, "ListMessageGroup", {"AppId": app, "UserId": "ann", "SortType": 0, "PageNum": 1, "PageSize": 20})
    assert [row["GroupId"] for row in mine["GroupList"]] == groups[:2] + groups[3:]
    assert mine["Total"] == 4
    for name in ("PageNum", "PageSize"):
        good = {"AppId": app, "PageNum": 1, "PageSize": 1}
        assert wire.refused("ListMessageGroup", {**good, name: None}) == (400, f"Missing{name}")


def test_membership_made_by_the_api_lasts_without_a_connection_and_joining_twice_changes_nothing(wire, app):
    group = old_group(wire, app)
    join(wire, app, group, "ann", "bob", "ann")
    page = members(wire, app, group)
    assert names(page) == ["ann", "bob"] and (page["Total"], page["HasMore"]) == (2, False)
    assert all(abs(row["JoinTime"] / 1000 - time.time()) < 60 for row in page["UserList"]), "JoinTime is in milliseconds"
    left = {"AppId": app, "GroupId": group, "UserId": "ann"}
    assert result(wire, "LeaveMessageGroup", left) == {"Success": True}
    assert names(members(wire, app, group)) == ["bob"]
    wire.ok("LeaveMessageGroup", left)
    join(wire, app, group, "ann")
    assert names(members(wire, app, group)) == ["bob", "ann"]


def test_pages_of_members_agree_in_both_orders_at_every_size(wire, server, app):
    group = old_group(wire, app)
    users = [f"u_{n:03d}.x" for n in range(130)]
    join(wire, app, group, *users)
    for sort, order in ((0, users), (1, users[::-1])):
        for size in (1, 7, 50):
            pages = -(-len(users) // size)
            for number in sorted({1, 2, pages // 2 or 1, pages}):
                page = members(wire, app, group, SortType=sort, PageNum=number, PageSize=size)
                assert names(page) == order[(number - 1) * size : number * size]
                assert (page["Total"], page["HasMore"]) == (130, number < pages)
    beyond = members(wire, app, group, PageNum=100000, PageSize=50)
    assert names(beyond) == [] and (beyond["Total"], beyond["HasMore"]) == (130, False)
    assert names(members(wire, app, group)) == users[:20], "the default is the first twenty, oldest first"


def test_counts_equal_rows_while_many_join_and_leave_at_once(wire, server, app):
    group = old_group(wire, app)

    def one(worker):
        own = Wire(server)
        for n in range(20):
            join(own, app, group, f"w{worker}n{n}")
            if n % 3 == 0:
                own.ok("LeaveMessageGroup", {"AppId": app, "GroupId": group, "UserId": f"w{worker}n{n}"})
        own.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    seen, number = [], 1
    while True:
        page = members(wire, app, group, PageNum=number, PageSize=50)
        seen += names(page)
        if not page["HasMore"]:
            break
        number += 1
    assert sorted(seen) == sorted(f"w{w}n{n}" for w in range(8) for n in range(20) if n % 3)
    assert len(seen) == page["Total"]


def test_joining_checks_the_user_id_and_the_group(wire, app):
    group = old_group(wire, app)
    for bad in ("x" * 33, "a b"):
        assert wire.refused("JoinMessageGroup", {"AppId": app, "GroupId": group, "UserId": bad}) == (400, "InputInvalid")
    assert wire.refused("JoinMessageGroup", {"AppId": app, "GroupId": "nosuch", "UserId": "ann"}) == (404, "ResourceNotExist")
    for value in (3, "x"):
        refused = wire.refused("JoinMessageGroup", {"AppId": app, "GroupId": group, "UserId": "ann", "BroadCastType": value})
        assert refused == (400, "InputInvalid")


ON_GROUPS = [
    ("GetMessageGroup", {}),
    ("JoinMessageGroup", {"UserId": "ann"}),
    ("LeaveMessageGroup", {"UserId": "ann"}),
    ("ListMessageGroupUser", {}),
    ("BatchGetOnlineUsers", {"UserIds": "ann"}),
]


@pytest.mark.parametrize("action,params", ON_GROUPS, ids=[action for action, _ in ON_GROUPS])
def test_unknown_apps_and_groups_and_those_of_the_other_generation_are_not_found(wire, app, action, params):
    group = old_group(wire, app)
    not_found = (404, "ResourceNotExist")
    assert wire.refused(action, {"AppId": "nosuch", "GroupId": group, **params}) == not_found
    assert wire.refused(action, {"AppId": app, "GroupId": "nosuch", **params}) == not_found
    newer = new_app(wire)["AppId"]
    wire.ok("CreateLiveMessageGroup", {"AppId": newer, "GroupId": "g1"})
    assert wire.refused(action, {"AppId": newer, "GroupId": "g1", **params}) == not_found
    for missing in ("AppId", "GroupId"):
        refused = wire.refused(action, {"AppId": app, "GroupId": group, **params, missing: None})
        assert refused == (400, f"Missing{missing}")


def test_a_page_of_members_has_bounds(wire, app):
    group = old_group(wire, app)
    for params in ({"PageSize": 0}, {"PageSize": 51}, {"PageNum": 0}, {"PageNum": 100001}, {"SortType": 2}, {"PageNum": "two"}):
        refused = wire.refused("ListMessageGroupUser", {"AppId": app, "GroupId": group, **params})
        assert refused == (400, "InputInvalid"), params


def test_a_user_online_in_the_group_is_told_with_the_time_of_joining(wire, server, app):
    group, other = old_group(wire, app), old_group(wire, app)
    with RawSession(server) as session:
        session.login(old_token(wire, app, "ben"))
        session.join(group)
        rows = result(wire, "BatchGetOnlineUsers", {"AppId": app, "GroupId": group, "UserIds": "ben,zoe"})["OnlineUsers"]
        assert [(row["UserId"], row["Online"]) for row in rows] == [("ben", True), ("zoe", False)]
        assert abs(rows[0]["JoinTime"] / 1000 - time.time()) < 60
        elsewhere = result(wire, "BatchGetOnlineUsers", {"AppId": app, "GroupId": other, "UserIds": "ben"})["OnlineUsers"]
        assert [(row["UserId"], row["Online"]) for row in elsewhere] == [("ben", False)]
        session.result("unsubscribe", {"channel": f"g:{group}"})
    until(lambda: members(wire, app, group)["Total"] == 0, "ben to be gone")
    many = ",".join(f"u{n}" for n in range(21))
    assert wire.refused("BatchGetOnlineUsers", {"AppId": app, "GroupId": group, "UserIds": many}) == (400, "InputInvalid")


def test_a_token_is_handed_out_for_a_device_and_logs_its_user_in(wire, server, app):
    good = {"AppId": app, "UserId": "ben", "DeviceId": "phone-1", "DeviceType": "Android"}
    token = result(wire, "GetMessageToken", good)
    assert set(token) == {"AccessToken", "AccessTokenExpiredTime", "RefreshToken"}
    assert token["AccessTokenExpiredTime"] > 1000 and token["RefreshToken"]
    with RawSession(server) as session:
        assert session.login(token["AccessToken"])["client"]
    for bad in ({"DeviceType": "fridge"}, {"DeviceId": "x" * 65}, {"UserId": "x" * 33}):
        assert wire.refused("GetMessageToken", {**good, **bad}) == (400, "InputInvalid"), bad
    for name in good:
        assert wire.refused("GetMessageToken", {**good, name: None}) == (400, f"Missing{name}")
    with RawSession(server) as session:
        assert session.error("connect", {"token": token["AccessToken"][:-4] + "AAAA"})["code"] == 403


def test_a_deleted_app_is_gone_with_its_groups_and_its_connections_end(wire, server):
    app, other = old_app(wire), old_app(wire)
    group = old_group(wire, app)
    join(wire, app, group, "ann")
    sessions = {user: RawSession(server.nodes[n % len(server.nodes)]) for n, user in enumerate(("ben", "carl"))}
    for user, session in sessions.items():
        session.login(old_token(wire, app, user))
        session.join(group)
    token = old_token(wire, app, "dora")
    assert result(wire, "DeleteMessageApp", {"AppId": app}) == {"Success": True}
    for session in sessions.values():
        assert session.closing()[0] == 4503
    gone = (404, "ResourceNotExist")
    at = {"AppId": app, "GroupId": group}
    in_effect(server, lambda wire: wire.call("GetMessageApp", {"AppId": app}).code == "ResourceNotExist", "the app to be gone")
    for action, params in (("DeleteMessageApp", {"AppId": app}), ("GetMessageGroup", at), ("ListMessageGroupUser", at)):
        assert wire.refused(action, params) == gone
    listed = result(wire, "ListMessageApp", {"SortType": 1, "PageNum": 1, "PageSize": 2})
    assert other in [row["AppId"] for row in listed["AppList"]] and app not in str(listed)
    with RawSession(server) as session:
        assert session.error("connect", {"token": token})["code"] == 403
    assert wire.refused("DeleteMessageApp", {"AppId": new_app(wire)["AppId"]}) == gone, "that is of the other generation"


@pytest.mark.process
def test_a_member_by_the_api_stays_after_its_connection_ends_and_a_member_by_connection_does_not(new_server):
    server = new_server({"realtime": {"grace_seconds": 1}}).start()
    wire = Wire(server)
    app = old_app(wire)
    group = old_group(wire, app)
    join(wire, app, group, "ann")
    sessions = {user: RawSession(server) for user in ("ann", "ben")}
    for user, session in sessions.items():
        session.login(old_token(wire, app, user))
        session.join(group)
    assert names(members(wire, app, group)) == ["ann", "ben"]
    for session in sessions.values():
        session.abandon()
    until(lambda: "ben" not in names(members(wire, app, group)), "ben to leave with his connection")
    assert names(members(wire, app, group)) == ["ann"]


@pytest.mark.looks_at("door")
def test_xml_answers_carry_the_same_members_under_the_operations_own_root(wire, app):
    group = old_group(wire, app)
    join(wire, app, group, "ann", "bob")
    answer = wire.call("ListMessageGroupUser", {"AppId": app, "GroupId": group}, Format="XML")
    assert answer.status == 200 and "xml" in answer.headers["content-type"]
    root = ElementTree.fromstring(answer.body)
    assert root.tag == "ListMessageGroupUserResponse"
    assert root.findtext("RequestId") and root.findtext("Result/Total") == "2" and root.findtext("Result/HasMore") == "false"
    assert [row.findtext("UserId") for row in root.findall("Result/UserList")] == ["ann", "bob"]
    answer = wire.call("ListMessageGroupUser", {"AppId": app, "GroupId": "nosuch"}, Format="xml")
    root = ElementTree.fromstring(answer.body)
    assert (answer.status, root.tag, root.findtext("Code")) == (404, "Error", "ResourceNotExist")
    assert all(root.findtext(name) for name in ("RequestId", "HostId", "Message", "Recommend"))
