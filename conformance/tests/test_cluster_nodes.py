"""What one node is told, the others know: three nodes spoken to one by one, over one database and one bus."""

import json
import os
import re
import threading
import time

import pytest

from harness.balancer import Balancer
from harness.places import NODES
from harness.raw_session import RawSession
from harness.relay import Address
from harness.scenes import new_app, new_group, old_app, old_group, online, unique
from harness.server import Key, Server, drawn_key
from harness.streamed_session import StreamedSession, post
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire, fetch

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("cluster", reason="it speaks to several nodes one by one"),
]

CONFIG = {"super_group": {"threshold": 12}}
# Quotas over all nodes are kept to this share.
QUOTA_DEVIATION = 0.10
# Few enough that three callers make more on any machine.
QUOTA_A_SECOND = 12


@pytest.fixture(scope="module")
def wires(server):
    """A wire for each node."""
    spoken = [Wire(node) for node in server.nodes]
    yield spoken
    for wire in spoken:
        wire.close()


@pytest.fixture(scope="module")
def app(wires):
    return new_app(wires[0])


@pytest.fixture
def group(wires, app):
    return new_group(wires[0], app)


@pytest.fixture
def sessions(server, app, group):
    """A member on each node, in one group: `(user, session)` by node."""
    opened = [RawSession(node) for node in server.nodes]
    for n, session in enumerate(opened):
        session.login(login_token(app, f"member{n}"))
        session.join(group)
    yield opened
    for session in opened:
        session.close()


def users(wire, app, group):
    page = {"AppId": app["AppId"], "GroupId": group, "PageSize": 50, "SortType": 1}
    return [row["UserId"] for row in wire.ok("ListLiveMessageGroupUsers", page)["UserList"]]


def test_a_message_sent_on_one_node_is_heard_on_every_other_in_one_order(app, group, sessions):
    for n, session in enumerate(sessions):
        for number in range(10):
            session.result("publish", {"channel": f"g:{group}", "data": f"{n} says {number}"})
    heard = [[session.event("recvgroupmessage") for _ in range(30)] for session in sessions]
    orders = [[(publication["offset"], publication["data"]["data"]) for publication in one] for one in heard]
    assert orders[0] == orders[1] == orders[2]
    assert [offset for offset, _ in orders[0]] == list(range(orders[0][0][0], orders[0][0][0] + 30))


def test_what_a_client_without_a_socket_says_to_any_node_reaches_its_connection(server, app, group, sessions):
    holder, *others = server.nodes
    for n, other in enumerate(others):
        with StreamedSession(holder, post_to=other) as ada:
            ada.login(login_token(app, f"ada{n}"))
            ada.join(group)
            ada.result("publish", {"channel": f"g:{group}", "data": f"by way of {n}"})
            for session in sessions:
                session.event("recvgroupmessage", data=f"by way of {n}")
            assert ada.rpc("queryGroup", {"groupId": group})["groupId"] == group
            for key in ("0" * 32, ada.session[::-1], ""):
                refused = post(other, key, ada.node, {"id": 9, "presence_stats": {"channel": f"g:{group}"}})
                assert (refused.status, b"no such session" in refused.body) == (404, True), key
            assert post(other, ada.session, "0" * 12, {}).status == 404, "no node goes by this name"
            large = ada.post_text("x" * 70_000)
            assert (large.status, b"realtime.message_bytes" in large.body) == (413, True)
            ada.abandon()
            until(lambda ada=ada, other=other: post(other, ada.session, ada.node, {}).status == 404, "the session to be over")


def streams(server):
    """How many connections without a socket all nodes hold."""
    pages = [fetch(node, "/metrics").body.decode() for node in server.nodes]
    return sum(int(re.search(r'transport="http_stream",form="json"} (\d+)', page)[1]) for page in pages)


