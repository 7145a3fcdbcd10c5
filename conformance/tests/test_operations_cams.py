"""CAMS chat groups: the body's own `Code`, filters and pages of ListChatGroup, invite links and the page behind them."""

import subprocess
from urllib.parse import urlsplit

import pytest

from harness.postgres import installed
from harness.scenes import (
    active_group, invite_link, join_by_invitation, new_chat_group, new_space, open_invitation, participants, unique,
)
from harness.waiting import until
from harness.wire import Wire, fetch

pytestmark = [pytest.mark.process, pytest.mark.looks_at("transactions", "nodes")]

ROW = {"BusinessNumber", "Description", "GroupId", "GroupStatus", "InviteLink", "ProfilePictureFile", "Subject", "TotalParticipantCount"}
ROW_OPTIONAL = {"BusinessRole", "GmtModifier", "GroupLink", "GroupType"}


@pytest.fixture(scope="module")
def space(server):
    return new_space(server)


def call(wire, action, params, **options):
    """The JSON body of a CAMS operation that passes the gateway."""
    answer = wire.call(action, params, product="cams", **options)
    assert answer.status == 200, f"HTTP {answer.status} {answer.body[:400]!r}"
    return answer.json()


def failed(wire, action, params):
    """The code of a business failure: HTTP 200, Success false, a message."""
    body = call(wire, action, params)
    assert body["Success"] is False and body["Message"] and body["RequestId"], body
    return body["Code"]


def listed(wire, space, index=1, size=20, **filters):
    body = call(wire, "ListChatGroup", space.params(Page={"Index": index, "Size": size}, **filters))
    assert body["Code"] == "OK" and body["Success"] is True
    return body["Data"]


def test_adding_a_group_answers_a_unique_code_and_the_group_becomes_active(wire, space):
    subject = unique("subject")
    body = call(wire, "AddChatGroup", space.params(Subject=subject, Description="why", ChannelType="WHATSAPP"))
    assert body["Code"] == "OK" and body["Success"] is True and body["UniqueCode"] and body["RequestId"]
    row = until(lambda: active_group(wire, space, subject), "the group to become ACTIVE")
    assert ROW <= set(row) | {"InviteLink", "ProfilePictureFile"} and set(row) <= ROW | ROW_OPTIONAL
    assert (row["BusinessNumber"], row["Description"], row["Subject"]) == (space.number, "why", subject)
    assert (row["GroupStatus"], row["TotalParticipantCount"]) == ("ACTIVE", 0)


def test_groups_are_filtered_by_subject_and_status_and_paged_without_loss(wire, server):
    space = new_space(server)
    subjects = [f"team {n}" for n in range(7)]
    for subject in subjects:
        call(wire, "AddChatGroup", space.params(Subject=subject))
    until(lambda: listed(wire, space, GroupStatus="ACTIVE")["Total"] == 7, "seven active groups")
    assert listed(wire, space, GroupStatus="CREATING") == {"Total": 0, "List": []}
    found = listed(wire, space, Subject="team 3")
    assert [row["Subject"] for row in found["List"]] == ["team 3"] and found["Total"] == 1
    assert listed(wire, space, Subject="no such")["Total"] == 0
    seen = []
    for index in (1, 2, 3, 4):
        page = listed(wire, space, index=index, size=2)
        assert page["Total"] == 7 and len(page["List"]) == (2 if index < 4 else 1)
        seen += [row["Subject"] for row in page["List"]]
    assert sorted(seen) == subjects
    assert listed(wire, space, index=5, size=2) == {"Total": 7, "List": []}


def test_a_group_belongs_to_its_channel_and_number(wire, server, space):
    group = new_chat_group(wire, space)
    other = new_space(server)
    assert listed(wire, other)["Total"] == 0
    assert failed(wire, "AddChatGroupInviteLink", other.params(GroupId=group["GroupId"])) == "InvalidParameter.GroupNotExist"
    mixed = space.params(BusinessNumber=other.number, Subject="x")
    assert failed(wire, "AddChatGroup", mixed).startswith("InvalidParameter.")


