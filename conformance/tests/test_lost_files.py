"""What is missing or mistyped is said, and nothing is made in its place: stores, and the master key of one."""

import os

import pytest

from harness.server import Server
from harness.waiting import until
from harness.wire import Wire

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("sqlite", "postgres", reason="it speaks of one process and its files"),
]

COMMANDS = [
    ["token", "--app", "a", "--user", "u"],
    ["user", "list"],
    ["user", "add", "ops"],
    ["key", "list"],
    ["policy", "list"],
    ["app", "list"],
    ["group", "list", "a"],
    ["members", "a", "g"],
    ["channel", "add", "shop"],
    ["number", "list"],
    ["export", "all.jsonl"],
    ["backup", "copy.db"],
    ["doctor"],
]


def files(directory):
    """Every file and directory below, but what the test put there."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.name != "muster.toml")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_where_there_is_no_store_says_so_and_makes_nothing(new_server, command):
    server = new_server()
    done = server.cli(*command, check=False)
    assert done.returncode != 0 and not done.stdout, done.stderr
    if command[0] == "backup" and server.passwords():
        assert "PostgreSQL" in done.stderr, "what it leaves to the database"
    else:
        assert done.returncode == 2 and "there is no store" in done.stderr
    if not server.passwords():
        assert str(server.data) in done.stderr
    assert files(server.directory) == []
    assert "LTAI" not in done.stderr


def test_an_import_without_the_master_key_makes_nothing(new_server):
    source = new_server().start()
    source.stop()
    # Over a database a node that has stopped counts for as long as its lease lasts.
    until(lambda: source.cli("export", "all.jsonl", check=False).returncode == 0, "an export", 15)
    target = Server(source.directory / "elsewhere")
    done = target.cli("import", str(source.directory / "all.jsonl"), check=False)
    assert done.returncode == 1 and "master.key" in done.stderr
    assert files(target.directory) == []


def test_without_its_master_key_a_store_is_refused_and_no_other_is_drawn(new_server):
    server = new_server().start()
    server.cli("user", "add", "ops")
    server.stop()
    kept = (server.data / "master.key").read_bytes()
    (server.data / "master.key").unlink()
    for arguments in (["serve"], ["key", "add", "ops"], ["user", "list"]):
        done = server.cli(*arguments, check=False)
        assert done.returncode == 1, done.stderr
        assert str(server.data / "master.key") in done.stderr and "--master-key" in done.stderr
        assert not (server.data / "master.key").exists()
    mistyped = server.directory / "mater.key"
    done = server.cli("serve", "--master-key", str(mistyped), check=False)
    assert done.returncode == 1 and str(mistyped) in done.stderr and not mistyped.exists()
    restore(server, kept)
    server.start()
    assert Wire(server).ok("ListLiveMessageApps", {"SortType": 1})["AppList"] == []


def restore(server, key):
    """Puts a master key into its place, as its owner would."""
    file = server.data / "master.key"
    file.write_bytes(key)
    file.chmod(0o600)


def test_nothing_is_sealed_under_a_master_key_that_is_not_the_store_s(new_server):
    server = new_server().start()
    server.cli("user", "add", "ops")
    server.stop()
    kept = (server.data / "master.key").read_bytes()
    restore(server, os.urandom(32))
    for arguments in (["key", "add", "ops"], ["serve"], ["export", "all.jsonl"]):
        done = server.cli(*arguments, check=False)
        assert done.returncode == 1 and "master key" in done.stderr and not done.stdout, done.stderr
    restore(server, kept)
    server.start()
    assert [key["user"] for key in server.cli_json("key", "list")] == ["(root)"]
