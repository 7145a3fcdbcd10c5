"""What stands before every path: who may connect and how often, how long a request may take, whom a proxy speaks for."""

import json
import socket
import struct
import subprocess

import pytest

from harness.daemon import free_port
from harness.raw_session import RawSession
from harness.scenes import new_app, new_key, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire, fetch

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("sqlite", reason="it speaks of the listener, which knows no store"),
]
LIST_APPS = ("ListLiveMessageApps", {"SortType": 1})
PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n"


def connect(server):
    return socket.create_connection((server.host, server.port), timeout=10)


def exchange(link, text):
    """Sends bytes; what comes until the server closes, or b"" when it closes at once."""
    heard = b""
    try:
        link.sendall(text)
        while chunk := link.recv(65536):
            heard += chunk
    except ConnectionError:
        pass
    return heard


def asks(path="/healthz", headers=""):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode()


def restricted(server, tmp_path, **condition):
    """The wire of a user who may list applications under a condition."""
    user = unique("user")
    server.cli("user", "add", user)
    file = tmp_path / f"{user}.json"
    allow = {"Effect": "Allow", "Action": "live:*", "Resource": "*", "Condition": condition}
    file.write_text(json.dumps({"Version": "1", "Statement": [allow]}))
    server.cli("policy", "put", user, str(file))
    server.cli("policy", "attach", user, user)
    return Wire(server, new_key(server, user))


def status(wire, **headers):
    """The status of a call that carries further, unsigned headers."""
    request = wire.request(*LIST_APPS)
    request.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return wire.send(request).status


@pytest.mark.parametrize("trusted", [True, False])
def test_a_proxy_speaks_for_the_client_if_it_is_trusted_and_nobody_else_does(new_server, tmp_path, trusted):
    server = new_server({"http": {"trusted_proxies": ["127.0.0.1/32"] if trusted else ["10.0.0.0/8"]}}).start()
    wire = restricted(server, tmp_path, IpAddress={"acs:SourceIp": "192.0.2.0/24"})
    until(lambda: status(wire) == 403, "the policy to be known")
    taken = 200 if trusted else 403
    assert status(wire, X_Forwarded_For="192.0.2.9") == taken
    assert status(wire, X_Forwarded_For="203.0.113.1, 192.0.2.9, 127.0.0.1") == taken
    assert status(wire, X_Forwarded_For="192.0.2.9, 203.0.113.1") == 403, "what the client itself claims"
    secure = restricted(server, tmp_path, Bool={"acs:SecureTransport": "true"})
    until(lambda: status(secure) == 403, "the policy to be known")
    assert status(secure, X_Forwarded_Proto="https") == taken
    assert status(secure, X_Forwarded_Proto="http") == 403


def test_an_address_has_so_many_connections_and_the_log_names_the_bound(new_server):
    server = new_server({"http": {"connections_per_address": 3}}).start()
    links = [connect(server) for _ in range(3)]
    for link in links:
        link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert link.recv(65536).startswith(b"HTTP/1.1 200")
    assert exchange(connect(server), asks()) == b""
    until(lambda: "http.connections_per_address" in server.errors(), "the bound in the log")
    links.pop().close()
    until(lambda: exchange(connect(server), asks()).startswith(b"HTTP/1.1 200"), "the place to be free again")
    for link in links:
        link.close()


def test_clients_behind_a_proxy_are_counted_one_by_one(new_server):
    server = new_server({"http": {"connections_per_address": 2, "trusted_proxies": ["127.0.0.0/8"]}}).start()
    upgrade = (
        "GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: {}\r\n\r\n"
    )
    held = []

    def comes(client):
        link = connect(server)
        held.append(link)
        link.sendall(upgrade.format(client).encode())
        return link.recv(65536).split(b"\r\n")[0]

    assert [comes("192.0.2.1"), comes("192.0.2.1")] == [b"HTTP/1.1 101 Switching Protocols"] * 2
    assert b" 429 " in comes("192.0.2.1")
    assert b" 101 " in comes("192.0.2.2")
    for link in held:
        link.close()


