"""Three nodes that lose each other, their database or their bus, with 200 members on them who talk all the while.

After each fault the same must be true: every acknowledged message is stored once; whoever was there, or came back, saw
every stored message of its groups once and in order; every node lists and counts exactly those who are there.
"""

import signal
import time

import pytest

from harness.crowd import Crowd
from harness.faulty import Faulty
from harness.waiting import PATIENCE, until
from harness.wire import Wire, fetch

pytestmark = [
    pytest.mark.alone,
    pytest.mark.process,
    pytest.mark.only_over("cluster", reason="it breaks one of several nodes, or what all of them stand on"),
]

# After a node's end its members have left, and everybody knows: 10 s on a machine that is not busy.
GONE_WITHIN = PATIENCE
OUTAGE = 10.0
# Longer than a lease lasts (5 s), so that the others have given the node up when it comes back.
CUT = 12.0


@pytest.fixture
def faulty(tmp_path, request):
    """A cluster to break, with a standby of the database when the test's parameter or marker asks for it."""
    with Faulty(tmp_path / "cluster", standby=bool(request.node.get_closest_marker("standby"))) as place:
        yield place


@pytest.fixture
def crowd(faulty):
    """Two hundred members who talk; what the nodes wrote is shown when the test fails."""
    with Crowd(faulty.cluster) as crowd:
        crowd.talk()
        crowd.flows()
        yield crowd
    print(faulty.logs())


def lasts(seconds, since):
    """Returns when a fault that began at `since` has lasted this long: the load goes on meanwhile."""
    until(lambda: time.monotonic() - since >= seconds, "the clock to go on", seconds + PATIENCE, 0.05)


def readiness(node):
    """What a node says of its readiness: `(status, text)`."""
    answer = fetch(node, "/readyz", timeout=PATIENCE)
    return answer.status, answer.body.decode()


def is_ready(node):
    """Whether a node is ready, and not merely degraded."""
    status, text = readiness(node)
    return status == 200 and not text.startswith("degraded")


def left_within(crowd, members, nodes, since, seconds=GONE_WITHIN):
    """Returns once these nodes list none of the members; fails when that takes longer than it may."""
    names = {member.user for member in members}
    for node in nodes:
        until(
            lambda node=node: not names & set(crowd.listed(crowd.wires[node], crowd.everybody)),
            f"node {node + 1} to have given up {len(names)} members", since + seconds - time.monotonic(), 0.1,
        )


def check_who_was_told(crowd, gone, back, since):
    """Each witness was told once that the gone have left; those who came back have left as often as they joined."""
    witnesses = [member for member in crowd.staying() if member.connections == 1]
    # The impatient go to another node when one answer is late, which a slow machine makes of many.
    assert len(witnesses) > crowd.people / 4, "enough members must have kept their connection to tell what they heard"
    left, joined = (crowd.told(since, kind, witnesses) for kind in ("leaveUsers", "joinUsers"))
    wrong = []
    for witness in witnesses:
        for group in witness.groups - {crowd.everybody}:
            for member in (member for member in gone if group in member.groups):
                moments = left[witness][group, member.user]
                if len(moments) != 1:
                    wrong.append(f"{witness.user} was told {len(moments)} times that {member.user} has left")
                elif moments[0] - since > GONE_WITHIN:
                    wrong.append(f"{witness.user} was told {moments[0] - since:.1f} s later that {member.user} has left")
            for member in (member for member in back if group in member.groups):
                times = len(left[witness][group, member.user]), len(joined[witness][group, member.user])
                if times[0] != times[1]:
                    wrong.append(f"{witness.user} was told {times} times that {member.user}, who is there, has left and joined")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])


def test_after_a_kill_members_come_back_elsewhere_and_the_others_are_gone_and_told_once(faulty, crowd):
    gone, back = crowd.at(1)[:20], crowd.at(1)[20:]
    crowd.let_go(gone)
    killed = time.monotonic()
    faulty.nodes[1].kill()
    left_within(crowd, gone, [0, 2], killed)
    crowd.all_connected()
    crowd.flows()
    faulty.nodes[1].start()
    crowd.flows()
    crowd.check()
    check_who_was_told(crowd, gone, back, killed)


