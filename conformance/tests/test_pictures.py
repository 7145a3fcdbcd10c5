"""The pictures of the README are of the pages as they are. `UPDATE_GENERATED=1` takes them anew (`make generate`)."""

import difflib
import json
import os
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.business import Business
from harness.clients.page import Page
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

PICTURES = Path(__file__).parents[2] / "docs/pictures"
# Ids, numbers and times differ from one server to the next.
DIFFERS = re.compile(
    r'<time [^\n]*|(?<=/i/)[^/"]+|(?<=data-keep="text )[^"]+'
    r"|\b(?=[A-Za-z]*[0-9])[0-9A-Za-z-]{8,}\b|[0-9]+ (?:sec|min)\. ago|\bnow\b|[0-9]+(?:[.,:][0-9]+)*"
)
PEOPLE = ["mia", "noah", "olivia", "wang.lei", "li.na", "zoe"]


def group_page(server, wire, kept):
    """The console's page of a group in which people are and talk."""
    app = new_app(wire, AppName="Evening class")
    group = new_group(wire, app, "class", GroupName="Watercolours, lesson 4", CreatorId="teacher")
    at = {"AppId": app["AppId"], "GroupId": group}
    for person in PEOPLE:
        session = kept.enter_context(RawSession(server))
        session.login(login_token(app, person))
        session.join(group)
    for sender, text in [
        ("mia", "Good evening, everybody!"), ("li.na", "老师好，今天画什么？"), ("teacher", "A lemon, and the shadow that it throws."),
        ("noah", "Which blue is it for the shadow?"), ("teacher", "Cobalt, with a little of the lemon in it."),
    ]:  # fmt: skip
        wire.ok("SendLiveMessageGroup", {**at, "SenderId": sender, "Body": json.dumps({"text": text}, ensure_ascii=False)})
    page = Page(server, f"/console/apps/{app['AppId']}/{group}", height=720)
    page.sign_in()
    page.see(text="Cobalt, with a little of the lemon in it.")
    page.see(text="zoe")
    return page


def explorer_page(server, *_):
    """The explorer's page of an operation."""
    page = Page(server, "/explorer/live/ListLiveMessageGroupUsers", height=640)
    page.press(button="Node.js")
    page.see(text="@alicloud")
    return page


def room_page(server, *_):
    """An invite room on a phone."""
    business = Business(server, "Harbour Market", Description="News of the week's stalls, and your questions.")
    business.says("text", "Good morning, everybody. The stalls open at ten.")
    page = Page(server, business.path, width=390, height=520)
    page.fill(label="Phone number", text="491600000501")
    page.fill(label="Name", text="Ann")
    page.press(button="Join the group")
    page.fill(label="Message", text="Is there fresh bread on Friday?")
    page.press(button="Send")
    page.see(text="Is there fresh bread on Friday?")
    business.says("text", "There is. Ask for Lena.")
    page.see(text="There is. Ask for Lena.")
    return page


@pytest.mark.parametrize("taken", [group_page, explorer_page, room_page], ids=["console", "explorer", "room"])
def test_a_picture_of_the_readme_is_of_the_page_as_it_is(server, wire, taken, request):
    file = PICTURES / f"{request.node.callspec.id.split('-')[-1]}.svg"
    with ExitStack() as kept:
        page = taken(server, wire, kept)

        def drawing():
            return page.drawing().replace(server.authority, "127.0.0.1:7070")

        if os.environ.get("UPDATE_GENERATED"):
            PICTURES.mkdir(exist_ok=True)
            file.write_text(drawing())
        lines = DIFFERS.sub("#", file.read_text()).splitlines()

        def differs():
            return list(difflib.unified_diff(lines, DIFFERS.sub("#", drawing()).splitlines(), lineterm="", n=0))

        until(lambda: not differs(), lambda: "what is kept, which `make generate` takes anew: " + "\n".join(differs()[:20]))
        page.close()
