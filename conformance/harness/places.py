"""What the servers under test stand on: the embedded store, one PostgreSQL, or three nodes over PostgreSQL and NATS.

A place starts what it needs once and is shared by a session; every server made in it has a database, and a bus, of its
own there.
"""

import itertools

from .cluster import Cluster
from .nats import Nats
from .pooler import Pooler
from .postgres import Postgres
from .server import Server

NODES = 3
_numbers = itertools.count(1)


class EmbeddedPlace:
    """Each server keeps SQLite in its data directory."""

    name = "sqlite"

    def server(self, directory, config=None, **options):
        """A server, not yet started."""
        return Server(directory, config, **options)

    def close(self):
        """Stops what the place has started: nothing."""


class PostgresPlace(EmbeddedPlace):
    """Each server is one node over a database of its own."""

    name = "postgres"

    def __init__(self):
        self.postgres = Postgres().start()

    def server(self, directory, config=None, **options):
        database = self._database()
        variables = {"MUSTER_STORE": self.postgres.url(database)}
        return Server(directory, config, variables=variables, at_end=lambda: self.postgres.drop(database), **options)

    def _database(self):
        database = f"muster{next(_numbers)}"
        self.postgres.create(database)
        return database

    def close(self):
        self.postgres.remove()


class PoolerPlace(PostgresPlace):
    """Each server is one node over a database of its own that it reaches through a pooler in transaction mode."""

    name = "pooler"

    def __init__(self):
        super().__init__()
        self.pooler = Pooler(self.postgres).start()

    def server(self, directory, config=None, **options):
        database = self._database()
        url = self.postgres.url(database, [self.pooler.port]) + "?prepared=false"
        return Server(directory, config, variables={"MUSTER_STORE": url}, at_end=lambda: self.postgres.drop(database), **options)

    def close(self):
        self.pooler.remove()
        super().close()


class ClusterPlace(PostgresPlace):
    """Each server is three nodes over a database of its own, on NATS servers that all share, each under its prefix."""

    name = "cluster"

    def __init__(self):
        super().__init__()
        self.nats = Nats().start()

    def server(self, directory, config=None, **options):
        database = self._database()
        variables = {"MUSTER_STORE": self.postgres.url(database), "MUSTER_BUS": self.nats.url(prefix=database)}
        return Cluster(directory, config, [variables] * NODES, at_end=lambda: self.postgres.drop(database), **options)

    def close(self):
        super().close()
        self.nats.remove()


PLACES = {place.name: place for place in (EmbeddedPlace, PostgresPlace, PoolerPlace, ClusterPlace)}