def test_a_client_without_a_socket_needs_no_balancer_that_keeps_it_to_its_node(server, app, group, sessions):
    balancer = Balancer([node.port for node in server.nodes])
    balancer.start()
    try:
        with StreamedSession(Address(balancer.port)) as ada:
            ada.login(login_token(app, "ada"))
            ada.join(group)
            # More than there are nodes: each has taken some.
            for number in range(2 * len(server.nodes)):
                ada.result("publish", {"channel": f"g:{group}", "data": f"{number}"})
            for session in sessions:
                assert [session.event("recvgroupmessage")["data"]["data"] for _ in range(6)] == [str(n) for n in range(6)]
            assert streams(server) == 1
            ada.abandon()

            def gone():
                # The balancer finds out by what it cannot pass on.
                sessions[0].result("publish", {"channel": f"g:{group}", "data": "are you there?"})
                return streams(server) == 0

            until(gone, "the balancer to pass on that the client has hung up")
    finally:
        balancer.remove()


def test_a_join_and_a_leave_on_one_node_are_told_and_listed_on_every_other(server, wires, app, group, sessions):
    with RawSession(server.nodes[1]) as late:
        late.login(login_token(app, "late"))
        late.join(group)
        for session in sessions:
            session.change(joined="late", memberCount=4)
        for wire in wires:
            assert users(wire, app, group)[-1] == "late" and online(wire, app, group) == 4
        late.result("unsubscribe", {"channel": f"g:{group}"})
        for session in sessions:
            left = session.change(left="late", memberCount=3)
            assert [user["userId"] for user in left["leaveUsers"]] == ["late"]
        for wire in wires:
            assert "late" not in users(wire, app, group) and online(wire, app, group) == 3


def test_a_group_that_is_made_on_one_node_is_there_on_every_other_at_once(wires, app):
    for maker in wires:
        group = new_group(maker, app)
        for wire in wires:
            assert online(wire, app, group) == 0


def test_a_durable_join_by_one_node_is_listed_by_every_other_at_once(wires):
    old = old_app(wires[0])
    group = old_group(wires[1], old)
    for n, wire in enumerate(wires):
        wire.ok("JoinMessageGroup", {"AppId": old, "GroupId": group, "UserId": f"user{n}"})
    for wire in wires:
        rows = wire.ok("ListMessageGroupUser", {"AppId": old, "GroupId": group})["Result"]
        assert [row["UserId"] for row in rows["UserList"]] == ["user0", "user1", "user2"] and rows["Total"] == 3


def test_a_kick_by_one_node_ends_the_subscription_on_every_other(wires, app, group, sessions):
    for n, session in enumerate(sessions):
        wires[(n + 1) % NODES].ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": f"member{n}"})
        assert session.push("unsubscribe")["unsubscribe"]["code"] == 2101
        for wire in wires:
            assert f"member{n}" not in users(wire, app, group)


def test_a_group_that_one_node_deletes_is_closed_on_every_other(wires, app, group, sessions):
    wires[0].ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    for session in sessions:
        assert session.event("exit")["data"]["reason"] == 1
        assert session.push("unsubscribe")["unsubscribe"]["code"] == 2102
    for wire in wires:
        until(
            lambda wire=wire: wire.call("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group}).status != 200
            or wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group}).get("Delete"),
            "the group to be gone",
        )


def test_an_app_that_one_node_disables_is_disabled_on_every_other(server, wires):
    app = new_app(wires[0])
    group = new_group(wires[0], app)
    opened = [RawSession(node) for node in server.nodes]
    for n, session in enumerate(opened):
        session.login(login_token(app, f"member{n}"))
        session.join(group)
    wires[2].ok("ModifyLiveMessageAppDisable", {"AppId": app["AppId"], "Disable": True})
    for session in opened:
        session.closing()
        session.close()
    refused = {"AppId": app["AppId"], "GroupId": group}
    for wire in wires:
        until(lambda wire=wire: wire.call("DescribeLiveMessageGroup", refused).code == "NoAuth", "the app to be disabled")


