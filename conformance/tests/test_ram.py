"""RAM: users, keys and policies made by the operator's commands, judged over the wire."""

import json
import time

import pytest

from harness.scenes import new_app, new_group, new_key, new_space, unique
from harness.server import ACCOUNT_ID
from harness.waiting import until
from harness.wire import Wire

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]


@pytest.fixture(scope="module")
def app(wire):
    app = new_app(wire)
    new_group(wire, app, "g1")
    return app


class User:
    """A RAM user with one key."""

    def __init__(self, server, directory):
        self.server, self.directory = server, directory
        self.name = unique("user")
        server.cli("user", "add", self.name)
        self.key = new_key(server, self.name)
        self.wire = Wire(server, self.key)

    def allow(self, *statements):
        """Attaches a policy of these statements; returns its name."""
        return self.attach({"Version": "1", "Statement": list(statements)})

    def attach(self, document):
        policy = unique("policy")
        file = self.directory / f"{policy}.json"
        file.write_text(json.dumps(document))
        self.server.cli("policy", "put", policy, str(file))
        self.server.cli("policy", "attach", policy, self.name)
        return policy

    def may(self, action, params, product="live"):
        """Whether the gateway lets the call through; what the operation then says does not matter."""
        answer = self.wire.call(action, params, product=product)
        return answer.code not in ("NoAuth", "NoPermission")

    def soon(self, expected, action, params, product="live"):
        """Waits until the running server has taken a change over."""
        until(lambda: self.may(action, params, product) is expected, f"{action} to be {'allowed' if expected else 'denied'}")


@pytest.fixture
def user(server, tmp_path):
    return User(server, tmp_path)


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


LIST_APPS = ("ListLiveMessageApps", {"SortType": 1})


def roll_of(app, group="g1"):
    return ("ListLiveMessageGroupUsers", {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1})


def test_a_user_without_a_policy_may_nothing_and_is_told_in_detail(user):
    answer = user.wire.call(*LIST_APPS)
    assert (answer.status, answer.code) == (403, "NoAuth")
    detail = answer.json()["AccessDeniedDetail"]
    assert detail["AuthAction"] == "live:ListLiveMessageApps"
    assert detail["NoPermissionType"] == "ImplicitDeny"
    assert detail["PolicyType"] == "AccountLevelIdentityBasedPolicy"
    assert detail["AuthPrincipalType"] == "SubUser" and detail["AuthPrincipalOwnerId"] == ACCOUNT_ID
    assert detail["AuthPrincipalDisplayName"]


def test_an_allowed_action_is_allowed_and_no_other(user, app):
    user.allow(statement("Allow", "live:ListLiveMessageApps"))
    user.soon(True, *LIST_APPS)
    assert not user.may("CreateLiveMessageApp", {})
    assert not user.may(*roll_of(app))


def test_actions_match_wildcards_and_ignore_case(user, app):
    user.allow(statement("Allow", ["live:list*GROUP?sers", "live:Describe*"]))
    user.soon(True, *roll_of(app))
    assert user.may("DescribeLiveMessageApp", {"AppId": app["AppId"]})
    assert not user.may(*LIST_APPS)


def test_a_deny_outweighs_an_allow_and_is_told_as_explicit(user, app):
    user.allow(statement("Allow", "live:*"))
    user.soon(True, *LIST_APPS)
    user.allow(statement("Deny", "live:ListLiveMessageApps"))
    user.soon(False, *LIST_APPS)
    assert user.wire.call(*LIST_APPS).json()["AccessDeniedDetail"]["NoPermissionType"] == "ExplicitDeny"
    assert user.may(*roll_of(app))


def test_not_action_allows_everything_else(user, app):
    user.allow({"Effect": "Allow", "NotAction": "live:ListLiveMessageApps", "Resource": "*"})
    user.soon(True, *roll_of(app))
    assert not user.may(*LIST_APPS)


def test_a_resource_limits_a_user_to_one_app(user, app, wire):
    other = new_app(wire)
    new_group(wire, other, "g1")
    user.allow(statement("Allow", "live:*", f"acs:live::{ACCOUNT_ID}:rtc/{app['AppId']}"))
    user.soon(True, *roll_of(app))
    assert not user.may(*roll_of(other))
    assert not user.may(*LIST_APPS), "listing every app is asked of every resource"


def test_a_resource_takes_wildcards_in_any_part(user, app):
    user.allow(statement("Allow", "live:*", f"acs:live:*:*:rtc/{app['AppId'][:4]}*"))
    user.soon(True, *roll_of(app))


def test_products_are_apart(user, server, wire, app):
    space = new_space(server)
    call = ("ListChatGroup", space.params(Page={"Index": 1, "Size": 20}), "cams")
    answer = user.wire.call(call[0], call[1], product="cams")
    assert (answer.status, answer.code) == (403, "NoPermission")
    user.allow(statement("Allow", ["cams:List*", "cams:Get*"]))
    user.soon(True, *call)
    assert not user.may("AddChatGroup", space.params(Subject="x"), "cams")
    assert not user.may(*LIST_APPS)


def condition(**operators):
    return {"Condition": {operator: {key.replace("_", ":"): value for key, value in tests.items()} for operator, tests in operators.items()}}


