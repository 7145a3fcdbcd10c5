"""The first generation's browser client, `AliyunInteraction`, used as its demonstration pages use it, in a real Chromium."""

import pytest

from harness.clients.sdk_page import SdkError, SdkPage
from harness.scenes import old_app, old_group, old_token

pytestmark = pytest.mark.looks_at("door")

CONFIG = {"realtime": {"grace_seconds": 0}}
SCRIPT = "aliyun-interaction-sdk.min.js"
LIKE, JOIN, LEAVE, MUTE, UNMUTE, MUTE_USER, UNMUTE_USER = range(1001, 1008)
COMMENT = 10001


@pytest.fixture
def app(wire):
    return old_app(wire)


@pytest.fixture
def of(wire, app):
    return {"groupId": old_group(wire, app, creator="boss")}


@pytest.fixture
def person(server, wire, app, of):
    """Opens a page whose user is logged in, and in the group."""
    opened = []

    def person(user):
        page = SdkPage(server, script=SCRIPT)
        opened.append(page)
        page.watch("first")
        page.first("auth", old_token(wire, app, user))
        page.first("joinGroup", {**of, "userNick": user, "broadCastType": 2, "broadCastStatistics": True})
        return page

    yield person
    assert [complaint for page in opened for complaint in page.close()] == []


def heard(page, kind, sender=None):
    """Waits for a message of a type: the message."""
    [message] = page.event("message", lambda one: one["type"] == kind and sender in (None, one["senderId"]))
    return message


def refusal(call, *arguments):
    with pytest.raises(SdkError) as refused:
        call(*arguments)
    return refused.value.code


def test_the_global_has_the_names_of_that_sdk(server):
    page = SdkPage(server, script=SCRIPT)
    assert page.synchronous == [["InteractionEngine", "function"], ["InteractionEventNames", "object"], ["InteractionMessageTypes", "object"]]
    types = page.run("AliyunInteraction.InteractionMessageTypes")
    assert (types["PaaSLikeInfo"], types["PaaSCancelMuteUser"]) == (1001, 1007)
    assert page.run("AliyunInteraction.InteractionEventNames.Message") == "message"
    device = page.run("AliyunInteraction.InteractionEngine.getDeviceId()")
    assert device == page.run("AliyunInteraction.InteractionEngine.getDeviceId()") and len(device.split("-")[0]) == 32
    assert refusal(page.first, "joinGroup", {"groupId": "g"}) == 510
    assert refusal(page.first, "auth", "no token") == 400
    assert page.close() == []


def test_people_join_talk_like_and_leave(person, of):
    boss, ada = person("boss"), person("ada")
    joined = heard(boss, JOIN, "ada")
    assert joined["groupId"] == of["groupId"] and joined["data"]["statistics"]["onlineCount"] == 2
    assert joined["senderInfo"] == {"userId": "ada", "userNick": "", "userAvatar": "", "userExtension": ""}
    # Who joins hears of it too.
    heard(ada, JOIN, "ada")
    sent = ada.first("sendMessageToGroup", {**of, "type": COMMENT, "data": '{"content":"hello"}'})
    for page in (boss, ada):
        message = heard(page, COMMENT)
        assert message["data"] == {"content": "hello"} and message["senderId"] == "ada"
        assert message["messageId"] == sent["messageId"] and message["groupId"] == of["groupId"]
    listed = ada.first("listMessage", {**of, "type": COMMENT, "pageNum": 1, "pageSize": 10})
    assert [row["messageId"] for row in listed["messageList"]] == [sent["messageId"]] and listed["hasMore"] is False
    # To some alone: the others hear what comes next, and nothing before.
    ada.first("sendMessageToGroupUsers", {**of, "type": 10003, "data": {"for": "boss"}, "receiverIdList": ["boss", "nobody"]})
    assert heard(boss, 10003)["data"] == {"for": "boss"}
    assert [one for [one] in ada.untaken("message") if one["type"] == 10003] == []
    assert refusal(ada.first, "sendMessageToGroupUsers", {**of, "type": 1, "data": "x", "receiverIdList": ["nobody"]}) == 425
    liked = ada.first("sendLike", {**of, "count": 5, "broadCastType": 2})
    assert liked["likeCount"] == 5 and liked["intervalSecond"] >= 1
    assert heard(boss, LIKE)["data"] == {"likeCount": 5}
    figures = boss.first("getGroupStatistics", of)
    assert {name: figures[name] for name in ("likeCount", "pv", "uv", "onlineCount", "isMuteAll")} == {
        "likeCount": 5, "pv": 2, "uv": 2, "onlineCount": 2, "isMuteAll": False,
    }
    group = boss.first("getGroup", of)
    assert group["groupId"] == of["groupId"] and group["creatorId"] == "boss" and group["isMuteAll"] is False
    ada.first("leaveGroup", {**of, "broadCastType": 2})
    heard(boss, LEAVE, "ada")
    assert refusal(ada.first, "sendMessageToGroup", {**of, "type": COMMENT, "data": "x"}) == 425
    ada.first("logout")
    assert refusal(ada.first, "getGroup", of) == 510


def test_mutes_are_told_and_listed(person, of):
    boss, ada = person("boss"), person("ada")
    boss.first("muteAll", {**of, "broadCastType": 2})
    heard(ada, MUTE)
    assert refusal(ada.first, "sendMessageToGroup", {**of, "type": COMMENT, "data": "x"}) == 442
    assert refusal(ada.first, "sendMessageToGroupUsers", {**of, "type": 1, "data": "x", "receiverIdList": ["boss"]}) == 442
    boss.first("cancelMuteAll", {**of, "broadCastType": 2})
    heard(ada, UNMUTE)
    boss.first("muteUser", {**of, "muteUserList": ["ada"], "muteTime": 60, "broadCastType": 2})
    assert heard(ada, MUTE_USER)["data"]["userId"] == "ada"
    assert boss.first("listMuteUsers", of) == {"muteUserModelList": [{"userId": "ada"}]}
    [known] = ada.first("getGroupUserByIdList", {**of, "userIdList": ["ada", "nobody"]})["userList"]
    assert known["userId"] == "ada" and known["isMute"] is True and known["muteBy"] == ["user"]
    boss.first("cancelMuteUser", {**of, "cancelMuteUserList": ["ada"], "broadCastType": 2})
    heard(ada, UNMUTE_USER)


def test_pages_of_people_are_counted_from_one(person, of):
    pages = [person(name) for name in ("boss", "ada", "bob")]
    page = lambda number: pages[0].first("listGroupUser", {**of, "sortType": 0, "pageNum": number, "pageSize": 2})
    first, second, third = page(1), page(2), page(3)
    assert [user["userId"] for user in first["userList"]] == ["boss", "ada"] and first["hasMore"] is True
    assert [user["userId"] for user in second["userList"]] == ["bob"] and second["hasMore"] is False
    assert third["userList"] == [] and first["total"] == 3
