"""The first screen: what a first start shows works as it is shown; what is given wrongly is refused by name."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from harness.daemon import tied
from harness.server import Key, binary, drawn_key
from harness.waiting import until
from harness.wire import Wire

pytestmark = [
    pytest.mark.long,
    pytest.mark.process,
    pytest.mark.only_over("sqlite", reason="what a first start says is the same over any store"),
]

SECONDS = 120


class Terminal:
    """A program on a terminal of its own: what it shows, and what is typed."""

    def __init__(self, command, environment, directory):
        self.shown = ""
        self.master, slave = pty.openpty()
        window = (40).to_bytes(2, sys.byteorder) + (200).to_bytes(2, sys.byteorder) + bytes(4)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, window)
        self.process = subprocess.Popen(
            tied(command), env=environment, cwd=directory, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)

    def read_until(self, pattern, what):
        """Waits until what was shown matches; the match."""
        deadline = time.monotonic() + SECONDS
        while not (found := re.search(pattern, self.shown)):
            assert time.monotonic() < deadline, f"{what}; shown so far:\n{self.shown}"
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.master, 65536).decode(errors="replace").replace("\r\n", "\n")
                except OSError:
                    break
        assert found, f"{what}; the program ended; shown:\n{self.shown}"
        return found

    def paste(self, text):
        """Types a text, as a terminal does with what is pasted."""
        for line in text.splitlines(keepends=True):
            os.write(self.master, line.encode())

    def close(self):
        """Ends the program, and the terminal."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        os.close(self.master)


@pytest.fixture
def terminal():
    """Makes terminals, which end with the test."""
    made = []

    def make(*arguments):
        made.append(Terminal(*arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


def example(shown):
    """The lines that a banner offers for pasting."""
    return shown[shown.index("[ -d demo ]"):shown.index("\nEND\n") + len("\nEND\n")]


def paste_into_bash(terminal, text, directory, environment):
    """Pastes lines into an interactive shell where the SDK is installed already; what the example printed."""
    (directory / "demo").symlink_to(Path(sys.prefix))
    shell = terminal(["bash", "--norc", "--noprofile", "-i"], {**environment, "PS1": "$ ", "PIP_NO_INDEX": "1"}, directory)
    shell.read_until(r"\$ ", "a prompt")
    shell.paste(text)
    return shell.read_until(r"'?[Aa]pp_?[Ii]d'?: '([^']+)'", "the application that the example makes").group(1)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "[::]"])
def test_the_example_on_a_terminal_runs_as_it_is_pasted(new_server, terminal, tmp_path, host):
    server = new_server(given_root=False)
    environment = {**server.environment(), "MUSTER_LISTEN": f"{host}:{server.port}", "TERM": "dumb"}
    started = terminal([str(binary()), "serve"], environment, server.directory)
    started.read_until(r"(?m)^muster is ready.*$", "the server to be ready")
    assert "0.0.0.0" not in started.shown.split("muster is ready")[0], "an address that nobody can call"
    made = paste_into_bash(terminal, example(started.shown), tmp_path, environment)
    key = Key(re.search(r"LTAI\w+", started.shown).group(), re.search(r"secret +(\w{20,})", started.shown).group(1))
    assert not (server.data / "root-key.json").exists(), "it was shown on a terminal"
    if host != "[::]":
        assert [app["AppId"] for app in Wire(server, key).ok("ListLiveMessageApps", {"SortType": 1})["AppList"]] == [made]


def test_the_example_behind_a_pipe_reads_the_secret_from_its_file(new_server, terminal, tmp_path):
    server = new_server(given_root=False).start()
    made = paste_into_bash(terminal, example(server.banner()), tmp_path, {**server.environment(), "TERM": "dumb"})
    apps = Wire(server, drawn_key(server)).ok("ListLiveMessageApps", {"SortType": 1})["AppList"]
    assert [app["AppId"] for app in apps] == [made]


def test_the_example_for_a_given_key_takes_it_from_the_environment(new_server, terminal, tmp_path):
    server = new_server().start()
    text = server.banner()
    assert "shown this once" not in text and server.key.secret not in text
    made = paste_into_bash(terminal, example(text), tmp_path, {**server.environment(), "TERM": "dumb"})
    assert [app["AppId"] for app in Wire(server).ok("ListLiveMessageApps", {"SortType": 1})["AppList"]] == [made]


GIVEN_WRONGLY = {
    "half a key": ({"MUSTER_ROOT_ACCESS_KEY_SECRET": None}, "MUSTER_ROOT_ACCESS_KEY_SECRET"),
    "a bad key id": ({"MUSTER_ROOT_ACCESS_KEY_ID": "has a blank"}, "MUSTER_ROOT_ACCESS_KEY_ID"),
    "a line break": ({"MUSTER_ROOT_ACCESS_KEY_SECRET": "s3cr3t\n"}, "MUSTER_ROOT_ACCESS_KEY_SECRET"),
    "a blank": ({"MUSTER_ROOT_ACCESS_KEY_SECRET": "s3cr3t "}, "MUSTER_ROOT_ACCESS_KEY_SECRET"),
    "a short account": ({"MUSTER_ACCOUNT_ID": "12345"}, "MUSTER_ACCOUNT_ID"),
    "a named account": ({"MUSTER_ACCOUNT_ID": "shop-of-the-week"}, "MUSTER_ACCOUNT_ID"),
}