@pytest.mark.parametrize(
    "holds,operators",
    [
        (True, {"IpAddress": {"acs_SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}}),
        (False, {"IpAddress": {"acs_SourceIp": "10.0.0.0/8"}}),
        (True, {"NotIpAddress": {"acs_SourceIp": "10.0.0.0/8"}}),
        (True, {"Bool": {"acs_SecureTransport": "false"}}),
        (False, {"Bool": {"acs_SecureTransport": "true"}}),
        (True, {"DateGreaterThan": {"acs_CurrentTime": "2020-01-01T00:00:00Z"}}),
        (False, {"DateLessThan": {"acs_CurrentTime": "2020-01-01T00:00:00Z"}}),
        (False, {"IpAddress": {"acs_SourceIp": "127.0.0.1"}, "Bool": {"acs_SecureTransport": "true"}}),
        (False, {"StringEquals": {"acs_SourceVpc": "vpc-1"}}),
    ],
    ids=str,
)
def test_conditions_are_judged_by_the_request(user, holds, operators):
    user.allow(statement("Allow", "live:ListLiveMessageApps", **condition(**operators)), statement("Allow", "live:DescribeLiveMessageApp"))
    user.soon(True, "DescribeLiveMessageApp", {"AppId": "nosuch"})
    assert user.may(*LIST_APPS) is holds


@pytest.mark.parametrize(
    "document",
    [
        {"Version": "2", "Statement": []},
        {"Version": "1", "Statement": [{"Effect": "Perhaps", "Action": "*", "Resource": "*"}]},
        {"Version": "1", "Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]},
        {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Sometimes": {"a": "b"}}}]},
        {"Version": "1", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"acs:SourceIpp": "::1"}}}]},
        '{"Version": "1", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    ],
    ids=["version", "effect", "no action", "both actions", "operator", "condition key", "member twice"],
)
def test_a_policy_that_breaks_the_grammar_is_not_stored(server, tmp_path, document):
    file = tmp_path / "bad.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    done = server.cli("policy", "put", unique("bad"), str(file), check=False)
    assert done.returncode in (1, 2) and done.stderr.strip()


def test_a_policy_that_reaches_no_operation_is_warned_of(server, tmp_path):
    file = tmp_path / "misspelt.json"
    actions, resources = ["live:ListLiveMessageApp", "live:List*"], [f"acs:live:*:{ACCOUNT_ID}:rct/*", f"acs:live:*:{ACCOUNT_ID}:rtc/a"]
    file.write_text(json.dumps({"Version": "1", "Statement": [statement("Deny", actions, resources)]}))
    assert server.cli_json("policy", "put", unique("misspelt"), str(file))["warnings"] == [
        "statement 1: no operation is live:ListLiveMessageApp",
        f"statement 1: no operation has the resource {resources[0]}",
    ]


def test_a_parameter_that_the_operation_does_not_declare_names_no_resource(user, app):
    user.allow(statement("Allow", "live:*", f"acs:live:*:{ACCOUNT_ID}:domain/mine"))
    user.allow(statement("Allow", "live:ListLiveMessageApps"))
    user.soon(True, *LIST_APPS)
    assert not user.may("CheckLiveMessageUsersOnline", {"AppId": app["AppId"], "UserIds": "ada", "DomainName": "mine"})


@pytest.mark.looks_at("store")
def test_a_key_added_beside_a_running_server_works_at_once_and_outlives_a_restart(new_server, tmp_path):
    server = new_server().start()
    user = User(server, tmp_path)
    user.allow(statement("Allow", "live:*"))
    user.soon(True, *LIST_APPS)
    server.stop()
    server.start()
    assert Wire(server, user.key).ok(*LIST_APPS)["AppList"] == []


@pytest.mark.looks_at("nodes")
def test_a_key_is_switched_off_and_on_and_deleted_while_the_server_runs(user, server):
    user.allow(statement("Allow", "live:*"))
    user.soon(True, *LIST_APPS)

    def answers(status, code):
        answer = user.wire.call(*LIST_APPS)
        return (answer.status, answer.code) == (status, code)

    server.cli("key", "disable", user.key.id)
    until(lambda: answers(400, "InvalidAccessKeyId.Inactive"), "the key to be off")
    server.cli("key", "enable", user.key.id)
    until(lambda: answers(200, None), "the key to be on")
    server.cli("key", "remove", user.key.id)
    until(lambda: answers(404, "InvalidAccessKeyId.NotFound"), "the key to be gone")


@pytest.mark.looks_at("nodes")
def test_detaching_or_rewriting_a_policy_takes_effect_while_the_server_runs(user, server, app):
    policy = user.allow(statement("Allow", "live:*"))
    user.soon(True, *LIST_APPS)
    file = user.directory / "narrower.json"
    file.write_text(json.dumps({"Version": "1", "Statement": [statement("Allow", "live:ListLiveMessageGroupUsers")]}))
    server.cli("policy", "put", policy, str(file))
    user.soon(False, *LIST_APPS)
    assert user.may(*roll_of(app))
    server.cli("policy", "detach", policy, user.name)
    user.soon(False, *roll_of(app))


@pytest.mark.looks_at("store")
def test_users_and_policies_can_be_made_while_no_server_runs(new_server, tmp_path):
    server = new_server().start()
    server.stop()
    user = User(server, tmp_path)
    user.allow(statement("Allow", "live:ListLiveMessageApps"))
    server.start()
    assert Wire(server, user.key).call(*LIST_APPS).status == 200


@pytest.mark.looks_at("store")
def test_adding_a_user_twice_or_a_key_to_nobody_fails_with_a_reason(server):
    name = unique("twin")
    server.cli("user", "add", name)
    for command in (("user", "add", name), ("key", "add", unique("nobody")), ("policy", "attach", unique("none"), name)):
        done = server.cli(*command, check=False)
        assert done.returncode != 0 and done.stderr.strip(), command


def test_the_root_key_may_everything_at_all_times(wire):
    assert wire.call(*LIST_APPS).status == 200
