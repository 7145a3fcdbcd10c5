"""The browser client of `/sdk/`, used as pages written for the cloud's script use it: in a real Chromium, several at once, on an
origin that is not the server's. The numbers are those of the checklist that such a client must satisfy."""

import re

import pytest

from harness.clients.sdk_page import SdkError, SdkPage, auth, login
from harness.relay import Relay
from harness.scenes import new_app, new_group
from harness.waiting import until

# Long enough that nobody is out of a group by waiting: only by leaving.
CONFIG = {"realtime": {"grace_seconds": 600}}

pytestmark = pytest.mark.looks_at("door")

COMMENT = 10001


@pytest.fixture
def app(wire):
    return new_app(wire)


@pytest.fixture
def group(wire, app):
    return new_group(wire, app, GroupName="Lesson", CreatorId="teacher")


@pytest.fixture
def open_page(server):
    """Opens pages; at the end none may have complained."""
    opened = []

    def open_page(at=server, **options):
        opened.append(SdkPage(at, **options))
        return opened[-1]

    yield open_page
    complaints = [complaint for page in opened for complaint in page.close()]
    # A lost connection is told by the browser itself.
    assert [text for text in complaints if not re.search("WebSocket connection|net::ERR_", text)] == []


@pytest.fixture
def person(open_page, app):
    """Opens a page whose user is logged in, and in the group if one is given."""

    def person(user, group=None, at=None, **options):
        page = open_page(at) if at else open_page()
        page.start(app)
        page.login(app, user, **options)
        if group:
            page.groups("joinGroup", group)
        return page

    return person


def refusal(call, *arguments):
    with pytest.raises(SdkError) as refused:
        call(*arguments)
    assert refused.value.msg == refused.value.message != ""
    assert refused.value.kind == "IMError"
    return refused.value.code, refused.value.message


def said(page, text, name="recvgroupmessage"):
    """Waits for a message of this text: the message."""
    return page.event(name, lambda message, *_: message["data"] == text)[0]


def test_1_and_2_the_global_is_there_at_once_with_one_engine_and_a_public_constructor(open_page):
    page = open_page()
    assert ["ImEngine", "function"] in page.synchronous and ["ImLogLevel", "object"] in page.synchronous
    assert page.run("(({ ImEngine }) => ImEngine.createEngine() === ImEngine.createEngine() && ImEngine.createEngine() === ImEngine.engine)(AliVCInteraction)")
    assert page.run("new AliVCInteraction.ImEngine() instanceof AliVCInteraction.EventEmitter")
    assert page.run("Object.keys(AliVCInteraction).sort()") == sorted(
        ["ImEngine", "ImLogLevel", "ImMessageLevel", "ImSortType", "ImErrors", "AliVCIMGroupManager", "AliVCIMMessageManager", "EventEmitter"]
    )
    assert page.run("[AliVCInteraction.ImLogLevel.DBUG, AliVCInteraction.ImLogLevel.ERROR, AliVCInteraction.ImSortType.DESC]") == [1, 4, 1]
    assert page.call("sdk", "isSupport") is True
    assert page.call("sdk", "getSdkVersion") == "1.3.1"


def test_3_and_4_init_takes_what_pages_give_and_listeners_are_set_before_the_login(open_page, app):
    page = open_page()
    assert page.engine("isInited") is False and page.run("AliVCInteraction.ImEngine.engine.getGroupManager()") is None
    for config in ({}, {"appId": "", "appSign": "x"}, {"appId": "a", "appSign": ""}, {"appId": "a", "appSign": "s", "heartbeatTimeout": 5}):
        assert refusal(page.engine, "init", config)[0] == -2
    assert refusal(page.engine, "login", login(app, "ada"))[0] == 601
    page.engine("init", {"appId": app["AppId"], "appSign": app["AppSign"], "extra": {"scene": "live"}, "logLevel": 1, "source": "AUIExam",
                         "deviceId": "device-1", "locateFile": "/x", "heartbeatTimeout": 99})
    page.watch()
    assert refusal(page.engine, "init", {"appId": "a", "appSign": "s"})[0] == 1001
    assert refusal(page.messages, "sendGroupMessage", {"groupId": "g", "type": 1, "data": ""})[0] == 602
    page.login(app, "ada", role="")
    page.event("connecting")
    page.event("connectsuccess")


