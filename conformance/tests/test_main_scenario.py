"""The product's main job, through every official client: make an app and groups, let people join over WebSocket, call the roll.

Each scenario goes through every operation of its product with one API client, so the compatibility table is filled
from here; the realtime clients take turns as the people who join.
"""

import json
from urllib.parse import urlsplit

import pytest

from harness.clients.realtime import CentrifugeJs, CentrifugePython
from harness.files import oss_client, put
from harness.scenes import client_of, join_by_invitation, new_number, new_space, open_invitation, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import fetch

pytestmark = pytest.mark.looks_at("transactions", "nodes")


def numbers_of(rows, name):
    return [row[name] for row in rows]


def test_second_generation_people_join_are_listed_counted_found_spoken_to_kicked_and_leave(api, realtime, server, ledger):
    app = api.call("CreateLiveMessageApp", {"AppName": "roll call"})
    app_id = app["AppId"]
    assert api.call("DescribeLiveMessageApp", {"AppId": app_id})["AppKey"] == app["AppKey"]
    listed = api.call("ListLiveMessageApps", {"SortType": 2})
    assert app_id in numbers_of(listed["AppList"], "AppId")

    group, other = unique("show"), unique("show")
    for name in (group, other):
        made = api.call(
            "CreateLiveMessageGroup",
            {"AppId": app_id, "GroupId": name, "GroupName": "Saturday", "Administrators": ["anna", "otto"], "CreatorId": "carl"},
        )
        assert made["GroupId"] == name
    people = ["ada", "ben", "cleo"]
    clients = [client_of(realtime, server, app, user, ledger) for user in people]
    try:
        for client in clients:
            client.login()
            client.join(group)
        check_the_roll_of_second_generation(api, app_id, group, other, people)
        check_a_message_of_second_generation(api, app_id, group, clients)
        check_messages_to_one_user(api, app_id, clients)
        check_mutes_of_second_generation(api, app_id, group, clients)

        check_where_events_are_told(api)
        check_a_modified_group(api, app_id, group, clients)
        audited = api.call("ModifyLiveMessageAppAudit", {"AppId": app_id, "AuditType": 2, "AuditUrl": "https://audit.example.com/"})
        assert int(audited["AuditType"]) == 2 and audited["AuditUrl"] == "https://audit.example.com/"
        assert audited["AuditNeedAuthentication"] is True and audited["AppSign"] == app["AppSign"]
        on_every_node(
            lambda: api.call("DescribeLiveMessageApp", {"AppId": app_id}),
            lambda now: int(now["AuditType"]) == 2 and now["AuditUrl"] == "https://audit.example.com/",
        )
        assert int(api.call("ModifyLiveMessageAppAudit", {"AppId": app_id, "AuditType": 0})["AuditType"]) == 0

        api.call("KickLiveMessageGroupUser", {"AppId": app_id, "GroupId": group, "KickoffUser": "cleo"})
        kicked = clients[2].events.wait("unsubscribed", channel=f"g:{group}")
        assert kicked["code"] == 2101 and kicked["reason"]
        clients[1].leave(group)
        until(lambda: online(api, app_id, group) == 1, "the count to fall to 1")
        assert roll(api, app_id, group) == ["ada"]

        disabled = api.call("ModifyLiveMessageAppDisable", {"AppId": app_id, "Disable": False})
        assert disabled["Disable"] is False
        assert api.call("DeleteLiveMessageGroup", {"AppId": app_id, "GroupId": group, "OperatorId": "carl"})["GroupId"] == group
        assert clients[0].events.wait("unsubscribed", channel=f"g:{group}")["code"] == 2102
        on_every_node(
            lambda: api.call("DescribeLiveMessageGroup", {"AppId": app_id, "GroupId": group}),
            lambda now: now["Delete"] is True,
        )
        check_a_recovered_group(api, app_id, group, clients)
    finally:
        for client in clients:
            client.close()


def roll(api, app_id, group):
    answer = api.call("ListLiveMessageGroupUsers", {"AppId": app_id, "GroupId": group, "PageSize": 10, "SortType": 1})
    assert answer["GroupId"] == group
    return numbers_of(answer["UserList"], "UserId")


