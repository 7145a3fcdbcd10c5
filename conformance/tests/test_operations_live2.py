"""Second-generation operations: answers to the letter, limits, idempotence, data centres, disabled apps."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients.realtime import CentrifugeJs
from harness.raw_session import RawSession
from harness.scenes import in_effect, new_app, new_group, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("transactions", "nodes")


def members(answer, *names):
    """Asserts that an answer has exactly these members beside RequestId."""
    assert set(answer) == {"RequestId", *names}, sorted(answer)


def test_creating_an_app_answers_its_id_key_sign_and_data_centre_and_nothing_else(wire):
    answer = wire.ok("CreateLiveMessageApp")
    members(answer, "AppId", "AppKey", "AppSign", "DataCenter")
    assert answer["DataCenter"] == "cn-shanghai"
    assert all(isinstance(answer[name], str) and answer[name] for name in ("AppId", "AppKey", "AppSign"))


def test_describing_an_app_answers_what_it_was_made_with(wire):
    before = int(time.time())
    made = wire.ok("CreateLiveMessageApp", {"AppName": "market day", "MsgLifeCycle": 1})
    answer = wire.ok("DescribeLiveMessageApp", {"AppId": made["AppId"]})
    assert {name: answer[name] for name in ("AppId", "AppKey", "AppSign", "DataCenter")} == {
        name: made[name] for name in ("AppId", "AppKey", "AppSign", "DataCenter")
    }
    assert (answer["AppName"], answer["MsgLifeCycle"], answer["AuditType"], answer["Disable"]) == ("market day", 1, 0, False)
    for name in ("CreateTime", "ModifyTime"):
        assert before - 1 <= answer[name] <= time.time() + 1, "times are Unix seconds"
    assert answer.get("EventCallbackUrl", "") == "" and answer.get("AuditUrl", "") == ""


@pytest.mark.parametrize(
    "params",
    [
        {"AppName": "x"},
        {"AppName": "x" * 17},
        {"AuditType": 3},
        {"AuditType": "many"},
        {"AuditType": 2},
        {"MsgLifeCycle": 3},
        {"DataCenter": "cn-nowhere"},
        {"EventCallbackUrl": "ftp://example.com/"},
    ],
    ids=str,
)
@pytest.mark.looks_at("door")
def test_an_app_is_not_made_from_values_out_of_range(wire, params):
    assert wire.refused("CreateLiveMessageApp", params) == (400, "InputInvalid")


def test_app_names_are_counted_in_characters_not_bytes(wire):
    app = wire.ok("CreateLiveMessageApp", {"AppName": "周六直播间的互动消息频道十六字"[:16]})
    assert wire.ok("DescribeLiveMessageApp", {"AppId": app["AppId"]})["AppName"].startswith("周六")


@pytest.mark.looks_at("door")
def test_an_input_error_names_the_parameter_and_the_value_given(wire):
    message = wire.call("CreateLiveMessageApp", {"AppName": "y"}).json()["Message"]
    assert "AppName" in message and "y" in message


def test_listing_apps_walks_by_token_in_both_orders_with_disable_as_text(wire):
    made = [new_app(wire)["AppId"] for _ in range(3)]
    walked = {}
    for sort in (1, 2):
        token, found = None, []
        while True:
            page = wire.ok("ListLiveMessageApps", {"SortType": sort, "NextPageToken": token})
            found += page["AppList"]
            assert isinstance(page["HasMore"], bool)
            if not page["HasMore"]:
                assert "NextPageToken" not in page or page["NextPageToken"] in (0, None)
                break
            token = page["NextPageToken"]
            assert isinstance(token, int)
        walked[sort] = [row["AppId"] for row in found]
        assert all(row["Disable"] in ("true", "false") for row in found)
    assert walked[1] == walked[2][::-1]
    assert [app for app in walked[1] if app in made] == made
    first = wire.ok("ListLiveMessageApps", {"SortType": 1, "NextPageToken": -1})["AppList"]
    assert first[0]["AppId"] == walked[1][0], "a token of -1 means the first page"
    assert set(first[0]) >= {"AppId", "AppKey", "AppSign", "Disable", "CreateTime", "ModifyTime", "DataCenter", "MsgLifeCycle"}


def test_an_app_answers_only_to_its_own_data_centre(wire):
    app = new_app(wire, DataCenter="ap-southeast-1")
    assert app["DataCenter"] == "ap-southeast-1"
    here = {"AppId": app["AppId"]}
    there = {**here, "DataCenter": "ap-southeast-1"}
    assert wire.refused("DescribeLiveMessageApp", here) == (404, "ResourceNotExist")
    assert wire.refused("CreateLiveMessageGroup", {**here, "GroupId": "g1"}) == (404, "ResourceNotExist")
    wire.ok("CreateLiveMessageGroup", {**there, "GroupId": "g1"})
    assert wire.ok("DescribeLiveMessageApp", there)["DataCenter"] == "ap-southeast-1"
    assert wire.refused("DescribeLiveMessageGroup", {**here, "GroupId": "g1"}) == (404, "ResourceNotExist")
    listed = wire.ok("ListLiveMessageApps", {"SortType": 2})
    assert app["AppId"] not in [row["AppId"] for row in listed["AppList"]]
    listed = wire.ok("ListLiveMessageApps", {"SortType": 2, "DataCenter": "ap-southeast-1"})
    assert app["AppId"] in [row["AppId"] for row in listed["AppList"]]


def test_creating_a_group_twice_says_so_and_a_deleted_id_stays_unusable(wire, app):
    group = {"AppId": app["AppId"], "GroupId": unique("g")}
    answer = wire.ok("CreateLiveMessageGroup", group)
    members(answer, "GroupId", "AlreadyExists", "AlreadyDelete")
    assert (answer["AlreadyExists"], answer["AlreadyDelete"]) == (False, False)
    answer = wire.ok("CreateLiveMessageGroup", group)
    assert (answer["AlreadyExists"], answer["AlreadyDelete"]) == (True, False)
    deleted = wire.ok("DeleteLiveMessageGroup", {**group, "OperatorId": "olga"})
    members(deleted, "GroupId")
    answer = wire.ok("CreateLiveMessageGroup", group)
    assert answer["AlreadyDelete"] is True
    described = wire.ok("DescribeLiveMessageGroup", group)
    assert described["Delete"] is True and described["Deletor"] == "olga"
    assert abs(described["Deletatime"] - time.time()) < 60
    for name in ("TotalTimes", "OnlineUserCounts", "MsgAmount"):
        assert name not in described, f"{name} is answered only while the group exists"


def test_deleting_a_group_that_never_was_succeeds_and_echoes_its_id(wire, app):
    assert wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": "neverwas"})["GroupId"] == "neverwas"


def test_describing_a_group_answers_every_documented_member(wire, app):
    group = unique("g")
    wire.ok(
        "CreateLiveMessageGroup",
        {
            "AppId": app["AppId"], "GroupId": group, "GroupName": "名称", "GroupInfo": "{\"a\":1}", "CreatorId": "carl",
            "Administrators": ["a1", "a2", "a3"],
        },
    )
    answer = wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    assert abs(answer.pop("Createtime") - time.time()) < 60
    answer.pop("RequestId")
    assert answer == {
        "GroupId": group, "CreatorId": "carl", "AdminList": ["a1", "a2", "a3"], "GroupName": "名称", "GroupInfo": "{\"a\":1}",
        "Delete": False, "TotalTimes": 0, "OnlineUserCounts": 0, "MsgAmount": {}, "SuperLargeGroup": False,
    }


@pytest.mark.parametrize(
    "params",
    [
        {"GroupId": "x" * 65},
        {"GroupId": "has space"},
        {"GroupId": "日本"},
        {"GroupName": "x" * 129},
        {"GroupInfo": "x" * (32 * 1024 + 1)},
        {"Administrators": ["a", "b", "c", "d"]},
        {"Administrators": ["x" * 65]},
        {"CreatorId": "x" * 65},
    ],
    ids=lambda params: f"{next(iter(params))}-{len(str(next(iter(params.values()))))}",
)
@pytest.mark.looks_at("door")
def test_a_group_is_not_made_from_values_out_of_range(wire, app, params):
    assert wire.refused("CreateLiveMessageGroup", {"AppId": app["AppId"], "GroupId": "ok1", **params}) == (400, "InputInvalid")


def test_the_largest_allowed_values_of_a_group_are_kept_whole(wire, app):
    group = unique("g") + "_-."
    params = {
        "AppId": app["AppId"], "GroupId": (group + "x" * 64)[:64], "GroupName": "n" * 128, "GroupInfo": "界" * (32 * 1024 // 3),
        "Administrators": ["a" * 64, "b" * 64, "c" * 64],
    }
    wire.ok("CreateLiveMessageGroup", params, place="form")
    answer = wire.ok("DescribeLiveMessageGroup", params | {"GroupInfo": None, "GroupName": None, "Administrators": None})
    assert (answer["GroupName"], answer["GroupInfo"]) == (params["GroupName"], params["GroupInfo"])
    assert answer["AdminList"] == params["Administrators"]


@pytest.mark.parametrize("style", ["comma", "json", "numbered", "empty"])
@pytest.mark.looks_at("door")
def test_lists_are_taken_in_every_style_that_clients_send(wire, app, style):
    group = unique("g")
    given = {
        "comma": {"Administrators": "one,two"},
        "json": {"Administrators": '["one","two"]'},
        "numbered": {"Administrators.1": "one", "Administrators.2": "two"},
        "empty": {"Administrators": ""},
    }[style]
    for place, signature in (("query", "v1"), ("form", "v3")):
        wire.ok("CreateLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, **given}, place=place, signature=signature)
    answer = wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    assert answer["AdminList"] == ([] if style == "empty" else ["one", "two"])


def test_groups_are_listed_by_page_and_by_token_in_both_orders_and_by_status(wire):
    app = new_app(wire)
    groups = [new_group(wire, app, f"group{n}") for n in range(7)]
    for group in groups[::3]:
        wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    wanted = {0: groups, 1: [g for n, g in enumerate(groups) if n % 3], 2: groups[::3]}
    for status, expected in wanted.items():
        for sort in (1, 2):
            common = {"AppId": app["AppId"], "SortType": sort, "GroupStatus": status}
            order = expected if sort == 1 else expected[::-1]
            paged = []
            for page in range(1, 5):
                answer = wire.ok("ListLiveMessageGroupByPage", {**common, "PageNumber": page, "PageSize": 2}, method="GET")
                members(answer, "TotalCount", "PageNumber", "PageSize", "GroupList")
                assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (len(expected), page, 2)
                paged += answer["GroupList"]
            assert [row["GroupId"] for row in paged] == order
            assert all(row["Delete"] is (row["GroupId"] in wanted[2]) for row in paged)
            assert set(paged[0]) == {"GroupId", "CreatorId", "AdminList", "Createtime", "GroupName", "GroupInfo", "Delete"}
            token, walked = None, []
            while token != "end":
                answer = wire.ok("ListLiveMessageGroups", {**common, "NextPageToken": token})
                walked += [row["GroupId"] for row in answer["GroupList"]]
                token = answer["NextpageToken"] if answer["Hasmore"] else "end"
                assert isinstance(token, str), "NextpageToken is a string"
            assert walked == order


def test_a_page_of_groups_has_defaults_and_bounds(wire, app):
    answer = wire.ok("ListLiveMessageGroupByPage", {"AppId": app["AppId"], "SortType": 1})
    assert (answer["PageNumber"], answer["PageSize"]) == (1, 20)
    for params in ({"PageSize": 0}, {"PageSize": 51}, {"PageNumber": 0}, {"PageNumber": 10001}, {"SortType": 3}, {"GroupStatus": 3}):
        refused = wire.refused("ListLiveMessageGroupByPage", {"AppId": app["AppId"], "SortType": 1, **params})
        assert refused == (400, "InputInvalid"), params
    last = wire.ok("ListLiveMessageGroupByPage", {"AppId": app["AppId"], "SortType": 1, "PageNumber": 10000, "PageSize": 50})
    assert last["GroupList"] == []


ALL_ON_APPS = [
    ("DescribeLiveMessageApp", {}),
    ("ModifyLiveMessageAppDisable", {"Disable": True}),
    ("CreateLiveMessageGroup", {"GroupId": "g1"}),
    ("DescribeLiveMessageGroup", {"GroupId": "g1"}),
    ("DeleteLiveMessageGroup", {"GroupId": "g1"}),
    ("ListLiveMessageGroups", {"SortType": 1}),
    ("ListLiveMessageGroupByPage", {"SortType": 1}),
    ("ListLiveMessageGroupUsers", {"GroupId": "g1", "PageSize": 10, "SortType": 1}),
    ("CheckLiveMessageUsersInGroup", {"GroupId": "g1", "UserIds": "a"}),
    ("CheckLiveMessageUsersOnline", {"UserIds": "a"}),
    ("KickLiveMessageGroupUser", {"GroupId": "g1", "KickoffUser": "a"}),
    ("ModifyLiveMessageUserInfo", {"UserId": "a", "UserMetaInfo": "b"}),
    ("SendLiveMessageGroup", {"GroupId": "g1", "SenderId": "a", "Body": "b", "MsgType": 1}),
    ("SendLiveMessageUser", {"ReceiverId": "a", "SenderId": "b", "Body": "c"}),
    ("ListLiveMessageGroupMessages", {"GroupId": "g1", "PageSize": 10, "SortType": 1}),
]


@pytest.mark.parametrize("action,params", ALL_ON_APPS, ids=[action for action, _ in ALL_ON_APPS])
def test_an_unknown_app_or_one_of_the_other_generation_is_not_found(wire, action, params):
    assert wire.refused(action, {"AppId": "nosuchapp", **params}) == (404, "ResourceNotExist")
    old = wire.ok("CreateMessageApp", {"AppName": "first"})["Result"]["AppId"]
    assert wire.refused(action, {"AppId": old, **params}) == (404, "ResourceNotExist")


@pytest.mark.parametrize(
    "action,params",
    [row for row in ALL_ON_APPS if "GroupId" in row[1] and row[0] not in ("CreateLiveMessageGroup", "DeleteLiveMessageGroup")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unknown_group_is_not_found(wire, app, action, params):
    assert wire.refused(action, {"AppId": app["AppId"], **params, "GroupId": "nosuchgroup"}) == (404, "ResourceNotExist")


def test_a_disabled_app_refuses_everything_but_being_seen_and_enabled_and_drops_its_clients(wire, server):
    app = new_app(wire)
    new_group(wire, app, "g1")
    with RawSession(server) as client:
        client.login(login_token(app, "ada"))
        client.join("g1")
        disabled = wire.ok("ModifyLiveMessageAppDisable", {"AppId": app["AppId"], "Disable": True})
        members(disabled, "AppId", "AppSign", "Disable")
        assert disabled["Disable"] is True
        code, reason = client.closing()
        assert code >= 3000 and reason
    group = {"AppId": app["AppId"], "GroupId": "g1"}
    in_effect(server, lambda wire: wire.call("DescribeLiveMessageGroup", group).code == "NoAuth", "the app to be disabled")
    for action, params in ALL_ON_APPS[2:]:
        assert wire.refused(action, {"AppId": app["AppId"], **params}) == (403, "NoAuth"), action
    assert wire.ok("DescribeLiveMessageApp", {"AppId": app["AppId"]})["Disable"] is True
    rows = {row["AppId"]: row["Disable"] for row in wire.ok("ListLiveMessageApps", {"SortType": 2})["AppList"]}
    assert rows[app["AppId"]] == "true"
    with RawSession(server) as client:
        assert client.error("connect", {"token": login_token(app, "ada")})["code"] == 403
    assert wire.ok("ModifyLiveMessageAppDisable", {"AppId": app["AppId"], "Disable": "False"})["Disable"] is False
    in_effect(server, lambda wire: wire.call("DescribeLiveMessageGroup", group).status == 200, "the app to be enabled")
    assert wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": "g1"})["Delete"] is False
    with RawSession(server) as client:
        client.login(login_token(app, "ada"))


def test_users_are_told_in_group_and_online_apart(wire, server, app):
    group, other = new_group(wire, app), new_group(wire, app)
    with CentrifugeJs(server, login_token(app, "ada")) as ada, CentrifugeJs(server, login_token(app, "bob")) as bob:
        ada.login()
        ada.join(group)
        bob.login()
        bob.join(other)
        users = ["bob", "ada", "zoe"]
        answer = wire.ok("CheckLiveMessageUsersInGroup", {"AppId": app["AppId"], "GroupId": group, "UserIds": users})
        members(answer, "Users")
        assert answer["Users"] == [{"UserId": u, "Online": u == "ada"} for u in users]
        answer = wire.ok("CheckLiveMessageUsersOnline", {"AppId": app["AppId"], "UserIds": users})
        members(answer, "UserList")
        assert answer["UserList"] == [{"UserId": u, "Online": u != "zoe"} for u in users]
    for action in ("CheckLiveMessageUsersInGroup", "CheckLiveMessageUsersOnline"):
        eleven = {"AppId": app["AppId"], "GroupId": group, "UserIds": [f"u{n}" for n in range(11)]}
        assert wire.refused(action, eleven) == (400, "InputInvalid")


@pytest.mark.process
@pytest.mark.looks_at("store")
def test_the_301st_app_is_refused(new_server):
    wire = Wire(new_server().start())
    for _ in range(300):
        wire.ok("CreateLiveMessageApp")
    assert wire.refused("CreateLiveMessageApp") == (400, "InputInvalid")


@pytest.mark.process
@pytest.mark.looks_at("store")
def test_the_5001st_group_is_refused_and_a_deleted_one_makes_room(new_server):
    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)

    def make(part):
        own = Wire(server)
        for n in range(part, 5000, 16):
            new_group(own, app, f"group{n}")
        own.close()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(make, range(16)))
    extra = {"AppId": app["AppId"], "GroupId": "onemore"}
    assert wire.refused("CreateLiveMessageGroup", extra) == (400, "ErrorTooManyGroups")
    assert wire.ok("CreateLiveMessageGroup", {**extra, "GroupId": "group7"})["AlreadyExists"] is True
    wire.ok("DeleteLiveMessageGroup", {**extra, "GroupId": "group7"})
    wire.ok("CreateLiveMessageGroup", extra)
    total = wire.ok("ListLiveMessageGroupByPage", {"AppId": app["AppId"], "SortType": 1, "GroupStatus": 1})["TotalCount"]
    assert total == 5000
    token, walked = None, []
    while token != "end":
        answer = wire.ok("ListLiveMessageGroups", {"AppId": app["AppId"], "SortType": 2, "GroupStatus": 1, "NextPageToken": token})
        walked += [row["GroupId"] for row in answer["GroupList"]]
        token = answer["NextpageToken"] if answer["Hasmore"] else "end"
    assert len(walked) == len(set(walked)) == 5000


def test_what_is_told_of_a_user_changes_in_all_groups_of_the_user_and_in_what_it_says_there(wire, server):
    # Of its own: whoever was in a group of the others' is in it still while the grace period lasts.
    app = new_app(wire)
    group, other, later = new_group(wire, app), new_group(wire, app), new_group(wire, app)
    listed = {"AppId": app["AppId"], "PageSize": 10, "SortType": 1}

    def told(where):
        rows = wire.ok("ListLiveMessageGroupUsers", {**listed, "GroupId": where})["UserList"]
        return {row["UserId"]: row["UserInfo"] for row in rows}

    with RawSession(server) as ada, RawSession(server) as bob:
        for client, user in ((ada, "ada"), (bob, "bob")):
            client.login(login_token(app, user, extension=f"of {user}"))
            client.join(group)
        ada.join(other)
        for given, shown in (({"UserMetaInfo": "new ~ 你好"}, "new ~ 你好"), ({}, ""), ({"UserMetaInfo": "newer"}, "newer")):
            answer = wire.ok("ModifyLiveMessageUserInfo", {"AppId": app["AppId"], "UserId": "ada", **given})
            members(answer, "SuccessList", "FailList")
            assert answer["SuccessList"] == [{"GroupId": name, "Success": True} for name in sorted((group, other))]
            assert answer["FailList"] == []
            assert (told(group), told(other)) == ({"ada": shown, "bob": "of bob"}, {"ada": shown})
        said = ada.rpc("sendGroupMessage", {"groupId": group, "type": 10001, "data": "hello"})["messageId"]
        heard = bob.event("recvgroupmessage", messageId=said)["data"]
        assert heard["sender"] == {"userId": "ada", "userExtension": "newer"}
        ada.join(later)
        assert told(later) == {"ada": "of ada"}, "a group that is entered later is told what the login says"
    nobody = wire.ok("ModifyLiveMessageUserInfo", {"AppId": app["AppId"], "UserId": "nobody", "UserMetaInfo": "x"})
    assert (nobody["SuccessList"], nobody["FailList"]) == ([], [])
    for wrong in ({}, {"UserId": "ada", "UserMetaInfo": "x" * 513}):
        code = wire.refused("ModifyLiveMessageUserInfo", {"AppId": app["AppId"], **wrong})[1]
        assert code in ("MissingUserId", "InputInvalid")


def test_a_kicked_user_is_out_of_the_group_and_still_online(wire, server, app):
    group = new_group(wire, app)
    with RawSession(server) as client:
        client.login(login_token(app, "kim"))
        client.join(group)
        answer = wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "kim"})
        members(answer)
        push = client.push("unsubscribe")
        assert push["channel"] == f"g:{group}" and push["unsubscribe"]["code"] == 2101 and push["unsubscribe"]["reason"]
        until(
            lambda: wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})["OnlineUserCounts"] == 0,
            "the group to be empty",
        )
        online = wire.ok("CheckLiveMessageUsersOnline", {"AppId": app["AppId"], "UserIds": "kim"})
        assert online["UserList"] == [{"UserId": "kim", "Online": True}]
