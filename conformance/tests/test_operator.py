"""The operator's contract: first start, configuration and its order, lock, health, drain, logs, secrets, TLS, documents."""

import json
import re
import signal
import socket
import ssl
import subprocess
import urllib.request

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.clients import API_CLIENTS
from harness.clients.realtime import REALTIME_CLIENTS
from harness.ledger import OPERATIONS
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, old_app, old_group
from harness.server import binary, clean_environment, drawn_key, free_port
from harness.summary import Summary
from harness.tokens import login_token
from harness.waiting import PATIENCE, until
from harness.wire import Wire, fetch

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]
one_process = pytest.mark.only_over("sqlite", "postgres", reason="it speaks of one process: its address, its data directory, its figures")


@one_process
@pytest.mark.looks_at("store")
def test_the_first_start_tells_account_key_endpoint_and_an_example_once_and_its_secret_to_the_owner_alone(new_server):
    server = new_server(given_root=False).start()
    output = server.banner()
    assert re.search(r"\b\d{16}\b", output), "the 16-digit account id"
    assert server.authority in output and "/console/" in output
    key = drawn_key(server)
    assert (server.data / "root-key.json").stat().st_mode & 0o777 == 0o600
    assert key.secret not in output, "what is no terminal may be a log"
    assert Wire(server, key).ok("ListLiveMessageApps", {"SortType": 1})["AppList"] == []
    server.stop()
    server.start()
    assert key.id not in server.output(), "told once, and never again"
    assert Wire(server, key).call("ListLiveMessageApps", {"SortType": 1}).status == 200


def test_a_given_root_key_and_account_are_taken_and_its_secret_is_not_printed(new_server):
    server = new_server().start()
    assert Wire(server).call("ListLiveMessageApps", {"SortType": 1}).status == 200
    assert server.key.secret not in server.output()


@pytest.mark.looks_at("nodes")
def test_the_ready_line_comes_when_connections_are_accepted(new_server):
    server = new_server().start()
    assert fetch(server, "/readyz").status == 200
    for node in server.nodes:
        assert sum(line.startswith("muster is ready") for line in node.stderr) == 1


@one_process
def test_a_token_s_time_is_at_least_a_second_and_at_most_what_is_configured(new_server):
    server = new_server({"realtime": {"token_days": 2}}).start()
    app = new_app(Wire(server))["AppId"]
    asked = lambda ttl: server.cli("token", "--app", app, "--user", "ada", "--ttl", ttl, check=False)
    for ttl in ("0", "-1", "-99999999999", "4294967296", "soon", ""):
        done = asked(ttl)
        assert done.returncode == 2 and "--ttl" in done.stderr and done.stdout == "", (ttl, done)
    done = asked("172801")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--ttl must be at most 172800 seconds, as `realtime.token_days` says" in done.stderr
    for ttl in ("1", "172800"):
        assert asked(ttl).returncode == 0
    server.stop()
    assert asked("172801").returncode == 2, "without a server too"


def run(arguments, directory, environment=None):
    return subprocess.run(
        [str(binary()), *arguments], env={**clean_environment(), **(environment or {})}, cwd=directory,
        capture_output=True, text=True, timeout=PATIENCE,
    )


@pytest.mark.parametrize(
    "text,key,line",
    [
        ("listne = \"127.0.0.1:1\"\n", "listne", 1),
        ("[throttle]\nenabled = false\nenabeld = true\n", "enabeld", 3),
        ("\n\n[super_grup]\nthreshold = 3\n", "super_grup", 3),
        ("[super_group]\nlisting = \"perhaps\"\n", "listing", 2),
        ("[super_group]\nthreshold = \"many\"\n", "threshold", 2),
        ("[throttle\n", "", 1),
    ],
    ids=["top", "in a table", "table", "value", "type", "syntax"],
)
def test_a_configuration_that_is_not_understood_is_refused_by_name_and_line(tmp_path, text, key, line):
    file = tmp_path / "muster.toml"
    file.write_text(text)
    done = run(["serve", "--config", str(file), "--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{free_port()}"], tmp_path)
    assert done.returncode == 2, done.stderr
    assert key in done.stderr and re.search(rf"(?i)line {line}\b|:{line}\b", done.stderr), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["serve", "--nonsense"], ["dance"], ["serve", "--listen", "nowhere"], ["serve", "--config", "/no/such/file.toml"], ["user", "add"]],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_a_reason(tmp_path, arguments):
    done = run(arguments, tmp_path, {"MUSTER_DATA": str(tmp_path / "data")})
    assert done.returncode == 2 and done.stderr.strip()


