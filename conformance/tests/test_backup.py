"""Backups of the embedded store, and lost or exchanged files of it; nothing of this is PostgreSQL's."""

import os
import shutil

import pytest

from harness.server import Server

pytestmark = [pytest.mark.process, pytest.mark.only_over("sqlite", reason="the embedded store has files of its own")]


def users(server):
    """The names of the account's users."""
    return {row["userName"] for row in server.cli_json("user", "list")}


def test_a_backup_of_a_running_server_is_restored_into_an_empty_directory(new_server):
    server = new_server().start()
    server.cli("user", "add", "before")
    written = server.cli_json("backup", "all.backup")
    assert written["counts"]["user"] == 1
    server.cli("user", "add", "after")
    over = server.cli("restore", "all.backup", check=False)
    assert over.returncode == 1 and "stop the server" in over.stderr
    server.stop()
    over = server.cli("restore", "all.backup", check=False)
    assert over.returncode == 1 and "empty directory" in over.stderr
    assert users(server) == {"before", "after"}
    target = Server(server.directory / "elsewhere")
    restored = target.cli("restore", str(server.directory / "all.backup"), "--json")
    assert "master key" in restored.stderr
    shutil.copy(server.data / "master.key", target.data / "master.key")
    assert users(target) == {"before"}


def test_a_copy_over_a_killed_server_s_database_is_not_given_the_later_log(new_server):
    server = new_server().start()
    server.cli("user", "add", "before")
    server.cli("backup", "all.backup")
    server.cli("user", "add", "after")
    server.kill()
    shutil.copy(server.directory / "all.backup", server.data / "muster.db")
    refused = server.cli("serve", check=False)
    assert refused.returncode == 1 and "--accept-loss" in refused.stderr
    looked = server.cli("doctor", check=False)
    assert looked.returncode == 1 and "write-ahead log" in looked.stderr
    server.cli("doctor", "--accept-loss")
    assert users(server) == {"before"}


def test_a_removed_log_and_a_removed_database_are_noticed(new_server):
    server = new_server().start()
    server.cli("user", "add", "someone")
    server.kill()
    log = server.data / "muster.db-wal"
    kept = log.read_bytes()
    os.remove(log)
    refused = server.cli("serve", check=False)
    assert refused.returncode == 1 and "acknowledged" in refused.stderr
    log.write_bytes(kept)
    assert users(server) == {"someone"}
    os.remove(server.data / "muster.db")
    refused = server.cli("serve", check=False)
    assert refused.returncode == 1 and "is gone" in refused.stderr
    assert not (server.data / "muster.db").exists()
