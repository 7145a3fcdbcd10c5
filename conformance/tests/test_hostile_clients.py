"""Members that mean harm: whatever they send and do not read, the server stays small and serves the others."""

import contextlib
import re

import pytest

from harness.deaf import DeafClient
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, old_app, old_group, old_token
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire, fetch

MEMBERS = 100
# Bytes that the server may have held at any time: a queue and a reply of 1 MiB each for every member, and as much again.
MOST_MEMORY = 512 << 20

pytestmark = [
    pytest.mark.long,
    pytest.mark.process,
    pytest.mark.only_over("sqlite", "postgres", reason="the memory of one process is looked at"),
]


def connections(server):
    """How many clients are connected."""
    metrics = fetch(server, "/metrics").body.decode()
    return int(float(re.search(r"^muster_connections (\S+)$", metrics, re.M)[1]))


def histories(group):
    """A full frame of the dearest command."""
    return [{"id": number, "history": {"channel": f"g:{group}", "limit": -1}} for number in range(100, 350)]


def test_members_that_send_full_frames_of_histories_and_read_nothing_cost_little_memory(new_server):
    server = new_server({"realtime": {"write_timeout_seconds": 5, "ping_seconds": 900, "pong_timeout_seconds": 600}})
    server.start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    with contextlib.ExitStack() as stack:
        talker = stack.enter_context(RawSession(server))
        talker.login(login_token(app, "talker"))
        talker.join(group)
        for _ in range(150):
            talker.result("publish", {"channel": f"g:{group}", "data": "x" * 15_000})
        for number in range(MEMBERS):
            deaf = stack.enter_context(DeafClient(server))
            deaf.send(
                {"id": 1, "connect": {"token": login_token(app, f"deaf{number}")}}, {"id": 2, "subscribe": {"channel": f"g:{group}"}}
            )
            assert "subscribe" in deaf.answer(2)
            deaf.send(*histories(group))
        newcomer = stack.enter_context(RawSession(server))
        newcomer.login(login_token(app, "newcomer"))
        newcomer.join(group)
        newcomer.result("publish", {"channel": f"g:{group}", "data": "still there"})
        talker.event("recvgroupmessage", data="still there", seconds=20)
        until(lambda: connections(server) == 2, lambda: f"the deaf ones closed; {connections(server)} are there", 60)
        held = server.peak_bytes()
        assert held < MOST_MEMORY, f"the server held {held >> 20} MiB"


def test_a_frame_of_too_many_commands_closes_its_connection_alone(new_server):
    server = new_server()
    server.start()
    app = new_app(Wire(server))
    group = new_group(Wire(server), app)
    with RawSession(server) as bystander, RawSession(server) as session:
        bystander.login(login_token(app, "bystander"))
        bystander.join(group)
        session.login(login_token(app, "ada"))
        session.join(group)
        session.send_frame(*(histories(group) * 2))
        assert session.closing() == (3501, "too many commands in one frame")
        bystander.result("publish", {"channel": f"g:{group}", "data": "x"})


def say(session, group, kind):
    """Sends a message of a type; the error code, or None."""
    data = {"groupId": group, "type": kind, "data": "x", "noStorage": True}
    reply = session.reply(session.send("rpc", {"method": "sendGroupMessage", "data": data}))
    return reply.get("error", {}).get("code")


def test_junk_types_of_a_member_close_a_group_to_no_type_of_the_operator(new_server):
    server = new_server({"limits": {"generation_1_message_types_per_group": 60}})
    server.start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        session.join(group)
        assert [kind for kind in range(1, 41) if say(session, group, kind) is None] == list(range(1, 21))
        assert say(session, group, 41) == 400 and say(session, group, 20) is None
        message = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "x"}
        for kind in range(70001, 70011):
            wire.ok("SendLiveMessageGroup", {**message, "MsgType": kind})
        assert len(session.rpc("queryGroup", {"groupId": group})["statistics"]["msgAmount"]) == 30
    old = old_app(wire)
    group = old_group(wire, old)
    with RawSession(server) as session:
        session.login(old_token(wire, old, "ada"))
        session.join(group)
        assert [kind for kind in range(1, 61) if say(session, group, kind) is None] == list(range(1, 41))