def test_business_failures_are_told_in_the_body_with_status_200(wire, space):
    page = {"Page": {"Index": 1, "Size": 20}}
    unknown = {"CustSpaceId": "cams-nosuch", "BusinessNumber": space.number}
    assert failed(wire, "ListChatGroup", {**unknown, **page}) == "InvalidParameter.CustSpaceIdNotExist"
    assert failed(wire, "AddChatGroup", {**unknown, "Subject": "x"}) == "InvalidParameter.CustSpaceIdNotExist"
    for action in ("AddChatGroupInviteLink", "ListChatGroupParticipants"):
        assert failed(wire, action, space.params(GroupId="Enosuch")) == "InvalidParameter.GroupNotExist"
        assert failed(wire, action, {**unknown, "GroupId": "Enosuch"}) == "InvalidParameter.CustSpaceIdNotExist"
    telegram = space.params(ChannelType="TELEGRAM", **page)
    assert failed(wire, "ListChatGroup", telegram) == "InvalidParameter.ChannelTypeNotSupport"


@pytest.mark.parametrize(
    "page",
    [{"Index": 0, "Size": 20}, {"Index": 1, "Size": 0}, {"Index": -1, "Size": 20}, {"Index": 1, "Size": -5}, {"Index": "one", "Size": 2}],
    ids=str,
)
@pytest.mark.looks_at("door")
def test_a_bad_page_is_told_as_such(wire, space, page):
    assert failed(wire, "ListChatGroup", space.params(Page=page)) == "InvalidParameter.PageInvalid"


@pytest.mark.looks_at("door")
def test_missing_parameters_are_the_gateways_to_refuse(wire, space):
    required = {
        "AddChatGroup": {"CustSpaceId", "BusinessNumber"},
        "ListChatGroup": {"CustSpaceId", "BusinessNumber", "Page"},
        "AddChatGroupInviteLink": {"CustSpaceId", "BusinessNumber", "GroupId"},
        "ListChatGroupParticipants": {"CustSpaceId", "BusinessNumber", "GroupId"},
        "UpdateChatGroup": {"CustSpaceId", "BusinessNumber", "GroupId"},
        "DeleteChatGroup": {"CustSpaceId", "BusinessNumber", "GroupId"},
        "DeleteChatGroupInviteLink": {"CustSpaceId", "BusinessNumber", "GroupId"},
        "DeleteChatGroupParticipants": {"CustSpaceId", "BusinessNumber", "GroupId", "List"},
    }
    good = space.params(GroupId="E1", Page={"Index": 1, "Size": 20}, Subject="x", List=[{"ParticipantNumber": "491700000001"}])
    for action, names in required.items():
        for name in names:
            refused = wire.refused(action, {**good, name: None}, product="cams")
            assert refused == (400, f"Missing{name}"), action


@pytest.mark.looks_at("door")
def test_a_whatsapp_group_needs_a_subject(wire, space):
    answer = wire.call("AddChatGroup", space.params(), product="cams")
    assert answer.status in (200, 400) and answer.code != "OK"


@pytest.mark.looks_at("door")
def test_page_is_taken_as_json_text_with_any_spacing_and_as_dotted_parameters(wire, space):
    new_chat_group(wire, space)
    spellings = [
        {"Page": '{"Size": 2, "Index": 1}'},
        {"Page": '{"Index":"1","Size":"2"}'},
        {"Page.Index": "1", "Page.Size": "2"},
    ]
    for spelling in spellings:
        for signature in ("v1", "v3"):
            for place in ("query", "form"):
                body = call(wire, "ListChatGroup", space.params(**spelling), signature=signature, place=place)
                assert body["Code"] == "OK" and 1 <= len(body["Data"]["List"]) <= 2, (spelling, signature, place)