def test_help_and_version_end_with_0(tmp_path):
    for arguments in (["--help"], ["--version"], ["serve", "--help"], ["user", "--help"]):
        done = run(arguments, tmp_path)
        assert done.returncode == 0 and done.stdout.strip(), arguments


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@one_process
def test_a_flag_goes_over_the_environment_over_the_file_over_the_default(new_server):
    by_file, by_environment, by_flag = free_port(), free_port(), free_port()
    server = new_server({"listen": f"127.0.0.1:{by_file}"})
    address = lambda port: f"127.0.0.1:{port}"
    server.start("--listen", address(by_flag), environment={"MUSTER_LISTEN": address(by_environment)})
    assert listening(by_flag) and not listening(by_environment) and not listening(by_file)
    server.stop()
    server.start(environment={"MUSTER_LISTEN": address(by_environment)})
    assert listening(by_environment) and not listening(by_file)
    server.stop()
    environment = server.environment()
    del environment["MUSTER_LISTEN"]
    process = subprocess.Popen([str(binary()), "serve"], env=environment, cwd=server.directory, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: listening(by_file), "the address of the file to be taken")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        process.stderr.close()


@one_process
@pytest.mark.looks_at("store")
def test_a_second_server_on_one_data_directory_is_refused_and_told_who_holds_it(new_server):
    server = new_server().start()
    done = run(
        ["serve", "--data", str(server.data), "--listen", f"127.0.0.1:{free_port()}"], server.directory,
        {"MUSTER_CONFIG": str(server.config_file)},
    )
    assert done.returncode in (1, 2)
    assert str(server.process.pid) in done.stderr, f"who holds the lock: process {server.process.pid}\n{done.stderr}"
    assert Wire(server).call("ListLiveMessageApps", {"SortType": 1}).status == 200
    server.kill()
    server.start()


def test_a_taken_port_is_a_failure_with_a_reason(new_server):
    server = new_server().start()
    done = run(["serve", "--data", str(server.directory / "other"), "--listen", server.authority], server.directory)
    assert done.returncode in (1, 2) and str(server.port) in done.stderr


@one_process
@pytest.mark.looks_at("store")
def test_health_readiness_and_metrics(new_server):
    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    wire.call("DescribeLiveMessageApp", {"AppId": "nosuch"})
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        session.join(group)
        session.result("publish", {"channel": f"g:{group}", "data": "x"})
        session.event("recvgroupmessage")
        assert fetch(server, "/healthz").status == 200 and fetch(server, "/readyz").status == 200
        answer = fetch(server, "/metrics")
    assert answer.status == 200 and answer.headers["content-type"].startswith(("text/plain", "application/openmetrics-text"))
    text = answer.body.decode()
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-zA-Z_:][\w:]*(\{.*\})? [-+.\deE]+(Inf|NaN)?( .*)?", line) for line in samples)
    assert any("CreateLiveMessageGroup" in line for line in samples), "requests by operation"
    assert any("DescribeLiveMessageApp" in line and "ResourceNotExist" in line for line in samples), "requests by code"
    names = " ".join(sorted({re.split(r"[{ ]", line)[0] for line in samples}))
    for word in ("request", "connection", "join", "message", "deliver", "commit"):
        assert word in names, f"no metric speaks of {word}: {names}"
    assert any("_bucket{" in line for line in samples), "latencies as histograms"
    assert server.key.secret not in text and app["AppKey"] not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.looks_at("nodes")
def test_a_signal_drains_and_ends_with_0_with_clients_connected(new_server, number):
    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)
    sessions = [RawSession(server) for _ in range(20)]
    try:
        for n, session in enumerate(sessions):
            session.login(login_token(app, f"user{n}"))
        idle = socket.create_connection((server.host, server.port))
        server.signal(number)
        for session in sessions:
            code, reason = session.closing()
            assert code == 3001 and reason
        assert server.wait() == 0
        idle.close()
        assert not any(listening(node.port) for node in server.nodes)
    finally:
        for session in sessions:
            session.close()


def log_lines(server):
    return [line for line in server.output().splitlines() if line.startswith("{")]


def test_logs_in_json_carry_the_request_id_that_the_answer_names(new_server):
    server = new_server({"log": {"filter": "debug"}}).start("--log", "json")
    wire = Wire(server)
    answer = wire.call("DescribeLiveMessageApp", {"AppId": "nosuchapp"})
    request = answer.json()["RequestId"]
    line = until(lambda: next((text for text in log_lines(server) if request in text), None), "a log line of the request")
    fields = json.loads(line)
    assert request in json.dumps(fields)
    for text in log_lines(server):
        json.loads(text)


def test_logs_in_text_name_the_request_too(new_server):
    server = new_server({"log": {"filter": "debug"}}).start("--log", "text")
    request = Wire(server).call("DescribeLiveMessageApp", {"AppId": "nosuchapp"}).json()["RequestId"]
    until(lambda: request in server.output(), "a log line of the request")


