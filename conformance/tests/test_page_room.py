"""The invite page and the room behind it, in a real Chromium: on a phone and at a desk, in both languages and themes, with
their script and without it."""

from urllib.parse import urlsplit

import pytest

from harness.business import Business
from harness.clients.guest_page import DESK, OF_STATUS, page
from harness.pictures import PictureHost, landscape, png
from harness.receiver import Receiver
from harness.scenes import participants
from harness.waiting import until
from harness.wire import fetch

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

# Pictures and callbacks of these tests are on the loopback.
CONFIG = {"outbound": {"allow_private": True}, "callbacks": {"poll_seconds": 1}}

ENGLISH = {
    "tag": "en", "subject": "Harbour Market", "about": "News of the week's stalls, and your questions.",
    "phone": "Phone number", "name": "Name", "join": "Join the group", "bad phone": "7 to 15 digits", "free": "8 places are free",
    "here": "2 here", "message": "Message", "send": "Send", "hello": "Hello! Is there fresh bread on Friday?", "about button": "About this group",
    "leave": "Leave the group", "surely": "Really leave? Press again", "left": "You have left", "again": "Join again",
    "alone": "to you alone", "ann": "Ann (you)", "map": "Open the map", "pinned": "pinned a message", "other": "中文",
    "welcome": "Good morning, everybody. The stalls open at ten.\nThe map is at https://market.example/map.",
    "picture": "Our corner this morning", "document": "Price list.pdf", "place": "Gate 3",
    "reply": "There is. Ask for Lena.", "close": "Close",
}
CHINESE = {
    "tag": "zh-CN", "subject": "海港市集", "about": "每周摊位的消息，也回答您的问题。",
    "phone": "手机号", "name": "称呼", "join": "加入群聊", "bad phone": "7 到 15 位数字", "free": "还有 8 个名额",
    "here": "2 人在群里", "message": "消息", "send": "发送", "hello": "您好！周五有新鲜面包吗？", "about button": "群信息",
    "leave": "退出群聊", "surely": "确定退出？再点一次", "left": "您已退出", "again": "重新加入",
    "alone": "只发给您", "ann": "Ann（您）", "map": "打开地图", "pinned": "置顶了一条消息", "other": "English",
    "welcome": "大家早上好。摊位十点开门。\n地图在 https://market.example/map 。",
    "picture": "今天早上我们的摊位", "document": "价目表.pdf", "place": "三号门",
    "reply": "有的，请找莉娜。", "close": "关闭",
}


def joins(guest, words, phone, name=""):
    guest.fill(phone, label=words["phone"])
    guest.fill(name, label=words["name"])
    guest.press(role="button", name=words["join"])
    guest.see(role="log", name={"en": "Messages", "zh-CN": "聊天记录"}[words["tag"]])


@pytest.fixture(scope="module")
def photos():
    with PictureHost({"/stand.png": png(320, 240, landscape), "/text.png": b"<svg onload='alert(1)'>"}) as host:
        yield host