def test_a_proxy_s_own_header_says_whose_connection_it_is(new_server, tmp_path):
    server = new_server({"http": {"trusted_proxies": ["127.0.0.1"], "proxy_protocol": True, "connections_per_address": 1}}).start()
    line = b"PROXY TCP4 192.0.2.9 10.0.0.1 4711 443\r\n"
    addresses = socket.inet_aton("192.0.2.9") + socket.inet_aton("10.0.0.1") + struct.pack(">HH", 4711, 443)
    block = PROXY_V2 + b"\x21\x11" + struct.pack(">H", len(addresses)) + addresses
    for header in (line, block):
        until(lambda header=header: exchange(connect(server), header + asks()).startswith(b"HTTP/1.1 200"), "an answer behind the header")
    assert exchange(connect(server), asks()) == b"", "no header, no connection"
    kept = connect(server)
    kept.sendall(line + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert kept.recv(65536).startswith(b"HTTP/1.1 200")
    assert exchange(connect(server), line + asks()) == b"", "the second connection of the one client"
    other = line.replace(b"192.0.2.9", b"192.0.2.8")
    assert exchange(connect(server), other + asks()).startswith(b"HTTP/1.1 200")
    kept.close()


@pytest.mark.parametrize("path", ["/i/x", "/healthz", "/nothing", "/connection/sse"])
def test_a_body_on_a_page_has_a_time_and_a_size(new_server, path):
    server = new_server({"gateway": {"body_seconds": 1}}).start()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert b" 408 " in exchange(connect(server), f"{head}Content-Length: 10\r\n\r\nphone".encode()).split(b"\r\n")[0]
    assert b" 408 " in exchange(connect(server), f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\nphone\r\n".encode()).split(b"\r\n")[0]
    with connect(server) as link:
        link.sendall(f"{head}Content-Length: 100000\r\n\r\n".encode())
        assert b" 413 " in link.recv(65536).split(b"\r\n")[0]


UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
ANSWERED_EARLY = [
    "POST / HTTP/1.1\r\nContent-Length: 100000000",
    "POST / HTTP/1.1\r\nContent-Length: 90000",
    "DELETE / HTTP/1.1\r\nContent-Length: 90000",
    "GET / HTTP/1.1\r\nAccept: text/html\r\nContent-Length: 90000",
    "POST /connection/websocket HTTP/1.1\r\nContent-Length: 90000",
    "POST /connection/websocket HTTP/1.1\r\nTransfer-Encoding: chunked",
    f"GET /connection/websocket HTTP/1.1\r\n{UPGRADE}\r\nContent-Length: 90000",
    "POST /api/publish HTTP/1.1\r\nX-API-Key: wrong\r\nContent-Length: 90000",
    "PUT /files/x HTTP/1.1\r\nx-oss-security-token: x\r\nContent-Length: 90000",
    "POST /healthz HTTP/1.1\r\nContent-Length: 100000000",
]


def test_a_request_that_is_answered_before_its_body_came_ends_the_connection_and_is_told_so(new_server):
    compat = {"enabled": True, "hmac_secret_key": "s" * 32, "api_key": "k" * 32}
    server = new_server({"gateway": {"body_seconds": 1}, "realtime": {"compat": compat}}).start()
    for head in ANSWERED_EARLY:
        with connect(server) as link:
            # The body never comes; what is sent in its place looks like a request and must not be taken for one.
            heard = exchange(link, f"{head}\r\nHost: {server.authority}\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert heard.count(b"HTTP/1.1 ") == 1, (head, heard)
        answer = heard.split(b"\r\n\r\n")[0].lower()
        assert b"\r\nconnection: close" in answer and not answer.startswith(b"http/1.1 2"), (head, heard)


@pytest.mark.parametrize("head", ["POST /healthz HTTP/1.1", "POST / HTTP/1.1", "PUT /files/x HTTP/1.1\r\nx-oss-security-token: x"])
def test_a_client_that_sends_all_of_a_refused_body_first_reads_the_refusal(new_server, head):
    server = new_server().start()
    body = bytes(16 << 20)
    for _ in range(5):
        with connect(server) as link:
            # A reset would end the sending here, or take the answer along.
            heard = exchange(link, f"{head}\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert heard.startswith(b"HTTP/1.1 4"), heard


def test_unfinished_requests_hold_so_much_and_ordinary_ones_are_served_all_the_same(new_server):
    server = new_server({"http": {"pending_bytes": 1 << 20}, "gateway": {"body_seconds": 600}}).start()
    wire = Wire(server)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n"
    held, refused = [], []
    for _ in range(8):
        link = connect(server)
        held.append(link)
        try:
            link.sendall(head + b"a" * 300_000)
        except ConnectionError:
            refused.append(link)
    until(lambda: "http.pending_bytes" in server.errors(), "the bound in the log")
    assert wire.call(*LIST_APPS).status == 200
    assert fetch(server, "/readyz").status == 200
    for link in held:
        link.close()
    large = {"SortType": 1, "Padding": "x" * 100_000}
    until(lambda: wire.call("ListLiveMessageApps", large, place="form").status != 503, "what was held to be given back")


def test_a_tokenless_connection_to_the_port_for_commands_ends_and_so_many_wait(new_server):
    server = new_server({"admin": {"connections": 2, "token_seconds": 1}}).start()
    host, port = json.loads((server.data / "admin.json").read_text())["address"].rsplit(":", 1)
    links = [socket.create_connection((host, int(port)), timeout=10) for _ in range(3)]
    for link in links:
        assert link.recv(100) == b"", "let go without an answer"
    assert server.cli("user", "list").returncode == 0


def certificate(directory, name):
    files = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", str(files[1]), "-out", str(files[0])],
        check=True, capture_output=True,
    )
    return files


def shown(server):
    """The name in the certificate that the server shows."""
    command = ["openssl", "s_client", "-connect", server.authority, "-noservername"]
    said = subprocess.run(command, input="", capture_output=True, text=True, timeout=20).stdout
    return next((line.split("CN", 1)[1].strip(" =") for line in said.splitlines() if line.startswith("subject=")), None)


@pytest.mark.parametrize("told", [True, False], ids=["by a signal", "by itself"])
def test_a_new_certificate_is_taken_up_while_the_server_runs(new_server, told):
    server = new_server()
    first, second = certificate(server.directory, "first"), certificate(server.directory, "second")
    used = server.directory / "used.pem", server.directory / "used.key"
    for target, source in zip(used, first):
        target.write_bytes(source.read_bytes())
        target.chmod(0o600)
    server.configure({"tls": {"certificate": str(used[0]), "key": str(used[1])}})
    server.scheme = "https"
    server.start()
    assert shown(server) == "first"
    for target, source in zip(used, second):
        target.write_bytes(source.read_bytes())
    if told:
        server.signal(1)
    until(lambda: shown(server) == "second", "the new certificate", 60)


def test_speaking_the_other_protocol_is_said_once(new_server):
    server = new_server()
    first = certificate(server.directory, "first")
    server.start()
    for _ in range(3):
        assert not exchange(connect(server), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 600).startswith(b"HTTP/1.1 200")
    until(lambda: "speaks TLS to this listener" in server.errors(), "a word in the log")
    assert server.errors().count("speaks TLS to this listener") == 1
    server.stop()
    first[1].chmod(0o600)
    server.configure({"tls": {"certificate": str(first[0]), "key": str(first[1])}})
    server.start()
    for _ in range(3):
        exchange(connect(server), asks())
    until(lambda: "speaks plain HTTP to this listener" in server.errors(), "a word in the log")
    assert server.errors().count("speaks plain HTTP to this listener") == 1


def test_the_signal_to_reload_takes_up_filter_and_quotas(new_server):
    server = new_server({"throttle": {"enabled": False}, "log": {"filter": "warn"}}).start()
    wire = Wire(server)
    wire.ok(*LIST_APPS)
    assert '"request"' not in server.errors() and " request " not in server.errors()
    server.configure({"throttle": {"enabled": True}, "throttle.quotas": {"ListLiveMessageApps": 1}, "log": {"filter": "info"}})
    server.signal(1)
    until(lambda: wire.call(*LIST_APPS).code == "Throttling.User", "the quota")
    until(lambda: "operation=\"ListLiveMessageApps\"" in server.errors(), "the filter")
    server.config_file.write_text("[throttle\n")
    server.signal(1)
    until(lambda: "stays as it was" in server.errors(), "a broken configuration to be told of")
    until(lambda: wire.call(*LIST_APPS).code == "Throttling.User", "the quota to stay")
    assert server.alive


def test_no_signal_but_three_ends_the_server(new_server):
    server = new_server().start()
    app = new_app(Wire(server))
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        # Those that cannot be handled, that a program's own fault brings about, or that stop and continue it.
        left_out = {2, 4, 7, 8, 9, 11, 15, 19, 20, 21, 22, 32, 33}
        for number in (number for number in range(1, 65) if number not in left_out):
            server.signal(number)
            assert fetch(server, "/healthz").status == 200, number
        assert Wire(server).call(*LIST_APPS).status == 200
    server.stop()


def test_metrics_are_for_this_machine_for_a_listener_or_for_who_knows_the_token(new_server):
    server = new_server().start()
    assert fetch(server, "/metrics").status == 200
    assert fetch(server, "/metrics", headers={"X-Forwarded-For": "192.0.2.9"}).status == 403, "a proxy asks for somebody"
    server.stop()
    server.configure({"metrics": {"token": "t0ken-of-the-scraper"}})
    server.start()
    assert fetch(server, "/metrics").status == 401
    assert fetch(server, "/metrics", headers={"Authorization": "Bearer t0ken"}).status == 401
    assert fetch(server, "/metrics", headers={"Authorization": "Bearer t0ken-of-the-scraper"}).status == 200
    server.stop()
    other = free_port()
    server.configure({"metrics": {"listen": f"127.0.0.1:{other}"}})
    server.start()
    assert fetch(server, "/metrics").status == 404
    main, server.port = server.port, other
    assert fetch(server, "/metrics").status == 200 and fetch(server, "/healthz").status == 404
    server.port = main