def test_people_join_at_the_invite_page_and_are_listed_with_or_without_a_page(wire, server, space):
    group = new_chat_group(wire, space)
    assert participants(wire, space, group["GroupId"]) == ([], 0)
    link = invite_link(wire, space, group["GroupId"])
    page, form = open_invitation(server, link)
    assert page.status == 200 and "text/html" in page.headers["content-type"]
    assert group["Subject"] in page.body.decode()
    phones = [f"49160000000{n}" for n in range(5)]
    for phone in phones:
        assert join_by_invitation(server, link, phone, "Ann <b>&").status < 400
    found, total = participants(wire, space, group["GroupId"])
    assert found == phones and total == 5, "in the order of joining"
    assert participants(wire, space, group["GroupId"], Index=2, Size=2) == (phones[2:4], 5)
    assert participants(wire, space, group["GroupId"], Index=4, Size=2) == ([], 5)
    assert active_group(wire, space, group["Subject"])["TotalParticipantCount"] == 5
    assert active_group(wire, space, group["Subject"])["InviteLink"] == link


def test_joining_twice_with_one_number_counts_once(wire, server, space):
    group = new_chat_group(wire, space)
    link = invite_link(wire, space, group["GroupId"])
    for _ in range(2):
        join_by_invitation(server, link, "+49 170 1234567", "Ann")
    found, total = participants(wire, space, group["GroupId"])
    assert (found, total) == (["491701234567"], 1), "a number is kept as its digits"


def test_a_wrong_number_is_refused_and_nobody_joins(wire, server, space):
    group = new_chat_group(wire, space)
    link = invite_link(wire, space, group["GroupId"])
    for phone in ("", "hello", "<script>alert(1)</script>", "1" * 200):
        answer = join_by_invitation(server, link, phone, "Ann")
        assert 400 <= answer.status < 500, phone
        assert b"<script>alert" not in answer.body
    assert participants(wire, space, group["GroupId"]) == ([], 0)


def test_a_wrong_link_says_so_and_so_does_one_that_was_replaced(wire, server, space):
    group = new_chat_group(wire, space)
    old = invite_link(wire, space, group["GroupId"])
    new = invite_link(wire, space, group["GroupId"])
    dead = {"/i/nosuchcode", urlsplit(old).path} - {urlsplit(new).path}
    for path in dead:
        answer = fetch(server, path)
        assert answer.status in (404, 410) and answer.body, path
    assert join_by_invitation(server, new, "491700000001", "Ann").status < 400


def test_a_full_group_says_so_and_takes_nobody_else(new_server):
    server = new_server({"cams": {"max_participants": 2}}).start()
    wire = Wire(server)
    space = new_space(server)
    group = new_chat_group(wire, space)
    link = invite_link(wire, space, group["GroupId"])
    for n in range(2):
        assert join_by_invitation(server, link, f"49170000000{n}", "Ann").status < 400
    page, form = open_invitation(server, link)
    if form:
        refused = join_by_invitation(server, link, "491700000009", "Late")
        assert 400 <= refused.status < 500 and b"full" in refused.body.lower()
    else:
        assert b"full" in page.body.lower()
    assert participants(wire, space, group["GroupId"])[1] == 2


def test_a_full_group_tells_nobody_whose_number_is_in_it(new_server):
    server = new_server({"cams": {"max_participants": 1}}).start()
    wire = Wire(server)
    space = new_space(server)
    link = invite_link(wire, space, new_chat_group(wire, space)["GroupId"])
    assert join_by_invitation(server, link, "491700000001", "Ann").status < 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    member, other = (
        fetch(server, urlsplit(link).path, "POST", f"phone={number}&name=x", form) for number in ("491700000001", "491700000002")
    )
    assert (member.status, member.body) == (other.status, other.body) and b"full" in member.body


@pytest.mark.parametrize(
    "pasted",
    ["+49 (170) 000.0007", "\u202a+49\u00a0170\u2011000\u20130007\u202c", "\u206649170 0000007\u2069", "\u200e49170/0000007", "+49 (0) 170 0000007"],
)
def test_a_number_is_taken_as_it_is_pasted(wire, server, space, pasted):
    group = new_chat_group(wire, space)
    assert join_by_invitation(server, invite_link(wire, space, group["GroupId"]), pasted, "Ann").status < 400
    assert participants(wire, space, group["GroupId"]) == (["491700000007"], 1)


@pytest.mark.parametrize("path", ["/i/%ff", "/i/%00", "/i/a%00b"])
def test_a_link_that_is_no_text_is_answered_with_the_page_and_is_no_fault_of_the_server(server, path):
    for method in ("GET", "POST"):
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
        answer = fetch(server, path, method, "phone=491700000001&name=x" if method == "POST" else None, form)
        assert answer.status == 404 and b"<!doctype html>" in answer.body.lower()


