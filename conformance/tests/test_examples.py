"""The programs of `examples/` do what they say: a page that is used in a real Chromium, its server, and a bot."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen
from urllib.error import HTTPError

import pytest

from harness.clients.realtime_matrix import browser
from harness.daemon import free_port
from harness.raw_session import RawSession
from harness.relay import Relay
from harness.scenes import new_app, new_group, unique
from harness.tokens import login_token
from harness.waiting import until

EXAMPLES = Path(__file__).parents[2] / "examples"
PACKAGES = Path(__file__).parents[1] / "node" / "node_modules"

pytestmark = pytest.mark.looks_at("door")

CONFIG = {"outbound": {"allow_private": True}, "callbacks": {"poll_seconds": 1}, "realtime": {"grace_seconds": 0}}


@contextmanager
def running(command, app, **environment):
    """A program of the examples: the lines that it has written so far. It is asked to end, and must do so well."""
    settings = {**os.environ, "APP_ID": app["AppId"], "APP_KEY": app["AppKey"], "APP_SIGN": app["AppSign"], "NO_PROXY": "*", **environment}
    process = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True)
    collected = []

    def read():
        for line in process.stdout:
            collected.append(line.rstrip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield collected
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
        reader.join(20)
    assert code in (0, -signal.SIGTERM), collected


@contextmanager
def backend(directory, app, muster, program="backend.mjs"):
    """An example's server, with the packages of this suite for those that `npm install` would have brought: its address."""
    place = directory / "examples"
    shutil.copytree(EXAMPLES, place, ignore=shutil.ignore_patterns("node_modules"))
    (place / "node_modules").symlink_to(PACKAGES)
    port = free_port()
    with running(["node", str(place / program)], app, MUSTER=muster, PORT=str(port)) as lines:
        until(lambda: lines, "the server to say where it is")
        assert lines[0] == f"http://127.0.0.1:{port}/"
        yield lines[0], lines


@pytest.fixture
def app(wire):
    return new_app(wire)


class Page:
    """A page in Chromium, used by its labels and roles."""

    def __init__(self, name, url, scheme):
        self._name = name
        self._do("open", url=url, scheme=scheme)

    def _do(self, what, **arguments):
        return browser().ask(name=self._name, do=what, **arguments)

    def enter(self, user, group):
        """Fills in who one is and where to, and goes there."""
        self._do("fill", label="Your name", text=user)
        self._do("fill", label="Group", text=group)
        self._do("press", button="Join")

    def say(self, text):
        """Says something."""
        self._do("fill", label="Message", text=text)
        self._do("press", button="Send")

    def see(self, text, gone=False):
        """Waits until a text is there, or is not."""
        self._do("see", text=text, gone=gone)

    def __getattr__(self, what):
        return lambda **arguments: self._do(what, **arguments)


def test_people_chat_in_the_page_through_a_cut_a_mute_and_a_recall(server, wire, app, tmp_path):
    group = new_group(wire, app, GroupName="The lobby")
    of = {"AppId": app["AppId"], "GroupId": group}
    with Relay(server) as relay, backend(tmp_path, app, relay.websocket_url) as (url, _), RawSession(server) as guest:
        # At once: a connection that does not log in is closed, and a browser may take long to start.
        guest.login(login_token(app, "guest"))
        ada, bob = Page("ada", url, "light"), Page("bob", url, "dark")
        assert (ada.background(), bob.background()) == (False, True)
        assert ada.faults() == [] and bob.faults() == []
        ada.enter("ada", group)
        ada.see("The lobby")
        ada.see("Your name", gone=True)
        ada.say("hello <b>all</b>")
        ada.see("hello <b>all</b>")
        # Who comes later reads what was said.
        bob.enter("bob", group)
        bob.see("hello <b>all</b>")
        ada.see("2 people")
        assert [line.removeprefix("ada").strip() for line in bob.lines(role="log")] == ["hello <b>all</b>"]
        assert ada.faults() == [] and bob.faults() == []
        assert ada.complaints() == [] and bob.complaints() == []
        # A connection that was cut.
        guest.join(group)
        ada.see("3 people")
        relay.refuse()
        relay.drop()
        ada.see("The connection is lost")
        guest.result("publish", {"channel": f"g:{group}", "data": "missed"})
        relay.refuse(False)
        ada.see("missed")
        bob.see("missed")
        # What the operator does.
        wire.ok("BanLiveMessageGroup", of)
        bob.see("You are muted.")
        assert not bob.enabled(label="Message")
        wire.ok("UnbanLiveMessageGroup", of)
        bob.see("You are muted.", gone=True)
        sent = guest.rpc("sendGroupMessage", {"groupId": group, "type": 10001, "data": "regretted"})
        bob.see("regretted")
        guest.rpc("deleteMessage", {"groupId": group, "messageId": sent["messageId"]})
        bob.see("regretted", gone=True)
        wire.ok("KickLiveMessageGroupUser", {**of, "KickoffUser": "bob"})
        bob.see("You were removed from the group.")
        for page in (ada, bob):
            page.close()


