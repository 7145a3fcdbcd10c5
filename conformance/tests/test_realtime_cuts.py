"""Five hundred members whose connections are cut at random points while others talk: each sees the group's log, whole and in order.

`MUSTER_CUTS_SECONDS` has it go on for longer than in a whole run (`make soak`), and `MUSTER_SEED` repeats the draws of a run.
"""

import os
import random
import threading

import pytest

from harness.clients.line_process import NodeProcess
from harness.scenes import new_app, new_group
from harness.tokens import login_token

pytestmark = [
    pytest.mark.only_over("sqlite", "cluster", reason="who comes back asks the store of one node, or another node"),
    pytest.mark.long,
]

CONFIG = {"realtime": {"grace_seconds": 120, "messages_per_client": 0}}

MEMBERS = 500
# So few that who is away for as long as a slow machine takes can still recover: 300 messages are as many as may be missed.
MESSAGES_A_SECOND = 15
# Milliseconds that a connection lasts in the mean.
LIFETIME = 5000
SECONDS = int(os.environ.get("MUSTER_CUTS_SECONDS", "15"))
ALL_BACK = 60


def log_of(wire, at):
    """The ids of all messages of the group, in order."""
    messages, token = [], None
    while token != 0:
        page = wire.ok("ListLiveMessageGroupMessages", {**at, "SortType": 1, "PageSize": 50, "NextPageToken": token})
        messages += [message["MsgTid"] for message in page["MessageList"]]
        token = page["NextPageToken"]
    return messages


def test_who_is_cut_off_at_any_point_sees_every_message_once_and_in_order(server, wire):
    seed = int(os.environ.get("MUSTER_SEED", random.randrange(2**32)))
    print(f"MUSTER_SEED={seed}")
    app = new_app(wire)
    group = new_group(wire, app)
    at = {"AppId": app["AppId"], "GroupId": group}
    tokens = {f"member{n}": login_token(app, f"member{n}") for n in range(MEMBERS)}
    process = NodeProcess("cuts.mjs")
    try:
        nodes = [node.authority for node in server.nodes]
        joining = {"nodes": nodes, "group": group, "tokens": tokens, "visitorToken": login_token(app, "visitor")}
        process.ask(ALL_BACK, action="join", **joining, seed=seed, lifetime=LIFETIME)
        pace = threading.Event()
        said = []
        for n in range(SECONDS * MESSAGES_A_SECOND):
            message = {**at, "MsgType": 10001, "SenderId": "host", "Body": f"message {n}", "Weight": 1}
            said.append(wire.ok("SendLiveMessageGroup", message)["MsgTid"])
            pace.wait(1 / MESSAGES_A_SECOND)
        told = process.ask(2 * ALL_BACK, action="settle", last=said[-1], patience=ALL_BACK)
        process.ask(action="leave")
    finally:
        process.close()
    assert told["cuts"] > MEMBERS, "hardly anybody was cut off"
    assert log_of(wire, at) == said
    for account in told["accounts"]:
        who = f"{account['names'][:3]} and so on, {len(account['names'])} of {MEMBERS}, seed {seed}"
        assert account["ended"] is None and account["unrecovered"] == 0, f"{who}: {account['ended']}, {account['unrecovered']}"
        assert [message for _, message in account["seen"]] == said, who
        offsets = [offset for offset, _ in account["seen"]]
        assert offsets == sorted(set(offsets)), who
    assert sum(len(account["names"]) for account in told["accounts"]) == MEMBERS
