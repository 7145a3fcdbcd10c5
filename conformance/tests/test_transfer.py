"""Everything that lasts is carried from one machine to a database, and back, by the documented commands."""

import shutil

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, old_app, old_group
from harness.server import Server
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("postgres", reason="it moves from the embedded store to a database and back"),
]

MEMBERS = 25
MESSAGES = 7


def fill(server):
    """An app of each generation with members and messages: what is to be found again."""
    wire = Wire(server)
    old = old_app(wire)
    club = old_group(wire, old)
    for n in range(MEMBERS):
        wire.ok("JoinMessageGroup", {"AppId": old, "GroupId": club, "UserId": f"user{n:02}"})
    app = new_app(wire)
    room = new_group(wire, app)
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        session.join(room)
        for n in range(MESSAGES):
            session.result("publish", {"channel": f"g:{room}", "data": f"message {n}"})
    return {"old": old, "club": club, "app": app, "room": room}


def found(server, what):
    """The roll and the history as the API tells them."""
    wire = Wire(server)
    roll = wire.ok("ListMessageGroupUser", {"AppId": what["old"], "GroupId": what["club"], "PageNum": 1, "PageSize": 30})["Result"]
    room = {"AppId": what["app"]["AppId"], "GroupId": what["room"]}
    history = wire.ok("ListLiveMessageGroupMessages", {**room, "SortType": 1, "PageSize": 20})
    members = [(row["UserId"], row["JoinTime"]) for row in roll["UserList"]]
    return roll["Total"], members, history["MessageList"]


def check_goes_on(server, what):
    """A returning member gets nothing twice, and what is sent now follows what was carried."""
    with RawSession(server) as session:
        session.login(login_token(what["app"], "ada"))
        before = session.join(what["room"])["offset"]
        session.result("publish", {"channel": f"g:{what['room']}", "data": "afterwards"})
        assert session.event("recvgroupmessage", data="afterwards")["offset"] == before + 1
        return before


def test_a_move_to_a_database_and_back_keeps_everything_and_goes_on(tmp_path, new_server):
    embedded = Server(tmp_path / "embedded").start()
    over_database = new_server()
    back = Server(tmp_path / "back")
    file = tmp_path / "all.jsonl.gz"
    try:
        what = fill(embedded)
        before = found(embedded, what)
        assert (before[0], len(before[1]), len(before[2])) == (MEMBERS, MEMBERS, MESSAGES)
        refused = embedded.cli("export", str(file), check=False)
        assert refused.returncode == 1 and "in use by" in refused.stderr
        embedded.stop()
        counted = embedded.cli_json("export", str(file))
        over_database.data.mkdir(parents=True)
        shutil.copy(embedded.data / "master.key", over_database.data / "master.key")
        assert over_database.cli_json("import", str(file)) == counted
        again = over_database.cli("import", str(file), check=False)
        assert again.returncode == 1 and "empty" in again.stderr
        over_database.start()
        assert found(over_database, what) == before
        assert check_goes_on(over_database, what) == MESSAGES
        after = found(over_database, what)
        over_database.stop()
        # Until its lease has run out, a stopped node counts as one that may still write.
        until(lambda: over_database.cli("export", str(file), check=False).returncode == 0, "the lease to run out", pause=0.5)
        back.data.mkdir(parents=True)
        shutil.copy(embedded.data / "master.key", back.data / "master.key")
        back.cli("import", str(file))
        back.start()
        assert found(back, what) == after
        assert check_goes_on(back, what) == MESSAGES + 1
        back.stop()
    finally:
        embedded.kill()
        back.kill()