def online(api, app_id, group):
    return int(api.call("DescribeLiveMessageGroup", {"AppId": app_id, "GroupId": group})["OnlineUserCounts"])


def check_the_roll_of_second_generation(api, app_id, group, other, people):
    page = {"AppId": app_id, "GroupId": group, "PageSize": 10, "SortType": 2}
    answer = api.call("ListLiveMessageGroupUsers", page)
    assert numbers_of(answer["UserList"], "UserId") == people[::-1]
    assert answer["Hasmore"] is False and int(answer["NextPageToken"]) == 0
    assert roll(api, app_id, group) == people
    assert online(api, app_id, group) == 3

    found = api.call("CheckLiveMessageUsersInGroup", {"AppId": app_id, "GroupId": group, "UserIds": ["ada", "nobody"]})
    assert {row["UserId"]: row["Online"] for row in found["Users"]} == {"ada": True, "nobody": False}
    found = api.call("CheckLiveMessageUsersOnline", {"AppId": app_id, "UserIds": ["nobody", "ben"]})
    assert {row["UserId"]: row["Online"] for row in found["UserList"]} == {"nobody": False, "ben": True}

    changed = api.call("ModifyLiveMessageUserInfo", {"AppId": app_id, "UserId": "ben", "UserMetaInfo": "the drummer ~ 你好"})
    assert [(row["GroupId"], row["Success"]) for row in changed["SuccessList"]] == [(group, True)]
    rows = api.call("ListLiveMessageGroupUsers", page)["UserList"]
    assert {row["UserId"]: row["UserInfo"] for row in rows} == {"ada": "", "ben": "the drummer ~ 你好", "cleo": ""}

    groups = api.call("ListLiveMessageGroups", {"AppId": app_id, "SortType": 1, "GroupStatus": 1})
    assert numbers_of(groups["GroupList"], "GroupId") == [group, other]
    assert groups["GroupList"][0]["AdminList"] == ["anna", "otto"]
    groups = api.call("ListLiveMessageGroupByPage", {"AppId": app_id, "SortType": 2, "PageNumber": 1, "PageSize": 1})
    assert numbers_of(groups["GroupList"], "GroupId") == [other] and int(groups["TotalCount"]) == 2


def on_every_node(ask, holds):
    """Waits until three answers in a row, which three nodes give in turn, are as they should be; the last of them.

    A node knows within half a second what another one has changed of a group or an application.
    """
    answers = []
    until(lambda: answers.clear() or all(holds(answers.append(ask()) or answers[-1]) for _ in range(3)), "every node to know")
    return answers[-1]


def check_where_events_are_told(api):
    """An application of its own, so that nobody is told what the others do."""
    url = "https://hooks.example.com/im"
    app = api.call("CreateLiveMessageApp", {"AppName": "told"})
    told = api.call("ModifyLiveMessageAppCallback", {"AppId": app["AppId"], "EventCallbackUrl": url})
    assert told["AppId"] == app["AppId"] and told["AppSign"] == app["AppSign"] and told["EventCallbackUrl"] == url
    assert told["EventCallbackNeedAuthentication"] is True
    on_every_node(
        lambda: api.call("DescribeLiveMessageApp", {"AppId": app["AppId"]}), lambda now: now["EventCallbackUrl"] == url
    )


def check_a_modified_group(api, app_id, group, clients):
    """Everybody inside is told what the group is now, and it is described and listed so."""
    api.call(
        "ModifyLiveMessageGroup",
        {
            "AppId": app_id, "GroupId": group, "ModifyInfo": True, "GroupInfo": "open until six ~ 你好",
            "ModifyAdmin": True, "AdminList": ["otto", "olga"],
        },
    )
    for client in clients:
        told = client.received(group, "infochange")
        assert told["data"]["groupMeta"] == "open until six ~ 你好" and told["data"]["adminList"] == ["otto", "olga"]
        assert told["data"]["groupId"] == group and told["offset"] > 0
    described = on_every_node(
        lambda: api.call("DescribeLiveMessageGroup", {"AppId": app_id, "GroupId": group}),
        lambda now: now["GroupInfo"] == "open until six ~ 你好",
    )
    assert described["AdminList"] == ["otto", "olga"]
    assert described["GroupName"] == "Saturday" and described["CreatorId"] == "carl"


