"""Nodes that are killed, paused or restarted, with 200 members on them who talk all the while.

After each fault the same must be true: every acknowledged message is stored once; whoever was there, or came back, saw
every stored message of its groups once and in order; every node lists and counts exactly those who are there.
"""

import signal
import time

import pytest

from harness.faulty import GONE_WITHIN, LONGER_THAN_A_LEASE, lasts, left_within
from harness.waiting import until

pytestmark = [
    pytest.mark.long,
    pytest.mark.process,
    pytest.mark.only_over("cluster", reason="it breaks one of several nodes"),
]


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
        lasts(LONGER_THAN_A_LEASE, paused)
        waiting = [member for member in waiting if member.node == 1 and member.connections == 1]
        assert len(waiting) > 20, "most of those who wait for an answer must still be waiting"
    finally:
        faulty.nodes[1].signal(signal.SIGCONT)
    until(lambda: all(member.closes for member in waiting), "the node to part from its clients")
    assert {member.closes[0] for member in waiting} == {3001}
    crowd.all_connected()
    crowd.flows()
    crowd.check()


def test_a_restart_of_one_node_after_the_other_loses_nothing(faulty, crowd):
    for number, node in enumerate(faulty.nodes):
        before = {member: len(member.closes) for member in crowd.at(number)}
        node.stop()
        until(lambda: all(len(member.closes) > closes for member, closes in before.items()), "everybody to have parted from the node")
        crowd.all_connected()
        # Whom a busy node could not tell in the time that it has to end in is cut off, and comes back as well.
        closes = {member.closes[closed] for member, closed in before.items()}
        assert 3001 in closes and closes <= {3001, 1006}
        node.start()
        crowd.flows()
    assert all(member.connections > 1 for member in crowd.members), "everybody was on a node that was restarted"
    crowd.check()