@pytest.mark.parametrize("role", [None, "", "admin"])
def test_5_a_login_has_a_role_or_none_and_an_extension_or_none(person, role, wire, app):
    page = person("ada", role=role or "", extension='{"nick":"Ada"}' if role else None)
    assert page.engine("getCurrentUserId") == "ada"
    if role == "admin":
        made = page.groups("createGroup", {"groupName": "Made here", "groupMeta": "{}"})
        assert made["groupId"] and made["alreadyExist"] is False
        assert page.groups("createGroup", {"groupId": made["groupId"], "groupName": "again"})["alreadyExist"] is True
        page.groups("joinGroup", made["groupId"])
        page.groups("closeGroup", made["groupId"])
        assert page.event("exit") == [made["groupId"], 1]
    else:
        assert refusal(page.groups, "createGroup", {"groupName": "no"})[0] == 403


def test_a_login_is_taken_as_the_application_server_answered_it(open_page, app):
    page = open_page()
    page.start(app)
    given = auth(app, "ada")
    page.engine("login", {"userId": "ada", "role": "", "appToken": given["token"], "auth": {"nonce": given["nonce"], "timestamp": given["timestamp"]}})
    assert page.engine("isLogin") is True


def test_6_and_7_a_group_is_told_on_joining_and_on_asking(person, group):
    ada = person("ada")
    for info in (ada.groups("joinGroup", group), ada.groups("joinGroup", {"groupId": group}), ada.groups("queryGroup", group), ada.groups("queryGroup", {"groupId": group})):
        assert info["groupId"] == group and info["groupName"] == "Lesson" and info["groupMeta"] == ""
        assert info["muteStatus"] == {"groupId": group, "muteAll": False, "muteUserList": [], "whiteUserList": []}
        assert info["admins"] == [] and info["statistics"]["pv"] >= 1 and info["statistics"]["onlineCount"] == 1
    assert refusal(ada.groups, "joinGroup", "nowhere") == (440, "group not exist")
    assert refusal(ada.groups, "joinGroup", "")[0] == 400
    # A page that joins twice at once waits for one join.
    assert ada.run(f"Promise.all([1, 2].map(() => AliVCInteraction.ImEngine.engine.getGroupManager().joinGroup('{group}'))).then((all) => all.length)") == 2