def check_a_recovered_group(api, app_id, group, clients):
    """History, counts and positions go on; nobody is inside until somebody joins again."""
    before = api.call("ListLiveMessageGroupMessages", {"AppId": app_id, "GroupId": group, "PageSize": 10, "SortType": 1})
    assert api.call("RecoverLiveMessageDeletedGroup", {"AppId": app_id, "GroupId": group})["GroupId"] == group
    described = on_every_node(
        lambda: api.call("DescribeLiveMessageGroup", {"AppId": app_id, "GroupId": group}),
        lambda now: now["Delete"] is False,
    )
    assert int(described["OnlineUserCounts"]) == 0 and int(described["TotalTimes"]) == 3
    assert {kind: int(count) for kind, count in described["MsgAmount"].items()} == {"88888": 1}
    clients[0].join(group)
    until(lambda: online(api, app_id, group) == 1, "the member to be counted")
    say = {"AppId": app_id, "GroupId": group, "SenderId": "host", "Body": "again", "MsgType": 88888}
    sent = api.call("SendLiveMessageGroup", say)
    assert clients[0].received(group, "recvgroupmessage", messageId=sent["MsgTid"])["data"]["totalMsgs"] == 2
    history = api.call("ListLiveMessageGroupMessages", {"AppId": app_id, "GroupId": group, "PageSize": 10, "SortType": 1})
    kept = [row["MsgTid"] for row in before["MessageList"]]
    assert [row["MsgTid"] for row in history["MessageList"]] == [*kept, sent["MsgTid"]]


def check_a_message_of_second_generation(api, app_id, group, clients):
    sent = api.call(
        "SendLiveMessageGroup",
        {
            "AppId": app_id, "GroupId": group, "SenderId": "host", "SenderMetaInfo": "the host",
            "Body": "welcome, everyone ~ 你好 *", "MsgType": 88888, "Weight": 5,
        },
    )
    assert sent["MsgTid"]
    for client in clients:
        message = client.received(group, "recvgroupmessage", messageId=sent["MsgTid"])["data"]
        assert message["data"] == "welcome, everyone ~ 你好 *" and message["type"] == 88888
        assert message["sender"]["userId"] == "host" and message["sender"]["userExtension"] == "the host"
    history = api.call("ListLiveMessageGroupMessages", {"AppId": app_id, "GroupId": group, "PageSize": 10, "SortType": 1})
    kept = history["MessageList"][-1]
    assert (kept["MsgTid"], kept["Body"]) == (sent["MsgTid"], "welcome, everyone ~ 你好 *")
    assert kept["Sender"] == {"UserId": "host", "UserInfo": "the host"}
    check_that_it_is_taken_back(api, app_id, group, clients, sent["MsgTid"])


def check_that_it_is_taken_back(api, app_id, group, clients, message):
    of = {"AppId": app_id, "MessageId": message, "DeleterId": "host"}
    gone = api.call("DeleteLiveMessageGroupMessage", {**of, "GroupId": group})
    assert (gone["GroupId"], gone["MessageId"]) == (group, message)
    for client in clients:
        told = client.received(group, "deletegroupmessage", messageId=message)["data"]
        assert told["deleter"]["userId"] == "host"
    history = api.call("ListLiveMessageGroupMessages", {"AppId": app_id, "GroupId": group, "PageSize": 10, "SortType": 1})
    assert message not in numbers_of(history["MessageList"], "MsgTid")
    assert api.call("DeleteLiveMessageUserMessage", {**of, "ReceiverId": "ada"})["RequestId"]


