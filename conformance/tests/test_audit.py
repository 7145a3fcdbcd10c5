"""Who did what: a line of the log for each call that changes something, and for each command."""

import json
import os
import pwd

import pytest

from harness.scenes import new_app, new_key, unique
from harness.server import ACCOUNT_ID
from harness.waiting import until
from harness.wire import Wire

OPERATOR = pwd.getpwuid(os.geteuid()).pw_name

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("sqlite", "postgres", reason="it reads one process's log"),
]


def lines(server, **fields):
    """The audit lines so far that carry these fields."""
    found = [json.loads(line) for line in list(server.stderr) if '"target":"audit"' in line]
    return [line for line in found if all(line.get(name) == value for name, value in fields.items())]


def one(server, **fields):
    found = until(lambda: lines(server, **fields), lambda: f"an audit line with {fields}; so far: {lines(server)}")
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("filter", ["error", "info"])
def test_success_refusal_and_failure_are_told_with_who_and_what(new_server, filter):
    server = new_server({"log": {"filter": filter}}).start("--log", "json")
    wire = Wire(server)
    made = new_app(wire)
    line = one(server, operation="CreateLiveMessageApp")
    assert (line["access_key"], line["account"], line["user"]) == (server.key.id, ACCOUNT_ID, "(root)")
    assert (line["address"], line["outcome"], line["status"]) == ("127.0.0.1", "OK", 200)
    assert line["request_id"] == made["RequestId"]

    user = unique("user")
    server.cli("user", "add", user)
    key = new_key(server, user)
    group = {"AppId": made["AppId"], "GroupId": "g1", "CreatorId": "c"}
    Wire(server, key).refused("CreateLiveMessageGroup", group)
    line = one(server, operation="CreateLiveMessageGroup", user=user)
    assert (line["access_key"], line["outcome"], line["status"]) == (key.id, "NoAuth", 403)
    assert made["AppId"] in line["resource"] or line["resource"].endswith(":*")

    wire.refused("CreateLiveMessageGroup", {**group, "AppId": "nosuch"})
    assert one(server, operation="CreateLiveMessageGroup", user="(root)")["outcome"] == "ResourceNotExist"

    wire.ok("ListLiveMessageApps", {"SortType": 1})
    Wire(server, type(key)(key.id, "wrong")).refused("DeleteLiveMessageGroup", {"AppId": made["AppId"], "GroupId": "g1"})
    assert not lines(server, operation="ListLiveMessageApps"), "what reads changes nothing"
    assert not lines(server, operation="DeleteLiveMessageGroup"), "nobody is known to have asked"


def test_commands_are_told_and_nothing_secret_with_them(new_server, tmp_path):
    server = new_server().start("--log", "json")
    server.cli("user", "add", "ops")
    secret = server.cli_json("key", "add", "ops")["accessKeySecret"]
    server.cli("user", "add", "ops", check=False)
    policy = tmp_path / "policy.json"
    policy.write_text('{"Version":"1","Statement":[{"Effect":"Allow","Action":"live:List*","Resource":"*","Sid":"hidden"}]}')
    server.cli("policy", "put", "reads", str(policy), check=False)
    line = one(server, operation="key add")
    assert (line["account"], line["address"], line["resource"], line["outcome"]) == (ACCOUNT_ID, "this machine", "ops", "OK")
    assert (line["user"], line["uid"]) == (OPERATOR, os.geteuid())
    until(lambda: len(lines(server, operation="user add")) == 2, "both attempts")
    assert [line["outcome"] == "OK" for line in lines(server, operation="user add")] == [True, False]
    assert one(server, operation="policy put")["resource"] == "reads"
    assert secret not in server.output() and "hidden" not in json.dumps(lines(server))


def test_commands_without_a_server_are_told_by_the_user_of_the_machine(new_server):
    server = new_server().start()
    server.stop()

    def told(*arguments, succeeds=True):
        done = server.cli(*arguments, "--json", check=False)
        assert (done.returncode == 0) is succeeds, done.stderr
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        [line] = [line for line in lines if line.get("target") == "audit"]
        assert (line["user"], line["uid"], line["address"]) == (OPERATOR, os.geteuid(), "this machine")
        assert (line["outcome"] == "OK") is succeeds
        return line["operation"], line["resource"]

    assert told("user", "add", "ops") == ("user add", "ops")
    assert told("user", "add", "ops", succeeds=False) == ("user add", "ops")
    assert told("key", "add", "ops") == ("key add", "ops")
    assert told("group", "list", "nosuch", succeeds=False) == ("group list", "nosuch")
    # Over a database a node that has stopped may count for a moment.
    until(lambda: server.cli("export", "first.jsonl", check=False).returncode == 0, "an export", 15)
    assert told("export", "all.jsonl") == ("export", "all.jsonl")
    assert told("import", "all.jsonl", succeeds=False) == ("import", "all.jsonl"), "the store is not empty"
    if not server.passwords():
        operation, resource = told("backup", "all.backup")
        assert operation == "backup" and resource.endswith("/all.backup")
    assert told("restore", "all.backup", succeeds=False) == ("restore", "all.backup")
    silent = server.cli("user", "list", environment={"MUSTER_CONFIG": str(quiet(server))})
    assert "audit" not in silent.stderr


def quiet(server):
    """A configuration file that has no audit lines written."""
    file = server.directory / "quiet.toml"
    file.write_text(server.config_file.read_text() + '\n[log]\nfilter = "info,audit=off"\n')
    return file