def test_8_and_9_who_talks_hears_it_too_and_the_flags_count(person, group, wire, app):
    teacher, ada = person("teacher", group, extension='{"nick":"T"}'), person("ada", group)
    sent = teacher.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": '{"content":"hello"}', "level": 1, "repeatCount": 2, "skipAudit": True})
    assert isinstance(sent, str)
    for page in (teacher, ada):
        message, told_of = page.event("recvgroupmessage")
        assert told_of == group and message["messageId"] == sent and message["groupId"] == group
        assert message["data"] == '{"content":"hello"}' and message["type"] == COMMENT
        assert message["sender"] == {"userId": "teacher", "userExtension": '{"nick":"T"}'}
        assert message["level"] == 1 and message["repeatCount"] == 2 and message["totalMsgs"] == 2
        assert "event" not in message
    teacher.groups("muteAll", group)
    ada.event("mutechange")
    assert refusal(ada.messages, "sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "x"})[0] == 442
    ada.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "signal", "skipMuteCheck": True, "noStorage": True})
    said(teacher, "signal")
    listed = ada.messages("listRecentMessage", {"groupId": group})["messageList"]
    assert [message["messageId"] for message in listed] == [sent]
    stranger = person("stranger")
    assert refusal(stranger.messages, "sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "x"}) == (425, "group not joined")
    assert refusal(ada.messages, "sendGroupMessage", {"groupId": group, "type": "text", "data": "x"})[0] == 400
    assert refusal(ada.messages, "sendGroupMessage", {"groupId": group, "type": 1, "data": {"a": 1}})[0] == 400


def test_10_one_user_is_spoken_to_and_only_while_online(person, wire, app):
    ada, bob = person("ada"), person("bob")
    sent = ada.messages("sendC2cMessage", {"receiverId": "bob", "type": 20001, "data": "{}", "groupId": "ignored", "noStorage": True})
    [message] = bob.event("recvc2cmessage")
    assert message["messageId"] == sent and message["sender"]["userId"] == "ada" and "groupId" not in message
    assert refusal(ada.messages, "sendC2cMessage", {"receiverId": "nobody", "type": 1, "data": ""}) == (424, "user not online")
    # A call of the API that waits for an answer gets it: the client acknowledges.
    wire.ok("SendLiveMessageUser", {"AppId": app["AppId"], "SenderId": "op", "ReceiverId": "bob", "Body": "for you", "MsgType": 1, "HighReliability": True})
    said(bob, "for you", "recvc2cmessage")


def test_11_and_19_comings_mutes_and_members_are_told_in_old_and_new_form(person, group):
    teacher = person("teacher", group)
    ada = person("ada", group, extension="{}")
    comes = lambda of, _count, joined, _left: any(user["userId"] == "ada" for user in joined) and of == group
    assert teacher.event("memberchange", comes)[1] == 2
    [change] = teacher.event("memberdatachange", lambda change: any(user["userId"] == "ada" for user in change["joinUsers"]))
    assert change["groupId"] == group and change["onlineCount"] == 2 and change["pv"] >= 2
    assert change["isBigGroup"] is False and change["leaveUsers"] == []
    teacher.groups("muteUser", {"groupId": group, "userList": ["ada"]})
    status = {"groupId": group, "muteAll": False, "muteUserList": ["ada"], "whiteUserList": []}
    for page in (teacher, ada):
        assert page.event("mutechange") == [group, status]
    assert teacher.groups("listMuteUsers", group) == status
    ada.groups("leaveGroup", group)
    left = lambda _of, _count, _joined, gone: [user["userId"] for user in gone] == ["ada"]
    assert teacher.event("memberchange", left)[1] == 1
    assert ada.untaken("exit") == []
    # Leaving what one has left is no mistake.
    ada.groups("leaveGroup", {"groupId": group})


def test_12_to_14_a_lesson_is_led(person, group, wire, app):
    teacher, ada = person("teacher", group), person("ada", group)
    teacher.groups("modifyGroup", {"groupId": group, "groupMeta": "Chapter 2", "admins": ["otto"]})
    for page in (teacher, ada):
        of, info = page.event("infochange")
        assert of == group and info == {"groupId": group, "groupMeta": "Chapter 2", "adminList": ["otto"]}
    assert refusal(ada.groups, "modifyGroup", {"groupId": group, "groupMeta": "mine"})[0] == 403
    for text in ("first", "second"):
        ada.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": text})
        said(teacher, text)
    recent = teacher.messages("listRecentMessage", {"groupId": group})["messageList"]
    assert [(message["data"], message["sender"]["userId"]) for message in recent] == [("first", "ada"), ("second", "ada")]
    teacher.messages("deleteMessage", {"groupId": group, "messageId": recent[0]["messageId"]})
    assert ada.event("deletegroupmessage") == [recent[0]["messageId"], group]
    teacher.groups("muteAll", {"groupId": group})
    assert ada.event("mutechange")[1]["muteAll"] is True
    # Whom a mute spares is said by the application's server.
    wire.ok("BanLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "ExceptUsers": "ada"})
    assert ada.event("mutechange")[1]["whiteUserList"] == ["ada"]
    ada.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "spared"})
    said(teacher, "spared")
    teacher.groups("cancelMuteAll", {"groupId": group})
    assert ada.event("mutechange")[1]["muteAll"] is False
    teacher.groups("muteUser", {"groupId": group, "userList": ["ada"]})
    assert ada.event("mutechange")[1]["muteUserList"] == ["ada"]
    teacher.groups("cancelMuteUser", {"groupId": group, "userList": ["ada"]})
    assert ada.event("mutechange")[1]["muteUserList"] == []
    users = teacher.groups("listGroupUser", {"groupId": group, "pageSize": 1})
    assert users["hasMore"] is True and users["nextPageToken"] == users["nextpagetoken"] > 0
    more = teacher.groups("listGroupUser", {"groupId": group, "pageSize": 1, "nextpagetoken": users["nextpagetoken"]})
    assert [user["userId"] for user in users["userList"] + more["userList"]] == ["teacher", "ada"]
    assert ada.groups("listRecentGroupUser", group)["total"] == 2


def test_15_messages_are_listed_by_either_spelling_of_the_token(person, group):
    teacher = person("teacher", group)
    for number in range(3):
        teacher.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": str(number)})
    listing = {"groupId": group, "type": COMMENT, "sortType": 0, "pageSize": 20}
    page = teacher.messages("listMessage", {**listing, "nextpagetoken": 1})
    assert [message["data"] for message in page["messageList"]] == ["0", "1", "2"] and page["hasMore"] is False
    seen, token = [], 1
    while True:
        page = teacher.messages("listHistoryMessage", {**listing, "pageSize": 1, "nextPageToken": token})
        seen += [message["data"] for message in page["messageList"]]
        token = page["nextPageToken"]
        if not page["hasMore"]:
            break
    assert seen == ["0", "1", "2"] and token == 0


