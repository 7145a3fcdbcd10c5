"""Receipts of CAMS: a business is told at the addresses of its number what people write and what becomes of what it sends."""

import json
from urllib.parse import urlencode, urlsplit

import pytest

from harness.receiver import Receiver
from harness.scenes import active_group, invite_link, new_chat_group, new_space
from harness.waiting import until
from harness.wire import Wire, fetch

pytestmark = [pytest.mark.process, pytest.mark.looks_at("store", "nodes")]

CONFIG = {"outbound": {"allow_private": True}, "callbacks": {"poll_seconds": 1}}


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def ok(wire, action, **params):
    body = wire.ok(action, params, product="cams")
    assert body["Code"] == "OK", body
    return body


def say(wire, space, to, text, **more):
    """A message of the business's to a group: its id."""
    message = {"ChannelType": "whatsapp", "Type": "message", "MessageType": "text", "Content": '{"text":"%s"}' % text}
    params = {"CustSpaceId": space.channel, "From": space.number, "RecipientType": "group", "To": to, **message, **more}
    return ok(wire, "SendChatappMessage", **params)["MessageId"]


def test_a_business_is_told_in_order_what_becomes_of_what_it_sends(wire, server, receiver):
    space = new_space(server)
    group = new_chat_group(wire, space)["GroupId"]
    say(wire, space, group, "before it said where")
    at = {"CustSpaceId": space.channel, "PhoneNumber": space.number}
    ok(wire, "UpdatePhoneWebhook", **at, StatusCallbackUrl=receiver.url)
    sent = [say(wire, space, group, f"message {n}", TaskId=f"task{n}") for n in range(3)]
    until(lambda: [record["MessageId"] for record in receiver.receipts()] == sent, receiver.receipts)
    first = receiver.receipts()[0]
    assert (first["CustSpaceId"], first["From"], first["To"], first["GroupId"]) == (space.channel, space.number, group, group)
    assert (first["Status"], first["TaskId"], first["Type"], first["MsgFrameType"]) == ("Sent", "task0", "text", "message")
    assert isinstance(first["Timestamp"], int)
    headers, _ = receiver.taken[0]
    assert headers["Content-Type"].startswith("application/json")


def test_a_receipt_that_was_not_taken_is_a_callback_that_the_operator_can_look_at(wire, server, receiver):
    space = new_space(server)
    group = new_chat_group(wire, space)["GroupId"]
    receiver.status = 500
    ok(wire, "UpdatePhoneWebhook", CustSpaceId=space.channel, PhoneNumber=space.number, StatusCallbackUrl=receiver.url)
    sent = say(wire, space, group, "hello")

    def owed():
        rows = server.cli_json("callbacks", "list", "--owed", "--size", "100")["callbacks"]
        return [row for row in rows if row["appId"] == space.channel and row["fault"] == "status 500"]

    [row] = until(owed, "an attempt that failed")
    shown = server.cli_json("callbacks", "show", str(row["number"]))
    assert (shown["url"], shown["fault"], shown["dead"]) == (receiver.url, "status 500", False)
    assert shown["body"][0]["MessageId"] == sent and shown["attempts"] >= 1
    receiver.status = 200
    until(lambda: [record["MessageId"] for record in receiver.receipts()] == [sent], receiver.receipts)


def test_what_people_write_in_a_room_comes_to_the_business_in_its_order(wire, server, receiver):
    space = new_space(server)
    group = new_chat_group(wire, space)["GroupId"]
    ok(wire, "UpdatePhoneWebhook", CustSpaceId=space.channel, PhoneNumber=space.number, UpCallbackUrl=receiver.url)
    room, form = urlsplit(invite_link(wire, space, group)).path, {"Content-Type": "application/x-www-form-urlencoded"}
    joined = fetch(server, room, "POST", urlencode({"phone": "+49 160 0000001", "name": "Ann"}), form)
    seat = {**form, "Cookie": joined.headers["set-cookie"].split(";")[0]}
    texts = [f"line {n}" for n in range(3)]
    for text in texts:
        assert fetch(server, f"{room}/messages", "POST", urlencode({"text": text}), seat).status == 200
    until(lambda: [record["Message"] for record in receiver.receipts()] == texts, receiver.receipts)
    first = receiver.receipts()[0]
    assert (first["From"], first["To"], first["Name"], first["DisplayName"]) == ("491600000001", space.number, "Ann", "Ann")
    assert (first["Type"], first["NoticeType"], first["GroupId"], first["CustSpaceId"]) == ("TEXT", "inbound", group, space.channel)
    listed = ok(wire, "ListChatappMessage", **space.params(ChannelType="whatsapp", EventAction="UP", Page={"Index": 1, "Size": 10}))
    assert {row["MessageId"] for row in listed["Data"]} == {record["MessageId"] for record in receiver.receipts()}


