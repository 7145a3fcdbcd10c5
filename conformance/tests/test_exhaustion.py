"""Everything that can run out, one at a time: descriptors, the disk, memory, a caller's patience. The server lives, keeps
below a stated memory, rests when there is nothing to do, says truly whether it is ready, and is well again by itself."""

import contextlib
import http.client
import json
import re
import resource
import socket
import threading
import time

import pytest
from websockets.exceptions import WebSocketException

from harness.deaf import DeafClient
from harness.disks import Disk
from harness.raw_session import RawSession
from harness.receiver import Receiver
from harness.scenes import new_app, new_group, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire, connection, fetch

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("sqlite", reason="it takes away what one process on one machine stands on"),
]
LIST_APPS = ("ListLiveMessageApps", {"SortType": 1})
MEGABYTE = 1 << 20
# A server of so much memory. It is a limit of what the process asks for (RLIMIT_DATA), which the kernel counts for any user
# on any machine, and harder than one of a container: what is asked for beyond it is not given, and the process aborts. What
# the kernel itself holds for sockets is not in it.
SMALL = ["prlimit", f"--data={512 * MEGABYTE}"]
# What such a server may have held in RAM, whatever is done to it.
MOST_MEMORY = 448 * MEGABYTE
# What a server with nothing to do may use of a processor, over an interval long enough for its rarest work.
REST = 0.05
REST_INTERVAL = 4.0
UPGRADE = (
    b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\n"
# Nobody is let go because of the time that he takes.
PATIENT = {
    "gateway": {"body_seconds": 3600},
    "http": {"header_seconds": 3600},
    "realtime": {"connect_timeout_seconds": 3600, "write_timeout_seconds": 3600},
}


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


def readiness(server):
    """What `/readyz` answers somebody who comes: `(status, body)`."""
    answer = fetch(server, "/readyz", timeout=20)
    return answer.status, answer.body


READY = (200, b"ready\n")
UNAVAILABLE = (503, b"unavailable\n")


def serves_a_newcomer(server):
    """Whether somebody who was not there before can do everything: call the API, log in, join, publish."""
    try:
        wire = Wire(server, timeout=20)
        app = new_app(wire)
        group = new_group(wire, app)
        with RawSession(server) as session:
            session.login(login_token(app, "newcomer"))
            session.join(group)
            session.result("publish", {"channel": f"g:{group}", "data": "well again"})
            session.event("recvgroupmessage", data="well again")
        return readiness(server) == READY
    except (OSError, http.client.HTTPException, WebSocketException, AssertionError):
        return False


def well_again(server):
    """The server has lived through it and serves anybody, by itself. On a machine with nothing else to do that takes less
    than five seconds; here the time only bounds the failure."""
    assert server.alive, server.errors()[-2000:]
    until(lambda: serves_a_newcomer(server), lambda: f"the server to be well again\n{server.errors()[-2000:]}")


def test_descriptors_run_out(new_server):
    server = new_server(under=["prlimit", "--nofile=64:64"]).start()
    wire = Wire(server)
    wire.ok(*LIST_APPS)
    balancer = connection(server)
    balancer.request("GET", "/readyz")
    assert balancer.getresponse().read() == READY[1]
    with Crowd() as crowd:
        for _ in range(100):
            crowd.connect(server)
        until(lambda: "may not open more files" in server.errors(), "the bound in the log")
        assert wire.call(*LIST_APPS).status == 200, "who was there is served"
        assert new_app(wire)["AppId"], "and the store works"
        balancer.request("GET", "/readyz")
        assert balancer.getresponse().read() == READY[1], "which is what it tells who was there"
        with pytest.raises((OSError, http.client.HTTPException)):
            readiness(server)
        until(lambda: rests(server), "the server to rest")
        assert server.open_files() <= 64
        assert server.cli("user", "list").returncode == 0, "commands get through"
    balancer.close()
    well_again(server)


def test_descriptors_run_out_at_the_port_for_commands(new_server):
    server = new_server({"admin": {"token_seconds": 3600, "connections": 200}}, under=["prlimit", "--nofile=64:64"]).start()
    wire = Wire(server)
    wire.ok(*LIST_APPS)
    host, port = json.loads((server.data / "admin.json").read_text())["address"].rsplit(":", 1)
    with Crowd() as crowd:
        for _ in range(100):
            crowd.append(socket.create_connection((host, int(port)), timeout=20))
        until(lambda: "accepting commands" in server.errors(), "the bound in the log")
        assert "os error 24" in server.errors(), "no descriptor is left"
        assert wire.call(*LIST_APPS).status == 200, "who was there is served"
        until(lambda: rests(server), "the server to rest")
        assert server.errors().count("accepting commands") == 1, "said once"
    until(lambda: server.cli("user", "list", check=False).returncode == 0, "commands to get through again")
    well_again(server)
    server.stop()


def commits(server):
    """What tells of commits: the figure, and the mark of the last one beside the database."""
    figure = re.search(r"^muster_store_commits_total (\S+)$", fetch(server, "/metrics").body.decode(), re.M)[1]
    return figure, (server.data / "commit-mark").read_bytes()


def test_a_server_with_nothing_to_do_commits_nothing(new_server):
    server = new_server().start()
    new_app(Wire(server))

    def idle():
        before = commits(server)
        # The interval that is looked at, and no wait for anything.
        threading.Event().wait(REST_INTERVAL)
        return commits(server) == before

    until(idle, "an interval without a commit")
    assert idle()
    before = commits(server)
    new_app(Wire(server))
    assert all(one != other for one, other in zip(before, commits(server))), "both tell of a commit"
    server.stop()


def test_a_server_that_has_told_all_callbacks_commits_nothing(new_server):
    with Receiver() as receiver:
        server = new_server({"outbound": {"allow_private": True}, "callbacks": {"poll_seconds": 1}}).start()
        wire = Wire(server)
        app = new_app(wire, EventCallbackUrl=receiver.url)
        group = new_group(wire, app)
        with RawSession(server) as session:
            session.login(login_token(app, "ada"))
            session.join(group)
            until(lambda: receiver.deeds() == [(group, 3, "ada")], receiver.deeds)

            def idle():
                before = commits(server)
                # The interval that is looked at, and no wait for anything.
                threading.Event().wait(REST_INTERVAL)
                return commits(server) == before

            until(idle, "an interval without a commit")
            assert idle(), "whoever sends callbacks asks again and again, and writes nothing"
        server.stop()


@pytest.fixture
def disk(tmp_path, request):
    """A file system of the test's own, of the kind that its mark says."""
    made = Disk(*request.node.get_closest_marker("disk").args, tmp_path).make()
    yield made
    made.remove()


def on_disk(new_server, disk):
    """A server whose data is there, started."""
    server = new_server()
    server.data = disk.place / "data"
    return server.start()


def writes(wire, app):
    """The status of a call that writes."""
    return wire.call("CreateLiveMessageGroup", {"AppId": app["AppId"], "GroupId": unique("g"), "CreatorId": "c"}).status


@pytest.mark.disk("memory")
def test_the_disk_runs_out(new_server, disk):
    server = on_disk(new_server, disk)
    wire = Wire(server)
    app = new_app(wire)
    assert readiness(server) == READY
    filler = disk.fill()
    until(lambda: writes(wire, app) == 503, "a write to fail")
    until(lambda: readiness(server) == UNAVAILABLE, "the server to say that it is not ready")
    assert fetch(server, "/healthz").status == 200
    assert wire.call(*LIST_APPS).status == 200, "what is there is read"
    until(lambda: rests(server), "the server to rest")
    filler.unlink()
    well_again(server)
    assert writes(wire, app) == 200
    server.stop()


@pytest.mark.disk("errors")
def test_the_disk_turns_read_only_while_the_server_runs(new_server, disk):
    server = on_disk(new_server, disk)
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    assert readiness(server) == READY
    disk.turn_read_only()
    until(lambda: writes(wire, app) == 503, "a write to fail")
    until(lambda: readiness(server) == UNAVAILABLE, "the server to say that it is not ready")
    assert fetch(server, "/healthz").status == 200
    assert wire.call(*LIST_APPS).status == 200, "what is there is read"
    until(lambda: rests(server), "the server to rest")
    server.stop()
    disk.mend()
    server.start()
    well_again(server)
    found = Wire(server).ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    assert found["GroupId"] == group, "what was acknowledged before is there"


@pytest.mark.disk("memory")
def test_a_read_only_disk_is_said_at_the_start(new_server, disk):
    server = on_disk(new_server, disk)
    server.stop()
    disk.turn_read_only()
    server.spawn()
    assert server.wait(30) in (1, 2)
    assert "ead-only" in server.errors() or "readonly" in server.errors(), server.errors()


@contextlib.contextmanager
def half_sent_bodies(server):
    with Crowd() as crowd:
        for _ in range(1000):
            crowd.connect(server, POST + b"a" * 900_000)
        yield


@contextlib.contextmanager
def half_sent_headers(server):
    with Crowd() as crowd:
        for _ in range(1000):
            crowd.connect(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 120_000)
        yield


@contextlib.contextmanager
def sockets_that_never_log_in(server):
    # The head of a text frame of 60,000 bytes, masked, and a part of it.
    unfinished = b"\x81\xfe\xea\x60\0\0\0\0" + b" " * 50_000
    with Crowd() as crowd:
        for _ in range(1000):
            assert crowd.connect(server, UPGRADE, b"HTTP/1.1 101 ")
        for link in crowd:
            with contextlib.suppress(ConnectionError):
                link.sendall(unfinished)
        yield


@contextlib.contextmanager
def members_that_ask_for_the_dearest_and_read_nothing(server):
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    histories = [{"id": number, "history": {"channel": f"g:{group}", "limit": 50}} for number in range(100, 350)]
    with contextlib.ExitStack() as stack:
        talker = stack.enter_context(RawSession(server, answer_pings=False))
        talker.login(login_token(app, "talker"))
        talker.join(group)
        for _ in range(50):
            talker.result("publish", {"channel": f"g:{group}", "data": "x" * 15_000})
        for number in range(100):
            deaf = stack.enter_context(DeafClient(server))
            deaf.send(
                {"id": 1, "connect": {"token": login_token(app, f"deaf{number}")}}, {"id": 2, "subscribe": {"channel": f"g:{group}"}}
            )
            assert "subscribe" in deaf.answer(2)
            deaf.send(*histories)
        yield


ATTACKS = [half_sent_bodies, half_sent_headers, sockets_that_never_log_in, members_that_ask_for_the_dearest_and_read_nothing]


@pytest.mark.parametrize("attacks", [*([attack] for attack in ATTACKS), ATTACKS], ids=[*(attack.__name__ for attack in ATTACKS), "all of them"])
def test_a_server_of_512_megabytes_outlives(new_server, attacks):
    server = new_server(PATIENT, under=SMALL).start()
    wire = Wire(server)
    wire.ok(*LIST_APPS)
    with contextlib.ExitStack() as stack:
        for attack in attacks:
            stack.enter_context(attack(server))
        assert server.alive, server.errors()[-2000:]
        assert wire.call(*LIST_APPS).status == 200
        until(lambda: serves_a_newcomer(server), "others to be served all the while")
        until(lambda: rests(server), "the server to rest")
    well_again(server)
    assert server.peak_bytes() < MOST_MEMORY, f"the server held {server.peak_bytes() // MEGABYTE} MB"
    large = lambda: wire.call("ListLiveMessageApps", {"SortType": 1, "Padding": "x" * 500_000}, place="form").status
    until(lambda: large() != 503, "room for large requests")
    server.stop()
