"""HAProxy before several nodes, on the loopback.

Two kinds. For people: HTTP, each request to the next node that says it is ready, what lasts to the node with the fewest
connections. For tests: bare TCP, each connection to the next node that takes it, so that bent requests arrive as sent.
"""

from .daemon import HOST, Daemon, accepts, fresh_directory, free_port, program

_COMMON = """defaults
    retries 3
    option redispatch 1
    timeout connect 2s
    # A member may be silent for long; the server pings and parts from the dead itself.
    timeout client 1h
    timeout server 1h
"""


class Balancer(Daemon):
    """One HAProxy over nodes on the loopback's `ports`."""

    title = "HAProxy"

    def __init__(self, ports, port=None, bare=False, directory=None):
        super().__init__(directory or fresh_directory("haproxy"))
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.file = self.directory / "haproxy.cfg"
        self.file.write_text(_COMMON + (_tcp(self.port, ports) if bare else _http(self.port, ports)))

    @property
    def authority(self):
        """Where callers and clients connect."""
        return f"{HOST}:{self.port}"

    def command(self):
        return [program("haproxy", "HAProxy", "haproxy"), "-db", "-f", str(self.file)]

    def is_ready(self):
        return accepts(self.port)


def _tcp(port, ports):
    servers = "".join(f"    server node{n + 1} {HOST}:{target}\n" for n, target in enumerate(ports))
    return f"listen nodes\n    mode tcp\n    bind {HOST}:{port}\n    balance roundrobin\n{servers}"


def _http(port, ports):
    check = "check inter 500ms fall 2 rise 1"
    servers = "".join(f"    server node{n + 1} {HOST}:{target} {check}\n" for n, target in enumerate(ports))
    ready = "    option httpchk GET /readyz\n    http-check expect status 200\n"
    return f"""frontend muster
    mode http
    bind {HOST}:{port}
    acl lasts path_beg /connection/
    use_backend members if lasts
    default_backend calls
backend calls
    mode http
    balance roundrobin
    timeout tunnel 1h
{ready}{servers}backend members
    mode http
    balance leastconn
    timeout tunnel 1h
{ready}{servers}"""
