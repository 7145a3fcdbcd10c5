"""The console's sessions: who gets one, what keeps others from using it, and what can be called in it."""

import json

import pytest

from harness.scenes import new_app, new_key, unique
from harness.server import ROOT_KEY, Key
from harness.waiting import until
from harness.wire import fetch

TRIES = 3
# A proxy on this machine is believed, so that a test can come from an address of its own, and over TLS.
CONFIG = {"http": {"trusted_proxies": ["127.0.0.1"]}, "console": {"tries_per_address": TRIES}}

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]


class Visitor:
    """Somebody's browser at an address."""

    def __init__(self, server, address="198.51.100.1", scheme="http"):
        self.server = server
        self.headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": scheme, "Content-Type": "application/json"}
        self.told = None

    def ask(self, method, path, body=None, **headers):
        """A request to the console's own part of the server; a header that is `None` is left out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in (self.headers | named).items() if value is not None}
        return fetch(self.server, f"/console/api/{path}", method, body=body if body is None else json.dumps(body), headers=sent)

    def sign_in(self, key, **headers):
        answer = self.ask("POST", "session", {"accessKeyId": key.id, "accessKeySecret": key.secret}, **headers)
        if answer.status == 200:
            self.told = answer.json()
            self.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]
            self.headers["X-Muster-Csrf"] = self.told["csrf"]
        return answer

    def call(self, action, parameters, product="live", **headers):
        return self.ask("POST", "call", {"product": product, "action": action, "parameters": parameters}, **headers)


@pytest.fixture
def visitor(server):
    visitor = Visitor(server)
    assert visitor.sign_in(ROOT_KEY).status == 200
    return visitor


def refused(answer, status, code):
    told = answer.json()
    assert (answer.status, told["code"]) == (status, code)
    assert told["message"] and told["requestId"]


def test_the_right_key_begins_a_session_that_the_server_knows_again(visitor):
    assert set(visitor.told) == {"accountId", "userName", "accessKeyId", "csrf", "expires"}
    assert (visitor.told["accessKeyId"], visitor.told["userName"]) == (ROOT_KEY.id, None)
    again = visitor.ask("GET", "session")
    assert (again.status, again.json()) == (200, visitor.told)
    assert again.headers["cache-control"] == "no-store"


def test_no_script_and_no_other_site_gets_the_cookie_and_over_tls_it_goes_no_other_way(server):
    for scheme in ("http", "https"):
        cookie = Visitor(server, scheme=scheme).sign_in(ROOT_KEY).headers["set-cookie"]
        flags = {flag.strip() for flag in cookie.split(";")[1:]}
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= flags
        assert ("Secure" in flags) == (scheme == "https")
        assert ROOT_KEY.id not in cookie
        # Over TLS under a name that no other host of the domain can plant a cookie by.
        assert cookie.startswith("__Host-muster_console=" if scheme == "https" else "muster_console=")


def test_over_tls_a_session_is_not_taken_from_where_another_host_could_have_put_it(server):
    visitor = Visitor(server, scheme="https")
    assert visitor.sign_in(ROOT_KEY).status == 200 and visitor.ask("GET", "session").status == 200
    planted = visitor.headers["Cookie"].removeprefix("__Host-")
    refused(visitor.ask("GET", "session", Cookie=planted), 401, "NoSession")
    assert "__Host-muster_console=;" in visitor.ask("DELETE", "session").headers["set-cookie"]


def test_a_wrong_secret_and_an_unknown_key_are_refused_alike_and_not_without_end(server):
    visitor = Visitor(server, "198.51.100.7")
    wrong = [(ROOT_KEY.id, "no"), ("LTAIunknown", ROOT_KEY.secret), ("", "")]
    answers = [visitor.ask("POST", "session", {"accessKeyId": id, "accessKeySecret": secret}) for id, secret in wrong]
    assert len(answers) == TRIES
    for answer in answers:
        refused(answer, 401, "WrongAccessKey")
    assert len({answer.json()["message"] for answer in answers}) == 1
    late = visitor.sign_in(ROOT_KEY)
    refused(late, 429, "TooManyTries")
    assert int(late.headers["retry-after"]) > 0
    assert Visitor(server, "198.51.100.8").sign_in(ROOT_KEY).status == 200


def test_what_is_no_sign_in_is_refused_without_a_word_of_it(server):
    answer = Visitor(server).ask("POST", "session", {"accessKeyId": ROOT_KEY.id, "accessKeySecret": ["very secret"]})
    refused(answer, 400, "MalformedRequest")
    assert b"very secret" not in answer.body


def test_without_a_session_nothing_is_done(server, visitor):
    stranger = Visitor(server)
    refused(stranger.ask("GET", "session"), 401, "NoSession")
    refused(stranger.call("ListLiveMessageApps", {"SortType": 1}), 401, "NoSession")
    name, value = visitor.headers["Cookie"].split("=")
    changed = f"{name}={value[:-2]}{'AA' if value[-2:] != 'AA' else 'BB'}"
    refused(visitor.ask("GET", "session", Cookie=changed), 401, "NoSession")


def test_a_call_without_the_token_of_its_session_is_refused(visitor):
    asked = ("ListLiveMessageApps", {"SortType": 1})
    refused(visitor.call(*asked, X_Muster_Csrf=None), 403, "WrongToken")
    refused(visitor.call(*asked, X_Muster_Csrf="0" * 32), 403, "WrongToken")
    refused(visitor.ask("DELETE", "session", X_Muster_Csrf=None), 403, "WrongToken")
    assert visitor.call(*asked).status == 200


@pytest.mark.parametrize("foreign", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}], ids=str)
def test_pages_of_other_origins_may_not_ask(server, visitor, foreign):
    refused(visitor.call("ListLiveMessageApps", {"SortType": 1}, **foreign), 403, "ForeignOrigin")
    refused(Visitor(server).sign_in(ROOT_KEY, **foreign), 403, "ForeignOrigin")
    own = {"Origin": f"http://{server.authority}"}
    assert visitor.call("ListLiveMessageApps", {"SortType": 1}, **own).status == 200


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"], ids=str)
def test_what_a_form_of_another_site_could_send_is_not_read(server, visitor, kind):
    refused(visitor.call("ListLiveMessageApps", {"SortType": 1}, Content_Type=kind), 400, "MalformedRequest")
    refused(visitor.ask("POST", "command", {"User": "List"}, Content_Type=kind), 400, "MalformedRequest")
    refused(Visitor(server).sign_in(ROOT_KEY, Content_Type=kind), 400, "MalformedRequest")
    assert visitor.call("ListLiveMessageApps", {"SortType": 1}, Content_Type="Application/JSON;charset=utf-8").status == 200


def test_a_call_is_answered_as_a_signed_one_is(visitor, wire):
    app = new_app(wire)
    answer = visitor.call("DescribeLiveMessageApp", {"AppId": app["AppId"]})
    signed = wire.call("DescribeLiveMessageApp", {"AppId": app["AppId"]})
    assert {**answer.json(), "RequestId": 0} == {**signed.json(), "RequestId": 0}
    assert answer.headers["x-acs-request-id"] == answer.json()["RequestId"]
    assert answer.headers["server-timing"].startswith("call;dur=")
    failed = visitor.call("DescribeLiveMessageApp", {"AppId": "none"})
    assert (failed.status, failed.json()["Code"]) == (404, "ResourceNotExist")
    body = {"product": "live", "version": "2016-11-01", "action": "DescribeLiveMessageApp", "parameters": {"AppId": app["AppId"]}}
    assert visitor.ask("POST", "call", {**body, "form": "XML"}).body.startswith(b"<?xml")
    refused(visitor.ask("POST", "call", {**body, "product": "ecs"}), 400, "MalformedRequest")


def test_lists_objects_numbers_and_truth_values_are_taken_as_they_are(visitor, wire):
    app = new_app(wire)["AppId"]
    made = visitor.call("CreateLiveMessageGroup", {"AppId": app, "GroupId": "g", "Administrators": ["ann", "bob"]})
    assert made.status == 200, made.body
    told = visitor.call("DescribeLiveMessageGroup", {"AppId": app, "GroupId": "g"}).json()
    assert sorted(told["AdminList"]) == ["ann", "bob"]
    assert visitor.call("ModifyLiveMessageAppDisable", {"AppId": app, "Disable": True}).json()["Disable"] is True
    first = visitor.call("CreateMessageApp", {"AppName": "first", "AppConfig": {"a": "b"}})
    assert first.status == 200, first.body


def test_policies_count_and_a_session_ends_with_its_key(server, wire):
    name = unique("user")
    server.cli("user", "add", name)
    key = new_key(server, name)
    visitor = Visitor(server)
    assert visitor.sign_in(key).status == 200
    assert visitor.told["userName"] == name
    denied = visitor.call("ListLiveMessageApps", {"SortType": 1})
    assert (denied.status, denied.json()["Code"]) == (403, "NoAuth")
    server.cli("key", "remove", key.id)
    until(lambda: visitor.ask("GET", "session").status == 401, "the session to end with its key")
    refused(visitor.call("ListLiveMessageApps", {"SortType": 1}), 401, "NoSession")


@pytest.mark.looks_at("nodes")
def test_every_node_knows_a_session_and_ends_it_with_its_key(server):
    name = unique("user")
    owner = Visitor(server.nodes[0])
    assert owner.sign_in(ROOT_KEY).status == 200
    command = lambda **asked: owner.ask("POST", "command", asked)
    assert command(User={"Add": {"name": name}}).status == 200
    made = command(Key={"Add": {"user": name, "root": False}}).json()
    visitor = Visitor(server.nodes[0])
    assert visitor.sign_in(Key(made["accessKeyId"], made["accessKeySecret"])).status == 200

    def everywhere(status, path="session"):
        seen = []
        for node in server.nodes:
            there = Visitor(node)
            there.headers = visitor.headers
            seen.append(there.ask("GET", path).status)
        return set(seen) == {status}

    until(lambda: everywhere(200), "the session on every node")
    assert everywhere(403, "overview")
    document = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "muster:*", "Resource": "*"}]})
    assert command(Policy={"Put": {"name": name, "document": document}}).status == 200
    assert command(Policy={"Attach": {"name": name, "user": name}}).status == 200
    until(lambda: everywhere(200, "overview"), "the policy on every node")
    assert command(Policy={"Detach": {"name": name, "user": name}}).status == 200
    until(lambda: everywhere(403, "overview"), "the end of the policy on every node")
    assert command(Key={"Disable": {"id": made["accessKeyId"]}}).status == 200
    until(lambda: everywhere(401), "the end of the session on every node")
    assert command(Key={"Enable": {"id": made["accessKeyId"]}}).status == 200
    until(lambda: everywhere(200), "the session again, with its key")
    assert command(User={"Remove": {"name": name}}).status == 200
    until(lambda: everywhere(401), "the end of the session with its user")


def test_signing_out_has_the_browser_forget(visitor):
    answer = visitor.ask("DELETE", "session")
    assert answer.status == 200
    assert "muster_console=;" in answer.headers["set-cookie"] and "Max-Age=0" in answer.headers["set-cookie"]


def test_a_page_loads_nothing_from_elsewhere_and_answers_at_every_address_below_it(server):
    page = fetch(server, "/console/")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff" and page.headers["referrer-policy"] == "no-referrer"
    assert fetch(server, "/console/apps/any/groups/other").body == page.body
    assert fetch(server, "/console").headers["location"] == "/console/"
    script = page.body.decode().split('src="')[1].split('"')[0]
    asset = fetch(server, script, headers={"Accept-Encoding": "br"})
    assert (asset.status, asset.headers["content-encoding"]) == (200, "br")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert fetch(server, "/console/assets/none.js").status == 404
    refused(fetch(server, "/console/api/none"), 404, "NotFound")


def test_the_overview_is_for_the_account_and_for_whom_a_policy_allows_it(server, visitor, tmp_path):
    refused(visitor.ask("GET", "overview?since=yesterday"), 400, "MalformedRequest")
    told = visitor.ask("GET", "overview").json()
    assert {"answeredBy", "everySeconds", "complete", "nodes", "groups"} <= set(told)
    [node] = told["nodes"]
    assert (node["state"], node["node"], told["complete"]) == ("answers", told["answeredBy"], True)
    assert {"version", "startedAt", "samples", "failures"} <= set(node)
    name = unique("user")
    server.cli("user", "add", name)
    watcher = Visitor(server)
    assert watcher.sign_in(new_key(server, name)).status == 200
    refused(watcher.ask("GET", "overview"), 403, "NoAuth")
    policy = tmp_path / "watch.json"
    policy.write_text(json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "muster:GetOverview", "Resource": "*"}]}))
    server.cli("policy", "put", name, str(policy))
    server.cli("policy", "attach", name, name)
    until(lambda: watcher.ask("GET", "overview").status == 200, "the policy to count")


def test_commands_are_the_account_s_own_and_never_write_files(server, visitor, tmp_path):
    name = unique("user")
    assert visitor.ask("POST", "command", {"User": {"Add": {"name": name}}}).json()["userName"] == name
    assert any(user["userName"] == name for user in visitor.ask("POST", "command", {"User": "List"}).json())
    refused(visitor.ask("POST", "command", {"User": {"Add": {"name": name}}}), 409, "NotDone")
    refused(visitor.ask("POST", "command", {"Backup": {"file": str(tmp_path / "backup")}}), 403, "NoAuth")
    assert not (tmp_path / "backup").exists()
    refused(visitor.ask("POST", "command", {"Format": "disk"}), 400, "MalformedRequest")
    other = Visitor(server)
    assert other.sign_in(new_key(server, name)).status == 200
    refused(other.ask("POST", "command", {"User": "List"}), 403, "NoAuth")
    refused(other.ask("POST", "trial", {"action": "live:ListLiveMessageApps", "resource": "*"}), 403, "NoAuth")


@pytest.mark.parametrize(
    "command",
    [
        {"Key": {"Add": {"user": None, "root": False}}},
        {"Key": {"Add": {"user": "somebody", "root": True}}},
        {"Callbacks": {"List": {"owed": False, "part": {"page": 0, "size": 10}}}},
        {"Callbacks": {"List": {"owed": False, "part": {"page": 1, "size": 0}}}},
        {"Group": {"List": {"app": "app", "part": {"page": 1, "size": 1001}}}},
        {"Members": {"app": "app", "group": "g", "part": {"page": 1, "size": 65535}}},
        {"Word": {"Add": {"app": "app", "entries": []}}},
        {"Token": {"app": "app", "user": "ann", "role": "User", "ttl": 0}},
    ],
    ids=str,
)
def test_a_page_can_give_no_command_that_the_command_line_would_not_read(visitor, command):
    keys = lambda: visitor.ask("POST", "command", {"Key": "List"}).json()
    before = keys()
    answer = visitor.ask("POST", "command", command)
    refused(answer, 409, "NotDone")
    assert "does not exist" not in answer.json()["message"]
    assert keys() == before


def test_a_trial_says_which_statement_decides(server, visitor, tmp_path):
    name = unique("user")
    statements = [
        {"Effect": "Allow", "Action": "live:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "live:Delete*", "Resource": "*"},
    ]
    put = {"Policy": {"Put": {"name": name, "document": json.dumps({"Version": "1", "Statement": statements})}}}
    for command in ({"User": {"Add": {"name": name}}}, put, {"Policy": {"Attach": {"name": name, "user": name}}}):
        assert visitor.ask("POST", "command", command).status == 200
    tried = lambda action: visitor.ask("POST", "trial", {"user": name, "action": action, "resource": "acs:live:*:1:*"}).json()
    by = lambda *told: [{"policy": name, "statement": number, "effect": effect} for number, effect in told]
    allowed, denied, unknown = tried("live:ListLiveMessageApps"), tried("live:DeleteMessageApp"), tried("cams:ListChatGroup")
    assert (allowed["decision"], allowed["by"]) == ("Allowed", by((1, "Allow")))
    assert (denied["decision"], denied["by"]) == ("ExplicitDeny", by((1, "Allow"), (2, "Deny")))
    assert (unknown["decision"], unknown["by"]) == ("ImplicitDeny", [])
    refused(visitor.ask("POST", "trial", {"user": "nobody", "action": "live:X", "resource": "*"}), 409, "NotDone")
