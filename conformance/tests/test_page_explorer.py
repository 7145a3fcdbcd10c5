"""The API explorer in a real Chromium: operations are found, filled in, tried, and taken as code."""

import json

import pytest

from harness.clients.page import Page
from harness.scenes import member_of, new_app, new_group, online, say
from harness.tokens import login_token
from harness.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

GROUP = "/explorer/live/DescribeLiveMessageGroup"
LANGUAGES = ["Python", "Java", "Go", "Node.js", "PHP", "C#", "Rust", "aliyun CLI", "curl"]

# Follows every link of the list, and tells of each what its page says that it is, or where it has no sample.
OPEN_ALL = """(async () => {
  const wrong = [];
  const links = [...document.querySelectorAll('.entries a')];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (const link of links) {
    const name = link.querySelector('span').textContent;
    link.click();
    for (let at = 0; at < 200 && document.querySelector('#content h1')?.textContent !== name; at++) await frame();
    if (document.querySelector('#content h1')?.textContent !== name) wrong.push(name);
    const operation = !link.getAttribute('href').includes('/realtime/');
    if (operation && !document.querySelector('.code pre')?.textContent) wrong.push(`${name}: no code`);
  }
  return { count: links.length, wrong };
})()"""


@pytest.fixture
def open_page(server):
    """Opens pages; at the end none may have complained, or asked another host for anything."""
    opened = []

    def open_page(path="/explorer/", **options):
        page = Page(server, path, **options)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        complaints, hosts = page.complaints(), page.hosts()
        page.close()
        # That there is no session yet, and what a refused call answers, Chromium notes as errors of its own.
        assert [text for text in complaints if "401" not in text and "404" not in text] == []
        assert hosts == [server.authority]


@pytest.fixture(scope="module")
def group(wire):
    app = new_app(wire, AppName="Explored")
    return {"AppId": app["AppId"], "GroupId": new_group(wire, app, "explored", GroupName="Explored", CreatorId="host")}


def sign_in(page):
    page.press(button="Sign in to try")
    page.sign_in()
    until(lambda: page.count(selector="dialog") == 0, "the session")


def test_an_operation_is_found_filled_in_tried_and_answered(open_page, group, shots):
    page = open_page()
    sign_in(page)
    page.fill(label="Search operations, parameters, errors", text="DescribeLiveMessageGroup")
    page.see(text="found")
    page.key(key="Enter")
    until(lambda: GROUP in page.address(), "the operation's address")
    page.choose(label="Application", option=group["AppId"])
    page.choose(label="Group", option=group["GroupId"])
    page.press(button="Try it")
    page.see(text="200 OK")
    page.see(text='"Explored"')
    page.picture(path=str(shots / "explorer-answer.png"))
    assert page.faults() == []
    page.press(button="Text")
    assert json.loads(page.text(selector=".outcome pre"))["GroupId"] == group["GroupId"]
    page.press(button="Headers")
    assert "x-acs-request-id: " in page.text(selector=".outcome pre")


def test_an_answer_in_xml_is_shown_and_the_code_and_the_address_follow(open_page, group):
    page = open_page("/explorer/cams/ListInstance?format=XML")
    sign_in(page)
    page.press(button="Try it")
    page.see(text="200 OK")
    page.see(text="RequestId")
    page.press(button="Text")
    assert page.text(selector=".outcome pre").startswith("<ListInstanceResponse>\n  <RequestId>")
    assert "Format" in page.text(selector=".gets > .code pre")
    page.press(button="aliyun CLI")
    page.see(text="has its answer in JSON alone")
    page.choose(label="Answer format", option="JSON")
    until(lambda: "format" not in page.address(), "the address to follow")
    # What is refused tells its code in XML too.
    page.go("/explorer/live/DescribeLiveMessageApp?format=XML")
    page.fill(label="AppId", text="none-of-this-name")
    page.press(button="Try it")
    page.see(text="404 ResourceNotExist")


def test_who_reads_chinese_reads_what_operations_do_and_why_they_fail_in_it(open_page):
    page = open_page(f"{GROUP}?q=禁言", locale="zh-CN")
    page.see(text="查询群组的详细信息。")
    page.see(text="互动消息（第二代）")
    page.see(text="应用、群组或用户不存在。")
    page.see(text="详细说明以及参数、字段的含义仅有英文。")
    assert "BanLiveMessageGroup" in page.text(selector=".entries")


def test_a_parameter_and_an_error_lead_to_operations(open_page):
    page = open_page("/explorer/?q=GroupName")
    page.see(text="by GroupName")
    page.fill(label="Search operations, parameters, errors", text="ResourceNotExist")
    page.see(text="by ResourceNotExist")
    page.fill(label="Search operations, parameters, errors", text="zzqqzz")
    page.see(text="Nothing is called so.")


def test_an_error_is_told_with_its_cause(open_page):
    page = open_page(GROUP)
    sign_in(page)
    page.fill(label="AppId", text="none-of-this-name")
    page.fill(label="GroupId", text="none")
    page.press(button="Try it")
    page.see(text="404 ResourceNotExist")
    page.see(text="Why: ")


