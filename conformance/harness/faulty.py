"""A cluster in which everything can be broken: its own PostgreSQL with a synchronous standby, its own NATS servers, and
relays between the first node and both."""

from contextlib import contextmanager

from .cluster import Cluster
from .nats import Nats
from .postgres import Postgres
from .relay import Address, Relay

DATABASE = "muster"
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
