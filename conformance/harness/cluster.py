"""Several nodes that are one server to a test: callers and clients are spread over them, connection by connection."""

import shutil
from pathlib import Path

from .balancer import Balancer
from .daemon import HOST
from .server import ROOT_KEY, Server, Subject
from .waiting import PATIENCE


class Cluster(Subject):
    """Nodes over one database and one bus, behind a balancer of bare TCP. `variables` names, for each node, its own."""

    # A caller that keeps its connection keeps to one node: the wire opens a new one for each call.
    spreads = True

    def __init__(self, directory, config, variables, key=ROOT_KEY, given_root=True, at_end=None):
        self.directory = Path(directory)
        self.data = self.directory
        self.scheme = "http"
        self.key = key
        self._at_end = at_end
        master_key = {"MUSTER_MASTER_KEY": str(self.directory / "master.key")}
        self._nodes = [
            Server(self.directory / f"node{n + 1}", config, key, given_root, {**own, **master_key})
            for n, own in enumerate(variables)
        ]
        self.balancer = Balancer([node.port for node in self.nodes], bare=True)
        self.host, self.port = HOST, self.balancer.port

    @property
    def nodes(self):
        """The nodes, to be spoken to one by one."""
        return self._nodes

    @property
    def config_file(self):
        """The configuration file of the first node; all are alike."""
        return self.nodes[0].config_file

    def configure(self, config=None):
        """Writes every node's configuration file; takes effect at the next start."""
        for node in self.nodes:
            node.configure(config)

    def environment(self):
        """What the first node is started with."""
        return self.nodes[0].environment()

    def passwords(self):
        """The passwords of the services that the nodes are given the addresses of."""
        return self.nodes[0].passwords()

    def start(self, *flags, environment=None, ready_within=PATIENCE):
        """Starts every node and returns once all say that they are ready. The first makes the account and the key."""
        self.nodes[0].start(*flags, environment=environment, ready_within=ready_within)
        for node in self.nodes[1:]:
            node.spawn(*flags, environment=environment)
        for node in self.nodes[1:]:
            node.become_ready(ready_within)
        if not self.balancer.alive:
            self.balancer.start()
        return self

    @property
    def alive(self):
        """Whether every node runs."""
        return all(node.alive for node in self.nodes)

    @property
    def stderr(self):
        """The lines of every node's stderr so far."""
        return [line for node in self.nodes for line in list(node.stderr)]

    def errors(self):
        """Everything on every stderr so far."""
        return "".join(self.stderr)

    def output(self):
        """Everything that every node has printed so far."""
        return "".join(node.output() for node in self.nodes)

    def signal(self, number):
        """Sends a signal to every node."""
        for node in self.nodes:
            node.signal(number)

    def wait(self, seconds=PATIENCE):
        """The worst exit code, once every node has ended by itself."""
        return max((node.wait(seconds) for node in self.nodes), key=abs)

    def stop(self, seconds=PATIENCE):
        """SIGTERM to every node at once; each must drain and exit with 0 in time."""
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.stop(seconds)

    def kill(self):
        """SIGKILL to every node."""
        for node in self.nodes:
            node.kill()

    def remove(self):
        """Stops the balancer and deletes everything the nodes wrote, their database included."""
        self.balancer.remove()
        for node in self.nodes:
            node.remove()
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._at_end:
            self._at_end()

    def cli(self, *arguments, **options):
        """Runs a command of the binary with the first node's environment."""
        return self.nodes[0].cli(*arguments, **options)

    def cli_json(self, *arguments):
        """The JSON that a command prints with `--json`."""
        return self.nodes[0].cli_json(*arguments)

    def resident_bytes(self):
        """The memory in RAM of all nodes together."""
        return sum(node.resident_bytes() for node in self.nodes)

    def open_files(self):
        """How many file descriptors the node with the most holds."""
        return max(node.open_files() for node in self.nodes)
