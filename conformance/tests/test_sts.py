"""Temporary keys: users become roles by AssumeRole, and the released clients and credential providers call with what they get."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.clock import HOUR, Clock
from harness.scenes import new_key, unique
from harness.server import ACCOUNT_ID, Key
from harness.waiting import until
from harness.wire import Wire

pytestmark = [pytest.mark.process, pytest.mark.looks_at("nodes")]

# With every sign that it may have.
EXTERNAL_ID = "shop_1+2=3,4.5@6:7/8-9"
LIST_APPS = ("ListLiveMessageApps", {"SortType": 1})
SUITE = Path(__file__).parents[1]


def document(action, resource="*"):
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


class Role:
    """A role that may list what `live` has, and a user who may become it."""

    def __init__(self, server, directory, *options):
        self.server, self.directory = server, directory
        self.name, user = unique("role"), unique("user")
        self.arn = f"acs:ram::{ACCOUNT_ID}:role/{self.name}"
        server.cli("role", "add", self.name, *options)
        server.cli("user", "add", user)
        self.policy = self.put(document("live:List*"))
        server.cli("role", "attach", self.policy, self.name)
        server.cli("policy", "attach", self.put(document("sts:AssumeRole", self.arn)), user)
        self.key = new_key(server, user)
        self.wire = Wire(server, self.key)

    def put(self, text):
        """Stores a policy; its name."""
        name = unique("policy")
        file = self.directory / f"{name}.json"
        file.write_text(text)
        self.server.cli("policy", "put", name, str(file))
        return name

    def ask(self, **more):
        """What AssumeRole answers, whatever it is."""
        return self.wire.call("AssumeRole", {"RoleArn": self.arn, "RoleSessionName": "ann", **more}, product="sts")

    def assume(self, **more):
        """A temporary key of the role."""
        until(lambda: self.ask(**more).status == 200, "the role to be known")
        return temporary(self.ask(**more).json())


def asking_for_a_name(directory):
    """The options of a role that is for who names EXTERNAL_ID."""
    trust = directory / "trust-by-name.json"
    trust.write_text(
        json.dumps({"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{ACCOUNT_ID}:root"]},
             "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
        ]})
    )
    return "--trust", str(trust)


def temporary(answer):
    credentials = answer["Credentials"]
    return Key(credentials["AccessKeyId"], credentials["AccessKeySecret"], credentials["SecurityToken"])


@pytest.fixture
def role(server, tmp_path):
    return Role(server, tmp_path)


def test_every_client_becomes_a_role_and_calls_as_it(api, role, server, ledger):
    role.assume()
    caller = type(api)(server, role.key, ledger=ledger)
    answer = caller.call("AssumeRole", {"RoleArn": role.arn, "RoleSessionName": "ann", "DurationSeconds": 900}, product="sts")
    assert answer["AssumedRoleUser"]["Arn"] == f"{role.arn}/ann"
    key = temporary(answer)
    assert key.id.startswith("STS.")
    session = type(api)(server, key, ledger=ledger)
    told = session.call("GetCallerIdentity", {}, product="sts")
    assert (told["IdentityType"], told["Arn"]) == ("AssumedRoleUser", f"{role.arn}/ann")
    assert "AppList" in session.call(*LIST_APPS)


@pytest.mark.parametrize("signature", ["v1", "v3"])
def test_a_session_may_what_its_role_may_and_a_session_policy_narrows_it(role, server, signature):
    session = Wire(server, role.assume())
    assert "AppList" in session.ok(*LIST_APPS, signature=signature)
    denied = session.call("CreateLiveMessageApp", {"AppName": "x"}, signature=signature)
    assert (denied.status, denied.code) == (403, "NoAuth")
    detail = denied.json()["AccessDeniedDetail"]
    assert (detail["AuthPrincipalType"], detail["AuthPrincipalDisplayName"]) == ("AssumedRoleUser", f"{role.name}:ann")
    narrow = Wire(server, role.assume(Policy=document("live:ListLiveMessageGroups")))
    denied = narrow.call(*LIST_APPS, signature=signature)
    assert (denied.status, denied.json()["AccessDeniedDetail"]["PolicyType"]) == (403, "SessionPolicy")


def test_a_role_that_is_deleted_ends_its_sessions_on_every_node_and_one_made_anew_revives_none(role, server):
    session = Wire(server, role.assume())
    assert "AppList" in session.ok(*LIST_APPS)
    nodes = [Wire(node, session.key) for node in server.nodes]
    server.cli("role", "delete", role.name)
    for node in nodes:
        until(lambda node=node: node.call(*LIST_APPS).code == "InvalidAccessKeyId.NotFound", "the session to end")
    server.cli("role", "add", role.name)
    server.cli("role", "attach", role.policy, role.name)
    fresh = Wire(server, role.assume())
    assert "AppList" in fresh.ok(*LIST_APPS)
    assert session.call(*LIST_APPS).code == "InvalidAccessKeyId.NotFound"


@pytest.mark.looks_at("store")
def test_a_session_outlives_a_restart_of_the_server(new_server, tmp_path):
    server = new_server().start()
    role = Role(server, tmp_path)
    key = role.assume()
    server.stop()
    server.start()
    assert Wire(server, key).ok(*LIST_APPS)["AppList"] == []


@pytest.mark.looks_at("door")
def test_a_session_ends_by_the_servers_clock(new_server, tmp_path):
    clock = Clock(tmp_path)
    server = new_server(under=clock.under()).start()
    session = Wire(server, Role(server, tmp_path).assume())

    def answer():
        told = session.call(*LIST_APPS, Timestamp=clock.stamp())
        return told.status, told.code

    assert answer() == (200, None)
    clock.set(2 * HOUR)
    assert answer() == (400, "InvalidSecurityToken.Expired")


@pytest.mark.looks_at("door")
def test_who_may_not_become_the_role_is_told_by_which_policy(server, tmp_path):
    trust = tmp_path / "trust.json"
    trust.write_text(
        json.dumps({"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{ACCOUNT_ID}:user/somebody"]}}
        ]})
    )
    role = Role(server, tmp_path, "--trust", str(trust), "--max-session", "7200")
    shown = server.cli_json("role", "show", role.name)
    assert shown["maxSessionSeconds"] == 7200 and shown["trust"]["Statement"][0]["Principal"]
    denied = role.ask()
    assert (denied.status, denied.code) == (403, "NoPermission")
    assert denied.json()["AccessDeniedDetail"]["PolicyType"] == "AssumeRolePolicy"
    root = Wire(server).call("AssumeRole", {"RoleArn": role.arn, "RoleSessionName": "ann"}, product="sts")
    assert (root.status, root.json()["Message"]) == (403, "Roles may not be assumed by root accounts.")
    gone = role.wire.call("AssumeRole", {"RoleArn": f"{role.arn}x", "RoleSessionName": "ann"}, product="sts")
    assert gone.code in ("EntityNotExist.Role", "NoPermission")


@pytest.fixture
def shop(server, tmp_path):
    """A role for who names what it was given to name."""
    return Role(server, tmp_path, *asking_for_a_name(tmp_path))


def test_every_client_names_what_the_role_asks_for(api, shop, server, ledger):
    shop.assume(ExternalId=EXTERNAL_ID)
    caller = type(api)(server, shop.key, ledger=ledger)
    asked = {"RoleArn": shop.arn, "RoleSessionName": "ann"}
    key = temporary(caller.call("AssumeRole", {**asked, "ExternalId": EXTERNAL_ID}, product="sts"))
    assert "AppList" in type(api)(server, key, ledger=ledger).call(*LIST_APPS)


@pytest.mark.looks_at("door")
def test_who_does_not_name_what_the_role_asks_for_is_not_trusted(shop):
    shop.assume(ExternalId=EXTERNAL_ID)
    for more in ({}, {"ExternalId": EXTERNAL_ID.upper()}, {"ExternalId": "shop-2"}):
        denied = shop.ask(**more)
        assert (denied.status, denied.code) == (403, "NoPermission"), denied.body
        detail = denied.json()["AccessDeniedDetail"]
        assert (detail["PolicyType"], detail["NoPermissionType"]) == ("AssumeRolePolicy", "ImplicitDeny")
    for wrong in ("x", "a b", "x" * 1225, "店铺"):
        refused = shop.ask(ExternalId=wrong)
        assert (refused.status, refused.code) == (400, "InvalidParameter.ExternalId")
        assert refused.json()["Message"].startswith("The parameter ExternalId is wrongly formed"), refused.body


@pytest.mark.looks_at("door")
def test_what_a_role_asks_for_is_a_condition_of_trust_policies_alone(server, tmp_path):
    file = tmp_path / "policy.json"
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
    file.write_text(json.dumps({"Version": "1", "Statement": [statement]}))
    refused = server.cli("policy", "put", unique("policy"), str(file), check=False)
    assert refused.returncode != 0 and "condition key sts:ExternalId is for trust policies alone" in refused.stderr


@pytest.mark.looks_at("door")
def test_a_token_is_good_for_its_key_and_no_other(role, server):
    one, other = role.assume(), role.assume()
    for token, code in [
        (None, "MissingSecurityToken"),
        ("token", "InvalidSecurityToken.Malformed"),
        (other.token, "InvalidSecurityToken.MismatchWithAccessKey"),
    ]:
        for signature in ("v1", "v3"):
            answer = Wire(server, Key(one.id, one.secret, token)).call(*LIST_APPS, signature=signature)
            assert (answer.status, answer.code) == (400, code), (signature, answer.body)


@pytest.fixture
def secure(new_server, tmp_path):
    """A server that speaks TLS by a certificate for its address, since the credential providers speak nothing else; and the
    certificate."""
    server = new_server()
    files = tmp_path / "server.pem", tmp_path / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=muster",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(files[1]), "-out", str(files[0])],
        check=True, capture_output=True,
    )
    files[1].chmod(0o600)
    server.start()
    role = Role(server, tmp_path, *asking_for_a_name(tmp_path))
    role.wire.close()
    server.stop()
    server.configure({"tls": {"certificate": str(files[0]), "key": str(files[1])}})
    server.scheme = "https"
    server.start()
    return server, role, files[0]


def trusting(certificate, store):
    """What a Java program is started with so that it trusts a certificate; `store` is where it is put for it."""
    subprocess.run(
        ["keytool", "-importcert", "-noprompt", "-alias", "muster", "-file", str(certificate),
         "-keystore", str(store), "-storetype", "PKCS12", "-storepass", "changeit"],
        check=True, capture_output=True,
    )
    return [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStoreType=PKCS12", "-Djavax.net.ssl.trustStorePassword=changeit"]


@pytest.mark.looks_at("door")
@pytest.mark.parametrize(
    "program",
    [
        [sys.executable, "harness/ram_role.py"],
        ["node", "node/ram_role.mjs"],
        ["java", "-Xmx128m", "-cp", "java/target/classes:java/target/lib/*", "RamRole", "asynchronous"],
        ["java", "-Xmx128m", "-cp", "java/target/classes:java/target/lib/*", "RamRole", "older"],
    ],
    ids=["python", "node", "java-async", "java-acs"],
)
def test_the_credential_providers_of_the_sdks_become_the_role(secure, program, tmp_path):
    server, role, certificate = secure
    if program[0] == "java":
        program = [program[0], *trusting(certificate, tmp_path / "trusted.p12"), *program[1:]]
    ask = {"id": role.key.id, "secret": role.key.secret, "role": role.arn, "authority": server.authority, "externalId": EXTERNAL_ID}
    trusted = {name: str(certificate) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")}
    done = subprocess.run(
        program, cwd=SUITE, env={**os.environ, **trusted, "ASK": json.dumps(ask)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["key"].startswith("STS.") and told["body"]["AppList"] == []
