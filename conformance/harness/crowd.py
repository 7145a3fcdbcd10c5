"""Two hundred members over all nodes, who talk while a test breaks something, and what must be true of them at the end.

Everybody is in one group and in one of several smaller ones; a few walk in and out of the smaller ones. A caller of the
API sends too. The crowd lives in an event loop of its own, so that a test can go about its faults meanwhile.
"""

import asyncio
import random
import threading
import time
from collections import Counter, defaultdict

from .member import Member, Refused
from .scenes import new_app, new_group, online
from .tokens import login_token
from .waiting import PATIENCE, until
from .wire import Wire

PEOPLE = 200
WALKERS = 10
EVERYBODY, HALLS, TABLES = 1, 2, 5
# Messages a second into each group of a kind: some fifty together, which two thousand and more deliveries make of.
RATES = {"everybody": 5, "hall": 8, "table": 5}
API_RATE = 4
PAGE = 50


class Crowd:
    """The members of a cluster. Use as a context manager; it starts with everybody connected and in their groups."""

    def __init__(self, cluster, people=PEOPLE):
        self.nodes = cluster.nodes
        self.people = people
        # A wire for each node: what is asked of one must not be answered by another.
        self.wires = [Wire(node) for node in self.nodes]
        self.app = new_app(self.wires[0])
        self.groups = {}
        for kind, number in (("everybody", EVERYBODY), ("hall", HALLS), ("table", TABLES)):
            for _ in range(number):
                self.groups[new_group(self.wires[0], self.app)] = kind
        self.members = []
        self.walkers = []
        # What was acknowledged: the text of a message and its id. What was not is only known to have been tried.
        self.acknowledged = {}
        self.tried = set()
        self.refusals = Counter()
        self.by_node = Counter()
        self._talking = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._talks = []
        self._api = None

    def __enter__(self):
        self._thread.start()
        self._in_loop(self._gather())
        until(lambda: all(member.is_in() for member in self.members), "everybody to be connected and joined")
        return self

    def __exit__(self, *_):
        self._talking.clear()
        if self._api:
            self._api.join(PATIENCE)
        self._in_loop(self._disperse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()
        for wire in self.wires:
            wire.close()

    def _in_loop(self, coroutine, seconds=PATIENCE):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)

    def named(self, kind):
        """The groups of a kind: `everybody`, `hall`, `table`."""
        return [group for group, its in self.groups.items() if its == kind]

    @property
    def everybody(self):
        """The group that all are in."""
        return self.named("everybody")[0]

    async def _gather(self):
        addresses = [node.websocket_url for node in self.nodes]
        halls, tables = self.named("hall"), self.named("table")
        for n in range(self.people):
            member = Member(f"user{n}", login_token(self.app, f"user{n}"), addresses, n % len(addresses), impatient=n % 2 == 0)
            # Every third number apart from the node's, so that each group has members on every node.
            second = halls[n // 3 % len(halls)] if n < self.people * 3 // 5 else tables[n // 3 % len(tables)]
            member.groups = {self.everybody, second}
            self.members.append(member)
        for n in range(WALKERS):
            walker = Member(f"walker{n}", login_token(self.app, f"walker{n}"), addresses, n % len(addresses), impatient=False)
            self.walkers.append(walker)
        for member in self.members + self.walkers:
            member.start()

    async def _disperse(self):
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await asyncio.gather(*(member.end() for member in self.members + self.walkers))

    # -- talking

    def talk(self):
        """Begins to send, and to walk in and out."""
        self._talking.set()

        async def begin():
            create = self._loop.create_task
            self._talks = [create(self._keep_sending(group, RATES[kind])) for group, kind in self.groups.items()]
            self._talks += [create(self._walk(walker, n)) for n, walker in enumerate(self.walkers)]

        self._in_loop(begin())
        self._api = threading.Thread(target=self._keep_calling, daemon=True)
        self._api.start()

    async def _keep_sending(self, group, rate):
        chance = random.Random(group)
        at_work = set()
        number = 0
        while self._talking.is_set():
            await asyncio.sleep(1 / rate)
            there = [member for member in self.members if member.is_in(group)]
            if not there:
                continue
            number += 1
            sending = self._loop.create_task(self._send(chance.choice(there), group, f"{group} says {number}"))
            at_work.add(sending)
            sending.add_done_callback(at_work.discard)
        await asyncio.gather(*at_work)

    async def _send(self, member, group, text):
        self.tried.add(text)
        node = member.node
        try:
            self.acknowledged[text] = await member.send(group, text)
            self.by_node[node] += 1
        except (Refused, TimeoutError) as refusal:
            self.refusals[str(refusal) or "no answer"] += 1

    async def _walk(self, walker, number):
        places = self.named("hall") + self.named("table")
        chance = random.Random(number)
        while self._talking.is_set():
            group = chance.choice(places)
            try:
                await walker.join(group)
            except (Refused, TimeoutError, OSError):
                # The connection is given up; its successor joins.
                pass
            await asyncio.sleep(chance.uniform(1, 3))
            await walker.leave(group)

    def _keep_calling(self):
        places = list(self.groups)
        wires = [Wire(node, timeout=4) for node in self.nodes]
        number = 0
        while self._talking.is_set():
            number += 1
            group, wire = places[number % len(places)], wires[number % len(wires)]
            text = f"{group} is told {number}"
            self.tried.add(text)
            message = {"AppId": self.app["AppId"], "GroupId": group, "SenderId": "host", "Body": text, "MsgType": 7}
            began = time.monotonic()
            try:
                answer = wire.call("SendLiveMessageGroup", message)
                if answer.status == 200:
                    self.acknowledged[text] = answer.json()["MsgTid"]
                else:
                    self.refusals[f"API: {answer.status} {answer.code}"] += 1
            except OSError as fault:
                self.refusals[f"API: {type(fault).__name__}"] += 1
            # A pace, not a wait for something.
            time.sleep(max(0, 1 / API_RATE - (time.monotonic() - began)))
        for wire in wires:
            wire.close()

    def flows(self, messages=60, seconds=PATIENCE, nodes=None):
        """Returns once each of these nodes (those that have members, unless named) has acknowledged its share of more messages."""
        before = Counter(self.by_node)
        share = messages // len(self.nodes)

        def behind():
            asked = [n for n in range(len(self.nodes)) if self.at(n)] if nodes is None else nodes
            return [n + 1 for n in asked if self.by_node[n] - before[n] < share] if asked else ["all"]

        until(
            lambda: not behind(),
            lambda: f"{share} more messages to be acknowledged; missing by node: {behind()}; refusals: {self.refusals}", seconds, 0.1,
        )

    def hush(self):
        """Ends the talking and waits until what was under way is answered or given up, and the walkers have left."""
        self._talking.clear()
        self._api.join(PATIENCE)

        async def finish():
            await asyncio.gather(*self._talks)

        self._in_loop(finish())

    # -- who is where

    def at(self, node):
        """The members that are connected to a node now."""
        return [member for member in self.members if member.node == node and member.is_in()]

    def let_go(self, members):
        """From now on these do not come back when they lose their connection."""
        for member in members:
            member.coming_back = False

    def staying(self):
        """The members that come back whatever happens."""
        return [member for member in self.members if member.coming_back]

    def reconnections(self):
        """How many connections all members have made so far."""
        return sum(member.connections for member in self.members)

    def all_connected(self, seconds=PATIENCE):
        """Returns once everybody who comes back is connected and joined."""
        until(lambda: not self._missing(), lambda: f"everybody to be back: {self._missing()[:10]}", seconds)

    def _missing(self):
        return [member.user for member in self.staying() if not member.is_in()]

    def listed(self, wire, group):
        """The users that a node lists in a group, in their order."""
        token, users = None, []
        while token != 0:
            page = {"AppId": self.app["AppId"], "GroupId": group, "PageSize": PAGE, "SortType": 1, "NextPageToken": token}
            answer = wire.ok("ListLiveMessageGroupUsers", page)
            users += [row["UserId"] for row in answer["UserList"]]
            token = answer["NextPageToken"]
        return users

    def counted(self, wire, group):
        """The users that a node counts in a group."""
        return online(wire, self.app, group)

    def stored(self, group):
        """The stored messages of a group in their order: `(sequence number, id, text)`."""
        token, rows = None, []
        while token != 0:
            page = {"AppId": self.app["AppId"], "GroupId": group, "PageSize": PAGE, "SortType": 1, "NextPageToken": token}
            answer = self.wires[0].ok("ListLiveMessageGroupMessages", page)
            rows += [(row["SeqNumber"], row["MsgTid"], row["Body"]) for row in answer["MessageList"]]
            token = answer["NextPageToken"] if answer["Hasmore"] else 0
        return rows

    # -- what must be true

    def check(self):
        """Ends the talking and checks every invariant; a broken one fails with all that was seen of it."""
        self.all_connected()
        self.hush()
        history = {group: self.stored(group) for group in self.groups}
        broken = self._lost_or_doubled(history)
        self._wait_for_the_last(history)
        for member in self.members + self.walkers:
            broken += member.faults
            if member.coming_back:
                broken += self._unseen(member, history)
        assert not broken, f"{len(broken)} broken; refusals: {dict(self.refusals)}\n" + "\n".join(broken[:20])
        self.check_lists()

    def _lost_or_doubled(self, history):
        broken, stored = [], Counter()
        for rows in history.values():
            stored.update((text, tid) for _, tid, text in rows)
        texts = Counter(text for text, _ in stored.elements())
        broken += [f"acknowledged and not stored: {text!r} as {tid}" for text, tid in self.acknowledged.items() if (text, tid) not in stored]
        broken += [f"stored {count} times: {text!r}" for text, count in texts.items() if count > 1]
        return broken + [f"stored and never sent: {text!r}" for text in texts if text not in self.tried]

    def _wait_for_the_last(self, history):
        def behind():
            return [
                f"{member.user} at {member.stays[group].offset} of {history[group][-1][0]} in {group}, on node {member.node}"
                for member in self.staying() for group in member.groups
                if history[group] and (group not in member.stays or member.stays[group].offset < history[group][-1][0])
            ]

        until(lambda: not behind(), lambda: f"everybody to have the last message; behind: {behind()[:6]}", pause=0.1)

    def _unseen(self, member, history):
        broken = []
        for group, stay, is_over in [*((g, s, True) for g, s in member.past), *((g, s, False) for g, s in member.stays.items())]:
            due = [(n, tid) for n, tid, _ in history[group] if n > stay.joined_at and (not is_over or n <= stay.offset)]
            if stay.seen != due:
                differing = sorted(set(due) ^ set(stay.seen))[:5]
                broken.append(f"{member.user} saw {len(stay.seen)} of {len(due)} messages of {group}: {differing}")
        return broken

    def check_lists(self, seconds=PATIENCE):
        """Every node lists and counts in every group exactly those who are there."""
        present = defaultdict(set)
        for member in self.staying():
            for group in member.groups:
                present[group].add(member.user)
        for number, wire in enumerate(self.wires):
            if not self.nodes[number].alive:
                continue
            for group in self.groups:
                self._check_list(number, wire, group, present[group], seconds)

    def _check_list(self, number, wire, group, present, seconds):
        def difference():
            users = self.listed(wire, group)
            if len(users) != len(set(users)):
                return f"listed twice: {[user for user, count in Counter(users).items() if count > 1][:5]}"
            if set(users) != present:
                return f"not listed: {sorted(present - set(users))[:5]}; listed and gone: {sorted(set(users) - present)[:5]}"
            count = self.counted(wire, group)
            return f"{count} counted" if count != len(present) else None

        until(
            lambda: difference() is None,
            lambda: f"node {number + 1} to list the {len(present)} in {self.groups[group]} {group}: {difference()}", seconds, 0.2,
        )

    def told(self, since, kind="leaveUsers", witnesses=None):
        """What each witness was told since a moment, of each user: `{witness: {(group, user): [moments]}}`."""
        told = {}
        for witness in witnesses or self.staying():
            moments = told[witness] = defaultdict(list)
            for moment, group, notice in witness.notices:
                if moment >= since:
                    for user in notice.get(kind, []):
                        moments[group, user["userId"]].append(moment)
        return told
