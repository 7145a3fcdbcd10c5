"""Receipts of CAMS: a business is told at the address of its number what becomes of what it sends."""

import pytest

from harness.receiver import Receiver
from harness.scenes import new_chat_group, new_space
from harness.waiting import until

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