def test_a_key_that_the_command_disables_is_refused_by_every_node(server, wires, tmp_path):
    name = unique("user")
    server.cli("user", "add", name)
    key = server.cli_json("key", "add", name)
    policy = tmp_path / "policy.json"
    statement = {"Effect": "Allow", "Action": ["live:*"], "Resource": ["*"]}
    policy.write_text(json.dumps({"Version": "1", "Statement": [statement]}))
    server.cli("policy", "put", name, str(policy))
    server.cli("policy", "attach", name, name)
    own = [Wire(node, Key(key["accessKeyId"], key["accessKeySecret"])) for node in server.nodes]
    asked = ("ListLiveMessageApps", {"SortType": 1})
    for wire in own:
        until(lambda wire=wire: wire.call(*asked).status == 200, "the key to be known")
    server.cli("key", "disable", key["accessKeyId"])
    for wire in own:
        until(lambda wire=wire: wire.call(*asked).code == "InvalidAccessKeyId.Inactive", "the key to be off")
        wire.close()


def test_a_second_login_on_another_node_closes_the_first(server, app):
    for n, node in enumerate(server.nodes):
        with RawSession(node) as first, RawSession(server.nodes[(n + 1) % NODES]) as second:
            first.login(login_token(app, "twice"))
            second.login(login_token(app, "twice"))
            assert first.closing()[0] == 4501


@pytest.mark.parametrize("signature", ["v1", "v3"])
def test_a_request_that_one_node_has_answered_is_refused_by_every_other(wires, signature):
    for n, wire in enumerate(wires):
        request = wire.request("ListLiveMessageApps", {"SortType": 1}, signature=signature)
        assert wire.send(request).status == 200
        for other in (wires[(n + 1) % NODES], wires[(n + 2) % NODES]):
            answer = other.send(request)
            assert (answer.status, answer.code) == (400, "SignatureNonceUsed")


def test_a_quota_holds_over_all_nodes_together(new_server):
    server = new_server({"throttle": {"enabled": True, "quotas": {"ListLiveMessageGroups": QUOTA_A_SECOND}}}).start()
    app = new_app(Wire(server))
    new_group(Wire(server), app)
    passed, refused, deadline = [], [], time.monotonic() + 6

    def hammer(node):
        wire = Wire(node)
        while (now := time.monotonic()) < deadline:
            answer = wire.call("ListLiveMessageGroups", {"AppId": app["AppId"], "SortType": 1})
            (passed if answer.status == 200 else refused).append((now, answer.code if answer.status != 200 else None))
        wire.close()

    hammers = [threading.Thread(target=hammer, args=(node,)) for node in server.nodes]
    began = time.monotonic()
    for thread in hammers:
        thread.start()
    for thread in hammers:
        thread.join()
    elapsed = time.monotonic() - began
    assert refused and {code for _, code in refused} == {"Throttling.User"}
    # A full second's worth may pass at once at the beginning, and again at the turn of the last second.
    most = QUOTA_A_SECOND * (1 + QUOTA_DEVIATION) * (elapsed + 1)
    least = QUOTA_A_SECOND * (1 - QUOTA_DEVIATION) * (elapsed - 1)
    assert least <= len(passed) <= most, f"{len(passed)} passed in {elapsed:.1f} s"


