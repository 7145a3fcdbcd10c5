"""What a version before has written is opened by this one, whole, and goes on.

`corpus/` holds what a server of the version before event callbacks left behind when it was killed: its data directory, and
over PostgreSQL a dump of its database; `scene.json` says what is in each. The files never change.
"""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness.postgres import installed
from harness.raw_session import RawSession
from harness.scenes import Space, active_group, join_by_invitation, participants
from harness.server import Key
from harness.tokens import login_token
from harness.wire import Wire

pytestmark = [pytest.mark.process, pytest.mark.looks_at("store")]

CORPUS = Path(__file__).parents[1] / "corpus"
MESSAGES = [f"message {n}" for n in range(7)]
MEMBERS = [f"user{n:02}" for n in range(25)]


def unpack(server):
    """Puts what was left behind where a server will find it; what is in it."""
    database = server.environment().get("MUSTER_STORE")
    place = "postgres" if database else "sqlite"
    server.data.mkdir(mode=0o700)
    with tarfile.open(CORPUS / f"{place}.tar.gz") as packed:
        packed.extractall(server.data, filter="fully_trusted")
    if database:
        dump = server.data / "dump.sql"
        load = [installed("psql"), "-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-f", str(dump), database]
        done = subprocess.run(load, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        dump.unlink()
    return json.loads((CORPUS / "scene.json").read_text())[place]


def history(wire, app, group):
    page = {"AppId": app["AppId"], "GroupId": group, "SortType": 1, "PageSize": 20}
    return [row["Body"] for row in wire.ok("ListLiveMessageGroupMessages", page)["MessageList"]]


def test_what_a_version_before_has_written_is_whole_and_goes_on(new_server):
    server = new_server()
    scene = unpack(server)
    server.start()
    wire = Wire(server)
    app, room = scene["app"], scene["room"]
    at = {"AppId": app["AppId"], "GroupId": room}

    # Members of calls are there, in their order; those who were connected to what was killed are not.
    roll = wire.ok("ListMessageGroupUser", {"AppId": scene["old"], "GroupId": scene["club"], "PageNum": 1, "PageSize": 30})["Result"]
    assert [row["UserId"] for row in roll["UserList"]] == MEMBERS
    assert wire.ok("ListLiveMessageGroupUsers", {**at, "SortType": 1, "PageSize": 20})["UserList"] == []

    # Messages are there, and the next one follows them.
    assert history(wire, app, room) == MESSAGES
    assert wire.ok("DescribeLiveMessageGroup", at)["MsgAmount"] == {"10001": 7}
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        before = session.join(room)["offset"]
        session.result("publish", {"channel": f"g:{room}", "data": "afterwards"})
        assert session.event("recvgroupmessage", data="afterwards")["offset"] == before + 1
    assert history(wire, app, room) == [*MESSAGES, "afterwards"]

    # A key opens, and may what its policy allows and nothing else.
    clerk = Wire(server, Key(**scene["key"]))
    assert [row["AppId"] for row in clerk.ok("ListLiveMessageApps", {"SortType": 1})["AppList"]] == [app["AppId"]]
    assert clerk.refused("DescribeLiveMessageApp", {"AppId": app["AppId"]})[0] == 403

    # A customer group is in use, and so is its link.
    space = Space(scene["channel"], scene["number"])
    chat = active_group(wire, space, "market day")
    assert (chat["GroupId"], chat["Description"], chat["TotalParticipantCount"]) == (scene["chat"], "fruit", 2)
    assert join_by_invitation(server, f"{server.url}/i/{scene['invite']}", "491700000099", "Zoe").status < 400
    assert participants(wire, space, scene["chat"])[1] == 3

    # What this version can that the one before could not it does with what it finds.
    wire.ok("RecoverLiveMessageDeletedGroup", {"AppId": app["AppId"], "GroupId": scene["gone"]})
    assert history(wire, app, scene["gone"]) == ["before the end"]
    wire.ok("BanLiveMessageGroup", at)
    assert wire.ok("DescribeLiveMessageGroupBand", at)["IsbannedAll"] is True


def test_what_goes_on_may_be_carried_elsewhere(new_server, tmp_path):
    server = new_server()
    unpack(server)
    server.start()
    server.stop()
    file = tmp_path / "all.jsonl"
    counts = json.loads(server.cli("export", str(file), "--json").stdout)["counts"]
    other = new_server()
    other.data.mkdir(mode=0o700)
    shutil.copy(server.data / "master.key", other.data)
    imported = json.loads(other.cli("import", str(file), "--json").stdout)["counts"]
    assert imported == counts and counts["member"] == 27 and counts["group"] == 4, counts