def test_16_a_page_leaves_as_live_pages_do_and_begins_again_on_the_same_engine(person, app, group):
    ada, bob = person("ada", group), person("bob", group)
    ended = ada.run(f"""(async () => {{
        const engine = AliVCInteraction.ImEngine.engine;
        await engine.getGroupManager().leaveGroup('{group}');
        const out = engine.logout();
        engine.removeAllListeners();
        const done = engine.unInit();
        await out;
        return [done, engine.isLogin(), engine.isInited(), engine.getGroupManager() === undefined];
    }})()""")
    assert ended == [True, False, False, True]
    bob.event("memberchange", lambda _of, count, *_: count == 1)
    ada.start(app)
    ada.login(app, "ada")
    ada.groups("joinGroup", group)
    bob.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "again"})
    said(ada, "again")
    bob.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "end"})
    said(ada, "end")
    assert ada.run("AliVCInteraction.ImEngine.engine.unInit()") is True


def test_16_a_logout_leaves_the_groups_at_once(person, group):
    ada, bob = person("ada", group), person("bob", group)
    ada.engine("logout")
    bob.event("memberchange", lambda _of, count, _joined, left: count == 1 and [user["userId"] for user in left] == ["ada"])


def test_17_requests_side_by_side_are_answered(person):
    teacher = person("teacher", role="admin")
    answered = teacher.run("""(async () => {
        const engine = AliVCInteraction.ImEngine.engine;
        const groups = engine.getGroupManager();
        const { groupId } = await groups.createGroup({ groupName: 'at once' });
        await groups.joinGroup(groupId);
        const asked = [groups.queryGroup(groupId), groups.queryGroup(groupId), engine.getMessageManager().listRecentMessage({ groupId })];
        const [first, second, recent] = await Promise.all(asked);
        return [first.groupId === groupId, second.groupId === groupId, recent.messageList];
    })()""")
    assert answered == [True, True, []]


def test_17_a_cut_connection_comes_back_with_its_groups_and_what_was_missed(server, person, group):
    with Relay(server) as relay:
        ada, bob = person("ada", group, at=relay), person("bob", group)
        ada.event("connectsuccess")
        relay.refuse()
        relay.drop()
        until(lambda: len(ada.untaken("connecting")) == 2, "the loss to be told")
        assert ada.engine("isLogin") is True
        bob.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "missed"})
        relay.refuse(False)
        [groups] = ada.event("reconnectsuccess")
        assert [info["groupId"] for info in groups] == [group] and groups[0]["muteStatus"]["muteUserList"] == []
        said(ada, "missed")
        ada.engine("reconnect")
        ada.event("reconnectsuccess")
        assert ada.untaken("disconnect") == []


def test_17_a_login_elsewhere_and_the_application_switched_off_are_told_apart(person, open_page, wire, app):
    first, second = person("ada"), None
    second = person("ada")
    assert first.event("disconnect") == [4]
    assert first.engine("isLogin") is False and second.engine("isLogin") is True
    second.engine("logout")
    assert second.event("disconnect") == [1]
    second.login(app, "ada")
    wire.ok("ModifyLiveMessageAppDisable", {"AppId": app["AppId"], "Disable": True})
    assert second.event("disconnect") == [2]


def test_17_an_ended_token_is_asked_for_anew_and_without_one_the_login_ends(server, person, app, group):
    with Relay(server) as relay:
        ada, bob = person("ada", group, at=relay), person("bob", at=relay)
        ada.answer(None, auth(app, "ada"))
        bob.answer({"code": 1, "msg": "signed out"})
        for user, page in (("ada", ada), ("bob", bob)):
            page.engine("updateToken", auth(app, user, lifetime=-10))
        relay.drop()
        ada.event("tokenexpired")
        assert [info["groupId"] for info in ada.event("reconnectsuccess")[0]] == [group]
        bob.event("tokenexpired")
        assert bob.event("disconnect") == [3]
        assert bob.engine("isLogin") is False


def test_17_a_token_that_ends_while_connected_is_asked_for_and_the_connection_goes_on(open_page, app, group):
    ada = open_page()
    ada.start(app)
    ada.answer(None, auth(app, "ada", lifetime=10))
    ada.answer({"code": 1, "msg": "signed out"})
    ada.login(app, "ada", lifetime=5)
    ada.groups("joinGroup", group)
    ada.event("tokenexpired")
    ada.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "still there"})
    said(ada, "still there")
    assert [len(ada.untaken(name)) for name in ("connecting", "disconnect", "reconnectsuccess")] == [1, 0, 0]
    # What the server has said of the second token counts.
    ada.event("tokenexpired")
    assert ada.event("disconnect") == [3] and ada.engine("isLogin") is False