def fetched(url, **request):
    try:
        with urlopen(Request(url, **request), timeout=20) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        return refused.code, refused.read()


def test_the_backend_makes_tokens_that_log_in_and_writes_down_signed_events_alone(server, wire, app, tmp_path):
    group = new_group(wire, app)
    with backend(tmp_path, app, server.websocket_url) as (url, lines), RawSession(server) as session:
        wire.ok("ModifyLiveMessageAppCallback", {"AppId": app["AppId"], "EventCallbackUrl": f"{url}callbacks"})
        status, body = fetched(f"{url}login?user=ada")
        told = json.loads(body)
        assert status == 200 and told["url"] == server.websocket_url
        session.login(told["token"])
        session.join(group)
        until(lambda: f"ada joins {group}" in lines, lines)
        forged = {"transactionid": "1", "eves": [{"uid": "eve", "events": [{"e": 3, "g": group}]}]}
        assert fetched(f"{url}callbacks", data=json.dumps(forged).encode())[0] == 403
        assert fetched(f"{url}login?user=")[0] == 400 and fetched(f"{url}backend.mjs")[0] == 404
        assert not any("eve" in line.split() for line in lines)


def test_the_bot_answers_what_is_for_it_and_leaves_when_it_ends(server, wire, app):
    group = new_group(wire, app)
    with RawSession(server) as ada:
        ada.login(login_token(app, "ada"))
        ada.join(group)
        bot = [sys.executable, str(EXAMPLES / "bot.py"), group]
        with running(bot, app, MUSTER=server.websocket_url) as lines:
            ada.change(joined="bot")
            until(lambda: lines, "the bot to be in the group")
            for said, answer in (("!count", "2 of us"), ("nothing for a bot", None), ("!echo one two", "one two")):
                ada.result("publish", {"channel": f"g:{group}", "data": said})
                if answer:
                    told = ada.event("recvgroupmessage", data=answer)
                    assert told["data"]["sender"]["userId"] == "bot"
        ada.change(left="bot")


def test_a_lesson_is_taught_with_the_clouds_own_calls(server, wire, app, tmp_path):
    muster = f"{server.scheme}://{server.host}:{server.port}"
    group = unique("lesson")

    def enter(page, user):
        page.fill(label="Your name", text=user)
        page.fill(label="Lesson", text=group)
        page.press(button="Enter")

    with backend(tmp_path, app, muster, "lesson.mjs") as (url, _):
        teacher, ada, bob = Page("teacher", url, "light"), Page("pupil1", url, "dark"), Page("pupil2", url, "light")
        enter(ada, "ada")
        ada.see("The lesson has not begun.")
        teacher.choose(label="You are", option="the teacher")
        enter(teacher, "teacher")
        teacher.see("1 person")
        enter(ada, "ada")
        enter(bob, "bob")
        teacher.see("3 people")
        assert teacher.faults() == [] and ada.faults() == []
        ada.say("Good <i>morning</i>")
        for page in (teacher, ada, bob):
            page.see("Good <i>morning</i>")
        ada.press(button="Like")
        bob.see("1 likes")
        # Silence, but for one.
        teacher.press(button="Mute all")
        ada.see("You are muted.")
        bob.see("You are muted.")
        teacher.press(button="Give ada the floor")
        ada.see("You are muted.", gone=True)
        ada.say("The answer is four")
        bob.see("The answer is four")
        assert not bob.enabled(label="Message")
        teacher.press(button="Unmute all")
        bob.see("You are muted.", gone=True)
        teacher.press(button="Mute bob")
        bob.see("You are muted.")
        teacher.press(button="Unmute bob")
        bob.see("You are muted.", gone=True)
        # What was said in error, and the end.
        bob.say("regretted")
        ada.see("regretted")
        bob.press(button="Recall")
        ada.see("regretted", gone=True)
        teacher.press(button="End the lesson")
        for page in (teacher, ada, bob):
            page.see("The lesson is over.")
            assert page.complaints() == []
            page.close()
