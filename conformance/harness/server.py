"""A server under test: the built binary on a free port with a data directory of its own, or one already running.

The binary is named by MUSTER_BIN. Its operator's contract is all that is used: flags, environment, the line that
says it is ready, signals, exit codes, and the documented commands.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import toml_text
from .daemon import free_port, tied
from .waiting import PATIENCE, until

ACCOUNT_ID = "1234567890123456"
# A session by hand answers pings while it reads, which a test of many sessions may do late.
DEFAULT_CONFIG = {"throttle": {"enabled": False}, "realtime": {"ping_seconds": 300}}
READY = "muster is ready"


@dataclass(frozen=True)
class Key:
    """An AccessKey pair."""

    id: str
    secret: str
    # The security token of a temporary key.
    token: str | None = None


ROOT_KEY = Key("LTAIconformanceRootKey01", "Xh3conformanceRootSecret7PqZ2s")


def binary():
    """The path of the binary under test."""
    return Path(os.environ.get("MUSTER_BIN", Path(__file__).parents[2] / "target/debug/muster")).resolve()


def drawn_key(server):
    """The root key that a server's first start has drawn: in the file that it names, since its output is no terminal."""
    told = lambda: re.search(r"\b(LTAI[0-9A-Za-z]{8,})\b", server.output())
    printed = until(told, lambda: f"a root key in what the first start printed:\n{server.output()}")
    file = server.data / "root-key.json"
    until(lambda: str(file) in server.output(), lambda: f"where the secret is:\n{server.output()}")
    key = json.loads(file.read_text())
    assert key["accessKeyId"] == printed.group(1)
    return Key(key["accessKeyId"], key["accessKeySecret"])


