"""The console in a real Chromium: its real jobs against a real server with real people connected."""

import json
import os
import shlex
import subprocess

import pytest

from harness.clients.page import Page
from harness.raw_session import RawSession
from harness.scenes import join_by_invitation, new_app, new_chat_group, new_group, new_number, new_space
from harness.server import ROOT_KEY
from harness.tokens import login_token
from harness.viewers import Viewers
from harness.waiting import PATIENCE, until

CONFIG = {"super_group": {"listing": "serve"}}

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

VIEWERS = 150
COMMENT = 10001


@pytest.fixture
def open_page(server):
    """Opens pages; at the end none may have complained, or asked another host for anything."""
    opened = []

    def open_page(path="/console/", sign_in=True, **options):
        page = Page(server, path, **options)
        opened.append(page)
        if sign_in:
            page.sign_in()
        return page

    yield open_page
    for page in opened:
        complaints, hosts = page.complaints(), page.hosts()
        page.close()
        # That there is no session yet is told by a status, which Chromium notes as an error of its own.
        assert [text for text in complaints if "401" not in text] == []
        assert hosts == [server.authority]


@pytest.fixture(scope="module")
def show(wire, server):
    """A group in which people are and talk."""
    app = new_app(wire, AppName="Evening show")
    group = new_group(wire, app, "show", GroupName="Evening show", CreatorId="host")
    at = {"AppId": app["AppId"], "GroupId": group}
    with Viewers(server, app, group, VIEWERS) as viewers:
        viewers.enter(60)
        for sender, text in [("ann", "Good evening, everybody"), ("bob", "晚上好！"), ("ann", "Is the lamp still there?")]:
            wire.ok("SendLiveMessageGroup", {**at, "SenderId": sender, "Body": json.dumps({"text": text}, ensure_ascii=False)})
        wire.ok("SendLiveMessageGroup", {**at, "SenderId": "ben", "Body": json.dumps({"gift": "rose", "n": 3}), "MsgType": 20001})
        policy = server.directory / "watch.json"
        policy.write_text(json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["live:List*"], "Resource": "*"}]}))
        server.cli("user", "add", "watcher")
        server.cli("policy", "put", "watch", str(policy))
        server.cli("policy", "attach", "watch", "watcher")
        server.cli("role", "add", "reader")
        server.cli("word", "add", app["AppId"], "casino")
        yield app, group


@pytest.fixture(scope="module")
def chat(server, wire):
    """A customer group of a business number: where it is shown, and its row."""
    space = new_space(server)
    group = new_chat_group(wire, space, "Lamps of Lin", Description="Orders and questions about lamps")
    return f"/console/chats/{space.channel}/{group['GroupId']}?number={space.number}", space, group


def address(show):
    app, group = show
    return f"/console/apps/{app['AppId']}/{group}"


def test_whoever_has_no_right_key_is_told_and_whoever_has_one_is_in(open_page):
    page = open_page(sign_in=False)
    page.fill(label="AccessKey ID", text=ROOT_KEY.id)
    page.fill(label="AccessKey secret", text="not it")
    page.press(button="Sign in")
    page.see(text="No active AccessKey has this ID and secret")
    page.fill(label="AccessKey secret", text=ROOT_KEY.secret)
    page.press(button="Sign in")
    page.see(text="Live apps")
    page.press(button="Sign out")
    page.see(text="Sign in to Muster")


def test_an_app_and_a_group_are_made_and_found(open_page):
    page = open_page("/console/apps")
    page.press(button="New app")
    page.fill(label="Name", text="Little shop")
    page.press(button="Make the app")
    page.see(text="No group here yet")
    page.press(button="New group")
    page.fill(label="Group ID", text="counter")
    page.press(button="Make the group")
    page.see(text="No one is here yet")
    page.follow(link="Little shop")
    page.see(text="counter")
    assert "/console/apps/" in page.address()


def test_a_mute_from_the_console_is_seen_by_the_muted(open_page, wire, server, show):
    app, group = show
    page = open_page(address(show))
    with RawSession(server) as session:
        session.login(login_token(app, "zoe"))
        session.join(group)
        page.fill(label="Find a user", text="zoe")
        page.key(key="Enter")
        page.press(button="Mute zoe")
        assert session.event("mutechange")["data"]["muteUserList"] == ["zoe"]
        page.see(text="AddLiveMessageGroupBand")
        page.press(button="Let zoe talk")
        until(lambda: wire.ok("DescribeLiveMessageGroupBand", {"AppId": app["AppId"], "GroupId": group})["BannedUserList"] == [], "the mute to end")