def test_eight_people_fill_a_group_by_default(wire, server, space):
    group = new_chat_group(wire, space)
    link = invite_link(wire, space, group["GroupId"])
    for n in range(8):
        assert join_by_invitation(server, link, f"49171000000{n}", "Ann").status < 400
    _, form = open_invitation(server, link)
    if form:
        assert join_by_invitation(server, link, "491719999999", "Late").status >= 400
    assert participants(wire, space, group["GroupId"])[1] == 8


def test_groups_participants_and_links_outlive_a_restart(new_server):
    server = new_server().start()
    wire = Wire(server)
    space = new_space(server)
    group = new_chat_group(wire, space)
    link = invite_link(wire, space, group["GroupId"])
    assert join_by_invitation(server, link, "491700000001", "Ann").status < 400
    server.stop()
    server.start()
    assert join_by_invitation(server, link, "491700000002", "Ben").status < 400
    assert participants(wire, space, group["GroupId"]) == (["491700000001", "491700000002"], 2)


def test_a_suspended_group_takes_nobody_and_goes_on_when_it_is_resumed(wire, server, space):
    group = new_chat_group(wire, space)
    link = invite_link(wire, space, group["GroupId"])
    at = space.params(GroupId=group["GroupId"])
    server.cli("group", "suspend", at["CustSpaceId"], at["GroupId"])
    assert listed(wire, space, Subject=group["Subject"])["List"][0]["GroupStatus"] == "SUSPENDED"
    assert open_invitation(server, link)[0].status == 409
    for action in ("UpdateChatGroup", "AddChatGroupInviteLink"):
        assert failed(wire, action, {**at, "Subject": "new"}) == "InvalidParameter.GroupStatusNotSupport"
    server.cli("group", "resume", at["CustSpaceId"], at["GroupId"])
    assert join_by_invitation(server, link, "491700000001", "Ann").status < 400


def test_what_is_begun_with_a_group_comes_to_its_end_after_a_restart(new_server):
    server = new_server().start()
    wire = Wire(server)
    space = new_space(server)
    changed, deleted = new_chat_group(wire, space), new_chat_group(wire, space)
    assert call(wire, "UpdateChatGroup", space.params(GroupId=changed["GroupId"], Subject="new"))["Result"] == 1
    assert call(wire, "DeleteChatGroup", space.params(GroupId=deleted["GroupId"]))["Result"] == 1
    server.kill()
    server.start()
    row = until(lambda: active_group(wire, space, "new"), "the change to be made")
    assert row["GroupId"] == changed["GroupId"]
    until(lambda: listed(wire, space)["Total"] == 1, "the other group to be gone")


@pytest.mark.only_over("postgres", reason="only there can the table of invites be locked against readers")
def test_a_code_that_no_invite_can_have_asks_no_store_and_is_no_error_in_the_log(new_server):
    server = new_server().start()
    url = server.environment()["MUSTER_STORE"]
    lock = "BEGIN; LOCK TABLE invite IN ACCESS EXCLUSIVE MODE; SELECT 'locked';"
    with subprocess.Popen([installed("psql"), "-X", "-q", "-A", "-t", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
        psql.stdin.write(f"{lock}\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "locked\n"
        for code in ("%00", "a%00b", "%ff", "%ed%a0%80", "%C3%A9", "a%20b"):
            for method, body in (("GET", None), ("POST", "phone=8613800138000&name=x")):
                answer = fetch(server, f"/i/{code}", method, body, {"Content-Type": "application/x-www-form-urlencoded"})
                assert answer.status == 404, (code, answer)
        assert 400 <= fetch(server, "/i/" + "x" * (1 << 20)).status < 500
        assert fetch(server, "/i/plausible").status == 503, "one that could be is looked up, and the table is locked"
        lines = [line for line in server.errors().splitlines() if " ERROR " in line]
        assert lines == [], "a store that cannot be asked is no error of this request"
        psql.stdin.close()
    server.stop()
