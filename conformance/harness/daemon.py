"""Servers of other people that stand beside the one under test: found, started, waited for, and never left behind.

Each is one process that is stopped by its id. It ends with the process that started it, however that ends: by
`setpriv --pdeathsig` the kernel sees to it. Start them from the main thread: a thread that ends counts as the end.
"""

import atexit
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import weakref
from pathlib import Path

from .waiting import PATIENCE, until

HOST = "127.0.0.1"
# Below those that the kernel gives to callers, who would take one that a restarted server wants back.
PORTS = range(20_000, 32_000)
_ports = itertools.cycle(random.sample(PORTS, len(PORTS)))
_held = []
_running = weakref.WeakSet()


class Missing(AssertionError):
    """A program that is needed is not installed; the text says how to get it."""


def program(name, title, package, places=()):
    """The path of an installed program, looked for in the search path and in `places`; raises Missing."""
    search = os.pathsep.join([*map(str, places), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(name, path=search)
    if not found:
        raise Missing(f"{title} is missing: apt-get install {package}")
    return found


def free_port():
    """A TCP port of the loopback that nothing listens on, and that nobody else of any suite on this machine is given."""
    for port in itertools.islice(_ports, len(PORTS)):
        # A name that one process holds as long as it lives: what runs side by side never meets on a port.
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            held.bind(f"\0muster-conformance-port-{port}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((HOST, port))
        except OSError:
            held.close()
            continue
        _held.append(held)
        return port
    raise AssertionError(f"no port is free between {PORTS[0]} and {PORTS[-1]}")


def accepts(port):
    """Whether something accepts connections on a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def fresh_directory(what, owner=None):
    """A new directory of an account's own (None: ours), outside those that only we may enter."""
    directory = Path(tempfile.mkdtemp(prefix=f"muster-{what}-"))
    give(directory, owner)
    return directory


def give(path, owner):
    """Hands a path to an account; nothing for None."""
    if owner:
        account = pwd.getpwnam(owner)
        os.chown(path, account.pw_uid, account.pw_gid)


def as_account(command, owner):
    """The command as another account runs it; the command itself for None."""
    if not owner:
        return list(command)
    return ["setpriv", "--reuid", owner, "--regid", str(pwd.getpwnam(owner).pw_gid), "--init-groups", *command]


def tied(command, owner=None, end="KILL"):
    """The command, run by an account and made to get the signal `end` when the starter's end comes."""
    if shutil.which("setpriv") is None:
        return as_account(command, owner)
    return as_account(["setpriv", "--pdeathsig", end, *command], owner)


class Daemon:
    """A process with a directory of its own, in which its output goes to `log`."""

    title = "the server"
    # What it gets to stop in order, and what it gets when the starter dies: neither may wait for its clients.
    stop_signal = signal.SIGTERM
    end_signal = "KILL"
    # The account that runs it: None for ours.
    owner = None
    # Whether its directory outlives us.
    kept = False

    def __init__(self, directory):
        self.directory = Path(directory)
        self.process = None

    def command(self):
        """What is run."""
        raise NotImplementedError

    def is_ready(self):
        """Whether it serves."""
        raise NotImplementedError

    def start(self, ready_within=PATIENCE):
        """Starts it and returns once it serves."""
        assert not self.alive, f"{self.title} is running already"
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                tied(self.command(), self.owner, self.end_signal),
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            )
        _running.add(self)
        until(lambda: self.is_ready() or not self.alive, lambda: f"{self.title} to be ready\n{self.log_end()}", ready_within)
        if not self.alive:
            raise AssertionError(f"{self.title} ended with {self.process.returncode}:\n{self.log_end()}")
        return self

    @property
    def alive(self):
        """Whether its process runs (or is paused)."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        """The id of its process."""
        return self.process.pid

    def log_end(self):
        """The last of what it wrote."""
        log = self.directory / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""

    def stop(self, seconds=PATIENCE):
        """Stops it in order; what does not stop in time is killed."""
        if not self.alive:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """Ends it without giving it a chance to say anything."""
        if self.alive:
            self._signal_all(signal.SIGKILL)
            self.process.wait(PATIENCE)

    def pause(self):
        """Stops its clock: it keeps its connections and answers nothing."""
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        """Lets it run again."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        # The parent first: it must not start a new child for one that is gone. Children may be in groups of their own.
        for pid in [self.process.pid, *children(self.process.pid)]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def remove(self):
        """Kills it and deletes what it wrote."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def children(parent):
    """The ids of the processes that a process has started and that still run."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; the parent is the second field after it.
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
        except OSError:
            pass
    return found


@atexit.register
def _remove_all():
    for daemon in list(_running):
        daemon.kill() if daemon.kept else daemon.remove()