def test_a_node_that_was_paused_for_longer_than_its_lease_finds_its_members_gone_and_sends_its_clients_elsewhere(faulty, crowd):
    paused = time.monotonic()
    faulty.nodes[1].signal(signal.SIGSTOP)
    waiting = [member for member in crowd.at(1) if not member.impatient]
    assert len(waiting) > 20
    try:
        left_within(crowd, waiting, [0, 2], paused)
        crowd.flows(nodes=[0, 2])
        lasts(CUT, paused)
        waiting = [member for member in waiting if member.node == 1 and member.connections == 1]
        assert len(waiting) > 20, "most of those who wait for an answer must still be waiting"
    finally:
        faulty.nodes[1].signal(signal.SIGCONT)
    until(lambda: all(member.closes for member in waiting), "the node to part from its clients")
    assert {member.closes[0] for member in waiting} == {3001}
    crowd.all_connected()
    crowd.flows()
    crowd.check()


def test_the_loss_of_one_nats_server_is_not_noticed(faulty, crowd):
    victim = max(faulty.nats.servers, key=lambda server: server.told("varz")["connections"])
    connections = crowd.reconnections()
    victim.kill()
    crowd.flows()
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to have found another NATS server")
    crowd.flows()
    victim.start()
    crowd.flows()
    assert crowd.reconnections() == connections, "no member lost its connection"
    crowd.check()


def test_without_any_nats_server_for_ten_seconds_all_goes_on_degraded_and_heals(faulty, crowd):
    connections = crowd.reconnections()
    began = time.monotonic()
    faulty.nats.kill()
    for node in faulty.nodes:
        status, text = until(lambda node=node: not is_ready(node) and readiness(node), "a node to say that it is degraded")
        assert status == 200 and text.startswith("degraded") and "NATS" in text
    crowd.flows()
    lasts(OUTAGE, began)
    faulty.nats.start()
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to be ready again")
    crowd.flows()
    assert crowd.reconnections() == connections, "no member lost its connection"
    crowd.check()


def test_without_the_database_for_ten_seconds_calls_fail_connections_stay_and_all_heals(faulty, crowd):
    connections = crowd.reconnections()
    began = time.monotonic()
    faulty.postgres.stop()
    for node in faulty.nodes:
        until(lambda node=node: readiness(node)[0] == 503, "a node to say that it is not ready")
        assert fetch(node, "/healthz").status == 200
        wire = Wire(node)
        answer = wire.call("DescribeLiveMessageGroup", {"AppId": crowd.app["AppId"], "GroupId": crowd.everybody})
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")
        wire.close()
    lasts(OUTAGE, began)
    assert crowd.reconnections() == connections, "no member lost its connection"
    faulty.postgres.start()
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to be ready again")
    crowd.flows()
    crowd.check()


@pytest.mark.standby
def test_a_killed_primary_gives_way_to_its_standby_and_nothing_acknowledged_is_lost(faulty, crowd):
    faulty.postgres.kill()
    faulty.standby.promote()
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to have found the new primary")
    crowd.flows()
    crowd.check()


@pytest.mark.parametrize("how", ["dropped", "frozen"])
def test_a_node_cut_off_from_nats_alone_keeps_its_members_and_catches_up(faulty, crowd, how):
    connections = crowd.reconnections()
    began = time.monotonic()
    with faulty.cut_off(faulty.bus_relays, how):
        if how == "dropped":
            until(lambda: readiness(faulty.nodes[0])[1].startswith("degraded"), "the node to say that it is degraded")
        crowd.flows()
        lasts(CUT, began)
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to be ready again")
    crowd.flows()
    assert crowd.reconnections() == connections, "no member lost its connection"
    crowd.check()


@pytest.mark.parametrize("how", ["dropped", "frozen"])
def test_a_node_cut_off_from_the_database_alone_is_given_up_and_its_clients_come_back_when_it_does(faulty, crowd, how):
    there = crowd.at(0)
    began = time.monotonic()
    with faulty.cut_off(faulty.store_relays, how):
        until(lambda: readiness(faulty.nodes[0])[0] == 503, "the node to say that it is not ready")
        waiting = [member for member in there if not member.impatient and member.node == 0 and member.connections == 1]
        assert len(waiting) > 20
        left_within(crowd, waiting, [1, 2], began)
        crowd.flows(nodes=[1, 2])
        lasts(CUT, began)
        assert not any(member.closes for member in waiting), "a node without its database keeps its connections"
    until(lambda: all(member.closes for member in waiting), "the node to part from its clients")
    assert {member.closes[0] for member in waiting} == {3001}
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to be ready again")
    crowd.all_connected()
    crowd.flows()
    crowd.check()


def test_a_restart_of_one_node_after_the_other_loses_nothing(faulty, crowd):
    for number, node in enumerate(faulty.nodes):
        clients = crowd.at(number)
        node.stop()
        crowd.all_connected()
        assert {member.closes[-1] for member in clients if member.closes} <= {3001}
        node.start()
        crowd.flows()
    assert all(member.connections > 1 for member in crowd.members), "everybody was on a node that was restarted"
    crowd.check()
