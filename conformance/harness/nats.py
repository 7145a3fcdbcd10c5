"""NATS servers on the loopback: one, or several with routes between them. A user and a password open them."""

import json
import secrets
import shutil
import urllib.request
from pathlib import Path

from .daemon import HOST, Daemon, accepts, fresh_directory, free_port, program
from .waiting import PATIENCE, until

USER = "muster"


class NatsServer(Daemon):
    """One NATS server."""

    def __init__(self, directory, number, password, port, route, routes):
        super().__init__(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.title = f"NATS server {number}"
        self.port = port
        self.monitor = free_port()
        self.file = self.directory / "nats.conf"
        self.file.write_text(
            f"server_name: muster-{number}\n"
            f'listen: "{HOST}:{port}"\n'
            f'http: "{HOST}:{self.monitor}"\n'
            f'authorization {{ user: {USER}, password: "{password}" }}\n'
            "cluster {\n"
            "  name: muster\n"
            f'  listen: "{HOST}:{route}"\n'
            f'  authorization {{ user: routes, password: "{password}" }}\n'
            # Clients keep to the addresses they were given: a relay in between stays in between.
            "  no_advertise: true\n"
            "  routes: [" + ", ".join(f'"nats-route://routes:{password}@{HOST}:{other}"' for other in routes) + "]\n"
            "}\n"
        )
        self.file.chmod(0o600)

    def command(self):
        return [program("nats-server", "NATS", "nats-server"), "-c", str(self.file)]

    def is_ready(self):
        return accepts(self.port)

    def told(self, what):
        """What the server tells of itself, such as `varz` or `connz`."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{HOST}:{self.monitor}/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)


class Nats:
    """NATS servers that know of each other."""

    def __init__(self, count=3, directory=None):
        self.directory = Path(directory) if directory else fresh_directory("nats")
        self.password = secrets.token_hex(12)
        ports = [free_port() for _ in range(count)]
        routes = [free_port() for _ in range(count)]
        self.servers = [
            NatsServer(self.directory / f"nats{n + 1}", n + 1, self.password, ports[n], routes[n], routes) for n in range(count)
        ]

    def start(self):
        """Starts those that do not run; returns once every two have their route."""
        for server in self.servers:
            if not server.alive:
                server.start()
        until(self._is_whole, "the NATS servers to find each other")
        return self

    def _is_whole(self):
        return all(len({route["remote_id"] for route in server.told("routez")["routes"]}) >= len(self.servers) - 1 for server in self.servers)

    def url(self, prefix=None, ports=None):
        """The bus URL; `prefix` keeps one group of nodes apart from another on the same servers."""
        hosts = ",".join(f"{HOST}:{port}" for port in (ports or [server.port for server in self.servers]))
        return f"nats://{USER}:{self.password}@{hosts}" + (f"?prefix={prefix}" if prefix else "")

    def stop(self):
        """Stops all in order."""
        for server in self.servers:
            server.stop()

    def kill(self):
        """Kills all."""
        for server in self.servers:
            server.kill()

    def remove(self):
        """Kills all and deletes what they wrote."""
        for server in self.servers:
            server.remove()
        shutil.rmtree(self.directory, ignore_errors=True)