def test_a_super_group_is_counted_over_all_nodes(server, wires, app):
    group = new_group(wires[0], app)
    opened = []
    try:
        for n in range(15):
            session = RawSession(server.nodes[n % NODES])
            opened.append(session)
            session.login(login_token(app, f"fan{n}"))
            session.join(group)
        for wire in wires:
            until(lambda wire=wire: online(wire, app, group) == 15, "each node to count all")
            page = {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
            assert wire.refused("ListLiveMessageGroupUsers", page) == (420, "SuperLargeGroup")
        for session in opened[5:]:
            session.result("unsubscribe", {"channel": f"g:{group}"})
        for wire in wires:
            until(lambda wire=wire: online(wire, app, group) == 5, "each node to count who is left")
        for session in opened[:5]:
            session.result("unsubscribe", {"channel": f"g:{group}"})
        for wire in wires:
            until(lambda wire=wire: online(wire, app, group) == 0, "each node to count nobody")
            until(lambda wire=wire: wire.call("ListLiveMessageGroupUsers", page).status == 200, "the group to be listed again")
    finally:
        for session in opened:
            session.close()


def test_a_recovery_on_another_node_gives_all_that_was_missed(server, app, group, sessions):
    with RawSession(server.nodes[0]) as ada:
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        ada.abandon()
    for number in range(20):
        sessions[number % NODES].result("publish", {"channel": f"g:{group}", "data": f"missed {number}"})
    with RawSession(server.nodes[1]) as ada:
        ada.login(login_token(app, "ada"))
        result = ada.join(group, recover=True, epoch=joined["epoch"], offset=joined.get("offset", 0))
        assert result["recovered"] is True
        assert [publication["data"]["data"] for publication in result["publications"]] == [f"missed {n}" for n in range(20)]


def stranger(server, master_key=None):
    """A further node over the database and the bus of a server, which has this master key, or none."""
    variables = {name: value for name, value in server.environment().items() if name in ("MUSTER_STORE", "MUSTER_BUS")}
    node = Server(server.directory / unique("stranger"), variables=variables)
    if master_key:
        node.data.mkdir()
        (node.data / "master.key").write_bytes(master_key)
        (node.data / "master.key").chmod(0o600)
    return node


@pytest.mark.parametrize("key", [None, os.urandom(32)], ids=["none", "another"])
def test_a_node_without_the_master_key_of_the_database_refuses_to_start(server, key):
    node = stranger(server, key)
    node.spawn()
    try:
        assert node.wait() == 1
        assert "master key" in node.errors().lower()
        assert not any(password in node.output() for password in server.passwords())
    finally:
        node.kill()
        node.remove()


def test_two_nodes_that_start_at_the_same_moment_on_a_fresh_database_make_one_account(new_server):
    server = new_server(given_root=False)
    for node in server.nodes:
        node.spawn()
    for node in server.nodes:
        node.become_ready()
    makers = [node for node in server.nodes if "LTAI" in node.output()]
    assert len(makers) == 1, f"{len(makers)} nodes have made an account"
    key = drawn_key(makers[0])
    for node in server.nodes:
        assert Wire(node, key).ok("ListLiveMessageApps", {"SortType": 1})["AppList"] == []


def test_a_node_that_is_stopped_sends_its_clients_to_the_others_and_nobody_is_told_that_they_left(new_server):
    server = new_server().start()
    wire = Wire(server.nodes[0])
    app = new_app(wire)
    group = new_group(wire, app)
    with RawSession(server.nodes[0]) as witness, RawSession(server.nodes[1]) as ada:
        witness.login(login_token(app, "witness"))
        witness.join(group)
        ada.login(login_token(app, "ada"))
        joined = ada.join(group)
        witness.event("memberchange", memberCount=2)
        server.nodes[1].terminate()
        assert ada.closing()[0] == 3001
        with RawSession(server.nodes[2]) as again:
            again.login(login_token(app, "ada"))
            result = again.join(group, recover=True, epoch=joined["epoch"], offset=joined.get("offset", 0))
            assert result["recovered"] is True
            assert server.nodes[1].wait() == 0
            again.result("publish", {"channel": f"g:{group}", "data": "still here"})
            witness.event("recvgroupmessage", data="still here")
            assert users(wire, app, group) == ["witness", "ada"]
            told = witness.unread(lambda message: message.get("push", {}).get("pub", {}).get("data", {}).get("leaveUsers"))
            assert not told, "a restart elsewhere is no leave"
