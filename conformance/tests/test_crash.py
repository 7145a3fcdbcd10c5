"""kill -9 in the middle of many writes: what was acknowledged is there, what was not is there wholly or not at all.

Ten rounds on one data directory. In each, two hundred callers join members and create groups at once; once a chosen number
of acknowledgements has come the server is killed, started again, and everything is looked at over the wire.
"""

import http.client
import random
import threading

import pytest

from harness.scenes import join_by_invitation, invite_link, new_app, new_chat_group, new_space, old_app, old_group, participants
from harness.waiting import PATIENCE, until
from harness.wire import Wire

pytestmark = [pytest.mark.process, pytest.mark.looks_at("transactions"), pytest.mark.long]

ROUNDS = 10
CALLERS = 200


class Writes:
    """What the callers of one round asked for, and which of it was acknowledged."""

    def __init__(self):
        self.lock = threading.Lock()
        self.enough = threading.Event()
        self.asked = set()
        self.acknowledged = {}
        self.target = 0

    def ask(self, what):
        with self.lock:
            self.asked.add(what)

    def acknowledge(self, what, answer):
        with self.lock:
            self.acknowledged[what] = answer
            if len(self.acknowledged) >= self.target:
                self.enough.set()


def caller(server, number, round_, old, group, app, writes, gate):
    """One caller: joins and creates in turn until the server goes away."""
    wire = Wire(server, timeout=PATIENCE)
    gate.wait()
    try:
        for step in range(1000):
            kind = ("join", "old group", "new group")[(number + step) % 3]
            what = (kind, f"r{round_}c{number}s{step}")
            writes.ask(what)
            if kind == "join":
                answer = wire.call("JoinMessageGroup", {"AppId": old, "GroupId": group, "UserId": what[1]})
            elif kind == "old group":
                params = {"AppId": old, "CreatorId": what[1], "Extension": {"groupName": what[1]}}
                answer = wire.call("CreateMessageGroup", params)
            else:
                params = {"AppId": app["AppId"], "GroupId": what[1], "CreatorId": what[1], "GroupName": what[1], "Administrators": "a,b"}
                answer = wire.call("CreateLiveMessageGroup", params)
            if answer.status == 200:
                writes.acknowledge(what, answer.json())
    except (OSError, http.client.HTTPException):
        pass
    finally:
        wire.close()


def one_round(server, round_, old, group, app, chance):
    """Runs the callers, kills the server under them, and returns what they wrote."""
    writes = Writes()
    writes.target = chance.randint(50, 400)
    gate = threading.Event()
    callers = [
        threading.Thread(target=caller, args=(server, number, round_, old, group, app, writes, gate)) for number in range(CALLERS)
    ]
    for thread in callers:
        thread.start()
    gate.set()
    assert writes.enough.wait(PATIENCE), f"only {len(writes.acknowledged)} acknowledgements"
    server.kill()
    for thread in callers:
        thread.join(PATIENCE)
    return writes


def every(wire, action, params, rows, total, number="PageNum", size="PageSize", inside="Result"):
    """All rows of a paged list; its total must equal their count."""
    found, page = [], 1
    while True:
        answer = wire.ok(action, {**params, number: page, size: 50})
        body = answer[inside] if inside else answer
        found += body[rows]
        if len(body[rows]) < 50:
            assert body[total] == len(found), f"{action}: {body[total]} counted, {len(found)} listed"
            return found
        page += 1


def check_members(wire, old, group, asked, acknowledged):
    members = every(wire, "ListMessageGroupUser", {"AppId": old, "GroupId": group}, "UserList", "Total")
    present = [row["UserId"] for row in members]
    assert len(present) == len(set(present)), "a member is listed twice"
    assert acknowledged <= set(present), f"lost: {sorted(acknowledged - set(present))[:5]}"
    assert set(present) <= asked, "a member whom nobody joined"
    backwards = every(wire, "ListMessageGroupUser", {"AppId": old, "GroupId": group, "SortType": 1}, "UserList", "Total")
    assert [row["UserId"] for row in backwards] == present[::-1]
    sample = random.Random(1).sample(sorted(asked), min(20, len(asked)))
    found = wire.ok("BatchGetOnlineUsers", {"AppId": old, "GroupId": group, "UserIds": ",".join(sample)})["Result"]["OnlineUsers"]
    for row in found:
        if row["UserId"] not in present:
            assert row["Online"] is False
    for user in sample[:5]:
        params = {"AppId": old, "UserId": user, "PageNum": 1, "PageSize": 50}
        groups = wire.ok("ListMessageGroup", params)["Result"]
        assert (group in [row["GroupId"] for row in groups["GroupList"]]) is (user in present), "the two sides of a membership differ"


