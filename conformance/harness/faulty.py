"""A cluster in which everything can be broken: its own PostgreSQL with a synchronous standby, its own NATS servers, and
relays between the first node and both."""

import time
from contextlib import contextmanager

from .cluster import Cluster
from .nats import Nats
from .postgres import Postgres
from .relay import Address, Relay
from .waiting import PATIENCE, until
from .wire import fetch

DATABASE = "muster"
# After a node's end its members have left, and everybody knows: 10 s on a machine that is not busy.
GONE_WITHIN = PATIENCE
# Seconds after which the others have given a node up that may come back; a lease lasts 5 s.
LONGER_THAN_A_LEASE = 12.0
# What a member missed while its node was away has to be recovered whole: more than the default keeps.
CONFIG = {"realtime": {"recovery_limit": 3000, "ping_seconds": 25}, "log": {"filter": "info,muster_gateway=warn"}}


class Faulty:
    """Three nodes and all that they stand on, started. Use as a context manager."""

    def __init__(self, directory, config=None, standby=False):
        self._started = []
        try:
            self._start(directory, {**CONFIG, **(config or {})}, standby)
        except BaseException:
            self.close()
            raise

    def _start(self, directory, config, standby):
        self.postgres = self._keep(Postgres(), "remove").start()
        self.standby = self.postgres.add_standby() if standby else None
        self.postgres.create(DATABASE)
        self.nats = self._keep(Nats(), "remove").start()
        stores = [self.postgres.port] + ([self.standby.port] if standby else [])
        buses = [server.port for server in self.nats.servers]
        self.store_relays = [self._keep(Relay(Address(port)), "close") for port in stores]
        self.bus_relays = [self._keep(Relay(Address(port)), "close") for port in buses]
        ways = [([relay.port for relay in self.store_relays], [relay.port for relay in self.bus_relays])] + [(stores, buses)] * 2
        variables = [
            {"MUSTER_STORE": self.postgres.url(DATABASE, ways_to_store), "MUSTER_BUS": self.nats.url(ports=ways_to_bus)}
            for ways_to_store, ways_to_bus in ways
        ]
        self.cluster = self._keep(Cluster(directory, config, variables), "remove")
        self._keep(self.cluster, "kill")
        self.cluster.start()

    def _keep(self, thing, end):
        self._started.append(getattr(thing, end))
        return thing

    @property
    def nodes(self):
        """The three nodes; the first stands behind the relays."""
        return self.cluster.nodes

    @contextmanager
    def cut_off(self, relays, how):
        """The first node without what is behind the relays: `dropped` connections are refused anew, `frozen` ones hang."""
        for relay in relays:
            if how == "frozen":
                relay.freeze()
            else:
                relay.refuse()
                relay.drop()
        yield
        for relay in relays:
            relay.thaw() if how == "frozen" else relay.refuse(False)

    def logs(self):
        """The last that each node wrote."""
        return "\n".join(f"-- node {n + 1}:\n{node.errors()[-3000:]}" for n, node in enumerate(self.nodes))

    def close(self):
        """Ends everything."""
        for end in reversed(self._started):
            end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


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
