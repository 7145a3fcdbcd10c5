"""Rooms of CAMS groups: who has joined by the link reads, writes, sees who is there and leaves, with and without the script."""

import json
import re
import threading
from urllib.parse import urlencode, urlsplit

import pytest

from harness.scenes import invite_link, new_chat_group, new_space, participants, unique
from harness.waiting import until
from harness.wire import Wire, fetch

pytestmark = [pytest.mark.process, pytest.mark.looks_at("store", "nodes")]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTML = {**FORM, "Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def space(server):
    return new_space(server)


@pytest.fixture
def group(wire, space):
    return new_chat_group(wire, space)["GroupId"]


@pytest.fixture
def link(wire, space, group):
    return invite_link(wire, space, group)


class Guest:
    """Somebody's browser at a link: what it is given to keep it brings."""

    def __init__(self, server, link, phone, name="", headers=FORM):
        self.server, self.path, self.cookie = server, urlsplit(link).path, None
        self.joined = fetch(server, self.path, "POST", urlencode({"phone": phone, "name": name}), headers)
        if given := self.joined.headers.get("set-cookie"):
            self.cookie = given.split(";")[0]

    def ask(self, path="", method="GET", body=None, headers=FORM):
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        return fetch(self.server, self.path + path, method, body, {**headers, **cookie})

    def news(self, after=0, wait=0):
        answer = self.ask(f"/messages?after={after}&wait={wait}")
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json()

    def texts(self):
        return [(line["from"], line["text"]) for line in self.news()["messages"]]

    def says(self, text, headers=FORM):
        return self.ask("/messages", "POST", urlencode({"text": text}), headers)


def send(wire, space, to, text, kind="group", **more):
    params = {
        "CustSpaceId": space.channel, "From": space.number, "ChannelType": "whatsapp", "To": to, "RecipientType": kind,
        "Type": "message", "MessageType": "text", "Content": json.dumps({"text": text}), **more,
    }
    answer = wire.ok("SendChatappMessage", params, product="cams")
    assert answer["Code"] == "OK", answer
    return answer["MessageId"]


def rows(wire, space, **more):
    params = space.params(ChannelType="whatsapp", Page={"Index": 1, "Size": 100}, **more)
    answer = wire.ok("ListChatappMessage", params, product="cams")
    assert answer["Code"] == "OK", answer
    return answer["Data"]


def test_people_and_the_business_talk_and_everybody_reads_it(wire, server, space, group, link):
    ann, ben = Guest(server, link, "+49 160 0000001", "Ann"), Guest(server, link, "491600000002")
    assert ann.joined.status == 200 and ann.joined.json()["joined"] is True
    sent = send(wire, space, group, "We open at ten.")
    assert ann.says("Thanks!").status == 200
    assert ben.says("See you").status == 200
    assert ben.texts() == [("business", "We open at ten."), ("other", "Thanks!"), ("you", "See you")]
    names = {line["text"]: line["name"] for line in ann.news()["messages"]}
    assert names["Thanks!"] == "You" and names["See you"] == "…0002", "nobody's number is shown whole"
    assert ann.news()["present"] == ["Ann (you)", "…0002"]
    found = {row["Message"]: row for row in rows(wire, space, UserNumber=group)}
    assert {text: row["EventAction"] for text, row in found.items()} == {"We open at ten.": "DOWN", "Thanks!": "UP", "See you": "UP"}
    assert (found["Thanks!"]["UserNumber"], found["Thanks!"]["MessageStatus"]) == ("491600000001", "Received")
    assert (found["We open at ten."]["MessageId"], found["We open at ten."]["MessageStatus"]) == (sent, "Delivered")


def test_what_is_said_to_one_person_is_read_by_that_person_alone(wire, server, space, group, link):
    ann, ben = Guest(server, link, "491600000011", "Ann"), Guest(server, link, "491600000012", "Ben")
    send(wire, space, "491600000011", "Your parcel is here.", kind="individual")
    [line] = ann.news()["messages"]
    assert (line["text"], line["alone"]) == ("Your parcel is here.", "to you alone")
    assert ben.texts() == []


def test_whoever_has_a_number_next_does_not_read_what_was_said_to_it_alone_before(wire, server, space, group, link):
    number = "491600000013"
    ann = Guest(server, link, number, "Ann")
    send(wire, space, number, "Your code is 1234.", kind="individual")
    assert "Your code is 1234." in [text for _, text in ann.texts()]
    # In another group of the same business number, whose link a stranger has; and in the same one, when the seat is free.
    other = invite_link(wire, space, new_chat_group(wire, space)["GroupId"])
    assert Guest(server, other, number, "stranger").texts() == []
    assert ann.ask("/leave", "POST", "").status == 200
    stranger = Guest(server, link, number, "stranger")
    send(wire, space, group, "Good morning.")
    assert stranger.texts() == [("business", "Good morning.")]
    send(wire, space, number, "Your code is 5678.", kind="individual")
    assert [text for _, text in stranger.texts()] == ["Good morning.", "Your code is 5678."]
    assert b"1234" not in stranger.ask(headers={**FORM, "Accept": "text/html"}).body


def test_news_appears_by_itself(wire, server, space, group, link):
    ann = Guest(server, link, "491600000021", "Ann")
    heard = []
    listener = threading.Thread(target=lambda: heard.append(ann.news(after=0, wait=1)))
    listener.start()
    send(wire, space, group, "now")
    listener.join(60)
    assert [line["text"] for line in heard[0]["messages"]] == ["now"] and heard[0]["pause"] == 0
    assert ann.news(after=heard[0]["after"])["messages"] == [], "what was seen is not told again"


def test_the_page_works_without_its_script(wire, server, space, group, link):
    ann = Guest(server, link, "491600000031", "Ann <b>", headers=HTML)
    assert (ann.joined.status, ann.joined.headers["location"]) == (303, ann.path)
    attributes = ann.joined.headers["set-cookie"]
    assert "HttpOnly" in attributes and "SameSite=Lax" in attributes and "Path=/i/" in attributes
    send(wire, space, group, "<script>alert(1)</script>")
    page = ann.ask(headers=HTML)
    text = page.body.decode()
    assert page.status == 200 and "&lt;script&gt;alert(1)" in text and "<script>alert" not in text and "Ann &lt;b&gt; (you)" in text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "<style" not in text and " style=" not in text
    [script], [style] = re.findall(r'<script type="module" src="([^"]*)"></script>', text), re.findall(r'rel="stylesheet" href="([^"]*)"', text)
    for asset, kind in ((script, "javascript"), (style, "css")):
        loaded = fetch(server, asset)
        assert loaded.status == 200 and kind in loaded.headers["content-type"] and "immutable" in loaded.headers["cache-control"]
    assert fetch(server, "/room/assets/none.js").status == 404
    said = ann.says("line one\r\nline two", HTML)
    assert (said.status, said.headers["location"]) == (303, ann.path)
    assert ann.texts()[-1] == ("you", "line one\nline two")
    left = ann.ask("/leave", "POST", "", HTML)
    assert left.status == 200 and b"You have left" in left.body
    assert participants(wire, space, group) == ([], 0)
    assert ann.ask("/messages").status == 410, "an old seat is none"
    page = ann.ask(headers=HTML)
    assert page.status == 200 and 'name="phone"' in page.body.decode(), "who has left may join again"
    assert Guest(server, link, "491600000031").says("back").status == 200


def test_after_an_error_the_form_keeps_what_was_typed(server, link):
    typed = urlencode({"phone": "12\"3", "name": "Ann & Ben"})
    page = fetch(server, urlsplit(link).path, "POST", typed, HTML)
    assert page.status == 400
    assert 'value="12&quot;3"' in page.body.decode() and 'value="Ann &amp; Ben"' in page.body.decode()


def test_a_message_that_is_not_sent_is_kept_in_the_form(new_server):
    server = new_server({"cams": {"messages_per_minute": 2, "message_characters": 10}}).start()
    wire = Wire(server)
    space = new_space(server)
    link = invite_link(wire, space, new_chat_group(wire, space)["GroupId"])
    ann = Guest(server, link, "491600000041")
    refused = ann.says("群" * 11)
    assert refused.status == 413 and "10 characters" in refused.json()["message"]
    assert ann.says("  ").status == 400
    assert [ann.says(text).status for text in ("群" * 10, "two", "three")] == [200, 200, 429]
    page = ann.says("4 & 5", HTML)
    assert page.status == 429 and "4 &amp; 5</textarea>" in page.body.decode() and b"at most 2 messages" in page.body
    assert [text for _, text in ann.texts()] == ["群" * 10, "two"]
    assert Guest(server, link, "491600000042").says("another").status == 200, "one person's pace is no other's"


def test_a_seat_is_whose_it_is(wire, server, space, group, link):
    ann = Guest(server, link, "491600000051", "Ann")
    again = Guest(server, link, "491600000051", "Eve")
    assert again.joined.status == 200 and again.cookie is None, "who knows a number does not take its seat"
    assert again.ask("/messages").status == 401 and again.says("I am Ann").status == 401
    assert participants(wire, space, group)[1] == 1
    other = invite_link(wire, space, new_chat_group(wire, space)["GroupId"])
    name, token = ann.cookie.split("=", 1)
    elsewhere = Guest(server, other, "491600000052")
    stolen = elsewhere.cookie.split("=", 1)[0]
    forged = {"Cookie": f"{stolen}={token}"}
    assert fetch(server, urlsplit(other).path + "/messages", headers=forged).status == 401, "a seat is good in its group alone"
    for bent in (token[:-1], token.replace("491600000051", "491600000059"), "", "x.y.z.w"):
        answer = fetch(server, ann.path + "/messages", headers={"Cookie": f"{name}={bent}"})
        assert answer.status == 401, bent


def test_a_seat_goes_by_number_where_the_operator_says_so(new_server):
    server = new_server({"cams": {"seats_by_number": True}}).start()
    wire = Wire(server)
    space = new_space(server)
    link = invite_link(wire, space, new_chat_group(wire, space)["GroupId"])
    Guest(server, link, "491600000061").says("from the phone")
    assert Guest(server, link, "+49 160 0000061").texts() == [("you", "from the phone")]


def test_who_is_removed_is_told_so_and_a_link_that_is_revoked_leaves_people_inside(wire, server, space, group, link):
    ann, ben = Guest(server, link, "491600000071", "Ann"), Guest(server, link, "491600000072", "Ben")
    at = space.params(GroupId=group)
    assert wire.ok("DeleteChatGroupInviteLink", at, product="cams")["Result"] == 1
    closed = fetch(server, ann.path, headers=HTML)
    assert closed.status == 410 and b"no longer valid" in closed.body
    assert ann.says("still here").status == 200 and ben.texts() == [("other", "still here")]
    heard, after = [], ann.news()["after"]
    listener = threading.Thread(target=lambda: heard.append(ann.ask(f"/messages?after={after}&wait=1")))
    listener.start()
    removed = wire.ok("DeleteChatGroupParticipants", {**at, "List": [{"ParticipantNumber": "491600000071"}]}, product="cams")
    assert removed["Result"] == 1
    listener.join(60)
    assert heard[0].status == 403 and "removed" in heard[0].json()["message"]
    for answer in (ann.ask(headers=HTML), ann.says("let me in", HTML)):
        assert answer.status == 403 and b"was removed from the group" in answer.body
    assert ben.news()["present"] == ["Ben (you)"]
    assert wire.ok("DeleteChatGroup", at, product="cams")["Result"] == 1
    until(lambda: ben.ask("/messages").status == 404, "the room to be gone with its group")


def test_a_suspended_group_is_read_and_not_written_in(wire, server, space, group, link):
    ann = Guest(server, link, "491600000081")
    server.cli("group", "suspend", space.channel, group)
    assert ann.ask("/messages").status == 200
    assert ann.says("hello").status == 409
    params = {
        "CustSpaceId": space.channel, "From": space.number, "ChannelType": "whatsapp", "To": group, "RecipientType": "group",
        "Type": "message", "MessageType": "text", "Content": '{"text":"hello"}',
    }
    refused = wire.call("SendChatappMessage", params, product="cams").json()
    assert refused["Code"] == "InvalidParameter.GroupStatusNotSupport" and refused["Message"]


def test_what_was_said_and_who_sits_where_outlives_a_restart(new_server):
    server = new_server().start()
    wire = Wire(server)
    space = new_space(server)
    group = new_chat_group(wire, space)["GroupId"]
    ann = Guest(server, invite_link(wire, space, group), "491600000091")
    send(wire, space, group, "hello")
    assert ann.says("hi").status == 200
    server.kill()
    server.start()
    assert ann.texts() == [("business", "hello"), ("you", "hi")]


def test_a_customer_group_from_its_invitation_to_its_revoked_link(api, server):
    """The whole of it: invite, join by the page, talk both ways, remove, revoke the link."""
    space = new_space(server)

    def ok(action, **params):
        answer = api.call(action, params, "cams")
        assert answer["Code"] == "OK", answer
        return answer

    subject = unique("market")
    ok("AddChatGroup", **space.params(Subject=subject))
    page = {"Index": 1, "Size": 10}

    def active():
        rows = ok("ListChatGroup", **space.params(Subject=subject, GroupStatus="ACTIVE", Page=page))["Data"]["List"]
        return rows[0]["GroupId"] if rows else None

    group = until(active, "the group to become ACTIVE")
    at = space.params(GroupId=group)
    link = ok("AddChatGroupInviteLink", **at)["InviteLink"]
    ann, ben = Guest(server, link, "+49 160 0000101", "Ann", HTML), Guest(server, link, "491600000102", "Ben", HTML)
    assert ann.joined.status == ben.joined.status == 303

    def send(**params):
        common = {"ChannelType": "whatsapp", "CustSpaceId": space.channel, "From": space.number, "To": group}
        return ok("SendChatappMessage", RecipientType="group", Type="message", **common, **params)["MessageId"]

    question = send(MessageType="text", Content=json.dumps({"text": "Who comes on Friday?"}))
    assert ann.texts() == [("business", "Who comes on Friday?")]
    assert ann.says("I do", HTML).status == 303
    image = {"link": "https://example.com/stand.jpg", "caption": "our stand"}
    send(MessageType="image", Content=json.dumps(image), ContextMessageId=question)
    send(MessageType="pin", Content=json.dumps({"type": "pin", "messageId": question}))
    seen = ben.news()["messages"]
    assert [(line["from"], line["name"], line["text"]) for line in seen] == [
        ("business", subject, "Who comes on Friday?"), ("other", "Ann", "I do"), ("business", subject, "our stand"),
        ("business", subject, "pinned a message"),
    ]
    assert seen[2]["link"] == image["link"]
    listed = {way: ok("ListChatappMessage", **space.params(ChannelType="whatsapp", Page=page, EventAction=way))["Data"] for way in ("UP", "DOWN")}
    assert [(row["UserNumber"], row["Message"], row["ConversationId"]) for row in listed["UP"]] == [("491600000101", "I do", group)]
    assert {row["MessageStatus"] for row in listed["DOWN"]} == {"Delivered"}

    assert int(ok("DeleteChatGroupParticipants", **at, List=[{"ParticipantNumber": "491600000101"}])["Result"]) == 1
    assert ann.says("hello?", HTML).status == 403
    assert Guest(server, link, "491600000101").joined.status == 403
    assert int(ok("DeleteChatGroupInviteLink", **at)["Result"]) == 1
    late = Guest(server, link, "491600000103", "Late", HTML)
    assert late.joined.status == 410 and b"no longer valid" in late.joined.body
    assert ben.says("I am still here", HTML).status == 303
    [row] = ok("ListChatappMessage", **space.params(ChannelType="whatsapp", Page={"Index": 1, "Size": 1}))["Data"]
    assert (row["UserNumber"], row["Message"]) == ("491600000102", "I am still here")
    left = ok("ListChatGroupParticipants", **at)["Data"]["List"]
    assert [one["ParticipantNumber"] for one in left] == ["491600000102"]
