"""What the servers under test stand on: the embedded store, one PostgreSQL, or three nodes over PostgreSQL and NATS.

What they need is started once in a run, by the process that others are started from; every server has a database, and a
prefix on the bus, of its own there.
"""

import itertools
import os

from .cluster import Cluster
from .nats import Nats
from .pooler import Pooler
from .postgres import Postgres
from .server import Server

NODES = 3
_numbers = itertools.count(1)


class Services:
    """PostgreSQL, the pooler and NATS: started when first needed, or by another process, which has told where they are."""

    def __init__(self, told=None):
        self._told = dict(told or {})
        self._started = []

    @property
    def postgres(self):
        """PostgreSQL, to make databases in."""
        if "postgres" not in self._told:
            started = self._keep(Postgres().start())
            self._told["postgres"] = {"directory": str(started.directory), "port": started.port, "password": started.password}
        return Postgres(**self._told["postgres"])

    @property
    def pooler_port(self):
        """Where PgBouncer is, before PostgreSQL."""
        if "pooler" not in self._told:
            self._told["pooler"] = self._keep(Pooler(self.postgres).start()).port
        return self._told["pooler"]

    def bus(self, prefix):
        """The URL of the NATS servers, apart from others by a prefix."""
        if "bus" not in self._told:
            self._told["bus"] = self._keep(Nats().start()).url()
        return f"{self._told['bus']}?prefix={prefix}"

    def told(self, places):
        """Starts what these places need: where it is, for another process."""
        for place in places:
            PLACES[place].needs(self)
        return self._told

    def _keep(self, started):
        self._started.append(started)
        return started

    def close(self):
        """Stops what was started here."""
        for started in reversed(self._started):
            started.remove()
        self._started.clear()


class EmbeddedPlace:
    """Each server keeps SQLite in its data directory."""

    def __init__(self, services):
        self._services = services

    @staticmethod
    def needs(services):
        """Starts what servers here stand on: nothing."""

    def server(self, directory, config=None, **options):
        """A server, not yet started."""
        return Server(directory, config, **options)


class PostgresPlace(EmbeddedPlace):
    """Each server is one node over a database of its own."""

    @staticmethod
    def needs(services):
        """Starts PostgreSQL."""
        return services.postgres

    def server(self, directory, config=None, **options):
        database, drop = self._database()
        variables = {"MUSTER_STORE": self._services.postgres.url(database)}
        return Server(directory, config, variables=variables, at_end=drop, **options)

    def _database(self):
        """The name of a new database, and what drops it."""
        postgres = self._services.postgres
        database = f"muster_{os.getpid()}_{next(_numbers)}"
        postgres.create(database)
        return database, lambda: postgres.drop(database)


class PoolerPlace(PostgresPlace):
    """Each server is one node over a database of its own that it reaches through a pooler in transaction mode."""

    @staticmethod
    def needs(services):
        """Starts PostgreSQL and PgBouncer."""
        return services.pooler_port

    def server(self, directory, config=None, **options):
        database, drop = self._database()
        url = self._services.postgres.url(database, [self._services.pooler_port]) + "?prepared=false"
        return Server(directory, config, variables={"MUSTER_STORE": url}, at_end=drop, **options)


class ClusterPlace(PostgresPlace):
    """Each server is three nodes over a database of its own, on NATS servers that all share, each under its prefix."""

    @staticmethod
    def needs(services):
        """Starts PostgreSQL and NATS."""
        return services.postgres, services.bus("")

    def server(self, directory, config=None, **options):
        database, drop = self._database()
        variables = {"MUSTER_STORE": self._services.postgres.url(database), "MUSTER_BUS": self._services.bus(database)}
        return Cluster(directory, config, [variables] * NODES, at_end=drop, **options)


PLACES = {"sqlite": EmbeddedPlace, "postgres": PostgresPlace, "pooler": PoolerPlace, "cluster": ClusterPlace}