@pytest.mark.parametrize(("words", "scheme"), [(ENGLISH, "light"), (CHINESE, "dark")], ids=["english-light", "chinese-dark"])
def test_a_guest_with_a_phone_joins_talks_and_leaves(server, photos, shots, words, scheme):
    name = f"room-{words['tag']}-{scheme}"
    business = Business(server, words["subject"], Description=words["about"])
    with Receiver() as receiver, page(business.link, [OF_STATUS], language=words["tag"], scheme=scheme) as ann:
        at = {"CustSpaceId": business.space.channel, "PhoneNumber": business.space.number}
        business.ok("UpdatePhoneWebhook", **at, UpCallbackUrl=receiver.url)

        # The form keeps what was typed.
        ann.see(text=words["free"])
        ann.fill("+49 16", label=words["phone"])
        ann.fill("Ann", label=words["name"])
        ann.shot(shots / f"{name}-join.png")
        assert ann.faults() == []
        ann.press(role="button", name=words["join"])
        ann.see(css="#fault:not([hidden])")
        assert words["bad phone"] in ann.texts(css="#fault")[0]
        assert (ann.value(label=words["phone"]), ann.value(label=words["name"])) == ("+49 16", "Ann")
        assert ann.attribute("aria-invalid", label=words["phone"]) == "true"
        ann.shot(shots / f"{name}-join-again.png")
        assert ann.faults() == []
        joins(ann, words, "+49 160 0000201", "Ann")
        assert participants(business.wire, business.space, business.group) == (["491600000201"], 1)

        # A conversation.
        ben = business.guest("491600000202", "Ben")
        ann.see(text=words["here"])
        welcome = business.says("text", words["welcome"])
        ann.see(role="link", name="https://market.example/map")
        business.says("image", {"link": f"{photos.url}/stand.png", "caption": words["picture"]})
        ann.see(text=words["picture"])
        ann.until("[...document.querySelectorAll('.picture img')].every((image) => image.complete && image.naturalWidth === 320)")
        ann.fill(words["hello"], label=words["message"])
        ann.press(role="button", name=words["send"])
        ann.see(css=".said.you")
        assert ann.value(label=words["message"]) == ""
        assert business.heard() == [("491600000201", words["hello"])]
        told = until(receiver.receipts, "the callback of what was written")
        assert [(record["From"], record["Message"]) for record in told] == [("491600000201", words["hello"])]
        asked = business.ok("ListChatappMessage", **business.space.params(ChannelType="whatsapp", Page={"Index": 1, "Size": 1}))["Data"][0]
        business.says("text", words["reply"], ContextMessageId=asked["MessageId"])
        business.says("reaction", {"messageId": asked["MessageId"], "emoji": "👍"})
        ann.see(css=".said.you .sign")
        business.guest_says(ben, "Count me in <3")
        ann.see(text="Count me in <3")
        business.says("pin", {"type": "pin", "messageId": welcome})
        ann.see(css="#pins .pin")
        ann.shot(shots / f"{name}.png")
        assert ann.faults() == []

        # Who is there, and the way out.
        ann.press(role="button", name=words["about button"])
        ann.see(text=words["ann"])
        assert ann.texts(css="#present > li") == [f"A\n{words['ann']}", "B\nBen"]
        ann.shot(shots / f"{name}-about.png")
        assert ann.faults() == []
        ann.press(text=words["leave"])
        ann.see(role="button", name=words["surely"])
        ann.shot(shots / f"{name}-leave.png")
        ann.press(role="button", name=words["surely"])
        ann.see(role="heading", name=words["left"])
        assert participants(business.wire, business.space, business.group) == (["491600000202"], 1)
        assert ann.faults() == []
        ann.press(role="link", name=words["again"])
        ann.see(role="button", name=words["join"])


