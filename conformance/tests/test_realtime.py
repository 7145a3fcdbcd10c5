"""The realtime contract spoken by hand: framing, logins, groups, messages, notices, closes.

The wire is the Centrifuge client protocol in JSON. The traps that sink a naive server have tests of their own.
"""

import json
import time
from contextlib import closing

import pytest
from websockets.exceptions import InvalidStatus

from harness.raw_session import Closed, RawSession
from harness.scenes import new_app, new_group, old_app, old_group, old_token, online
from harness.tokens import login_fields, login_token, pack
from harness.waiting import until
from harness.wire import Wire, connection

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture
def enter(server, app):
    """Opens sessions that are logged in, and closes them at the end."""
    opened = []

    def enter(user, *groups, **token):
        session = RawSession(server)
        opened.append(session)
        session.login(login_token(app, user, **token))
        for group in groups:
            session.join(group)
        return session

    yield enter
    for session in opened:
        session.close()


def send(wire, app, group, body="hello", **params):
    message = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": body, "MsgType": 10001, **params}
    return wire.ok("SendLiveMessageGroup", message)["MsgTid"]


# Framing and login.


def test_connect_and_subscribe_in_one_frame_are_answered_in_order(server, app, group):
    with RawSession(server) as session:
        session.send_frame(
            {"id": 1, "connect": {"token": login_token(app, "ada"), "name": "js"}},
            {"id": 2, "subscribe": {"channel": f"g:{group}", "positioned": True, "recoverable": True, "join_leave": True, "flag": 1}},
        )
        connected = session.reply(1)["connect"]
        assert connected["client"] and connected["version"]
        assert connected["ping"] > 0 and connected["pong"] is True
        joined = session.reply(2)["subscribe"]
        assert joined["recoverable"] is True and joined["positioned"] is True and joined["epoch"]
        assert "id" not in joined, "channel compaction loses publications in a released client"
        assert joined["data"]["groupId"] == group


@pytest.mark.looks_at("door")
def test_after_a_refused_connect_the_rest_of_the_frame_is_ignored(wire, server, app, group):
    with RawSession(server) as session:
        session.send_frame(
            {"id": 1, "connect": {"token": "nonsense"}},
            {"id": 2, "subscribe": {"channel": f"g:{group}"}},
        )
        error = session.reply(1)["error"]
        assert (error["code"], error["message"]) == (403, "auth fail") and not error.get("temporary")
        try:
            session.closing(seconds=10)
        except AssertionError:
            pass
        assert not session.unread(lambda message: message.get("id") == 2)
    assert online(wire, app, group) == 0


def test_every_success_carries_its_result_object(enter, group):
    session = enter("ada", group)
    for command, body in (
        ("publish", {"channel": f"g:{group}", "data": "x"}),
        ("rpc", {"method": "queryGroup", "data": {"groupId": group}}),
        ("presence_stats", {"channel": f"g:{group}"}),
        ("presence", {"channel": f"g:{group}"}),
        ("unsubscribe", {"channel": f"g:{group}"}),
        ("unsubscribe", {"channel": "g:never-joined"}),
    ):
        reply = session.reply(session.send(command, body))
        assert isinstance(reply.get(command), dict), reply


def test_the_server_subscribes_each_user_to_its_own_channel(server, app):
    with RawSession(server) as session:
        subs = session.login(login_token(app, "ada"))["subs"]
        assert list(subs) == ["u:ada"]
        assert subs["u:ada"]["recoverable"] is True and subs["u:ada"]["epoch"]
        assert session.error("subscribe", {"channel": "u:ada"})["code"] in (103, 105)
        assert session.error("subscribe", {"channel": "u:bob"})["code"] == 103


def broken(app, **change):
    fields = login_fields(app, "ada")
    fields.update(change)
    return pack(fields)


