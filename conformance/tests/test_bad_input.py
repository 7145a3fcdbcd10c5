"""Bad input: each ends in a clear error or a closed connection in bounded time, memory stays bounded, and the server is well.

Every test ends with a signed call that must succeed; the last one looks at the memory that all of them together took.
"""

import json
import random
import socket
import time

import pytest

from harness.raw_session import Closed, RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.waiting import PATIENCE, until
from harness.wire import Wire, form

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door"), pytest.mark.long]

# Longer than any machine needs for one message.
WRITE_TIMEOUT = 20
CONFIG = {
    "http": {"header_seconds": 4},
    "gateway": {"body_seconds": 4},
    "realtime": {"connect_timeout_seconds": 4, "write_timeout_seconds": WRITE_TIMEOUT, "grace_seconds": 1},
}
MEMORY_GROWTH = 200 * 1024 * 1024
# What is cut off after 4 s is cut off sooner than it would end by itself.
LONGEST = PATIENCE


@pytest.fixture(scope="module")
def baseline(server):
    """The server's memory before anything bad was sent."""
    Wire(server).ok("ListLiveMessageApps", {"SortType": 1})
    return server.resident_bytes()


@pytest.fixture(autouse=True)
def the_server_is_well_afterwards(server, baseline):
    yield
    wire = Wire(server, timeout=PATIENCE)
    wire.ok("ListLiveMessageApps", {"SortType": 1})
    wire.close()
    assert server.resident_bytes() - baseline < MEMORY_GROWTH


def exchange(server, data, seconds=PATIENCE):
    """Sends bytes and reads until the server closes, says enough, or the time is over: what it said."""
    received = b""
    with socket.create_connection((server.host, server.port), timeout=seconds) as link:
        try:
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            link.settimeout(max(0.05, deadline - time.monotonic()))
            try:
                piece = link.recv(65536)
            except ConnectionError:
                return received
            if not piece:
                return received
            received += piece
    raise AssertionError(f"neither closed nor finished within {seconds:g} s; said {received[:200]!r}")


def status_of(said):
    return int(said.split(b" ", 2)[1]) if said.startswith(b"HTTP/1.") else None


def refused(said):
    """Closed without a word, or a 4xx."""
    return said == b"" or 400 <= (status_of(said) or 0) < 500


def test_random_bytes(server):
    chance = random.Random(4)
    for length in (1, 10, 100, 1000, 100_000):
        assert refused(exchange(server, chance.randbytes(length)))


@pytest.mark.parametrize(
    "request_line",
    [b"GET", b"GET / HTTP/9.9", b"\x00\x01 / HTTP/1.1", b"GET  / HTTP/1.1", b"GET /\xff\xfe HTTP/1.1", b"POST / HTTP/1.1\r\nContent-Length: -1",
     b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"],
    ids=["no path", "version", "method", "two spaces", "bytes", "negative length", "two lengths", "bad chunk"],
)
def test_a_malformed_request(server, request_line):
    assert refused(exchange(server, request_line + b"\r\nHost: x\r\n\r\n"))


def test_a_request_of_more_than_ten_megabytes_is_refused(server):
    body = b"Action=ListLiveMessageApps&Junk=" + b"x" * (11 * 1024 * 1024)
    head = (
        f"POST / HTTP/1.1\r\nHost: {server.authority}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    said = exchange(server, head + body, 20)
    assert refused(said)


def test_a_chunked_request_without_end_is_cut_off(server):
    head = f"POST / HTTP/1.1\r\nHost: {server.authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as link:
        link.sendall(head.encode())
        sent = 0
        with pytest.raises(OSError):
            while sent < 200 * 1024 * 1024:
                link.sendall(chunk)
                sent += len(chunk)
        assert sent < 64 * 1024 * 1024


def test_ten_thousand_parameters(server):
    wire = Wire(server)
    params = {f"Param{n}": "v" * 10 for n in range(10_000)}
    for place, signature in (("form", "v1"), ("form", "v3")):
        answer = wire.call("ListLiveMessageApps", {"SortType": 1, **params}, place=place, signature=signature)
        assert answer.status in (200, 400, 413, 414, 431), answer.status
        if answer.status != 200:
            assert answer.json()["Code"]


def test_ten_thousand_items_in_a_list(server):
    wire = Wire(server)
    for value in (",".join(["a"] * 10_000), json.dumps(["a"] * 10_000)):
        answer = wire.call("CheckLiveMessageUsersOnline", {"AppId": "x", "UserIds": value}, place="form")
        assert answer.status in (400, 404) and answer.json()["Code"]
    numbered = {f"UserIds.{n}": "a" for n in (1, 2, 999_999_999, 2**64)}
    answer = wire.call("CheckLiveMessageUsersOnline", {"AppId": "x", **numbered}, place="form")
    assert answer.status in (400, 404) and answer.json()["Code"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "[" * 50_000 + "]" * 50_000], ids=["arrays", "objects", "closed"])
def test_deep_json(server, text):
    wire = Wire(server)
    page = {"CustSpaceId": "c", "BusinessNumber": "1", "Page": text}
    answer = wire.call("ListChatGroup", page, product="cams", place="form")
    assert answer.status in (200, 400) and answer.json()["Code"] != "OK"
    answer = wire.call("CreateMessageApp", {"AppName": "deep", "Extension": text}, place="form")
    assert (answer.status, answer.json()["Code"]) == (400, "InputInvalid")
    head = f"POST /?Action=X&Version=2016-11-01 HTTP/1.1\r\nHost: {server.authority}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n"
    assert refused(exchange(server, head.encode() + text.encode()))


def test_a_header_that_is_too_long(server):
    assert refused(exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 2_000_000 + b"\r\n\r\n"))
    many = b"".join(b"X-%d: y\r\n" % n for n in range(100_000))
    assert refused(exchange(server, b"GET / HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n"))


