"""CAMS channels (instances), and the business numbers that are bound to them."""

import pytest

from harness.scenes import Space, active_group, new_chat_group, new_number, new_space, unique
from harness.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.looks_at("transactions", "nodes")]


def ok(wire, action, **params):
    body = wire.ok(action, params, product="cams")
    assert body["Code"] == "OK" and body["Success"] is True, body
    return body


def failed(wire, action, **params):
    """The code of a business failure: HTTP 200, Success false, a message."""
    answer = wire.call(action, params, product="cams")
    body = answer.json()
    assert answer.status == 200 and body["Success"] is False and body["Message"] and body["RequestId"], body
    return body["Code"]


def new_channel(wire, **params):
    params = {"ChannelType": "WHATSAPP", "InstanceName": unique("channel"), **params}
    return ok(wire, "CreateInstance", **params)["Data"]["InstanceId"]


def numbers(wire, **params):
    return [row["PhoneNumber"] for row in ok(wire, "QueryChatappPhoneNumbers", **params)["PhoneNumbers"]]


def test_what_is_said_of_a_channel_is_kept_and_changes_part_by_part(wire):
    said = {"ContactMail": "shop@example.com", "CountryId": "DE", "InstanceDescription": "群", "OfficeAddress": "Am Markt 1"}
    channel = new_channel(wire, **said)
    found = ok(wire, "QueryInstance", InstanceId=channel)["Data"]
    assert {key: found[key] for key in said} == said and found["ChannelType"] == "WHATSAPP" and found["SubmitTime"].endswith("Z")
    changed = ok(wire, "UpdateInstance", InstanceId=channel, InstanceName="new", CountryId="")["Data"]
    assert (changed["InstanceName"], changed["Description"]) == ("new", "群")
    found = ok(wire, "QueryInstance", InstanceId=channel)["Data"]
    assert {key: found[key] for key in said} == {**said, "CountryId": ""} and found["InstanceName"] == "new"


def test_channels_are_listed_newest_first_and_paged_without_loss(wire):
    part = unique("part")
    channels = [new_channel(wire, InstanceName=f"{part} {n}") for n in range(5)]
    seen = []
    for index in (1, 2, 3):
        page = ok(wire, "ListInstance", FilterStr=part, PageIndex=index, PageSize=2)
        assert page["TotalCount"] == 5
        seen += [row["CustSpaceId"] for row in page["Data"]]
    assert seen == channels[::-1]
    [row] = ok(wire, "ListInstance", InstanceName=f"{part} 3")["Data"]
    assert row["InstanceId"] == channels[3]
    assert ok(wire, "ListInstance", InstanceId=channels[0], InstanceName=f"{part} 3")["TotalCount"] == 0


def test_groups_run_in_a_channel_that_was_made_by_a_call(wire, server):
    space = Space(new_channel(wire), new_number())
    assert numbers(wire, CustSpaceId=space.channel) == []
    server.cli("number", "add", space.number, "--channel", space.channel)
    group = new_chat_group(wire, space)
    assert active_group(wire, space, group["Subject"])["GroupId"] == group["GroupId"]
    assert numbers(wire, CustSpaceId=space.channel) == [space.number]
    assert space.number in numbers(wire)
    assert numbers(wire, CustSpaceId=space.channel, Status="BANNED") == []


def test_a_channel_is_deleted_once_its_groups_are_and_its_number_is_free_then(wire, server):
    space = new_space(server)
    group = new_chat_group(wire, space)
    assert failed(wire, "DeleteInstance", InstanceId=space.channel) == "InstanceNotEmpty"
    ok(wire, "DeleteChatGroup", **space.params(GroupId=group["GroupId"]))
    page = {"Index": 1, "Size": 20}
    until(lambda: ok(wire, "ListChatGroup", **space.params(Page=page))["Data"]["Total"] == 0, "the group to be gone")
    ok(wire, "DeleteInstance", InstanceId=space.channel)
    gone = "InvalidParameter.CustSpaceIdNotExist"
    for action in ("QueryInstance", "DeleteInstance"):
        assert failed(wire, action, InstanceId=space.channel) == gone
    assert failed(wire, "UpdateInstance", InstanceId=space.channel, InstanceName="x") == gone
    assert failed(wire, "ListChatGroup", **space.params(Page=page)) == gone
    assert space.number not in numbers(wire)
    other = new_channel(wire)
    server.cli("number", "add", space.number, "--channel", other)
    assert numbers(wire, CustSpaceId=other) == [space.number]


@pytest.mark.looks_at("door")
def test_what_is_malformed_is_told_in_the_body(wire):
    kind = {"ChannelType": "WHATSAPP"}
    assert failed(wire, "CreateInstance", ChannelType="VIBER", InstanceName="x") == "InvalidParameter.ChannelTypeNotSupport"
    assert failed(wire, "CreateInstance", InstanceName="  ", **kind) == "InvalidParameter.InstanceNameInvalid"
    assert failed(wire, "CreateInstance", InstanceName="x" * 129, **kind) == "InvalidParameter.InstanceNameInvalid"
    for page in ({"PageIndex": 0}, {"PageSize": 101}, {"PageSize": "ten"}):
        assert failed(wire, "ListInstance", **page) == "InvalidParameter.PageInvalid"
    for action in ("QueryInstance", "DeleteInstance", "UpdateInstance"):
        assert wire.refused(action, {"InstanceName": "x"}, product="cams") == (400, "MissingInstanceId")


def test_where_a_business_is_told_of_what_happens_is_kept_and_told_again(wire, server):
    space = new_space(server)
    at = {"CustSpaceId": space.channel, "PhoneNumber": space.number}

    def told():
        [row] = ok(wire, "QueryChatappPhoneNumbers", CustSpaceId=space.channel)["PhoneNumbers"]
        return row.get("StatusCallbackUrl"), row.get("UpCallbackUrl")

    def says(action, **params):
        body = wire.ok(action, {**at, **params}, product="cams")
        assert body["Code"] == "OK" and "Success" not in body, body

    status, up = "https://shop.example.com/status", "https://shop.example.com/up"
    says("UpdatePhoneWebhook", StatusCallbackUrl=status, UpCallbackUrl=up, HttpFlag="Y", QueueFlag="N")
    until(lambda: told() == (status, up), told)
    says("UpdatePhoneWebhook", StatusCallbackUrl="")
    until(lambda: told() == (None, up), told)
    says("UpdateAccountWebhook", StatusCallbackUrl=status, HttpFlag="Y")
    assert told() == (None, up), "the account's address is another"
    assert failed(wire, "UpdatePhoneWebhook", **at, UpCallbackUrl="http://127.0.0.1/up") == "InvalidParameter.UpCallbackUrlInvalid"
    assert failed(wire, "UpdateAccountWebhook", **at, StatusCallbackUrl="http://shop.example.com:81/") == (
        "InvalidParameter.StatusCallbackUrlInvalid"
    )
