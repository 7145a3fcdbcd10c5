"""PgBouncer on the loopback: many clients share few connections to PostgreSQL, transaction by transaction."""

from .daemon import HOST, Daemon, accepts, fresh_directory, free_port, give, program
from .postgres import USER, account

# Fewer connections than one node opens, so that they are shared indeed.
CONNECTIONS = 5


class Pooler(Daemon):
    """A pooler in transaction mode before one PostgreSQL server, for every database of it."""

    title = "PgBouncer"

    def __init__(self, postgres):
        self.owner = account()
        super().__init__(fresh_directory("pgbouncer", self.owner))
        self.port = free_port()
        users = self.directory / "users.txt"
        users.write_text(f'"{USER}" "{postgres.password}"\n')
        self.file = self.directory / "pgbouncer.ini"
        self.file.write_text(
            f"[databases]\n* = host={HOST} port={postgres.port}\n"
            "[pgbouncer]\npool_mode = transaction\nauth_type = scram-sha-256\n"
            f"auth_file = {users}\nlisten_addr = {HOST}\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"default_pool_size = {CONNECTIONS}\nmax_client_conn = 1000\nserver_login_retry = 1\n"
        )
        for file in (users, self.file):
            file.chmod(0o600)
            give(file, self.owner)

    def command(self):
        return [program("pgbouncer", "PgBouncer", "pgbouncer"), str(self.file)]

    def is_ready(self):
        return accepts(self.port)