def test_every_kind_of_message_is_shown_and_nothing_is_loaded_from_elsewhere(server, photos, shots):
    business = Business(server)
    elsewhere = photos.url.replace("127.0.0.1", "localhost")
    with page(business.link, [OF_STATUS]) as ann:
        joins(ann, ENGLISH, "491600000211", "Ann")
        business.says("location", {"longitude": 9.98, "latitude": 53.54, "name": "Gate 3", "address": "Am Hafen 12"})
        card = {"name": {"formatted_name": "Lena Petersen"}, "org": {"company": "Harbour Market"},
                "phones": [{"phone": "+49 40 1234567"}], "emails": [{"email": "lena@market.example"}]}
        business.says("contacts", [card])
        business.says("document", {"link": "https://files.example/prices.pdf", "fileName": "Prices.pdf", "caption": "From Monday on"})
        business.says("sticker", {"link": f"{elsewhere}/stand.png"})
        business.says("video", {"link": f"{elsewhere}/film.mp4", "caption": "The fish auction"})
        business.says("audio", {"link": f"{elsewhere}/said.ogg"})
        business.says("text", "Your parcel is here.", to="491600000211")
        business.says("image", {"link": f"{elsewhere}/text.png", "caption": "no picture"})
        ann.see(text="no picture")
        ann.see(css=".broken")
        ann.until("[...document.querySelectorAll('.sticker img')].every((image) => image.complete && image.naturalWidth === 320)")
        assert ann.attribute("href", role="link", name="Open the map").startswith("https://www.openstreetmap.org/?mlat=53.54&mlon=9.98")
        assert ann.attribute("href", role="link", name="+49 40 1234567") == "tel:+49401234567"
        assert ann.attribute("href", role="link", name="lena@market.example") == "mailto:lena@market.example"
        assert ann.attribute("href", css="a.file") == "https://files.example/prices.pdf"
        ann.see(text="to you alone")
        assert {urlsplit(address).netloc for address in ann.requests()} == {urlsplit(business.link).netloc}
        asked = [(path, headers.get("Referer"), headers.get("Cookie")) for path, headers in photos.asked]
        assert ("/film.mp4", None, None) not in asked and set(asked) <= {("/stand.png", None, None), ("/text.png", None, None)}
        ann.run("document.getElementById('log').scrollTop = -1e6")
        ann.shot(shots / "room-kinds-1.png")
        ann.run("document.getElementById('log').scrollTop = 0")
        ann.shot(shots / "room-kinds-2.png")
        assert ann.faults() == []
        # Whoever is not in the room is shown none of its pictures.
        picture = next(address for address in ann.requests() if "/pictures/" in address)
        path = urlsplit(picture).path
        assert fetch(server, path).status == 401
        assert fetch(server, path, headers=business.guest("491600000212")).status == 200


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_message_is_answered(server, shots, script):
    business = Business(server)
    asked = business.says("text", "Who comes on Friday?")
    with page(business.link, script=script) as ann:
        joins(ann, ENGLISH, "491600000311", "Ann")
        ann.see(text="Who comes on Friday?")
        ann.press(role="link", name="Answer to Harbour Market")
        ann.see(css="#answering:has-text('Who comes on Friday?')")
        ann.fill("I do", label="Message")
        ann.shot(shots / f"room-answer-{'script' if script else 'plain'}.png")
        ann.press(role="button", name="Send")
        ann.see(css=".said.you .quote:has-text('Who comes on Friday?')")
        ann.see_gone(css="#answering")
        assert not script or ann.faults() == []
    [row] = business.ok("ListChatappMessage", **business.space.params(ChannelType="whatsapp", Page={"Index": 1, "Size": 1}))["Data"]
    assert (row["Message"], row["ContextMessageId"]) == ("I do", asked)


def test_nothing_moves_for_who_reads_further_up(server):
    business = Business(server)
    ben = business.guest("491600000222", "Ben")
    with page(business.link) as ann:
        joins(ann, ENGLISH, "491600000221", "Ann")
        for number in range(12):
            business.says("text", f"line {number}\n" + "and more\n" * 4)
        ann.see(css='.text:has-text("line 11")')
        assert ann.run("document.getElementById('log').scrollTop") == 0, "the latest is seen"
        ann.run("document.getElementById('log').scrollTop = -600")
        place = "document.querySelectorAll('.said')[5].getBoundingClientRect().top"
        before = ann.run(place)
        business.guest_says(ben, "at the end")
        ann.see(role="button", name="New messages")
        assert abs(ann.run(place) - before) < 1
        ann.press(role="button", name="New messages")
        ann.until("document.getElementById('log').scrollTop === 0")
        ann.see_gone(css="#newer")


def test_a_lost_connection_is_told_and_what_was_typed_is_kept(server, shots):
    business = Business(server)
    with page(business.link, ["Failed to load resource: net::ERR_INTERNET_DISCONNECTED"]) as ann:
        joins(ann, ENGLISH, "491600000231", "Ann")
        ann.fill("half a sen", label="Message")
        ann.reload()
        assert ann.value(label="Message") == "half a sen"
        ann.offline()
        ann.see(text="The connection is lost. Trying again…")
        ann.press(role="button", name="Send")
        ann.see(text="Not sent: the server cannot be reached. Your text is still here.")
        assert ann.value(label="Message") == "half a sen"
        ann.shot(shots / "room-lost.png")
        assert ann.faults() == []
        business.says("text", "said meanwhile")
        ann.offline(False)
        ann.see(text="The connection is back.")
        ann.see(text="said meanwhile")
        ann.press(role="button", name="Send")
        ann.see(css=".said.you")
        ann.see_gone(css="#fault")
        assert ann.value(label="Message") == "" and business.heard() == [("491600000231", "half a sen")]


