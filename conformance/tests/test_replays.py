"""A request is carried out once, whoever sends it again and whenever; and one key's requests are never felt by another."""

import itertools
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.scenes import new_key, unique
from harness.waiting import until
from harness.wire import TIME_FORMAT, Wire, fetch

pytestmark = pytest.mark.process

CREATE = ("CreateMessageApp", {"AppName": "once"})
LIST = ("ListLiveMessageApps", {"SortType": 1})
# Callers at once of a key that floods.
FLOODS = 4


def stamped(seconds):
    """A time some seconds from now, as requests tell it."""
    return time.strftime(TIME_FORMAT, time.gmtime(time.time() + seconds))


@pytest.mark.parametrize("signature", ["v1", "v3"])
def test_a_request_captured_before_an_orderly_restart_is_refused_after_it(new_server, signature):
    server = new_server().start()
    wire = Wire(server)
    captured = wire.request(*CREATE, signature=signature)
    assert wire.send(captured).status == 200
    server.stop()
    server.start()
    again = Wire(server).send(captured)
    assert (again.status, again.code) == (400, "SignatureNonceUsed")
    # A client whose clock is behind is served at once.
    late = {"Timestamp": stamped(-600)} if signature == "v1" else {"x-acs-date": stamped(-600)}
    Wire(server).ok(*LIST, signature=signature, **late)


@pytest.mark.only_over("sqlite", reason="over PostgreSQL the nonces are in the database")
def test_after_a_crash_what_was_stamped_before_the_start_is_refused(new_server):
    server = new_server().start()
    wire = Wire(server)
    captured = wire.request(*CREATE, Timestamp=stamped(-5))
    assert wire.send(captured).status == 200
    server.kill()
    server.start()
    again = Wire(server).send(captured)
    assert (again.status, again.code) == (400, "InvalidTimeStamp.Expired")
    Wire(server).ok(*LIST)


def test_a_v3_request_without_a_nonce_is_carried_out_once_when_it_changes_something(wire):
    without = {"signature": "v3", "x-acs-signature-nonce": None}
    reads = wire.request(*LIST, **without)
    assert [wire.send(reads).status for _ in range(2)] == [200, 200]
    changes = wire.request(*CREATE, **without)
    assert wire.send(changes).status == 200
    again = wire.send(changes)
    assert (again.status, again.code) == (400, "SignatureNonceUsed")


@pytest.mark.looks_at("door")
def test_a_v3_request_need_not_sign_its_host(wire):
    request = wire.request(*LIST, signature="v3", **{"host": None})
    assert "host" not in request.headers
    assert wire.send(request).status == 200


@pytest.mark.long
def test_a_key_without_any_permission_floods_and_root_is_always_served(new_server, request):
    """A hostile tenant: stamps over the whole window, for ten seconds, and for a minute with `--repeat`."""
    # Less for each key than the flood sends, and more than root does.
    server = new_server({"gateway": {"nonces_per_key": 500}, "throttle": {"enabled": True, "denied_per_second": 20, "quotas": {"ListLiveMessageApps": 1000}}}).start()
    name = unique("stranger")
    server.cli("user", "add", name)
    key = new_key(server, name)
    began, seconds = time.monotonic(), 60 if request.config.getoption("--repeat") else 10
    codes = []

    def flood(first):
        stranger = Wire(server, key)
        for n in itertools.count():
            codes.append(stranger.call(*CREATE, Timestamp=stamped((first + 97 * n) % 1791 - 895)).code)
            if time.monotonic() > began + seconds:
                return

    with ThreadPoolExecutor(FLOODS) as floods:
        under_way = [floods.submit(flood, n * 1791 // FLOODS) for n in range(FLOODS)]
        root = Wire(server)
        for n, offset in zip(range(400), itertools.cycle((0, -890, 890, -600, 600))):
            until(lambda n=n: time.monotonic() > began + seconds * n / 400, "the next of calls that last as long as the flood")
            root.ok(*LIST, Timestamp=stamped(offset))
        for flooding in under_way:
            flooding.result()
    assert set(codes) == {"NoAuth", "Throttling.User"}
    assert len(codes) > 500


@pytest.mark.looks_at("door")
def test_a_signature_of_a_later_version_and_an_unknown_action_are_told_what_is_wrong(wire):
    request = wire.request(*LIST, signature="v3")
    request.headers["Authorization"] = request.headers["Authorization"].replace("ACS3-", "ACS4-")
    answer = wire.send(request)
    assert (answer.status, answer.code) == (400, "InvalidSignatureMethod")
    answer = wire.call("ListNothing")
    assert "ListNothing is not an action of this server, Muster " in answer.json()["Message"]


@pytest.mark.looks_at("door")
def test_the_metrics_and_the_log_name_what_is_asked_for_and_not_here(wire, server):
    def counted(action):
        found = re.search(rf'^muster_unknown_actions_total{{action="{action}"}} (\S+)$', fetch(server, "/metrics").body.decode(), re.M)
        return int(float(found[1])) if found else 0

    for action in ("ListFlow", "ListFlow", "no name\n", "x" * 65):
        assert wire.call(action).code == "InvalidAction.NotFound"
    assert (counted("ListFlow"), counted("other")) == (2, 2)
    until(lambda: "ListFlow" in server.output(), "the log to name it")
    assert "no name" not in server.output()


@pytest.mark.looks_at("door")
def test_a_compressed_body_is_called_by_its_name(wire):
    request = wire.request(*CREATE, place="form")
    request.body = b"\x1f\x8b\x08\x00" + uuid.uuid4().bytes
    answer = wire.send(request)
    assert (answer.status, answer.code) == (415, "UnsupportedMediaType")
