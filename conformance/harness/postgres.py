"""PostgreSQL on the loopback: a primary in a fresh directory, and a synchronous standby of it when asked for.

Only passwords (SCRAM) open it, on TCP alone. The server refuses to run as root; then it runs as `postgres`.
"""

import os
import pwd
import secrets
import signal
import subprocess
from pathlib import Path

from .daemon import HOST, Daemon, as_account, fresh_directory, free_port, give, program
from .waiting import PATIENCE, until

USER = "muster"
SLOT = "standby"
# Nodes of several servers under test at once, each with its pool.
CONNECTIONS = 400


def installed(name):
    """The path of a program of PostgreSQL; Debian keeps the newest release's under its number."""
    releases = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parent.name), reverse=True)
    return program(name, "PostgreSQL", "postgresql", releases)


def account():
    """The account that the server runs under: None for our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise AssertionError("PostgreSQL refuses to run as root and there is no account `postgres`: apt-get install postgresql")


class Postgres(Daemon):
    """One PostgreSQL server. `durable=False` leaves out fsync: what is tested kills processes, not machines."""

    title = "PostgreSQL"
    # A fast shutdown for us, an immediate one when we are gone: a smart one would wait for the clients.
    stop_signal = signal.SIGINT
    end_signal = "QUIT"

    def __init__(self, directory=None, durable=False, password=None, port=None):
        self.owner = account()
        super().__init__(directory or fresh_directory("postgres", self.owner))
        self.directory.mkdir(parents=True, exist_ok=True)
        give(self.directory, self.owner)
        self.durable = durable
        self.password = password or secrets.token_hex(12)
        self.port = port or free_port()
        self.data = self.directory / "data"
        self.standby = None
        self.waits_for_nobody = False

    def command(self):
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": CONNECTIONS,
            "fsync": "on" if self.durable else "off",
            # A standby that was away a while finds what it missed.
            "wal_keep_size": "256MB",
            "password_encryption": "scram-sha-256",
            # A standby whose primary is gone looks again at once, and so takes over at once.
            "wal_retrieve_retry_interval": "200ms",
        }
        if self.waits_for_nobody:
            settings["synchronous_standby_names"] = ""
        return [installed("postgres"), "-D", str(self.data), *(f"--{name}={value}" for name, value in settings.items())]

    def start(self, ready_within=PATIENCE):
        """Starts it, with a new database cluster at the first time."""
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        return super().start(ready_within)

    def is_ready(self):
        answer = subprocess.run([installed("pg_isready"), "-q", "-h", HOST, "-p", str(self.port)], check=False)
        return answer.returncode == 0

    def _initialise(self):
        password_file = self.directory / "password"
        password_file.write_text(self.password)
        password_file.chmod(0o600)
        give(password_file, self.owner)
        self._run(
            installed("initdb"), "-D", str(self.data), "--username", USER, "--pwfile", str(password_file),
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )
        password_file.unlink()

    def _run(self, *command):
        done = subprocess.run(
            as_account(command, self.owner), cwd=self.directory, capture_output=True, text=True, timeout=120,
            env={"PATH": os.environ.get("PATH", ""), "PGPASSWORD": self.password, "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{Path(command[0]).name}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def sql(self, statement, database="postgres"):
        """What psql prints of a statement: rows as lines, columns parted by `|`."""
        return self._run(
            installed("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", HOST, "-p", str(self.port), "-U", USER,
            "-d", database, "-c", statement,
        ).strip()

    def create(self, database):
        """Makes an empty database."""
        self.sql(f'CREATE DATABASE "{database}"')

    def drop(self, database):
        """Deletes a database, whoever is connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def url(self, database, ports=None):
        """The store URL of a database here; `ports` names others to be tried, such as a relay's or the standby's."""
        hosts = ",".join(f"{HOST}:{port}" for port in (ports or [self.port]))
        attributes = "?target_session_attrs=read-write" if len(ports or []) > 1 else ""
        return f"postgres://{USER}:{self.password}@{hosts}/{database}{attributes}"

    def add_standby(self, directory=None):
        """Starts a standby from a copy of this server and makes every commit wait for it: the standby."""
        standby = Postgres(directory, self.durable, self.password)
        standby.title = "the standby of PostgreSQL"
        # Its own commits, once it is promoted, have nobody to wait for.
        standby.waits_for_nobody = True
        source = f"host={HOST} port={self.port} user={USER} application_name={SLOT}"
        self._run_basebackup(source, standby)
        standby.start()
        self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{SLOT}'")
        self.sql("SELECT pg_reload_conf()")
        in_step = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        until(lambda: self.sql(in_step) == "1", "the standby to be in step with the primary")
        self.standby = standby
        return standby

    def forget_standby(self):
        """Waits for no standby any more, and keeps nothing for one."""
        self.sql("ALTER SYSTEM RESET synchronous_standby_names")
        self.sql("SELECT pg_reload_conf()")
        self.sql(f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{SLOT}'")
        self.standby = None

    def _run_basebackup(self, source, standby):
        self._run(
            installed("pg_basebackup"), "-d", source, "-D", str(standby.data), "-R", "-X", "stream", "-C", "-S", SLOT,
            "-c", "fast", "--no-sync",
        )

    def promote(self):
        """Makes a standby the primary; returns once it takes writes."""
        self.sql("SELECT pg_promote(true, 60)")
        until(lambda: self.sql("SELECT pg_is_in_recovery()") == "f", "the standby to be promoted")

    def remove(self):
        """Kills it and its standby, and deletes what they wrote."""
        if self.standby:
            self.standby.remove()
        super().remove()