def test_a_page_that_nobody_sees_asks_for_nothing(server):
    business = Business(server)
    with page(business.link) as ann:
        joins(ann, ENGLISH, "491600000241", "Ann")
        business.says("text", "first")
        ann.see(text="first")
        ann.hide()
        asked = len(ann.requests())
        business.says("text", "second")
        business.says("text", "third")
        assert (len(ann.requests()), ann.texts(css=".said .text")) == (asked, ["first"])
        ann.hide(False)
        ann.see(text="third")


def test_a_desk_is_used_by_its_keyboard(server, shots):
    business = Business(server, Description="News of the week's stalls, and your questions.")
    with page(business.link, size=DESK) as ann:
        assert ann.run("document.activeElement.name") == "phone"
        ann.type("+49 160 0000251")
        ann.key("Tab")
        ann.type("Ann")
        ann.key("Enter")
        ann.see(role="log", name="Messages")
        ben = business.guest("491600000252", "Ben")
        ann.press(label="Message")
        ann.type("Hello")
        ann.key("Shift+Enter")
        ann.type("everybody")
        ann.key("Enter")
        ann.see(text="Hello\neverybody")
        business.guest_says(ben, "Hi Ann")
        ann.see(text="Hi Ann")
        ann.see(text="Ann (you)")
        ann.shot(shots / "room-desk.png")
        assert ann.faults() == []
        ann.run("document.querySelector('.leave > summary').focus()")
        ann.key("Enter")
        ann.see(role="button", name="Really leave? Press again")
        ann.until("document.activeElement.textContent === 'Really leave? Press again'")
        ann.key("Escape")
        ann.see_gone(role="button", name="Really leave? Press again")
        ann.key("Enter")
        ann.until("document.activeElement.textContent === 'Really leave? Press again'")
        ann.key("Enter")
        ann.see(role="heading", name="You have left")


def test_language_and_appearance_are_chosen_and_kept(server, shots):
    business = Business(server)
    with page(business.link, language="de-DE") as ann:
        ann.see(role="heading", name="Join Harbour Market")
        ann.fill("+49 160", label="Phone number")
        ann.press(role="link", name="中文")
        ann.see(role="heading", name="加入“Harbour Market”")
        assert ann.run("document.documentElement.lang") == "zh-CN"
        assert ann.value(label="手机号") == "+49 160", "what was typed is kept"
        light = ann.run("getComputedStyle(document.documentElement).backgroundColor")
        ann.press(role="link", name="深色")
        ann.until("document.documentElement.dataset.theme === 'dark'")
        assert ann.run("getComputedStyle(document.documentElement).backgroundColor") != light
        ann.shot(shots / "room-join-dark.png")
        assert ann.faults() == []
        joins(ann, CHINESE, "491600000261", "Ann")
        assert ann.run("document.documentElement.dataset.theme") == "dark"
        ann.press(role="button", name="群信息")
        ann.press(role="link", name="跟随系统")
        ann.until("!document.documentElement.dataset.theme")


REFUSALS = {
    "unknown": ("This link leads nowhere", "链接打不开", "ask for a new one", 404),
    "revoked": ("This link has ended", "链接已失效", "Ask whoever invited you for a new one.", 410),
    "full": ("The group is full", "群已满", "Try again later", 409),
    "closed": ("The group is closed just now", "群暂时关闭", "Try again later", 409),
    "removed": ("You were removed", "您已被移出", "ask the business", 403),
}