def check_messages_to_one_user(api, app_id, clients):
    """The receiver alone hears them: those with Storage at a place of the user's own stream, the others at none."""
    ada, ben, _ = clients
    to = {"AppId": app_id, "ReceiverId": "ada", "SenderId": "host", "SenderInfo": "the host", "Body": "psst ~ 你好 *", "MsgType": 20001}
    for storage in (False, True):
        sent = api.call("SendLiveMessageUser", {**to, "Storage": storage, "HighReliability": True})["MsgTid"]
        heard = ada.told("recvc2cmessage", messageId=sent)
        assert (heard["data"]["data"], heard["data"]["type"]) == ("psst ~ 你好 *", 20001)
        assert heard["data"]["sender"] == {"userId": "host", "userExtension": "the host"}
        assert bool(heard.get("offset")) is storage, heard
    answer = ben.rpc("sendC2cMessage", {"receiverId": "ada", "type": 20002, "data": "from ben"})
    heard = ada.told("recvc2cmessage", messageId=answer["messageId"])
    assert (heard["data"]["data"], heard["data"]["sender"]["userId"]) == ("from ben", "ben")
    for other in clients[1:]:
        assert not other.events.all("server_publication"), "nobody else hears of it"
    api.call("DeleteLiveMessageUserMessage", {"AppId": app_id, "ReceiverId": "ada", "MessageId": sent, "DeleterId": "host"})
    assert ada.told("deletec2cmessage", messageId=sent)["offset"] > 0


def check_mutes_of_second_generation(api, app_id, group, clients):
    at = {"AppId": app_id, "GroupId": group}

    def told(everybody, muted, spared):
        for client in clients:
            client.received(group, "mutechange", muteAll=everybody, muteUserList=muted, whiteUserList=spared)
        band = api.call("DescribeLiveMessageGroupBand", at)
        assert (band["GroupId"], band["IsbannedAll"]) == (group, everybody)
        assert (list(band["BannedUserList"]), list(band["UnbannedUserList"])) == (muted, spared)

    api.call("AddLiveMessageGroupBand", {**at, "BannedUsers": ["ada", "ben"]})
    told(False, ["ada", "ben"], [])
    api.call("BanLiveMessageGroup", {**at, "ExceptUsers": ["cleo"]})
    told(True, ["ada", "ben"], ["cleo"])
    api.call("RemoveLiveMessageGroupBand", {**at, "UnbannedUsers": ["ada"]})
    told(True, ["ben"], ["cleo"])
    api.call("UnbanLiveMessageGroup", at)
    told(False, ["ben"], [])
    api.call("ModifyLiveMessageGroupBand", {**at, "BannedAll": True, "BannnedUsers": ["zoe"], "ExceptUsers": ["ada", "ben"]})
    told(True, ["zoe"], ["ada", "ben"])
    api.call("UnbanLiveMessageGroup", at)
    told(False, ["zoe"], [])


def check_a_message_of_first_generation(api, app_id, group, ben):
    at = {"AppId": app_id, "GroupId": group}
    said = {**at, "OperatorUserId": "System", "Type": 10006, "Data": '{"notice":"welcome ~ 你好"}', "SkipAudit": True}
    sent = api.call("SendMessageToGroup", said)["Result"]["MessageId"]
    message = ben.received(group, "recvgroupmessage", messageId=sent)["data"]
    assert (message["data"], message["type"], message["sender"]["userId"]) == (said["Data"], 10006, "System")
    some = {**at, "OperatorUserId": "System", "Type": 10003, "Data": '{"start":1}', "SkipAudit": True}
    told = api.call("SendMessageToGroupUsers", {**some, "ReceiverIdList": ["ben", "nobody"]})["Result"]["MessageId"]
    heard = ben.told("recvgroupmessage", messageId=told)
    assert heard["offset"] > 0 and heard["data"]["groupId"] == group
    assert (heard["data"]["data"], heard["data"]["type"], heard["data"]["sender"]["userId"]) == (some["Data"], 10003, "System")
    page = api.call("ListMessage", {**at, "Type": 10006, "SortType": 1, "PageNum": 1, "PageSize": 1})["Result"]
    assert page["HasMore"] is False
    kept = page["MessageList"][0]
    assert (kept["Data"], kept["MessageId"], kept["SenderId"], int(kept["Type"])) == (said["Data"], sent, "System", 10006)
    assert kept["GroupId"] == group
    found = api.call("ListMessageGroupUserById", {**at, "UserIdList": ["ben", "nobody"]})["Result"]
    assert found["HasMore"] is False and int(found["Total"]) == 1
    row = found["UserList"][0]
    assert row["UserId"] == "ben" and row["IsMute"] is False and not row.get("MuteBy")


