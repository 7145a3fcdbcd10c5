"""A machine's clock that is wrong at a start, or is set while the server runs, an hour back, a day ahead, a hundred days ahead,
and back again: nothing is removed, nobody is locked out, nothing is accepted twice, and the log speaks of it."""

import re

import pytest

from harness.clock import DAY, HOUR, Clock
from harness.raw_session import RawSession
from harness.scenes import new_app, new_chat_group, new_group, new_space
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.process

LIST = ("ListLiveMessageApps", {"SortType": 1})
CREATE = ("CreateMessageApp", {"AppName": "once"})
WRONG = pytest.mark.parametrize("wrong", [-HOUR, DAY, 100 * DAY], ids=["an hour back", "a day ahead", "a hundred days ahead"])
# As it is by default, but that what has outlived its keeping is looked for all the time, which the log says.
CONFIG = {"retention": {"sweep_seconds": 1}, "log": {"filter": "info,muster=debug"}, "throttle": {"enabled": True}}
SWEPT = "looked for what has outlived its keeping"


class Scene:
    """A server with a clock of its own, and what is in it: a group, a message, and who wrote it."""

    def __init__(self, new_server, tmp_path):
        self.clock = Clock(tmp_path)
        self.server = new_server(CONFIG, under=self.clock.under())
        self.shared = "MUSTER_STORE" in self.server.environment()
        self.server.start()
        self.wire = Wire(self.server)
        self.app = new_app(self.wire)
        self.group = new_group(self.wire, self.app)
        self.old_token = self.token("ada")
        with self.login(self.old_token) as session:
            self.talk(session, "before")

    def token(self, user):
        """A token of an hour, made by an application's server whose clock is the same."""
        return login_token(self.app, user, lifetime=self.clock.ahead + HOUR)

    def login(self, token):
        session = RawSession(self.server)
        session.login(token)
        session.join(self.group)
        return session

    def talk(self, session, text):
        session.result("publish", {"channel": f"g:{self.group}", "data": text})
        session.event("recvgroupmessage", data=text)

    def said(self, session):
        """What the group's stream holds."""
        history = session.result("history", {"channel": f"g:{self.group}", "limit": -1})
        return [publication["data"]["data"] for publication in history["publications"] if publication["data"]["event"] == "recvgroupmessage"]

    def calls(self):
        """What five calls in a row are answered that are stamped by the server's clock."""
        return {self.wire.call(*LIST, Timestamp=self.clock.stamp()).status for _ in range(5)}

    def serves(self):
        """Waits until calls are served. When the clock was set back, those stamped before that second are refused, as they
        may have been accepted before."""
        until(lambda: self.calls() == {200}, "calls to be served")

    def captured(self):
        """A request that was carried out."""
        request = self.wire.request(*CREATE, Timestamp=self.clock.stamp())
        assert self.wire.send(request).status == 200
        return request

    def is_refused_again(self, request):
        answer = self.wire.send(request)
        return (answer.status, answer.code) in [(400, "SignatureNonceUsed"), (400, "InvalidTimeStamp.Expired")]

    def jumps(self):
        """By how many seconds the clock has jumped, each time that the log speaks of it."""
        return [int(seconds) for seconds in re.findall(r"the machine's clock has jumped.* seconds=(-?\d+)", self.server.errors())]

    def sweeps_again(self):
        """Waits until what has outlived its keeping was looked for, from beginning to end."""
        before = self.server.errors().count(SWEPT)
        until(lambda: self.server.errors().count(SWEPT) > before + 1, "a sweep")


@pytest.fixture
def scene(new_server, tmp_path):
    return Scene(new_server, tmp_path)


def lives_with(scene, session, text):
    """The clock is wrong: who is there stays there, who comes is served, and nothing goes."""
    scene.talk(session, text)
    scene.sweeps_again()
    with scene.login(scene.token("bob")) as newcomer:
        assert scene.said(newcomer)[0] == "before" and scene.said(newcomer)[-1] == text
        if scene.shared:
            # A database remembers nonces by its own clock: a node whose clock is far from it admits no request.
            assert scene.calls() == {503}
            until(lambda: "is far from the database's clock" in scene.server.errors(), "the reason in the log")
        else:
            scene.serves()


@WRONG
def test_a_clock_is_set_while_the_server_runs(scene, wrong):
    session = scene.login(scene.token("eve"))
    scene.serves()
    captured = scene.captured()
    scene.clock.set(wrong)
    until(lambda: len(scene.jumps()) == 1, "a word in the log")
    assert [abs(jump - wrong) < 60 for jump in scene.jumps()] == [True]
    lives_with(scene, session, "meanwhile")
    assert scene.is_refused_again(captured)
    with RawSession(scene.server) as old:
        outcome = old.reply(old.send("connect", {"token": scene.old_token}))
        assert ("error" in outcome) == (wrong > 0), "a token counts until the time that is in it"
    scene.clock.set(0)
    until(lambda: len(scene.jumps()) == 2, "a word in the log")
    scene.sweeps_again()
    scene.talk(session, "after")
    assert scene.said(session) == ["before", "meanwhile", "after"]
    scene.serves()
    assert scene.is_refused_again(captured)
    session.close()
    scene.login(scene.old_token).close()
    scene.server.stop()


@WRONG
def test_a_clock_is_wrong_at_a_start(scene, wrong):
    captured = scene.captured()
    scene.server.stop()
    scene.clock.set(wrong)
    scene.server.start()
    ahead = "ahead of" if wrong > 0 else "behind"
    until(lambda: f"the machine's clock is {ahead} the time by which the store was last purged" in scene.server.errors(), "a word in the log")
    with scene.login(scene.token("ada")) as session:
        lives_with(scene, session, "meanwhile")
    assert scene.is_refused_again(captured)
    scene.server.stop()
    scene.clock.set(0)
    scene.server.start()
    with scene.login(scene.old_token) as session:
        assert scene.said(session) == ["before", "meanwhile"]
        scene.talk(session, "after")
    scene.serves()
    assert scene.is_refused_again(captured)
    scene.server.stop()


@pytest.mark.only_over("sqlite", reason="over PostgreSQL a node whose clock is far from the database's admits no request")
def test_a_group_that_was_made_ahead_of_time_becomes_active(scene):
    space = new_space(scene.server)
    scene.clock.set(DAY)
    wire = Wire(scene.server)
    wire.ok("AddChatGroup", space.params(Subject="early"), product="cams", Timestamp=scene.clock.stamp())
    scene.clock.set(0)
    new_chat_group(wire, space, "timely")
    rows = wire.ok("ListChatGroup", space.params(Page={"Index": 1, "Size": 20}), product="cams")["Data"]["List"]
    assert {row["Subject"]: row["GroupStatus"] for row in rows} == {"early": "ACTIVE", "timely": "ACTIVE"}