def test_18_after_an_end_the_same_engine_logs_in_and_joins_again(server, person, app, group):
    with Relay(server) as relay:
        ada = person("ada", group, at=relay)
        ada.engine("updateToken", auth(app, "ada", lifetime=-10))
        relay.refuse()
        relay.drop()
        until(lambda: len(ada.untaken("connecting")) == 2, "the loss to be told")
        assert ada.engine("isLogin") is True
        relay.refuse(False)
        assert ada.event("disconnect") == [3]
        stale = login(app, "ada", lifetime=-10)
        assert refusal(ada.engine, "login", stale) == (403, "auth fail")
        assert ada.event("connectfailed")[0]["message"] == "auth fail"
        relay.refuse()
        assert refusal(ada.engine, "login", login(app, "ada"))[0] == 404
        relay.refuse(False)
        ada.login(app, "ada")
        assert ada.groups("joinGroup", group)["statistics"]["onlineCount"] == 1
        ada.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": "back"})
        said(ada, "back")


def test_20_the_state_is_told_truly_and_calls_out_of_order_are_refused(open_page, app):
    page = open_page()
    page.start(app)
    assert page.engine("isLogin") is False
    assert refusal(page.engine, "logout") == (602, "has login out")
    forged = login(app, "ada")
    forged["userAuth"]["token"] = "0" * 64
    assert refusal(page.engine, "login", forged) == (403, "auth fail")
    assert refusal(page.engine, "login", {"user": {"userId": ""}, "userAuth": {}})[0] == 400
    assert page.engine("isLogin") is False
    page.login(app, "ada")
    assert page.engine("isLogin") is True
    assert refusal(page.engine, "login", login(app, "ada"))[0] == 304
    page.engine("logout")
    assert page.engine("isLogin") is False and page.engine("getCurrentUserId") == ""
    assert refusal(page.engine, "logout")[0] == 602
    # A logout while the login is on its way ends it.
    both = page.run(f"""(async () => {{
        const engine = AliVCInteraction.ImEngine.engine;
        const login = engine.login({{ user: {{ userId: 'ada' }}, userAuth: {auth(app, "ada")} }}).catch((error) => error.code);
        await engine.logout();
        return [await login, engine.isLogin()];
    }})()""")
    assert both == [602, False]


def test_the_module_finds_its_server_beside_itself(server, open_page, app, group):
    page = open_page()
    script = f"{server.scheme}://{server.host}:{server.port}/sdk/muster.js"
    joined = page.run(f"""(async () => {{
        const {{ ImEngine, ImDisconnectCode }} = await import('{script}');
        const engine = new ImEngine();
        await engine.init({{ appId: '{app["AppId"]}', appSign: '{app["AppSign"]}' }});
        await engine.login({{ user: {{ userId: 'ada' }}, userAuth: {auth(app, "ada")} }});
        const {{ groupName }} = await engine.getGroupManager().joinGroup('{group}');
        await engine.logout();
        return [groupName, ImDisconnectCode.LOGOUT];
    }})()""")
    assert joined == ["Lesson", 1]


def test_who_is_removed_or_sees_the_group_end_is_told_once(person, group, wire, app):
    teacher, ada = person("teacher", group), person("ada", group)
    wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "ada"})
    assert ada.event("exit") == [group, 2]
    assert ada.engine("isLogin") is True
    ada.groups("joinGroup", group)
    teacher.groups("closeGroup", group)
    for page in (teacher, ada):
        assert page.event("exit") == [group, 1]
        assert refusal(page.groups, "joinGroup", group)[0] == 441
        assert page.untaken("exit") == []


def test_a_listener_that_throws_or_changes_what_it_is_given_harms_nobody(person, group):
    ada = person("ada", group)
    ada.run("""void AliVCInteraction.ImEngine.engine.getMessageManager().on('recvgroupmessage', (message) => { delete message.sender; })""")
    ada.run("""void AliVCInteraction.ImEngine.engine.getMessageManager().once('recvgroupmessage', (message) => { globalThis.heard = message.data; })""")
    for text in ("no JSON", "more"):
        ada.messages("sendGroupMessage", {"groupId": group, "type": COMMENT, "data": text})
        assert said(ada, text)["sender"]["userId"] == "ada"
    assert ada.run("globalThis.heard") == "no JSON"