def test_a_target_of_sixty_thousand_bytes_still_passes_and_a_longer_one_is_refused(server):
    wire = Wire(server)
    assert wire.call("ListLiveMessageApps", {"SortType": 1, "Junk": "x" * 60_000}).status == 200
    assert refused(exchange(server, b"GET /?Action=" + b"x" * 3_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"))


def test_bodies_that_lie_about_what_they_are(server):
    for kind, body in (
        ("application/json", b"{"), ("application/json", b"[]"), ("application/json", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"a=%ZZ&%&=&&&b=%FF%FE"), ("multipart/form-data", b"--x"), ("text/plain", b"\x00" * 1000),
    ):
        head = (
            f"POST /?Action=ListLiveMessageApps&Version=2016-11-01 HTTP/1.1\r\nHost: {server.authority}\r\n"
            f"Content-Type: {kind}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        said = exchange(server, head.encode() + body)
        assert refused(said), (kind, said[:200])


def wait_for_end(link, seconds):
    """Returns when the server ends a silent connection."""
    link.settimeout(seconds)
    try:
        while link.recv(4096):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        raise AssertionError(f"still open after {seconds} s") from None


def test_slow_headers_slow_bodies_and_silence_are_cut_off_in_bounded_time(server):
    head = f"POST / HTTP/1.1\r\nHost: {server.authority}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    beginnings = [b"", b"POST / HTT", head.encode(), f"{head}Content-Length: 1000\r\n\r\nAction=".encode()]
    links = [socket.create_connection((server.host, server.port), timeout=PATIENCE) for _ in beginnings]
    for link, beginning in zip(links, beginnings):
        link.sendall(beginning)
    try:
        for link, beginning in zip(links, beginnings):
            wait_for_end(link, LONGEST)
    finally:
        for link in links:
            link.close()


def test_a_client_that_drips_one_byte_a_second_is_cut_off_all_the_same(server):
    head = f"POST / HTTP/1.1\r\nHost: {server.authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as link:
        link.sendall(head.encode())
        deadline = time.monotonic() + LONGEST
        link.settimeout(1)
        while time.monotonic() < deadline:
            try:
                link.sendall(b"x")
                if link.recv(4096) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    raise AssertionError(f"still dripping after {LONGEST} s")


def test_hundreds_of_half_open_connections_do_not_keep_others_out(server):
    links = []
    try:
        for _ in range(300):
            try:
                links.append(socket.create_connection((server.host, server.port), timeout=PATIENCE))
                links[-1].sendall(b"GET / HTTP/1.1\r\nHost:")
            except OSError:
                break
        for link in links[::2]:
            link.close()
        until(lambda: answers(server), "a signed call among half-open connections")
    finally:
        for link in links:
            link.close()


def answers(server):
    wire = Wire(server, timeout=PATIENCE)
    try:
        return wire.call("ListLiveMessageApps", {"SortType": 1}).status == 200
    except OSError:
        return False
    finally:
        wire.close()


@pytest.fixture(scope="module")
def app(server):
    return new_app(Wire(server))


def closing_code(session, seconds=PATIENCE):
    try:
        session.find(lambda message: False, "the end", seconds)
    except Closed as closed:
        return closed.code
    raise AssertionError("unreachable")


def test_garbage_over_websocket_before_and_after_login(server, app):
    chance = random.Random(9)
    for logged_in in (False, True):
        for garbage in (chance.randbytes(500), "\x00" * 100, "{" * 20_000, "[" * 20_000, '{"id":1,"connect":' * 3000, "\n\n\n", '{"id":-5,"rpc":{}}'):
            with RawSession(server) as session:
                if logged_in:
                    session.login(login_token(app, "ada"))
                session.send_text(garbage)
                assert closing_code(session) in (3500, 3501, 1003, 1007, 1008, 1009)


def test_an_oversized_websocket_frame_is_refused(server, app):
    for logged_in in (False, True):
        with RawSession(server) as session:
            if logged_in:
                session.login(login_token(app, "ada"))
            try:
                session.send_text('{"id":9,"rpc":{"method":"queryGroup","data":"' + "x" * (8 * 1024 * 1024) + '"}}')
            except Closed:
                continue
            assert closing_code(session) in (1009, 3501, 1006)


def websocket_handshake(server):
    link = socket.create_connection((server.host, server.port), timeout=PATIENCE)
    link.sendall(
        f"GET /connection/websocket HTTP/1.1\r\nHost: {server.authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    said = link.recv(4096)
    assert said.startswith(b"HTTP/1.1 101"), said
    return link


@pytest.mark.parametrize(
    "frame",
    [b"\x81\x05hello", b"\xff\xff" + bytes(20), b"\x81\xff\x7f" + b"\xff" * 7 + bytes(4), b"\x8b\x80abcd", b"\x80\x80abcd"],
    ids=["unmasked", "reserved bits", "huge length", "unknown opcode", "stray continuation"],
)
def test_frames_that_break_the_websocket_protocol_end_the_connection(server, frame):
    with websocket_handshake(server) as link:
        link.sendall(frame)
        wait_for_end(link, PATIENCE)


def test_fragments_without_end_do_not_fill_the_memory(server):
    with websocket_handshake(server) as link, pytest.raises(OSError):
        for n in range(4000):
            mask = b"\x00\x00\x00\x00"
            link.sendall((b"\x01" if n == 0 else b"\x00") + b"\xff" + (60_000).to_bytes(8, "big") + mask + b"x" * 60_000)


@pytest.mark.parametrize(
    "headers",
    ["Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: x",
     "Upgrade: h2c\r\nConnection: Upgrade"],
    ids=["no key", "old version", "h2c"],
)
def test_a_bad_upgrade_is_refused(server, headers):
    said = exchange(server, f"GET /connection/websocket HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n\r\n".encode())
    assert refused(said)


def test_a_reader_that_never_reads_is_dropped_and_slows_nobody(server, app):
    wire = Wire(server)
    group = new_group(wire, app)
    with RawSession(server) as talker, websocket_handshake(server) as deaf:
        talker.login(login_token(app, "talker"))
        talker.join(group)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for command in ({"id": 1, "connect": {"token": login_token(app, "deaf")}}, {"id": 2, "subscribe": {"channel": f"g:{group}"}}):
            text = json.dumps(command).encode()
            deaf.sendall(b"\x81" + bytes([0xFE]) + len(text).to_bytes(2, "big") + b"\x00" * 4 + text)
        stats = lambda: talker.result("presence_stats", {"channel": f"g:{group}"})["num_users"]
        until(lambda: stats() == 2, "the deaf reader to be in the group")
        # More than the queue of one connection and what its socket holds; nobody waits until a write to it is given up.
        for _ in range(1000):
            talker.result("publish", {"channel": f"g:{group}", "data": "x" * 15_000}, seconds=WRITE_TIMEOUT * 0.9)
            talker.forget()
        until(lambda: stats() == 1, "the deaf reader to be dropped")


@pytest.mark.looks_at("store")
def test_every_single_operation_answers_nonsense_with_a_clear_error(server):
    wire = Wire(server)
    from harness.ledger import FAMILY_OF

    nonsense = ["\x00", "￿", "' OR 1=1 --", "../../etc/passwd", "%s%n", "9" * 400, "-1", "NaN", "", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
    names = ["AppId", "GroupId", "UserId", "UserIds", "PageSize", "PageNum", "SortType", "NextPageToken", "CustSpaceId", "BusinessNumber", "Page", "SenderId", "KickoffUser", "DeviceId", "DeviceType"]
    for action, family in FAMILY_OF.items():
        product = family.split(":")[0]
        for value in nonsense:
            answer = wire.call(action, dict.fromkeys(names, value), product=product, place="form")
            body = answer.json()
            assert answer.status < 500 and body["RequestId"], (action, value, answer.body[:200])
            if answer.status >= 400:
                assert body["Code"] and body["Message"]


def test_random_query_strings_never_bring_the_server_down(server):
    chance = random.Random(11)
    wire = Wire(server)
    for _ in range(200):
        pairs = [(chance.randbytes(4).hex(), "".join(map(chr, chance.choices(range(1, 0x2FFF), k=20)))) for _ in range(5)]
        request = wire.request("ListLiveMessageApps", {"SortType": 1})
        request.target += "&" + form(pairs)
        assert wire.send(request).status in (200, 400)


def test_after_all_of_that_memory_is_bounded_and_no_descriptor_is_left_open(server, baseline):
    assert server.resident_bytes() - baseline < MEMORY_GROWTH
    until(lambda: server.open_files() < 150, "descriptors to be closed")