def check_groups(wire, old, app, asked, acknowledged):
    listed = every(wire, "ListMessageGroup", {"AppId": old}, "GroupList", "Total")
    by_creator = {row["CreatorId"]: row for row in listed if row["CreatorId"] != "creator"}
    made = {what[1]: answer for what, answer in acknowledged.items() if what[0] == "old group"}
    assert set(made) <= set(by_creator) <= {name for kind, name in asked if kind == "old group"}
    for name, row in by_creator.items():
        assert row["Extension"] == {"groupName": name}, "half a group"
        if name in made:
            assert row["GroupId"] == made[name]["Result"]["GroupId"]
    newer = every(
        wire, "ListLiveMessageGroupByPage", {"AppId": app["AppId"], "SortType": 1}, "GroupList", "TotalCount", "PageNumber", inside=None
    )
    names = [row["GroupId"] for row in newer]
    made = {name for kind, name in acknowledged if kind == "new group"}
    assert len(names) == len(set(names))
    assert made <= set(names) <= {name for kind, name in asked if kind == "new group"}
    for row in newer:
        assert (row["CreatorId"], row["GroupName"], row["AdminList"]) == (row["GroupId"], row["GroupId"], ["a", "b"])


def test_ten_times_killed_in_the_middle_of_200_concurrent_joins_and_creates(new_server):
    server = new_server().start()
    wire = Wire(server)
    chance = random.Random(20161101)
    in_doubt = 0
    for round_ in range(ROUNDS):
        old = old_app(wire)
        group = old_group(wire, old)
        app = new_app(wire)
        writes = one_round(server, round_, old, group, app, chance)
        server.start()
        wire.close()
        in_doubt += len(writes.asked) - len(writes.acknowledged)
        asked = {name for kind, name in writes.asked if kind == "join"}
        joined = {name for kind, name in writes.acknowledged if kind == "join"}
        check_members(wire, old, group, asked, joined)
        check_groups(wire, old, app, writes.asked, writes.acknowledged)
        wire.ok("JoinMessageGroup", {"AppId": old, "GroupId": group, "UserId": "afterwards"})
        newest = wire.ok("ListMessageGroupUser", {"AppId": old, "GroupId": group, "SortType": 1, "PageSize": 1})["Result"]
        assert newest["UserList"][0]["UserId"] == "afterwards"
    assert in_doubt >= ROUNDS * CALLERS / 2, "the kills came too late to interrupt anything"
    server.stop()


def test_messages_and_participants_that_were_acknowledged_survive_a_kill(new_server):
    from harness.raw_session import RawSession
    from harness.tokens import login_token

    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)
    wire.ok("CreateLiveMessageGroup", {"AppId": app["AppId"], "GroupId": "g1"})
    space = new_space(server)
    chat = new_chat_group(wire, space)
    link = invite_link(wire, space, chat["GroupId"])
    acknowledged = []
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        session.join("g1")
        for n in range(50):
            session.result("publish", {"channel": "g:g1", "data": f"message {n}"})
            acknowledged.append(f"message {n}")
        assert join_by_invitation(server, link, "491700000001", "Ann").status < 400
        server.kill()
    server.start()
    kept, token = [], None
    while True:
        params = {"AppId": app["AppId"], "GroupId": "g1", "PageSize": 50, "SortType": 1, "NextPageToken": token}
        answer = wire.ok("ListLiveMessageGroupMessages", params)
        kept += [row["Body"] for row in answer["MessageList"]]
        if not answer["Hasmore"]:
            break
        token = answer["NextPageToken"]
    assert kept == acknowledged
    assert participants(wire, space, chat["GroupId"]) == (["491700000001"], 1)


def test_a_group_that_was_being_created_upstream_becomes_active_after_a_kill(new_server):
    server = new_server().start()
    wire = Wire(server)
    space = new_space(server)
    wire.ok("AddChatGroup", space.params(Subject="unlucky"), product="cams")
    server.kill()
    server.start()

    def active():
        page = {"Index": 1, "Size": 20}
        rows = wire.ok("ListChatGroup", space.params(Page=page), product="cams")["Data"]["List"]
        return [row["GroupStatus"] for row in rows] == ["ACTIVE"]

    until(active, "the group to become ACTIVE")
