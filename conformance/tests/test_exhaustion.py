"""Everything that can run out, one at a time: descriptors, the disk, memory, a caller's patience. The server lives, keeps
below a stated memory, rests when there is nothing to do, says truly whether it is ready, and is well again by itself."""

import resource
import socket
import subprocess
import threading
import time
import uuid

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, new_key, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import TIME_FORMAT, Wire, fetch

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("sqlite", reason="it takes away what one process on one machine stands on"),
]
LIST_APPS = ("ListLiveMessageApps", {"SortType": 1})
MEGABYTE = 1 << 20
# What a server with nothing to do may use of a processor, over an interval long enough for its rarest work.
REST = 0.05
REST_INTERVAL = 4.0
# Generous: the machine may be busy. What is promised is 5 s on a quiet one.
HEALED_WITHIN = 60
UPGRADE = (
    b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture(autouse=True, scope="module")
def many_files():
    """This process holds some thousand sockets."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


class Crowd(list):
    """Sockets, closed at the end."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for link in self:
            link.close()

    def connect(self, server, text=b"", answered=None):
        """One more, that has sent a text and, if it is to be answered, has heard an answer that begins so."""
        link = socket.create_connection((server.host, server.port), timeout=20)
        self.append(link)
        try:
            link.sendall(text)
            return answered is None or link.recv(4096).startswith(answered)
        except ConnectionError:
            return False


def rests(server):
    """Whether the server uses little of a processor; asked again and again until it does."""
    before, began = server.cpu_seconds(), time.monotonic()
    # The interval of a measurement, and no wait for anything.
    threading.Event().wait(REST_INTERVAL)
    return (server.cpu_seconds() - before) / (time.monotonic() - began) < REST


def is_ready(server):
    answer = fetch(server, "/readyz", timeout=20)
    return (answer.status, answer.body) == (200, b"ready\n")


def well_again(server, wire):
    """The server is alive, ready and serves."""
    assert server.alive, server.errors()[-2000:]

    def served():
        try:
            return is_ready(server) and wire.call(*LIST_APPS).status == 200
        except OSError:
            return False

    until(served, "the server to be well again", HEALED_WITHIN)


def test_descriptors_run_out(new_server):
    server = new_server(under=["prlimit", "--nofile=64:64"]).start()
    wire = Wire(server)
    wire.ok(*LIST_APPS)
    with Crowd() as crowd:
        for _ in range(100):
            crowd.connect(server)
        until(lambda: "may not open more files" in server.errors(), "the bound in the log")
        assert wire.call(*LIST_APPS).status == 200, "who was there is served"
        assert new_app(wire)["AppId"], "and the store works"
        until(lambda: rests(server), "the server to rest", HEALED_WITHIN)
        assert server.open_files() <= 64
        assert server.cli("user", "list").returncode == 0, "commands get through"
    well_again(server, Wire(server))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(place)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"NOT TESTED: a full disk needs a file system to fill, and this user may not mount one: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_the_disk_runs_out(new_server, small_disk):
    server = new_server()
    server.data = small_disk / "data"
    server.start()
    wire = Wire(server)
    app = new_app(wire)
    assert is_ready(server)
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (MEGABYTE, 4096):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    group = lambda: wire.call("CreateLiveMessageGroup", {"AppId": app["AppId"], "GroupId": unique("g"), "CreatorId": "c"}).status
    until(lambda: group() == 503, "a write to fail", HEALED_WITHIN)
    until(lambda: fetch(server, "/readyz").body == b"unavailable\n", "the server to say that it is not ready", HEALED_WITHIN)
    assert fetch(server, "/readyz").status == 503 and fetch(server, "/healthz").status == 200
    assert wire.call(*LIST_APPS).status == 200, "what is there is read"
    until(lambda: rests(server), "the server to rest", HEALED_WITHIN)
    filler.unlink()
    well_again(server, wire)
    until(lambda: group() == 200, "a write to succeed", HEALED_WITHIN)
    server.stop()


def test_a_read_only_disk_is_said_at_the_start(new_server, small_disk):
    server = new_server()
    server.data = small_disk / "data"
    server.start()
    server.stop()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    server.spawn()
    assert server.wait(30) in (1, 2)
    assert "ead-only" in server.errors() or "readonly" in server.errors(), server.errors()


def test_half_sent_bodies(new_server):
    server = new_server({"gateway": {"body_seconds": 3600}, "http": {"header_seconds": 3600}}).start()
    wire = Wire(server)
    wire.ok(*LIST_APPS)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n"
    with Crowd() as crowd:
        for _ in range(1000):
            crowd.connect(server, head + b"a" * 900_000)
        assert server.alive and server.resident_bytes() < 400 * MEGABYTE, server.resident_bytes()
        assert wire.call(*LIST_APPS).status == 200 and is_ready(server)
        until(lambda: rests(server), "the server to rest", HEALED_WITHIN)
    well_again(server, wire)
    large = lambda: wire.call("ListLiveMessageApps", {"SortType": 1, "Padding": "x" * 500_000}, place="form").status
    until(lambda: large() != 503, "room for large requests", HEALED_WITHIN)


def test_half_sent_headers(new_server):
    server = new_server({"http": {"header_seconds": 3600}}).start()
    wire = Wire(server)
    with Crowd() as crowd:
        for _ in range(1000):
            crowd.connect(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 120_000)
        assert server.alive and server.resident_bytes() < 400 * MEGABYTE, server.resident_bytes()
        assert wire.call(*LIST_APPS).status == 200 and is_ready(server)
        until(lambda: rests(server), "the server to rest", HEALED_WITHIN)
    well_again(server, wire)


def test_sockets_that_never_log_in(new_server):
    server = new_server({"realtime": {"connect_timeout_seconds": 3600}}).start()
    wire = Wire(server)
    before = server.resident_bytes()
    # The head of a text frame of 60,000 bytes, masked, and a part of it.
    unfinished = b"\x81\xfe\xea\x60\0\0\0\0" + b" " * 50_000
    with Crowd() as crowd:
        for _ in range(1000):
            assert crowd.connect(server, UPGRADE, b"HTTP/1.1 101 ")
        for link in crowd:
            try:
                link.sendall(unfinished)
            except ConnectionError:
                pass
        assert server.alive and server.resident_bytes() - before < 200 * MEGABYTE, server.resident_bytes()
        assert wire.call(*LIST_APPS).status == 200 and is_ready(server)
        until(lambda: rests(server), "the server to rest", HEALED_WITHIN)
    well_again(server, wire)


def test_members_that_ask_for_the_dearest_and_read_nothing(new_server):
    server = new_server().start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    sessions = [RawSession(server, answer_pings=False) for _ in range(100)]
    try:
        for n, session in enumerate(sessions):
            session.login(login_token(app, f"user{n}"))
            session.join(group)
        for n in range(50):
            sessions[0].result("publish", {"channel": f"g:{group}", "data": f"{n}" * 500}, 30)
        command = '{"id":%d,"history":{"channel":"g:' + group + '","limit":50}}'
        frame = ("\n".join(command % n for n in range(1, 900)))[:60_000].rsplit("\n", 1)[0]
        for session in sessions:
            link = session._socket.socket
            link.settimeout(0)
            payload = frame.encode()
            bytes_of_frame = b"\x81\xfe" + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload
            try:
                link.send(bytes_of_frame)
            except OSError:
                pass
        until(lambda: wire.call(*LIST_APPS).status == 200 and is_ready(server), "others to be served", HEALED_WITHIN)
        assert server.alive and server.resident_bytes() < 400 * MEGABYTE, server.resident_bytes()
        until(lambda: rests(server), "the server to rest", HEALED_WITHIN)
    finally:
        for session in sessions:
            session._socket.socket.close()
    well_again(server, wire)


def test_a_tenant_without_any_permission_floods_and_the_root_key_is_always_served(new_server):
    server = new_server().start()
    user = unique("user")
    server.cli("user", "add", user)
    hostile = new_key(server, user)
    stop = threading.Event()
    refused = []

    def flood(offset):
        wire = Wire(server, hostile, timeout=30)
        while not stop.is_set():
            stamp = time.strftime(TIME_FORMAT, time.gmtime(time.time() + offset))
            refused.append(wire.call(*LIST_APPS, Timestamp=stamp, SignatureNonce=uuid.uuid4().hex).status)

    floods = [threading.Thread(target=flood, args=(offset,), daemon=True) for offset in (-880, 0, 880, 895)]
    for thread in floods:
        thread.start()
    try:
        wire = Wire(server, timeout=30)
        until(lambda: len(refused) > 200, "the flood to be under way", HEALED_WITHIN)
        for _ in range(100):
            assert wire.call(*LIST_APPS).status == 200
    finally:
        stop.set()
        for thread in floods:
            thread.join(60)
    assert len(refused) > 200 and all(status >= 400 for status in refused)