def test_the_code_follows_what_is_typed_in_nine_languages(open_page):
    page = open_page(GROUP)
    page.fill(label="AppId", text="typed-just-now")
    for language in LANGUAGES:
        page.press(button=language)
        assert "typed-just-now" in page.text(selector=".gets pre"), language
    shown = page.text(selector=".gets pre")
    page.evaluate(script="Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text } } })")
    page.press(button="Copy")
    until(lambda: page.evaluate(script="window.copied ?? null") == shown, "the code to be copied")


def test_every_operation_and_everything_of_the_realtime_contract_opens(open_page, server):
    page = open_page()
    until(lambda: page.count(selector=".entries a") > 0, "the list")
    opened = page.evaluate(script=OPEN_ALL)
    assert opened["wrong"] == []
    assert opened["count"] > 90


@pytest.fixture
def room(wire):
    """An application with a group of its own: the application, and the group's id."""
    app = new_app(wire, AppName="Talked in")
    return app, new_group(wire, app, "talk", CreatorId="host")


def test_the_realtime_contract_is_tried_with_another_client(open_page, server, wire, room, shots):
    app, group = room
    page = open_page("/explorer/realtime")
    sign_in(page)
    page.choose(label="Application", option=f"2 {app['AppId']}")
    page.fill(label="User ID", text="ada")
    page.press(button="Connect")
    page.see(text="Connected as ada")
    page.choose(label="Group", option=group)
    page.press(button="Join")
    page.see(text=f"Leave {group}")
    with member_of(server, app, group, "bob") as bob:
        say(bob, group, "hello from bob")
        page.see(text="hello from bob")
        page.see(text="A message.")
        page.fill(label="type", text="10001")
        page.fill(label="data", text="hello from the page")
        page.press(button="Make the call")
        assert bob.event("recvgroupmessage", data="hello from the page")["data"]["sender"]["userId"] == "ada"
        page.see(text="What the calls that send answer.")
        page.fill(label="type", text="none")
        page.press(button="Make the call")
        page.see(text="A parameter is wrong")
        page.evaluate(script="document.querySelector('.happened details').open = true")
        page.scroll(selector="#content", to=0)
        page.picture(path=str(shots / "explorer-socket.png"))
        assert page.faults() == []
        # Closed cleanly: the user is out at once, and nobody waits for a broken connection.
        page.press(button="Disconnect")
        assert bob.change(left="ada")["memberCount"] == 1
    page.see(text="disconnect called")
    assert page.count(selector=".socket .chip.good") == page.count(selector=".happened .chip.good")


def test_a_pasted_token_connects_and_going_elsewhere_ends_the_connection(open_page, server, wire, room):
    app, group = room
    page = open_page("/explorer/realtime/queryGroup")
    page.fill(label="Login token", text=login_token(app, "eve", lifetime=-5))
    page.press(button="Connect")
    page.see(text="unauthorized")
    page.fill(label="Login token", text=login_token(app, "eve"))
    page.press(button="Connect")
    page.see(text="Connected as eve")
    page.fill(label="Group ID", text="no-such-group")
    page.press(button="Join")
    page.see(text="No such group.")
    page.fill(label="Group ID", text=group)
    page.press(button="Join")
    page.see(text=f"Leave {group}")
    page.press(button="Make the call")
    page.see(text="reply")
    assert online(wire, app, group) == 1
    page.follow(link="DescribeLiveMessageGroup")
    until(lambda: online(wire, app, group) == 0, "the user to be out of the group")


def test_a_page_connects_to_its_own_server_alone(server):
    page = Page(server, "/explorer/realtime")
    refused = page.evaluate(script="""new Promise((done) => {
      addEventListener('securitypolicyviolation', ({ blockedURI }) => done(blockedURI));
      new WebSocket('ws://127.0.0.2:9/connection/websocket');
    })""")
    page.close()
    assert refused.startswith("ws://127.0.0.2:9")


@pytest.mark.parametrize(
    ("scheme", "locale", "phone"),
    [("light", "en-GB", False), ("dark", "zh-CN", False), ("dark", "en-GB", True), ("light", "zh-CN", True)],
    ids=["light-desk", "dark-chinese-desk", "dark-phone", "light-chinese-phone"],
)
def test_every_screen_can_be_read_by_everybody(open_page, shots, scheme, locale, phone):
    page = open_page(scheme=scheme, locale=locale, phone=phone)
    for name, path in [*SCREENS, *(ALIKE if scheme == "light" and not phone else [])]:
        page.go(path)
        until(lambda: page.count(selector="#content h1, #content h2") > 0, "the screen to be loaded")
        page.picture(path=str(shots / f"explorer-{name}-{locale}-{scheme}{'-phone' if phone else ''}.png"))
        assert page.faults() == [], name
        assert not page.overflows(), name


SCREENS = [
    ("welcome", "/explorer/"), ("operation", "/explorer/live/SendLiveMessageGroup"), ("realtime", "/explorer/realtime"),
]
# These are made of the same parts, and are looked at once.
ALIKE = [("found", "/explorer/?q=mute"), ("structures", "/explorer/cams/ListChatGroup")]