@pytest.fixture(scope="module")
def refusing(server):
    """An invite link of each kind that lets nobody in, and what a browser brings that was let in before."""
    links, cookies = {"unknown": f"{server.url}/i/abcdef"}, {}
    for kind in ("revoked", "full", "closed", "removed"):
        business = Business(server)
        at = business.space.params(GroupId=business.group)
        links[kind] = business.link
        match kind:
            case "revoked":
                business.wire.ok("DeleteChatGroupInviteLink", at, product="cams")
            case "full":
                for number in range(8):
                    business.guest(f"49160000027{number}")
            case "closed":
                server.cli("group", "suspend", business.space.channel, business.group)
            case "removed":
                cookies[kind] = business.guest("491600000281")["Cookie"]
                gone = {**at, "List": [{"ParticipantNumber": "491600000281"}]}
                business.wire.ok("DeleteChatGroupParticipants", gone, product="cams")
    return links, cookies


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_link_that_lets_nobody_in_says_why_and_what_to_do(refusing, server, shots, kind):
    links, cookies = refusing
    english, chinese, advice, status = REFUSALS[kind]
    html = {"Accept": "text/html", **({"Cookie": cookies[kind]} if kind in cookies else {})}
    answer = fetch(server, urlsplit(links[kind]).path, headers=html)
    assert answer.status == status and advice in answer.body.decode()
    if kind in cookies:
        chinese_page = fetch(server, urlsplit(links[kind]).path, headers={**html, "Accept-Language": "zh"})
        assert english in answer.body.decode() and chinese in chinese_page.body.decode()
        return
    with page(links[kind], [OF_STATUS], scheme="dark") as somebody:
        somebody.see(role="heading", name=english)
        somebody.shot(shots / f"room-{kind}.png")
        assert somebody.faults() == []
        somebody.press(role="link", name="中文")
        somebody.see(role="heading", name=chinese)


def test_a_room_that_is_paused_is_read_and_one_that_ends_says_so(server):
    business = Business(server)
    with page(business.link, [OF_STATUS]) as ann:
        joins(ann, ENGLISH, "491600000291", "Ann")
        business.says("text", "before")
        ann.see(text="before")
        server.cli("group", "suspend", business.space.channel, business.group)
        ann.see(text="The group is paused: you can read, and not write.")
        ann.see_gone(label="Message")
        server.cli("group", "resume", business.space.channel, business.group)
        ann.see(label="Message")
        gone = business.space.params(GroupId=business.group, List=[{"ParticipantNumber": "491600000291"}])
        business.wire.ok("DeleteChatGroupParticipants", gone, product="cams")
        ann.until("document.getElementById('fault').textContent.includes('was removed from the group')")
        ann.see_gone(label="Message")
        ann.see(text="before")


def test_everything_is_done_without_a_script(server, photos, shots):
    business = Business(server)
    with page(business.link, [OF_STATUS], script=False) as ann:
        ann.fill("12", label="Phone number")
        ann.fill("Ann", label="Name")
        ann.press(role="button", name="Join the group")
        ann.see(css="#fault:not([hidden])")
        assert ann.value(label="Name") == "Ann"
        joins(ann, ENGLISH, "+49 160 0000301", "Ann")
        business.says("text", "We open at ten.")
        business.says("image", {"link": f"{photos.url}/stand.png", "caption": "Our corner"})
        ann.press(role="link", name="Look for new messages")
        ann.see(text="We open at ten.")
        ann.see(text="Our corner")
        for line in range(10):
            business.says("text", f"line {line}")
        ann.fill("Thanks", label="Message")
        ann.press(role="button", name="Send")
        ann.see(css=".said.you")
        ann.shot(shots / "room-plain.png")
        ann.press(role="button", name="About this group")
        ann.see(text="Ann (you)")
        ann.press(role="link", name="中文")
        ann.see(role="button", name="发送")
        ann.press(role="button", name="群信息")
        ann.press(text="退出群聊")
        ann.press(role="button", name="确定退出？再点一次")
        ann.see(role="heading", name="您已退出")
    assert business.heard() == [("491600000301", "Thanks")]
    assert participants(business.wire, business.space, business.group) == ([], 0)