def clean_environment():
    """The environment without what would steer the server or push its callers through a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MUSTER_") and not name.lower().endswith("_proxy")
    }


class Subject:
    """A server that somebody else runs, named by MUSTER_SUBJECT; its key comes from MUSTER_ROOT_ACCESS_KEY_ID/SECRET."""

    # Whether several nodes answer behind the one address.
    spreads = False

    def __init__(self, url):
        parts = urlsplit(url)
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.key = Key(
            os.environ.get("MUSTER_ROOT_ACCESS_KEY_ID", ROOT_KEY.id),
            os.environ.get("MUSTER_ROOT_ACCESS_KEY_SECRET", ROOT_KEY.secret),
        )

    @property
    def authority(self):
        """`host:port`, as SDKs take their endpoint."""
        return f"{self.host}:{self.port}"

    @property
    def url(self):
        """The base address, without a trailing slash."""
        return f"{self.scheme}://{self.authority}"

    @property
    def websocket_url(self):
        """The address of the Centrifuge WebSocket endpoint."""
        return f"{self.scheme.replace('http', 'ws')}://{self.authority}/connection/websocket"

    @property
    def nodes(self):
        """The nodes that can be spoken to one by one: itself."""
        return [self]

    def stop(self):
        """Nothing: it was not started here."""


class Server(Subject):
    """A server started by the test that owns it: one process.

    `variables` are added to its environment; `at_end` is called when the server is removed; `under` is a command that it
    is started by, such as `prlimit` with its limits.
    """

    def __init__(self, directory, config=None, key=ROOT_KEY, given_root=True, variables=None, at_end=None, under=()):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.scheme = "http"
        self.host = "127.0.0.1"
        self.port = free_port()
        self.key = key
        self.given_root = given_root
        self._variables = variables or {}
        self._at_end = at_end
        self._under = list(under)
        self.process = None
        self._terminated = False
        self.stdout = []
        self.stderr = []
        self._readers = []
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config_file = self.directory / "muster.toml"
        self.configure(config)

    def configure(self, config=None):
        """Writes the configuration file: `config`, over the suite's defaults; takes effect at the next start."""
        merged = {name: dict(table) for name, table in DEFAULT_CONFIG.items()}
        for name, value in (config or {}).items():
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
        self.config_file.write_text(toml_text.render(merged))

    def environment(self):
        """What the binary is started with, for the server and for its commands alike."""
        environment = clean_environment()
        environment["MUSTER_CONFIG"] = str(self.config_file)
        environment["MUSTER_DATA"] = str(self.data)
        environment["MUSTER_LISTEN"] = f"{self.host}:{self.port}"
        if self.given_root:
            environment["MUSTER_ROOT_ACCESS_KEY_ID"] = self.key.id
            environment["MUSTER_ROOT_ACCESS_KEY_SECRET"] = self.key.secret
            environment["MUSTER_ACCOUNT_ID"] = ACCOUNT_ID
        return {**environment, **self._variables}

    def passwords(self):
        """The passwords of the services that it is given the addresses of."""
        return [urlsplit(url).password for name, url in self._variables.items() if name in ("MUSTER_STORE", "MUSTER_BUS")]

    def start(self, *flags, environment=None, ready_within=PATIENCE):
        """Starts `muster serve` and returns once it says that it is ready."""
        self.spawn(*flags, environment=environment)
        return self.become_ready(ready_within)

    def become_ready(self, seconds=PATIENCE):
        """Returns once a spawned server says that it is ready."""
        until(
            lambda: self.is_ready() or self.process.poll() is not None,
            lambda: f"'{READY}' on stderr; stderr so far:\n{self.errors()}",
            seconds,
        )
        if not self.is_ready():
            self.join_readers()
            raise AssertionError(f"the server ended with {self.process.returncode} instead of becoming ready:\n{self.errors()}")
        return self

    def spawn(self, *flags, environment=None):
        """Starts `muster serve` without waiting for anything."""
        assert not self.alive, "already running"
        self._terminated = False
        self.stdout, self.stderr = [], []
        self.process = subprocess.Popen(
            tied([*self._under, str(binary()), "serve", *flags]),
            env={**self.environment(), **(environment or {})},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # Ctrl-C is for us, who stop it in order.
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=_collect, args=(stream, lines), daemon=True)
            for stream, lines in ((self.process.stdout, self.stdout), (self.process.stderr, self.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def alive(self):
        """Whether the process runs (or is paused)."""
        return self.process is not None and self.process.poll() is None

    def is_ready(self):
        """Whether the line that says so was printed."""
        return any(line.startswith(READY) for line in list(self.stderr))

    def errors(self):
        """Everything on stderr so far."""
        return "".join(list(self.stderr))

    def banner(self):
        """What the first start told, whole: its two streams are read side by side, so its end may come after it is ready."""
        return until(lambda: "\nEND\n" in self.output() and self.output(), "the end of what the first start tells")

    def output(self):
        """Everything on stdout and stderr so far."""
        return "".join(list(self.stdout)) + self.errors()

    def join_readers(self):
        """Waits until both output streams are at their end."""
        for reader in self._readers:
            reader.join(PATIENCE)

    def wait(self, seconds=PATIENCE):
        """The exit code, once the process has ended by itself."""
        code = self.process.wait(seconds)
        self.join_readers()
        return code

    def stop(self, seconds=PATIENCE):
        """SIGTERM; the server must drain and exit with 0 in time. A server that is already gone is left alone."""
        if not self.alive:
            return
        self.terminate()
        try:
            code = self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server had not stopped {seconds:g} s after SIGTERM:\n{self.errors()[-2000:]}") from None
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.errors()[-2000:]}"

    def signal(self, number):
        """Sends a signal to the process."""
        self.process.send_signal(number)

    def terminate(self):
        """SIGTERM, once: waits for nothing."""
        if self.alive and not self._terminated:
            self._terminated = True
            self.signal(signal.SIGTERM)

    def kill(self):
        """SIGKILL: what a crash or the loss of power leaves behind."""
        if self.alive:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.join_readers()

    def remove(self):
        """Deletes everything the server wrote."""
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._at_end:
            self._at_end()

    def cli(self, *arguments, check=True, environment=None):
        """Runs a command of the binary beside the server, on the same data directory."""
        done = subprocess.run(
            [str(binary()), *arguments],
            env={**self.environment(), **(environment or {})},
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if check:
            assert done.returncode == 0, f"muster {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def cli_json(self, *arguments):
        """The JSON that a command prints with `--json`."""
        return json.loads(self.cli(*arguments, "--json").stdout)

    def resident_bytes(self):
        """The memory of the process that is in RAM."""
        return self._status_bytes("VmRSS")

    def peak_bytes(self):
        """The most memory of the process that was ever in RAM."""
        return self._status_bytes("VmHWM")

    def _status_bytes(self, name):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the process has no resident memory")

    def cpu_seconds(self):
        """The processor time that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        """How many file descriptors the process holds."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def _collect(stream, lines):
    for line in stream:
        lines.append(line)
    stream.close()