def check_mutes_of_first_generation(api, app_id, group, ben):
    at = {"AppId": app_id, "GroupId": group, "OperatorUserId": "carl", "BroadCastType": 2}

    def muted():
        page = api.call("ListMuteGroupUser", {"AppId": app_id, "GroupId": group, "PageNum": 1, "PageSize": 20})["Result"]
        assert page["HasMore"] is False and int(page["Total"]) == len(page["UserList"])
        return numbers_of(page["UserList"], "UserId")

    def is_muted():
        return api.call("GetMessageGroup", {"AppId": app_id, "GroupId": group})["Result"]["IsMuteAll"]

    def done(operation, **more):
        assert api.call(operation, {**at, **more})["Result"]["Success"] is True

    done("MuteGroupUser", MuteUserList=["ada", "zoe"], MuteTime=600)
    assert ben.received(group, "systemmessage", type=1006)["data"]["data"]["userId"] == "ada"
    assert muted() == ["ada", "zoe"]
    done("CancelMuteGroupUser", CancelMuteUserList=["ada"])
    assert ben.received(group, "systemmessage", type=1007)["data"]["data"]["userId"] == "ada"
    assert muted() == ["zoe"]
    for operation, kind, muted_now in (("MuteAllGroupUser", 1004, True), ("CancelMuteAllGroupUser", 1005, False)):
        done(operation)
        assert ben.received(group, "systemmessage", type=kind)["data"]["senderId"] == "carl"
        assert is_muted() is muted_now


def check_likes(api, app_id, group, ben):
    """The answer and what the group hears are the running total."""
    like = {"AppId": app_id, "GroupId": group, "OperatorUserId": "ada", "BroadCastType": 2}
    for count, total in (("5", 5), ("7", 12)):
        assert int(api.call("SendLike", {**like, "Count": count})["Result"]["LikeCount"]) == total
        told = ben.received(group, "systemmessage", type=1001, data={"likeCount": total})
        assert told["data"]["senderId"] == "ada" and not told.get("offset")


def check_a_closed_group_of_first_generation(api, app_id, group, ben):
    """Whoever is inside is told and out of it, and the group is not listed any more."""
    ben.join(group)
    assert api.call("CloseMessageGroup", {"AppId": app_id, "GroupId": group})["Result"]["Success"] is True
    assert ben.received(group, "exit")["data"]["reason"] == 1
    assert ben.events.wait("unsubscribed", channel=f"g:{group}", code=2102)
    page = {"AppId": app_id, "PageNum": 1, "PageSize": 20}
    on_every_node(
        lambda: api.call("ListMessageGroup", page)["Result"], lambda now: int(now["Total"]) == 0 and not now["GroupList"]
    )


def check_a_deleted_app(api, app_id, ben):
    """Its connections end, and nothing of it is found any more."""
    assert api.call("DeleteMessageApp", {"AppId": app_id})["Result"]["Success"] is True
    assert ben.events.wait("disconnected")["code"] == 4503
    found = {"AppId": app_id}
    on_every_node(lambda: api.call("QueryMessageApp", found)["Result"], lambda now: int(now[0]["TotalCount"]) == 0)


