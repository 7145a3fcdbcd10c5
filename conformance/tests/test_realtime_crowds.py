"""Groups of more than two hundred: presence gives way to pages, notices are gathered and name only some, counts stay exact."""

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("nodes")

PEOPLE = 230


@pytest.fixture(scope="module")
def crowd(server):
    """A group of 230 people and who entered first: `(app, group, sessions)`."""
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    sessions = []
    try:
        for n in range(PEOPLE):
            session = RawSession(server)
            sessions.append(session)
            session.login(login_token(app, f"user{n}"))
            session.join(group)
        yield app, group, sessions
    finally:
        # An orderly end would first have to read all that each of them was told.
        for session in sessions:
            session.abandon()
        wire.close()


def test_presence_is_refused_above_two_hundred_and_its_count_is_still_told(crowd):
    _, group, sessions = crowd
    assert sessions[0].error("presence", {"channel": f"g:{group}"})["code"] == 108
    stats = sessions[0].result("presence_stats", {"channel": f"g:{group}"})
    assert (stats["num_clients"], stats["num_users"]) == (PEOPLE, PEOPLE)


def test_the_roll_of_a_crowd_is_complete_over_the_wire_in_both_orders(wire, crowd):
    app, group, _ = crowd
    for sort in (1, 2):
        token, users = None, []
        while token != 0:
            page = {"AppId": app["AppId"], "GroupId": group, "PageSize": 50, "SortType": sort, "NextPageToken": token}
            answer = wire.ok("ListLiveMessageGroupUsers", page)
            users += [row["UserId"] for row in answer["UserList"]]
            token = answer["NextPageToken"]
        assert users == [f"user{n}" for n in range(PEOPLE)][:: 1 if sort == 1 else -1]


def test_notices_in_a_crowd_name_at_most_twenty_and_end_with_the_exact_count(server, crowd):
    app, group, sessions = crowd
    witness = sessions[0]
    sessions[0].event("memberchange", memberCount=PEOPLE)
    witness.forget()
    newcomers = [RawSession(server) for _ in range(30)]
    try:
        for n, session in enumerate(newcomers):
            session.login(login_token(app, f"late{n}"))
            session.join(group)
        change = witness.event("memberchange", memberCount=PEOPLE + 30)["data"]
        assert len(change["joinUsers"]) <= 20 and change["pv"] == PEOPLE + 30
        seen = [m["push"]["pub"]["data"] for m in witness.unread(lambda m: "pub" in m.get("push", {}))]
        assert all(len(data.get("joinUsers", [])) <= 20 for data in seen if data["event"] == "memberchange" and data["memberCount"] > 201)
    finally:
        for session in newcomers:
            session.result("unsubscribe", {"channel": f"g:{group}"})
            session.close()
    assert witness.event("memberchange", memberCount=PEOPLE)["data"]["pv"] == PEOPLE + 30


def test_a_message_reaches_everybody_in_a_crowd_once(wire, crowd):
    app, group, sessions = crowd
    message = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "to all", "MsgType": 7}
    tids = [wire.ok("SendLiveMessageGroup", message)["MsgTid"] for _ in range(3)]
    for session in sessions:
        for tid in tids:
            session.event("recvgroupmessage", messageId=tid)
        again = session.unread(lambda m: m.get("push", {}).get("pub", {}).get("data", {}).get("messageId") in tids)
        assert not again, "a message came twice"