def test_what_answers_a_message_in_a_room_says_which(wire, server, receiver):
    space = new_space(server)
    group, other = (new_chat_group(wire, space)["GroupId"] for _ in range(2))
    ok(wire, "UpdatePhoneWebhook", CustSpaceId=space.channel, PhoneNumber=space.number, UpCallbackUrl=receiver.url)
    room, form = urlsplit(invite_link(wire, space, group)).path, {"Content-Type": "application/x-www-form-urlencoded"}
    joined = fetch(server, room, "POST", urlencode({"phone": "+49 160 0000001", "name": "Ann"}), form)
    seat = {**form, "Cookie": joined.headers["set-cookie"].split(";")[0]}
    asked, elsewhere = say(wire, space, group, "at ten?"), say(wire, space, other, "at nine?")
    write = lambda **fields: fetch(server, f"{room}/messages", "POST", urlencode(fields), seat).status
    assert write(text="yes", replyTo=asked) == 200 and write(text="and now?", replyTo="") == 200
    for wrong in (elsewhere, "none", "a b"):
        assert write(text="lost", replyTo=wrong) == 409
    wanted = [("TEXT", "yes", asked), ("TEXT", "and now?", None)]
    told = lambda: [(record["Type"], record["Message"], record.get("ContextMessageId")) for record in receiver.receipts()]
    until(lambda: told() == wanted, receiver.receipts)
    say(wire, space, group, "good", ContextMessageId=receiver.receipts()[0]["MessageId"])
    rows = ok(wire, "ListChatappMessage", **space.params(ChannelType="whatsapp", UserNumber=group, Page={"Index": 1, "Size": 10}))["Data"]
    answers = {row["Message"]: row.get("ContextMessageId") for row in rows}
    assert answers == {"at ten?": None, "yes": asked, "and now?": None, "good": receiver.receipts()[0]["MessageId"]}


def test_a_business_is_told_what_becomes_of_its_groups_where_the_operator_says_so(new_server, receiver):
    server = new_server({**CONFIG, "cams": {"group_events": True}}).start()
    wire, space = Wire(server), new_space(server)
    ok(wire, "UpdateAccountWebhook", CustSpaceId=space.channel, StatusCallbackUrl=receiver.url)
    group = new_chat_group(wire, space, "team")["GroupId"]
    link, form = invite_link(wire, space, group), {"Content-Type": "application/x-www-form-urlencoded"}
    room = urlsplit(link).path
    for number, name in (("+49 160 0000001", "Ann"), ("+49 160 0000002", "Ben")):
        joined = fetch(server, room, "POST", urlencode({"phone": number, "name": name}), form)
    seat = {**form, "Cookie": joined.headers["set-cookie"].split(";")[0]}
    assert fetch(server, f"{room}/leave", "POST", "", seat).status in (200, 303)
    at = space.params(GroupId=group)
    ok(wire, "DeleteChatGroupParticipants", **at, List=[{"ParticipantNumber": "491600000001"}])
    ok(wire, "UpdateChatGroup", **at, Subject="crew")
    until(lambda: active_group(wire, space, "crew"), "the new title")
    for deed in ("suspend", "resume"):
        server.cli("group", deed, space.channel, group)
    ok(wire, "DeleteChatGroupInviteLink", **at)
    ok(wire, "DeleteChatGroup", **at)
    told = until(lambda: len(receiver.receipts()) >= 11 and receiver.receipts(), receiver.receipts)
    person = lambda record: record.get("Participants", [{}])[0].get("ParticipantNumber")
    assert [(record["Event"], record.get("GroupStatus"), person(record)) for record in told] == [
        ("group_create", "ACTIVE", None),
        ("group_invite_link_reset", "ACTIVE", None),
        ("group_participants_add", "ACTIVE", "491600000001"),
        ("group_participants_add", "ACTIVE", "491600000002"),
        ("group_participants_remove", "ACTIVE", "491600000002"),
        ("group_participants_remove", "ACTIVE", "491600000001"),
        ("group_settings_update", "ACTIVE", None),
        ("group_suspend", "SUSPENDED", None),
        ("group_suspend_cleared", "ACTIVE", None),
        ("group_invite_link_revoke", "ACTIVE", None),
        ("group_delete", None, None),
    ]
    assert {(record["CustSpaceId"], record["BusinessNumber"], record["GroupId"], record["NoticeType"]) for record in told} == {
        (space.channel, space.number, group, "group")
    }
    assert [record.get("InitiatedBy") for record in told[4:6]] == ["participant", "business"]
    assert len({record["EventId"] for record in told}) == len(told)
    assert link.rsplit("/", 1)[1] not in json.dumps(told)
