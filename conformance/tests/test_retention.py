"""Time really passes: messages live as long as their application keeps them, 30, 90 or 180 days, and a deleted group can be
recovered for 30 days and is nothing afterwards. What is counted stays exact throughout."""

from contextlib import contextmanager

import pytest

from harness.clock import DAY, HOUR, Clock
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.server import Server
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("sqlite", reason="what a server waits for from a database would be over a hundred thousand times sooner"),
]

# The server looks for what is to be removed once a day, so that nothing goes while the clock is only set.
CONFIG = {"retention": {"sweep_seconds": DAY}, "log": {"filter": "info,muster=debug"}}
LOOKED, REMOVED = "looked for what has outlived its keeping", "removed what has outlived its keeping"
MONTH, QUARTER, HALF_A_YEAR = 0, 1, 2


class Scene:
    """A server whose clock is set, and which time can pass by."""

    def __init__(self, new_server, tmp_path):
        self.clock = Clock(tmp_path)
        self.server = new_server(CONFIG, under=self.clock.under())

    @contextmanager
    def after(self, days):
        """The server while its clock shows so many days later than at first: something that calls it."""
        self.clock.set(days * DAY)
        self.server.start()
        wire = Wire(self.server)
        yield lambda action, **params: wire.ok(action, params, Timestamp=self.clock.stamp())
        wire.close()
        self.server.stop()

    def passes(self, times, until_log_says):
        """Lets time pass so many times faster from what the clock shows, until the log says that so often."""
        fast = Server(self.server.directory, CONFIG, under=self.clock.passing(times))
        line, often = until_log_says
        fast.spawn()
        try:
            until(lambda: fast.errors().count(line) >= often or not fast.alive, lambda: fast.errors()[-2000:])
            # What was removed was removed to its end.
            looked = fast.errors().count(LOOKED)
            until(lambda: fast.errors().count(LOOKED) > looked or not fast.alive, lambda: fast.errors()[-2000:])
            fast.stop()
        finally:
            fast.kill()


def said(call, app, group):
    """What is kept of what was said in a group."""
    page = call("ListLiveMessageGroupMessages", AppId=app["AppId"], GroupId=group, PageSize=10, SortType=1)
    assert page["Hasmore"] is False
    return [message["Body"] for message in page["MessageList"]]


def groups(call, app, status):
    """The groups of an application in a status, and how many they are counted to be."""
    page = call("ListLiveMessageGroupByPage", AppId=app["AppId"], SortType=1, PageSize=50, GroupStatus=status)
    return {group["GroupId"] for group in page["GroupList"]}, page["TotalCount"]


def amounts(call, app, group):
    told = call("DescribeLiveMessageGroup", AppId=app["AppId"], GroupId=group)
    return {kind: int(count) for kind, count in told["MsgAmount"].items()}, told["TotalTimes"]


def test_messages_and_deleted_groups_are_there_for_their_time_and_no_longer(new_server, tmp_path):
    scene = Scene(new_server, tmp_path)
    apps = {}
    with scene.after(days=0) as call:
        wire = Wire(scene.server)
        for tier in (MONTH, QUARTER, HALF_A_YEAR):
            apps[tier] = app = new_app(wire, MsgLifeCycle=tier)
            for group in ("kept", "back", "gone"):
                new_group(wire, app, group=group)
                with RawSession(scene.server) as session:
                    session.login(login_token(app, "ada", lifetime=HOUR))
                    session.join(group)
                    call("SendLiveMessageGroup", AppId=app["AppId"], GroupId=group, SenderId="ada", Body="hello", MsgType=20001)
            for group in ("back", "gone"):
                call("DeleteLiveMessageGroup", AppId=app["AppId"], GroupId=group)
            assert groups(call, app, 2) == ({"back", "gone"}, 2)
        wire.close()
    # A day or more, of which the server takes note.
    scene.passes(100_000, until_log_says=(LOOKED, 2))
    with scene.after(days=29) as call:
        for app in apps.values():
            assert said(call, app, "kept") == ["hello"]
            assert groups(call, app, 2) == ({"back", "gone"}, 2)
            call("RecoverLiveMessageDeletedGroup", AppId=app["AppId"], GroupId="back")
            assert (groups(call, app, 1), groups(call, app, 2)) == (({"kept", "back"}, 2), ({"gone"}, 1))
            assert said(call, app, "back") == ["hello"]
    scene.passes(300_000, until_log_says=(REMOVED, 1))
    with scene.after(days=85) as call:
        for tier, app in apps.items():
            for group in ("kept", "back"):
                assert said(call, app, group) == ([] if tier == MONTH else ["hello"])
                assert amounts(call, app, group) == ({"20001": 1}, 1), "what was counted stays so"
            assert (groups(call, app, 0), groups(call, app, 2)) == (({"kept", "back"}, 2), (set(), 0))
            is_gone(scene, app)
    scene.passes(600_000, until_log_says=(REMOVED, 1))
    with scene.after(days=175) as call:
        assert {tier: said(call, app, "kept") for tier, app in apps.items()} == {MONTH: [], QUARTER: [], HALF_A_YEAR: ["hello"]}
        # Under the id of a group that is nothing any more, another one begins anew.
        app = apps[HALF_A_YEAR]
        made = call("CreateLiveMessageGroup", AppId=app["AppId"], GroupId="gone", CreatorId="bob")
        assert (made["AlreadyExists"], made["AlreadyDelete"]) == (False, False)
        assert said(call, app, "gone") == [] and amounts(call, app, "gone") == ({}, 0)
    scene.passes(1_500_000, until_log_says=(REMOVED, 1))
    with scene.after(days=400) as call:
        assert said(call, apps[HALF_A_YEAR], "kept") == []
        assert groups(call, apps[HALF_A_YEAR], 0) == ({"kept", "back", "gone"}, 3)


def is_gone(scene, app):
    """Whether nothing is known of the group that nobody recovered."""
    wire = Wire(scene.server)
    where = {"AppId": app["AppId"], "GroupId": "gone"}
    for action in ("RecoverLiveMessageDeletedGroup", "DescribeLiveMessageGroup"):
        assert wire.refused(action, where, Timestamp=scene.clock.stamp()) == (404, "ResourceNotExist")
    wire.close()