def test_what_is_said_appears_and_what_the_operator_says_is_heard(open_page, wire, show):
    app, group = show
    at = {"AppId": app["AppId"], "GroupId": group}
    page = open_page(address(show))
    page.see(text="晚上好！")
    wire.ok("SendLiveMessageGroup", {**at, "SenderId": "ann", "Body": "said while the page is open"})
    page.see(text="said while the page is open")
    page.fill(label="Message", text="The operator speaks")
    page.press(button="Send")
    page.see(text="The operator speaks")
    said = wire.ok("ListLiveMessageGroupMessages", {**at, "PageSize": 10, "SortType": 2})["MessageList"]
    assert said[0]["Body"] == "The operator speaks"
    page.choose(label="Type", option="20001")
    page.gone(text="The operator speaks")
    page.see(text="rose")
    assert "type=20001" in page.address()


def test_a_long_list_is_scrolled_by_pages_without_being_drawn_whole(open_page, show):
    page = open_page(address(show))
    page.see(text=str(VIEWERS))
    drawn = page.count(selector=".virtual li")
    assert 0 < drawn < 60
    until(lambda: page.scroll(selector=".virtual", to=-1) or page.evaluate(script="document.querySelectorAll('.virtual [aria-posinset]').length && [...document.querySelectorAll('.virtual [aria-posinset]')].at(-1).ariaPosInSet") == str(VIEWERS), "the last of them to be seen")
    assert page.count(selector=".virtual li") < 60


def test_customers_are_invited_and_answered(open_page, server, wire, chat):
    path, space, group = chat
    page = open_page(path)
    page.see(text="Nobody has joined yet.")
    page.press(button="Make the link")
    until(lambda: page.count(selector="svg.qr") == 1, "the QR code of the link")
    [row] = wire.ok("ListChatGroup", space.params(Page={"Index": 1, "Size": 20}), product="cams")["Data"]["List"]
    guest = new_number()
    join_by_invitation(server, row["InviteLink"], guest, "Lin")
    page.see(text=guest)
    page.fill(label="Message", text="Your lamp is on its way")
    page.press(button="Send")
    page.see(text="Your lamp is on its way")
    said = wire.ok("ListChatappMessage", space.params(ChannelType="WHATSAPP", Page={"Index": 1, "Size": 20}), product="cams")["Data"]
    assert [message["ConversationId"] for message in said] == [group["GroupId"]]


def test_a_policy_is_tried_before_anybody_relies_on_it(open_page, show):
    page = open_page("/console/access?part=trial&who=watcher&action=live:ListLiveMessageApps&resource=*")
    page.press(button="Try it")
    page.see(text="watch, statement 1")
    page.fill(label="Action", text="live:DeleteLiveMessageGroup")
    page.press(button="Try it")
    page.see(text="Denied: no statement allows it")


def test_what_messages_may_not_say_is_kept_and_tested(open_page, show):
    app, _ = show
    page = open_page(f"/console/moderation?app={app['AppId']}")
    page.see(text="casino")
    page.fill(label="Test a text", text="Come to my casino")
    page.press(button="Test")
    page.see(text="Caught by casino")