@pytest.mark.parametrize("changes,name", GIVEN_WRONGLY.values(), ids=GIVEN_WRONGLY)
def test_a_root_key_given_wrongly_is_a_fault_of_the_configuration(new_server, changes, name):
    server = new_server()
    environment = {**server.environment(), **{key: value for key, value in changes.items() if value is not None}}
    for key, value in changes.items():
        if value is None:
            del environment[key]
    done = subprocess.run([str(binary()), "serve"], env=environment, cwd=server.directory, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, done.stderr
    assert name in done.stderr and "s3cr3t" not in done.stderr
    assert not server.data.exists(), "nothing is made before it is known how"


FAULTS = {
    "log filter": {"log": {"filter": "muster=[loud"}},
    "quota": {"throttle": {"quotas": {"NoSuchOperation": 5}}},
    "certificate": {"tls": {"certificate": "/no/such/cert.pem", "key": "/no/such/key.pem"}},
    "half of tls": {"tls": {"certificate": "/no/such/cert.pem"}},
    "listen": {"listen": "nowhere"},
}


@pytest.mark.parametrize("config", FAULTS.values(), ids=FAULTS)
def test_every_fault_of_the_configuration_ends_with_2_before_an_account_is_made(new_server, config):
    server = new_server(config, given_root=False)
    environment = server.environment()
    if "listen" in config:
        del environment["MUSTER_LISTEN"]
    done = subprocess.run([str(binary()), "serve"], env=environment, cwd=server.directory, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and not done.stdout, done.stderr


def test_a_store_that_differs_from_what_is_given_is_said_at_the_start(new_server):
    server = new_server().start()
    server.stop()
    other = {"MUSTER_ROOT_ACCESS_KEY_SECRET": "another0Secret0Entirely0", "MUSTER_ACCOUNT_ID": "6543210987654321"}
    server.start(environment=other)
    text = until(lambda: server.errors() if "6543210987654321" in server.errors() else None, "the account to be named")
    assert server.key.id in text and "another secret" in text
    assert server.key.secret not in text and other["MUSTER_ROOT_ACCESS_KEY_SECRET"] not in text
    server.stop()
    server.start(environment={"MUSTER_ROOT_ACCESS_KEY_ID": "LTAIthisIsNotInTheStore"})
    until(lambda: "LTAIthisIsNotInTheStore" in server.errors(), "the key that is not there to be named")


def test_root_keys_are_made_on_the_machine_and_the_last_one_stays(new_server):
    server = new_server().start()
    done = server.cli("key", "remove", server.key.id, check=False)
    assert done.returncode == 1 and "muster key add --root" in done.stderr
    assert server.cli("key", "disable", server.key.id, check=False).returncode == 1
    second = server.cli_json("key", "add", "--root")
    server.cli("key", "remove", server.key.id)
    key = Key(second["accessKeyId"], second["accessKeySecret"])
    assert Wire(server, key).ok("ListLiveMessageApps", {"SortType": 1})["AppList"] == []
    assert Wire(server).call("ListLiveMessageApps", {"SortType": 1}).status != 200
    assert server.cli("key", "remove", key.id, check=False).returncode == 1
    server.stop()
    # Also without a server.
    third = server.cli_json("key", "add", "--root")
    server.cli("key", "remove", key.id)
    assert server.cli("key", "remove", third["accessKeyId"], check=False).returncode == 1
    assert server.cli("key", "add", check=False).returncode == 2
    assert server.cli("key", "add", "ops", "--root", check=False).returncode == 2


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line and not line.startswith("muster is ready")]


def test_a_log_in_json_is_json_from_the_first_line(new_server):
    server = new_server(given_root=False).start("--log", "json")
    told = until(lambda: json_lines("".join(list(server.stdout))), "what the first start tells")
    assert told[0]["accessKeyFile"] == str(server.data / "root-key.json") and told[0]["endpoint"] == server.url
    server.stop()
    assert json_lines(server.errors())
    done = server.cli("serve", "--log", "json", "--listen", "nowhere", check=False)
    assert done.returncode == 2 and "nowhere" in json.loads(done.stderr)["message"]
    server.configure({"log": {"format": "json", "filter": "muster=[loud"}})
    done = server.cli("serve", check=False)
    assert done.returncode == 2 and "log.filter" in json.loads(done.stderr)["message"]


def test_faults_are_json_to_who_asks_for_json(new_server):
    server = new_server()
    for arguments in (["user", "list", "--json"], ["--json", "dance"], ["user", "add", "--json"]):
        done = server.cli(*arguments, check=False)
        assert done.returncode == 2 and json.loads(done.stderr)["exitCode"] == 2, done.stderr


def test_what_the_server_writes_is_its_owner_s_alone_and_a_key_that_is_not_is_said(new_server):
    server = new_server(given_root=False)
    certificate, key = server.directory / "cert.pem", server.directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )
    key.chmod(0o644)
    server.configure({"tls": {"certificate": str(certificate), "key": str(key)}})
    server.config_file.chmod(0o644)
    server.scheme = "https"
    server.start()
    text = until(lambda: server.errors() if str(key) in server.errors() else None, "the key that others may read to be named")
    assert "0644" in text and "chmod 600" in text and str(server.config_file) in text
    open_files = {str(file): oct(file.stat().st_mode) for file in [server.data, *server.data.rglob("*")] if file.stat().st_mode & 0o077}
    assert not open_files
