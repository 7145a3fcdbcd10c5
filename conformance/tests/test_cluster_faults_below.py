"""Three nodes that lose their database or their bus, with 200 members on them who talk all the while.

After each fault the same must be true: every acknowledged message is stored once; whoever was there, or came back, saw
every stored message of its groups once and in order; every node lists and counts exactly those who are there.
"""

import time

import pytest

from harness.faulty import LONGER_THAN_A_LEASE, is_ready, lasts, left_within, readiness
from harness.waiting import until
from harness.wire import Wire, fetch

pytestmark = [
    pytest.mark.long,
    pytest.mark.process,
    pytest.mark.only_over("cluster", reason="it breaks what several nodes stand on"),
]

OUTAGE = 10.0


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
        assert status == 200 and text == "degraded\n"
        until(lambda node=node: "NATS cannot be reached" in node.errors(), "the node to say in its log what it cannot reach")
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
        lasts(LONGER_THAN_A_LEASE, began)
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
        lasts(LONGER_THAN_A_LEASE, began)
        assert not any(member.closes for member in waiting), "a node without its database keeps its connections"
    until(lambda: all(member.closes for member in waiting), "the node to part from its clients")
    assert {member.closes[0] for member in waiting} == {3001}
    until(lambda: all(map(is_ready, faulty.nodes)), "every node to be ready again")
    crowd.all_connected()
    crowd.flows()
    crowd.check()