@pytest.mark.looks_at("nodes")
def test_no_secret_is_in_the_logs_nor_in_the_clear_on_disk_and_the_master_key_is_the_owners_alone(new_server):
    server = new_server({"log": {"filter": "debug"}}).start("--log", "json")
    wire = Wire(server)
    app = new_app(wire)
    server.cli("user", "add", "carol")
    key = server.cli_json("key", "add", "carol")
    wire.call("DescribeLiveMessageApp", {"AppId": app["AppId"]})
    token = login_token(app, "ada")
    with RawSession(server) as session:
        session.login(token)
    secrets = [server.key.secret, app["AppKey"], key["accessKeySecret"], *server.passwords()]
    output = server.output()
    assert not [secret for secret in [*secrets, token] if secret in output], "a secret is in the log"
    server.stop()
    modes = {}
    for file in server.data.rglob("*"):
        if file.is_file():
            modes[file.name] = file.stat().st_mode & 0o777
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], f"a secret is in {file.name}"
    masters = {name: mode for name, mode in modes.items() if "key" in name.lower()}
    assert masters and all(mode == 0o600 for mode in masters.values()), modes


def test_tls_when_a_certificate_is_configured(new_server):
    server = new_server()
    certificate, key = server.directory / "cert.pem", server.directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )
    server.configure({"tls": {"certificate": str(certificate), "key": str(key)}})
    server.scheme = "https"
    server.start()
    context = ssl.create_default_context(cafile=certificate)
    with urllib.request.urlopen(f"{server.url}/healthz", context=context, timeout=PATIENCE) as answer:
        assert answer.status == 200
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        session.join(group)
        session.result("publish", {"channel": f"g:{group}", "data": "over tls"})
        session.event("recvgroupmessage", data="over tls")
    with pytest.raises((OSError, AssertionError)):
        plain = socket.create_connection((server.host, server.port), timeout=PATIENCE)
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert plain.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("product", ["live", "cams"])
def test_the_openapi_document_of_a_product_is_valid_and_knows_every_operation(server, product):
    answer = fetch(server, f"/openapi/{product}.json")
    assert answer.status == 200 and "json" in answer.headers["content-type"]
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    served = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    families = [operations for family, operations in OPERATIONS.items() if family.startswith(f"{product}:")]
    assert sorted(set(served)) == sorted(name for operations in families for name in operations)


def test_an_operation_that_is_served_and_that_no_client_has_called_fails_a_whole_run():
    untried = Summary(API_CLIENTS, REALTIME_CLIENTS).wrong_table(whole=True)
    assert untried.startswith("no test calls") and f"AddChatGroup × {API_CLIENTS[0].label}" in untried


def test_an_unknown_product_has_no_document(server):
    assert fetch(server, "/openapi/nosuch.json").status == 404


@pytest.mark.looks_at("store")
def test_commands_speak_json_on_request_and_say_what_is_wrong(server):
    channel = server.cli_json("channel", "add", "main")
    assert channel["custSpaceId"]
    assert server.cli("channel", "add", "second").stdout.strip(), "a table for a person"
    done = server.cli("number", "add", "not-digits", "--channel", channel["custSpaceId"], check=False)
    assert done.returncode != 0 and done.stderr.strip()
    done = server.cli("number", "add", "8613800000001", "--channel", "cams-nosuch", check=False)
    assert done.returncode != 0 and done.stderr.strip()
    done = server.cli("token", "--app", "nosuch", "--user", "ada", check=False)
    assert done.returncode != 0 and not done.stdout and done.stderr.strip()


@pytest.mark.looks_at("store")
def test_commands_read_the_state_beside_a_running_server_and_without_one(new_server):
    server = new_server().start()
    wire = Wire(server)
    app, old = new_app(wire), old_app(wire)
    group, old_id = new_group(wire, app), old_group(wire, old)
    wire.ok("JoinMessageGroup", {"AppId": old, "GroupId": old_id, "UserId": "ann"})
    for _ in range(2):
        apps = server.cli("app", "list", "--json").stdout
        assert app["AppId"] in apps and old in apps and app["AppKey"] not in apps
        assert group in server.cli("group", "list", app["AppId"], "--json").stdout
        members = json.loads(server.cli("members", old, old_id, "--json").stdout)
        assert "ann" in json.dumps(members)
        assert "ann" in server.cli("members", old, old_id).stdout
        server.stop()


@pytest.mark.looks_at("store")
def test_data_outlives_restarts(new_server):
    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app, GroupName="kept")
    for _ in range(2):
        server.stop()
        server.start()
    answer = Wire(server).ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    assert answer["GroupName"] == "kept"
    assert Wire(server).ok("DescribeLiveMessageApp", {"AppId": app["AppId"]})["AppKey"] == app["AppKey"]