def test_what_was_done_by_command_can_be_done_again_as_it_is_shown(open_page, server, show):
    app = show[0]["AppId"]

    def listed():
        return "roulette" in [row["entry"] for row in server.cli_json("word", "list", app)]

    page = open_page(f"/console/moderation?app={app}")
    page.fill(label="Entries", text="roulette")
    page.press(button="Add")
    page.see(text=f"muster word add {app} roulette")
    assert listed()
    page.evaluate(script="document.querySelector('.made').open = true")
    server.cli("word", "remove", app, "roulette")
    server.cli(*shlex.split(page.text(selector=".made pre"))[1:])
    assert listed()
    server.cli("word", "remove", app, "roulette")
    page.press(button="curl")
    secret = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ROOT_KEY.secret}
    script = page.text(selector=".made pre")
    done = subprocess.run(["sh", "-ec", script], env={**os.environ, **secret}, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and listed(), done.stdout + done.stderr


def test_a_role_is_made_with_whom_it_trusts_and_what_it_may_do(open_page, server, show):
    page = open_page("/console/access?part=roles")
    page.press(button="New role")
    page.fill(label="Role name", text="writer")
    page.fill(label="Longest session, in seconds", text="7200")
    page.press(button="Save the role")
    page.see(text="muster role add --trust - --max-session 7200 writer")
    page.choose(label="Attach a policy: writer", option="watch")
    page.see(text="muster role attach watch writer")
    role = server.cli_json("role", "show", "writer")
    assert (role["policies"], role["maxSessionSeconds"]) == (["watch"], 7200)
    assert role["trust"]["Statement"][0]["Principal"]["RAM"] == [role["arn"].replace("role/writer", "root")]
    page.press(button="Detach watch from writer")
    until(lambda: server.cli_json("role", "show", "writer")["policies"] == [], "the policy to be detached")


def test_a_channel_is_given_a_number_as_people_write_it(open_page, server):
    number = new_number()
    page = open_page("/console/chats")
    page.press(button="New channel")
    page.fill(label="Name", text="Lamps of Lin")
    page.press(button="Make the channel")
    page.see(text="No business number yet")
    page.press(button="New number")
    page.fill(label="Business number", text=f"+{number[:2]} {number[2:5]}-{number[5:]}")
    page.press(button="Add the number")
    page.see(text="No group of this number yet")
    page.see(text="muster number add")
    assert number in [row["businessNumber"] for row in server.cli_json("number", "list")]


def test_the_theme_is_chosen_on_a_phone_too(open_page):
    page = open_page(phone=True)
    page.press(button="Theme: As the system")
    page.press(button="Theme: Light")
    until(lambda: page.evaluate(script="document.documentElement.dataset.theme") == "dark", "the dark theme")
    page.press(button="Theme: Dark")


def test_keys_lead_through_it(open_page):
    page = open_page("/console/apps")
    page.see(text="Live apps")
    page.key(key="?")
    page.see(text="Focus the search field")
    page.key(key="Escape")
    page.gone(text="Focus the search field")
    page.key(key="g")
    page.key(key="m")
    until(lambda: page.address().endswith("/console/moderation"), "the section of the key")


@pytest.mark.parametrize(
    ("scheme", "locale", "phone"),
    [("light", "en-GB", False), ("dark", "zh-CN", False), ("dark", "en-GB", True), ("light", "zh-CN", True)],
    ids=["light-desk", "dark-chinese-desk", "dark-phone", "light-chinese-phone"],
)
def test_every_screen_can_be_read_by_everybody(open_page, show, chat, shots, scheme, locale, phone):
    page = open_page(sign_in=False, scheme=scheme, locale=locale, phone=phone)
    seen = [("sign-in", None), *screens(show, chat)]
    for name, path in seen:
        if path:
            page.go(path)
            page.evaluate(script="new Promise((done) => requestIdleCallback(done, { timeout: 500 }))")
            until(lambda: page.count(selector=".skeleton") == 0, "the screen to be loaded")
        elif name == "sign-in":
            until(lambda: page.count(selector="form.sign-in") == 1, "the form")
        page.picture(path=str(shots / f"console-{name}-{locale}-{scheme}{'-phone' if phone else ''}.png"))
        assert page.faults() == [], name
        assert not page.overflows(), name
        if name == "sign-in":
            page.sign_in()
            until(lambda: page.count(selector=".frame") == 1, "the console")


def screens(show, chat):
    """The name and the address of every screen."""
    room, app, conversation = address(show), show[0]["AppId"], chat[0]
    return [
        ("overview", "/console/"), ("apps", "/console/apps"), ("app", f"/console/apps/{app}"), ("group", room),
        ("people", f"{room}?part=people"), ("channels", "/console/chats"), ("channel", conversation.rsplit("/", 1)[0]),
        ("chat", conversation), ("access", "/console/access"), ("policy", "/console/access?part=policies&open=watch"),
        ("role", "/console/access?part=roles&open=reader"), ("trial", "/console/access?part=trial"), ("callbacks", "/console/callbacks"), ("moderation", "/console/moderation"),
        ("nothing", "/console/none"),
    ]