def test_first_generation_people_join_are_listed_counted_found_and_leave(api, realtime, server, ledger):
    app = api.call("CreateMessageApp", {"AppName": "roll call", "AppConfig": {"appAlias": "calls"}, "Extension": {"owner": "it"}})
    app_id = app["Result"]["AppId"]
    described = api.call("GetMessageApp", {"AppId": app_id})["Result"]
    assert described["AppName"] == "roll call" and described["AppConfig"] == {"appAlias": "calls"}
    apps = api.call("ListMessageApp", {"SortType": 1, "PageNum": 1, "PageSize": 50})["Result"]
    assert app_id in numbers_of(apps["AppList"], "AppId")
    change = {"AppId": app_id, "AppName": "called", "Extension": {"owner": "ops"}}
    assert api.call("UpdateMessageApp", change)["Result"]["Success"] is True
    found = until(
        lambda: api.call("QueryMessageApp", {"AppId": app_id, "AppName": "called"})["Result"],
        "the application to be found",
    )
    assert len(found) == 1 and int(found[0]["TotalCount"]) == 1 and found[0]["HasMore"] is False
    assert found[0]["AppList"][0]["Extension"] == {"owner": "ops"}
    assert found[0]["AppList"][0]["AppConfig"] == {"appAlias": "calls"}, "what was not named stays"

    made = api.call("CreateMessageGroup", {"AppId": app_id, "CreatorId": "carl", "Extension": {"groupName": "Saturday"}})
    group = made["Result"]["GroupId"]
    described = api.call("GetMessageGroup", {"AppId": app_id, "GroupId": group})["Result"]
    assert described["CreatorId"] == "carl" and described["Extension"] == {"groupName": "Saturday"}
    update = {"AppId": app_id, "GroupId": group, "Extension": {"room": "blue"}}
    assert api.call("UpdateMessageGroup", update)["Result"]["Success"] is True
    listed = api.call("ListMessageGroup", {"AppId": app_id, "PageNum": 1, "PageSize": 20})["Result"]
    assert numbers_of(listed["GroupList"], "GroupId") == [group]
    assert listed["GroupList"][0]["Extension"] == {"room": "blue"}, "the map is replaced whole"

    assert api.call("JoinMessageGroup", {"AppId": app_id, "GroupId": group, "UserId": "ada"})["Result"]["Success"] is True
    token = api.call("GetMessageToken", {"AppId": app_id, "UserId": "ben", "DeviceId": "phone-1", "DeviceType": "ios"})["Result"]
    assert int(token["AccessTokenExpiredTime"]) > 0
    with realtime(server, token["AccessToken"], ledger=ledger, generation=1) as ben:
        ben.login()
        ben.join(group)
        members = api.call("ListMessageGroupUser", {"AppId": app_id, "GroupId": group, "SortType": 0, "PageNum": 1, "PageSize": 1})
        assert numbers_of(members["Result"]["UserList"], "UserId") == ["ada"]
        assert members["Result"]["HasMore"] is True and int(members["Result"]["Total"]) == 2
        members = api.call("ListMessageGroupUser", {"AppId": app_id, "GroupId": group, "SortType": 1, "PageNum": 1, "PageSize": 1})
        assert numbers_of(members["Result"]["UserList"], "UserId") == ["ben"]
        found = api.call("BatchGetOnlineUsers", {"AppId": app_id, "GroupId": group, "UserIds": "ben,nobody"})["Result"]
        assert {row["UserId"]: row["Online"] for row in found["OnlineUsers"]} == {"ben": True, "nobody": False}
        check_a_message_of_first_generation(api, app_id, group, ben)
        check_mutes_of_first_generation(api, app_id, group, ben)
        check_likes(api, app_id, group, ben)
        broadcast = {"BroadCastType": 2, "BroadCastStatistics": True}
        left = {"AppId": app_id, "GroupId": group, "UserId": "ada", **broadcast}
        assert api.call("LeaveMessageGroup", left)["Result"]["Success"] is True
        told = ben.received(group, "systemmessage", type=1003)["data"]
        assert told["senderId"] == "ada" and told["data"]["statistics"] == {
            "pv": 2, "uv": 2, "onlineCount": 1, "likeCount": 12, "isMuteAll": False,
        }
        figures = api.call("GetGroupStatistics", {"AppId": app_id, "GroupId": group})["Result"]
        assert {name: int(count) for name, count in figures.items()} == {"PV": 2, "UV": 2, "OnlineCount": 1, "LikeCount": 12}
        ben.leave(group)

        def total():
            return int(api.call("ListMessageGroupUser", {"AppId": app_id, "GroupId": group})["Result"]["Total"])

        until(lambda: total() == 0, "the group to be empty")
        check_a_closed_group_of_first_generation(api, app_id, group, ben)
        check_a_deleted_app(api, app_id, ben)