@pytest.mark.parametrize(
    "change",
    [{"userId": "eve"}, {"role": "admin"}, {"timestamp": int(time.time()) + 99999}, {"nonce": "other"}, {"token": "0" * 64}, {"appId": "nosuch"}],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.looks_at("door")
def test_a_login_with_a_changed_field_is_refused(server, app, change):
    with RawSession(server) as session:
        error = session.error("connect", {"token": broken(app, **change)})
        assert (error["code"], error["message"]) == (403, "auth fail")


@pytest.mark.parametrize("token", ["", "x", "e30", pack({"appId": 1}), "ä", "A" * 5000], ids=["empty", "x", "no fields", "wrong types", "text", "long"])
@pytest.mark.looks_at("door")
def test_a_login_that_is_no_token_is_refused(server, token):
    with RawSession(server) as session:
        assert session.error("connect", {"token": token})["code"] == 403


@pytest.mark.looks_at("door")
def test_an_expired_login_is_told_as_expired(server, app):
    with RawSession(server) as session:
        assert session.error("connect", {"token": login_token(app, "ada", lifetime=-5)})["code"] == 109


@pytest.mark.parametrize("nonce", ["AK-1", "AK-2b26de1c0e7f4b1c", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"], ids=["AK", "AK hex", "uuid"])
@pytest.mark.looks_at("door")
def test_the_nonces_of_real_programs_log_in(server, app, nonce):
    with RawSession(server) as session:
        session.login(login_token(app, "ada", nonce=nonce))


def test_a_token_cut_differently_logs_in_nobody(server, app):
    fields = login_fields(app, "ada2", nonce="AK-x")
    cut = {**fields, "userId": "ada", "nonce": "2AK-x"}
    late = login_fields(app, "ada", nonce="AK-x", lifetime=-86400)
    stretched = {**login_fields(app, "ada", nonce="AK-x2", lifetime=-86400)}
    stretched.update(nonce="AK-x", timestamp=int(f"2{stretched['timestamp']}"))
    for refused, code in ((cut, 403), (late, 109), (stretched, 403)):
        with RawSession(server) as session:
            assert session.error("connect", {"token": pack(refused)})["code"] == code, refused
    with RawSession(server) as session:
        session.login(pack(fields))


@pytest.mark.process
def test_another_nonce_logs_in_where_the_operator_admits_any_and_else_the_log_names_the_switch(new_server):
    started = new_server()
    started.start()
    app = new_app(Wire(started))
    with RawSession(started) as session:
        assert session.error("connect", {"token": login_token(app, "ada", nonce="")})["code"] == 403
    until(lambda: "realtime.nonces" in started.errors(), lambda: f"the switch in the log:\n{started.errors()}")
    assert login_fields(app, "ada", nonce="")["token"] not in started.errors()
    started.stop()
    started.configure({"realtime": {"nonces": "any"}})
    started.start()
    with RawSession(started) as session:
        session.login(login_token(app, "ada", nonce=""))


@pytest.mark.process
def test_pages_of_other_origins_may_not_connect_where_origins_are_named(new_server):
    started = new_server({"realtime": {"origins": ["https://app.example.com"]}})
    started.start()
    app = new_app(Wire(started))
    for origin in (None, "https://app.example.com"):
        with RawSession(started, origin=origin) as session:
            session.login(login_token(app, "ada"))
    with pytest.raises(InvalidStatus) as refused:
        RawSession(started, origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_an_upgrade_of_another_version_is_told_which_one_is_spoken(server):
    with closing(connection(server)) as plain:
        headers = {
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "8", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        plain.request("GET", "/connection/websocket", headers=headers)
        answer = plain.getresponse()
        assert (answer.status, answer.getheader("Sec-WebSocket-Version")) == (426, "13")


def test_a_second_login_of_a_user_closes_the_first(enter, wire, app):
    first = enter("ada")
    second = enter("ada")
    code, reason = first.closing()
    assert code == 4501 and reason and not reason[0].isdigit() and reason[0] not in "{["
    assert second.rpc("queryGroup", {"groupId": new_group(wire, app)})["groupId"]
    third = enter("bob")
    assert third.unread() == []


@pytest.mark.looks_at("door")
def test_commands_before_connect_and_garbage_are_bad_requests(server, app):
    for text in ('{"id":1,"subscribe":{"channel":"g:x"}}', "garbage", "[1,2]", '{"id":1}', '{"connect":{}}', "", "null"):
        with RawSession(server) as session:
            session.send_text(text)
            code, reason = session.closing()
            assert code == 3501 and reason, text


@pytest.mark.looks_at("door")
def test_an_id_of_zero_an_empty_channel_and_an_unasked_pong_are_bad_requests(enter):
    for text in ('{"rpc":{"method":"queryGroup"}}', '{"id":7,"subscribe":{"channel":""}}', "{}", "{{{"):
        session = enter("ada")
        session.send_text(text)
        code, reason = session.closing()
        assert code == 3501 and reason, text


@pytest.mark.looks_at("door")
def test_a_connection_that_never_says_connect_is_closed_as_stale(server):
    began = time.monotonic()
    with RawSession(server) as session:
        code, reason = session.closing()
    assert code == 3502 and reason and time.monotonic() - began > 2


# Groups.


def test_joining_answers_the_groups_state(wire, server, app, enter):
    group = new_group(wire, app, GroupName="Saturday", GroupInfo="notice", Administrators=["anna"], CreatorId="carl")
    enter("ada", group)
    session = enter("bob")
    info = session.join(group)["data"]
    assert info["groupId"] == group and info["groupName"] == "Saturday" and info["groupMeta"] == "notice"
    assert info["creator"] == "carl" and info["admins"] == ["anna"] and info["createTime"] > 0
    assert (info["statistics"]["onlineCount"], info["statistics"]["pv"]) == (2, 2)
    assert info["statistics"]["msgAmount"] == {}
    mutes = info["muteStatus"]
    assert mutes["muteAll"] is False and mutes["muteUserList"] == [] and mutes["whiteUserList"] == []
    assert session.rpc("queryGroup", {"groupId": group}) == info


def test_joining_what_is_not_there_is_refused_for_good(enter, wire, app):
    session = enter("ada")
    error = session.error("subscribe", {"channel": "g:nosuchgroup"})
    assert error["code"] == 440 and not error.get("temporary")
    gone = new_group(wire, app)
    wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": gone})
    assert session.error("subscribe", {"channel": f"g:{gone}"})["code"] in (440, 441)
    other = new_group(wire, new_app(wire))
    assert session.error("subscribe", {"channel": f"g:{other}"})["code"] == 440
    assert session.error("subscribe", {"channel": "elsewhere"})["code"] in (102, 103)


def test_joining_twice_is_refused_and_the_first_join_stands(enter, wire, app, group):
    session = enter("ada", group)
    assert session.error("subscribe", {"channel": f"g:{group}"})["code"] == 105
    assert online(wire, app, group) == 1


def test_leaving_and_joining_in_one_frame_are_done_in_order(enter, wire, app, group):
    ada, bob = enter("ada", group), enter("bob", group)
    channel = {"channel": f"g:{group}"}
    numbers = [ada.next_id() for _ in range(5)]
    ada.send_frame(
        {"id": numbers[0], "unsubscribe": channel},
        {"id": numbers[1], "subscribe": channel},
        {"id": numbers[2], "publish": {**channel, "data": "back"}},
        {"id": numbers[3], "unsubscribe": channel},
        {"id": numbers[4], "publish": {**channel, "data": "gone"}},
    )
    replies = [ada.reply(number) for number in numbers]
    assert [("error" in reply) for reply in replies] == [False, False, False, False, True]
    bob.event("recvgroupmessage", data="back")
    assert online(wire, app, group) == 1


def test_a_connection_may_be_in_128_groups_and_no_more(enter, wire, app):
    session = enter("ada")
    groups = [new_group(wire, app) for _ in range(129)]
    for group in groups[:128]:
        session.join(group)
    assert session.error("subscribe", {"channel": f"g:{groups[128]}"})["code"] == 106
    session.result("unsubscribe", {"channel": f"g:{groups[0]}"})
    session.join(groups[128])


def test_leaving_takes_the_member_out_at_once_and_tells_the_others(enter, wire, app, group):
    ada, bob = enter("ada", group), enter("bob", group)
    ada.event("memberchange", memberCount=2)
    bob.result("unsubscribe", {"channel": f"g:{group}"})
    assert online(wire, app, group) == 1
    change = ada.change(left="bob", memberCount=1)
    assert [user["userId"] for user in change["leaveUsers"]] == ["bob"] and change["joinUsers"] == []


def test_members_are_told_who_joined_with_exact_counts_and_without_offsets(enter, group):
    ada = enter("ada", group)
    enter("bob", group, extension="about bob")
    publication = ada.event("memberchange", memberCount=2)
    change = publication["data"]
    assert "offset" not in publication
    assert change["groupId"] == group and change["pv"] == 2 and change["leaveUsers"] == []
    joined = {user["userId"]: user.get("userExtension") for user in change["joinUsers"]}
    assert joined["bob"] == "about bob" and set(joined) <= {"ada", "bob"}


def test_presence_is_told_for_small_groups_and_counted_always(enter, group):
    ada = enter("ada", group)
    enter("bob", group)
    stats = ada.result("presence_stats", {"channel": f"g:{group}"})
    assert (stats["num_clients"], stats["num_users"]) == (2, 2)
    presence = ada.result("presence", {"channel": f"g:{group}"})["presence"]
    assert sorted(info["user"] for info in presence.values()) == ["ada", "bob"]
    assert all(info["client"] == client for client, info in presence.items())


# Messages.


def test_a_publication_is_a_message_of_type_10001_and_its_sender_receives_it_too(enter, wire, app, group):
    ada, bob = enter("ada", group, extension="about ada"), enter("bob", group)
    ada.result("publish", {"channel": f"g:{group}", "data": "hello"})
    for session in (ada, bob):
        publication = session.event("recvgroupmessage")
        message = publication["data"]
        assert (message["type"], message["data"], message["groupId"]) == (10001, "hello", group)
        assert message["sender"] == {"userId": "ada", "userExtension": "about ada"}
        assert publication["offset"] >= 1
    page = {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
    kept = wire.ok("ListLiveMessageGroupMessages", page)["MessageList"]
    assert [(row["Body"], row["MsgType"], row["Sender"]["UserId"]) for row in kept] == [("hello", 10001, "ada")]


def test_send_group_message_answers_the_id_and_delivers(enter, group):
    ada, bob = enter("ada", group), enter("bob", group)
    answer = ada.rpc("sendGroupMessage", {"groupId": group, "type": 88888, "data": '{"a": 1}'})
    message = bob.event("recvgroupmessage", messageId=answer["messageId"])["data"]
    assert (message["type"], message["data"]) == (88888, '{"a": 1}'), "byte for byte"
    assert message["seqnum"] >= 1 and message["totalMsgs"] == 1 and message["timestamp"] > 0
    assert (message["level"], message["repeatCount"], message["groupId"]) == (0, 1, group)
    high = ada.rpc("sendGroupMessage", {"groupId": group, "type": 88888, "data": "x", "level": 1, "repeatCount": 5})
    message = bob.event("recvgroupmessage", messageId=high["messageId"])["data"]
    assert (message["level"], message["repeatCount"], message["totalMsgs"]) == (1, 5, 6)


def test_a_caller_who_goes_away_without_waiting_does_not_keep_the_message_from_the_members(enter, server, app, group):
    bob = enter("bob", group)
    for n in range(10):
        message = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": f"and gone {n}", "MsgType": 10001}
        request = Wire(server).request("SendLiveMessageGroup", message)
        link = connection(server)
        link.request(request.method, request.target, headers=request.headers)
        link.close()
        bob.event("recvgroupmessage", data=f"and gone {n}")


def test_a_message_that_is_not_stored_takes_no_offset(enter, group):
    ada, bob = enter("ada", group), enter("bob", group)
    fleeting = ada.rpc("sendGroupMessage", {"groupId": group, "type": 10002, "data": "x", "noStorage": True})["messageId"]
    kept = ada.rpc("sendGroupMessage", {"groupId": group, "type": 10002, "data": "y"})["messageId"]
    assert "offset" not in bob.event("recvgroupmessage", messageId=fleeting)
    assert bob.event("recvgroupmessage", messageId=kept)["offset"] >= 1


def test_messages_of_one_sender_keep_their_order_and_offsets_count_by_one(enter, group):
    ada, bob = enter("ada", group), enter("bob", group)
    ada.send_frame(*({"id": ada.next_id(), "publish": {"channel": f"g:{group}", "data": str(n)}} for n in range(50)))
    publications = [bob.event("recvgroupmessage", data=str(n)) for n in range(50)]
    offsets = [publication["offset"] for publication in publications]
    assert offsets == list(range(offsets[0], offsets[0] + 50))


def test_who_has_not_joined_may_not_send(enter, group):
    session = enter("ada")
    assert session.error("rpc", {"method": "sendGroupMessage", "data": {"groupId": group, "type": 1, "data": "x"}})["code"] == 425
    assert session.error("publish", {"channel": f"g:{group}", "data": "x"})["code"] in (103, 425)
    assert session.error("rpc", {"method": "queryGroup", "data": {"groupId": "nosuch"}})["code"] == 440


@pytest.mark.looks_at("door")
def test_a_message_out_of_bounds_is_refused_and_the_connection_stands(enter, group):
    session = enter("ada", group)
    for bad in ({"type": 1, "data": "x" * (15 * 1024 + 1)}, {"type": "one", "data": "x"}, {"data": 7, "type": 1}, {"type": 1}):
        assert session.error("rpc", {"method": "sendGroupMessage", "data": {"groupId": group, **bad}})["code"] == 400, str(bad)[:40]
    assert session.rpc("queryGroup", {"groupId": group})["groupId"] == group


@pytest.mark.looks_at("door")
def test_parameters_that_a_method_cannot_read_are_told_in_words_of_the_protocol(enter, group):
    session = enter("ada", group)
    for method, data in (("queryGroup", None), ("queryGroup", {}), ("queryGroup", 7), ("listGroupUser", []), ("sendGroupMessage", {"groupId": group})):
        error = session.error("rpc", {"method": method, "data": data})
        assert error["code"] == 400
        for internal in ("enum", "variant", "struct", "line 1"):
            assert internal not in error["message"], error["message"]


@pytest.mark.looks_at("door")
def test_an_unknown_method_is_not_found(enter):
    assert enter("ada").error("rpc", {"method": "makeCoffee", "data": {}})["code"] == 104


def test_list_group_user_pages_the_roll_for_the_owner_and_refuses_others(enter, wire, app, group):
    for n in range(12):
        enter(f"user{n}", group)
    carl = enter("creator", group)
    first = carl.rpc("listGroupUser", {"groupId": group, "sortType": 0, "pageSize": 10})
    assert first["groupId"] == group and first["hasMore"] is True
    second = carl.rpc("listGroupUser", {"groupId": group, "sortType": 0, "pageSize": 10, "nextPageToken": first["nextPageToken"]})
    users = [row["userId"] for row in first["userList"] + second["userList"]]
    assert users == [f"user{n}" for n in range(12)] + ["creator"] and second["hasMore"] is False
    newest = carl.rpc("listGroupUser", {"groupId": group, "sortType": 1, "pageSize": 3})
    assert [row["userId"] for row in newest["userList"]] == ["creator", "user11", "user10"]
    plain = enter("plain", group)
    assert plain.error("rpc", {"method": "listGroupUser", "data": {"groupId": group}})["code"] == 403


def test_a_kicked_member_is_told_and_the_others_see_it_leave(enter, wire, app, group):
    ada, kim = enter("ada", group), enter("kim", group)
    wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "kim"})
    push = kim.push("unsubscribe")
    assert (push["channel"], push["unsubscribe"]["code"]) == (f"g:{group}", 2101) and push["unsubscribe"]["reason"]
    ada.change(left="kim", memberCount=1)
    assert kim.rpc("queryGroup", {"groupId": group})["statistics"]["onlineCount"] == 1
    error = kim.error("rpc", {"method": "sendGroupMessage", "data": {"groupId": group, "type": 1, "data": "x"}})
    assert error["code"] == 425


def test_a_deleted_group_says_goodbye_with_an_offset_and_ends_every_subscription(enter, wire, app, group):
    sessions = [enter(user, group) for user in ("ada", "bob")]
    wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    for session in sessions:
        publication = session.event("exit", groupId=group, reason=1)
        assert publication["offset"] >= 1
        push = session.push("unsubscribe")
        assert push["unsubscribe"]["code"] == 2102 and push["unsubscribe"]["reason"]


def test_no_push_of_a_channel_comes_before_its_subscribe_reply(enter, wire, app, group):
    talker = enter("talker", group)
    for n in range(20):
        session = enter(f"late{n}")
        talker.send("publish", {"channel": f"g:{group}", "data": f"before {n}"})
        number = session.send("subscribe", {"channel": f"g:{group}", "positioned": True, "recoverable": True})
        talker.send("publish", {"channel": f"g:{group}", "data": f"meanwhile {n}"})
        session.reply(number)
        talker.send("publish", {"channel": f"g:{group}", "data": f"after {n}"})
        session.event("recvgroupmessage", data=f"after {n}")
        messages = [json.loads(line) for frame in session.frames for line in frame.strip().split("\n")]
        replied = next(i for i, message in enumerate(messages) if message.get("id") == number)
        pushed = [i for i, m in enumerate(messages) if m.get("push", {}).get("channel") == f"g:{group}"]
        assert min(pushed) > replied
        session.close()


# The first generation, and members of both.


def test_a_first_generation_user_logs_in_with_its_access_token_and_talks(wire, server):
    app = old_app(wire)
    group = old_group(wire, app)
    with RawSession(server) as ben, RawSession(server) as ann:
        for user, session in (("ben", ben), ("ann", ann)):
            assert list(session.login(old_token(wire, app, user, device=f"{user}-phone"))["subs"]) == [f"u:{user}"]
            assert session.join(group)["data"]["groupId"] == group
        ben.result("publish", {"channel": f"g:{group}", "data": "hi"})
        assert ann.event("recvgroupmessage", data="hi")["data"]["sender"]["userId"] == "ben"


def test_a_member_taken_out_by_the_api_hears_no_more_and_may_come_back(wire, server):
    app = old_app(wire)
    group = old_group(wire, app)
    with RawSession(server) as zed, RawSession(server) as ann:
        for user, session in (("zed", zed), ("ann", ann)):
            session.login(old_token(wire, app, user, device=f"{user}-phone"))
            session.join(group)
        wire.ok("LeaveMessageGroup", {"AppId": app, "GroupId": group, "UserId": "ann"})
        push = ann.push("unsubscribe")
        assert push["channel"] == f"g:{group}" and 2000 <= push["unsubscribe"]["code"] < 2500 and push["unsubscribe"]["reason"]
        zed.result("publish", {"channel": f"g:{group}", "data": "among ourselves"})
        zed.event("recvgroupmessage", data="among ourselves")
        ann.join(group)
        heard = ann.unread(lambda m: m.get("push", {}).get("pub", {}).get("data", {}).get("data") == "among ourselves")
        assert not heard, "who has left must not hear the group"


@pytest.mark.looks_at("door")
def test_the_websocket_endpoint_answers_a_plain_request_without_upgrading(server):
    from harness.wire import fetch

    answer = fetch(server, "/connection/websocket")
    assert 400 <= answer.status < 500


def test_no_session_is_left_behind_when_many_come_and_go(server, app, wire, group):
    for n in range(60):
        with RawSession(server) as session:
            session.login(login_token(app, f"guest{n}"))
            session.join(group)
            session.result("unsubscribe", {"channel": f"g:{group}"})
    until(lambda: online(wire, app, group) == 0, "the group to be empty")
    described = wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    assert described["TotalTimes"] == 60


@pytest.mark.looks_at("door")
def test_a_closed_session_raises_closed_for_whoever_still_waits(enter):
    session = enter("ada")
    enter("ada")
    with pytest.raises(Closed) as caught:
        session.find(lambda message: False, "nothing", 10)
    assert caught.value.code == 4501
