"""Receipts of CAMS: a business is told at the addresses of its number what people write and what becomes of what it sends."""

from urllib.parse import urlencode, urlsplit

import pytest

from harness.receiver import Receiver
from harness.scenes import invite_link, new_chat_group, new_space
from harness.waiting import until
from harness.wire import fetch

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