@pytest.mark.process
def test_a_chat_group_is_made_becomes_active_and_its_participants_join_by_link_and_are_paged(api, server):
    space = new_space(server)
    subject = unique("customers")
    added = api.call("AddChatGroup", space.params(Subject=subject, Description="the first hundred"), "cams")
    assert added["Code"] == "OK" and added["UniqueCode"]

    def row():
        page = {"Index": 1, "Size": 10}
        answer = api.call("ListChatGroup", space.params(Subject=subject, GroupStatus="ACTIVE", Page=page), "cams")
        assert answer["Code"] == "OK" and answer["Success"] is True
        return answer["Data"]["List"][0] if int(answer["Data"]["Total"]) == 1 else None

    group = until(row, "the group to become ACTIVE")
    assert (group["Subject"], group["Description"], group["BusinessNumber"]) == (subject, "the first hundred", space.number)
    invited = api.call("AddChatGroupInviteLink", space.params(GroupId=group["GroupId"]), "cams")
    assert invited["Code"] == "OK" and "/i/" in invited["InviteLink"]

    phones = [f"4915100000{n:02d}" for n in range(3)]
    for phone in phones:
        answer = join_by_invitation(server, invited["InviteLink"], phone, f"person {phone[-2:]}")
        assert answer.status in (200, 201, 302, 303), f"HTTP {answer.status} {answer.body[:400]!r}"

    seen = []
    for index in (1, 2):
        page = {"Index": index, "Size": 2}
        data = api.call("ListChatGroupParticipants", space.params(GroupId=group["GroupId"], Page=page), "cams")["Data"]
        assert int(data["Total"]) == 3
        seen += numbers_of(data["List"], "ParticipantNumber")
    assert sorted(seen) == phones
    assert int(row()["TotalParticipantCount"]) == 3

    def result(action, **more):
        answer = api.call(action, space.params(GroupId=group["GroupId"], **more), "cams")
        assert answer["Code"] == "OK" and answer["Success"] is True
        return int(answer["Result"])

    assert result("DeleteChatGroupParticipants", List=[{"ParticipantNumber": phones[0]}, {"ParticipantNumber": "491519999999"}]) == 1
    assert join_by_invitation(server, invited["InviteLink"], phones[0], "again").status == 403
    assert result("DeleteChatGroupInviteLink") == 1
    assert open_invitation(server, invited["InviteLink"])[0].status == 410
    assert int(row()["TotalParticipantCount"]) == 2 and not row()["InviteLink"]
    subject = unique("regulars")
    assert result("UpdateChatGroup", Subject=subject) == 1
    changed = until(row, "the group to be ACTIVE under its new title")
    assert (changed["GroupId"], changed["Description"]) == (group["GroupId"], "the first hundred")
    assert result("DeleteChatGroup") == 1
    page = {"Index": 1, "Size": 10}

    def listed():
        return int(api.call("ListChatGroup", space.params(Page=page), "cams")["Data"]["Total"])

    until(lambda: listed() == 0, "the group to be gone")


@pytest.mark.process
def test_a_business_says_something_to_a_group_and_to_one_person_and_lists_it(api, server):
    space = new_space(server)
    subject = unique("talk")
    assert api.call("AddChatGroup", space.params(Subject=subject), "cams")["Code"] == "OK"
    page = {"Index": 1, "Size": 10}

    def row():
        found = api.call("ListChatGroup", space.params(Subject=subject, GroupStatus="ACTIVE", Page=page), "cams")["Data"]
        return found["List"][0] if int(found["Total"]) == 1 else None

    group = until(row, "the group to become ACTIVE")["GroupId"]

    def sent(**params):
        common = {"ChannelType": "whatsapp", "CustSpaceId": space.channel, "From": space.number, "Type": "message"}
        answer = api.call("SendChatappMessage", {**common, **params}, "cams")
        assert answer["Code"] == "OK", answer
        return answer["MessageId"]

    person = "491510000001"
    image = json.dumps({"link": "https://example.com/stand.jpg", "caption": "stand 4"})
    said = sent(RecipientType="group", To=group, MessageType="text", Content=json.dumps({"text": "We open at ten."}))
    told = sent(To=person, MessageType="image", Content=image)
    listed = api.call("ListChatappMessage", space.params(ChannelType="whatsapp", Page=page, EventAction="DOWN"), "cams")
    assert listed["Code"] == "OK" and listed["Success"] is True
    rows = [(one["MessageId"], one["MessageType"], one["UserNumber"], one["MessageStatus"]) for one in listed["Data"]]
    assert rows == [(told, "image", person, "Sent"), (said, "text", group, "Sent")]
    assert json.loads(listed["Data"][0]["Message"]) == json.loads(image) and listed["Data"][1]["Message"] == "We open at ten."


@pytest.mark.process
def test_a_channel_is_made_named_given_a_number_and_deleted(api, server):
    for action in ("GetChatappOpenStatus", "OpenChatappService"):
        answer = api.call(action, {}, "cams")
        assert answer["Code"] == "OK" and answer["OpenStatus"] is True

    def ok(action, **params):
        answer = api.call(action, params, "cams")
        assert answer["Code"] == "OK" and answer["Success"] is True, answer
        return answer

    name = unique("shop")
    made = ok("CreateInstance", ChannelType="WHATSAPP", InstanceName=name, InstanceDescription="market days")["Data"]
    assert not made.get("InstanceName"), "it is declared as an integer: no client could take a name"
    channel = made["InstanceId"]
    listed = ok("ListInstance", InstanceName=name, PageIndex=1, PageSize=10)
    assert int(listed["TotalCount"]) == 1
    row = listed["Data"][0]
    assert (row["CustSpaceId"], row["InstanceId"], row["InstanceName"]) == (channel, channel, name)
    renamed = unique("market")
    assert ok("UpdateInstance", InstanceId=channel, InstanceName=renamed)["Data"]["InstanceName"] == renamed
    found = ok("QueryInstance", InstanceId=channel)["Data"]
    assert (found["InstanceName"], found["InstanceDescription"], found["ChannelType"]) == (renamed, "market days", "WHATSAPP")

    number = new_number()
    server.cli("number", "add", number, "--channel", channel)
    for action in ("QueryChatappPhoneNumbers", "ChatappSyncPhoneNumber"):
        [bound] = ok(action, CustSpaceId=channel)["PhoneNumbers"]
        assert (bound["PhoneNumber"], bound["Status"], bound["VerifiedName"]) == (number, "CONNECTED", renamed)

    # Likewise, as the cloud's.
    grant = api.call("GetChatappUploadAuthorization", {"CustSpaceId": channel}, "cams")["Data"]
    put(oss_client(grant), grant, f"{grant['Dir']}/menu.txt", b"apples and pears")
    url = ok("GeneratePresignedUrl", FilePath=f"{grant['Dir']}/menu.txt")["Data"]["Url"]
    assert fetch(server, urlsplit(url).path).body == b"apples and pears"

    hook = "https://shop.example.com/told"
    said = {"CustSpaceId": channel, "StatusCallbackUrl": hook, "HttpFlag": "Y"}
    # Their answers have no Success.
    of_number = {**said, "PhoneNumber": number, "UpCallbackUrl": f"{hook}/up"}
    assert api.call("UpdatePhoneWebhook", of_number, "cams")["Code"] == "OK"
    assert api.call("UpdateAccountWebhook", said, "cams")["Code"] == "OK"
    [bound] = ok("QueryChatappPhoneNumbers", CustSpaceId=channel)["PhoneNumbers"]
    assert (bound["StatusCallbackUrl"], bound["UpCallbackUrl"]) == (hook, f"{hook}/up")

    ok("DeleteInstance", InstanceId=channel)
    assert int(ok("ListInstance", InstanceName=renamed)["TotalCount"]) == 0


@pytest.mark.process
@pytest.mark.parametrize("realtime", [CentrifugeJs, CentrifugePython], ids=lambda client: client.name)
def test_the_token_that_the_command_prints_logs_in_as_the_documented_one_does(realtime, server, wire, ledger):
    from harness.scenes import new_app, new_group

    app = new_app(wire)
    group = new_group(wire, app)
    printed = server.cli("token", "--app", app["AppId"], "--user", "dora", "--ttl", "600").stdout
    assert printed.endswith("\n") and len(printed.split()) == 1, f"the token alone belongs on stdout: {printed!r}"
    with realtime(server, printed.strip(), ledger=ledger) as client:
        client.login(joining=[group])
        joined = client.events.wait("subscribed", channel=f"g:{group}")
        assert joined["data"]["groupId"] == group
    with realtime(server, login_token(app, "dora", role="admin"), ledger=ledger) as client:
        client.login()
