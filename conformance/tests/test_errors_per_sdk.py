"""Errors surface in each client as that client's own exception, with the documented code; and what the wire says for each.

`exceptions` of a client names its classes: some tell client faults, server faults and throttling apart, some do not.
"""

import re
import threading
import time
from contextlib import contextmanager

import pytest

from harness.clients import API_CLIENTS, AcsJava, ApiError
from harness.clients.tea_python import TeaPython
from harness.scenes import new_app, new_group, new_key
from harness.server import Key
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("door")


@pytest.fixture(params=API_CLIENTS, ids=lambda client: client.name)
def kind(request):
    """Each official API client class in turn, not recorded in the table: it is meant to fail."""
    return request.param


def failure(client, action, params=None, product="live"):
    with pytest.raises(ApiError) as caught:
        client.call(action, params or {}, product)
    return caught.value


def check(kind, error, code, status):
    assert error.code == code
    assert error.http_status == (status if kind.tells_status else None)


def check_class(kind, error, sort="client"):
    assert error.exception_class == kind.exceptions[sort].format(code=error.code)


def test_an_unknown_access_key_is_not_found(kind, server):
    error = failure(kind(server, Key("LTAInosuchkey", "secret")), "ListLiveMessageApps", {"SortType": 1})
    check(kind, error, "InvalidAccessKeyId.NotFound", 404)
    check_class(kind, error)


def test_a_wrong_secret_does_not_match(kind, server):
    error = failure(kind(server, Key(server.key.id, "wrong")), "ListLiveMessageApps", {"SortType": 1})
    # The older SDKs compare the server's string to sign with their own; equal strings mean a wrong secret to them.
    own = {"acs-python": "InvalidAccessKeySecret", "java-acs": "SDK.InvalidAccessKeySecret"}
    code = own.get(kind.name, "SignatureDoesNotMatch")
    check(kind, error, code, 400)
    check_class(kind, error)


def test_an_unknown_app_is_a_missing_resource(kind, server):
    error = failure(kind(server), "DescribeLiveMessageApp", {"AppId": "nosuchapp"})
    check(kind, error, "ResourceNotExist", 404)
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", error.request_id)
    check_class(kind, error)


def test_a_missing_parameter_is_mandatory(kind, server):
    error = failure(kind(server), "ListLiveMessageGroupUsers", {"GroupId": "g", "PageSize": 10, "SortType": 1})
    check(kind, error, "MissingAppId", 400)
    assert "AppId is mandatory for this action." in error.message
    check_class(kind, error)


def test_a_parameter_out_of_range_is_named_with_its_rule_and_value(kind, server):
    params = {"AppId": "a", "GroupId": "g", "PageSize": 51, "SortType": 1}
    error = failure(kind(server), "ListLiveMessageGroupUsers", params)
    check(kind, error, "InputInvalid", 400)
    assert "PageSize" in error.message and "51" in error.message and "50" in error.message
    check_class(kind, error)


@pytest.mark.process
def test_a_user_without_a_policy_is_told_what_was_refused(kind, server):
    name = f"nobody-{kind.name}"
    server.cli("user", "add", name)
    client = kind(server, new_key(server, name))
    error = failure(client, "ListLiveMessageApps", {"SortType": 1})
    check(kind, error, "NoAuth", 403)
    check_class(kind, error)
    if kind.name != "acs-python":
        detail = error.details["access_denied"]
        assert (detail["AuthAction"], detail["NoPermissionType"]) == ("live:ListLiveMessageApps", "ImplicitDeny")
    page = {"Index": 1, "Size": 20}
    error = failure(client, "ListChatGroup", {"CustSpaceId": "c", "BusinessNumber": "1", "Page": page}, "cams")
    check(kind, error, "NoPermission", 403)


# So few calls a second that any machine makes more. The documented quotas stand in the catalogue.
QUOTA = 2


@pytest.fixture(scope="module")
def narrow(foundation, tmp_path_factory):
    """A server with a small quota for two operations."""
    quotas = {"ListLiveMessageApps": QUOTA, "ListLiveMessageGroups": QUOTA}
    server = foundation.server(tmp_path_factory.mktemp("narrow"), {"throttle": {"enabled": True, "quotas": quotas}})
    yield server.start()
    server.kill()
    server.remove()


@contextmanager
def flood(server):
    """Others who use up the quota of ListLiveMessageApps all the while."""
    stop = threading.Event()

    def call():
        wire = Wire(server)
        while not stop.is_set():
            wire.call("ListLiveMessageApps", {"SortType": 1})
        wire.close()

    callers = [threading.Thread(target=call) for _ in range(2)]
    for thread in callers:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in callers:
            thread.join()


@pytest.mark.process
def test_throttling_is_told_with_the_time_to_wait(kind, narrow):
    client = kind(narrow)

    def refused():
        try:
            client.call("ListLiveMessageApps", {"SortType": 1})
        except ApiError as error:
            return error
        return None

    with flood(narrow):
        error = until(refused, "a call to be throttled", pause=0)
        answer = until(lambda: throttled(narrow), "a call by hand to be throttled", pause=0)
    check(kind, error, "Throttling.User", 400)
    check_class(kind, error, "throttled")
    assert answer.json()["Message"] == "Request was denied due to user flow control."
    assert 0 < int(answer.headers["x-acs-retry-after"]) <= 10_000, "milliseconds"
    # What older Java and newer Go clients read.
    assert re.fullmatch(r"Remain:0,TimeLeft:[1-9]\d{0,4}", answer.headers["x-ratelimit-user-api"])
    if kind.exceptions["throttled"] in ("ThrottlingException", "ThrottlingError"):
        assert error.details["retry_after"] and int(error.details["retry_after"]) > 0
    until(lambda: refused() is None, "calls to pass again once the flood is over")


def throttled(server):
    wire = Wire(server)
    answer = wire.call("ListLiveMessageApps", {"SortType": 1})
    wire.close()
    return answer if answer.code == "Throttling.User" else None


@pytest.mark.process
@pytest.mark.looks_at("store")
def test_a_quota_is_the_accounts_own_and_of_one_operation(narrow):
    wire = Wire(narrow)
    app = new_app(wire)
    group = new_group(wire, app)
    began = time.monotonic()
    passed = refused = 0
    while refused < 20:
        answer = wire.call("ListLiveMessageGroups", {"AppId": app["AppId"], "SortType": 1})
        if answer.status == 200:
            passed += 1
        else:
            assert answer.code == "Throttling.User"
            refused += 1
    elapsed = time.monotonic() - began
    assert QUOTA <= passed <= QUOTA * (elapsed + 2), f"{passed} passed in {elapsed:.2f} s"
    wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})


def test_newer_signatures_by_the_older_java_core_pass_although_they_leave_the_host_out(server):
    client = AcsJava(server, signature="V3")
    app = client.call("CreateLiveMessageApp", {"AppName": "v3 signed"})
    assert client.call("DescribeLiveMessageApp", {"AppId": app["AppId"]})["AppName"] == "v3 signed"
    error = failure(AcsJava(server, Key(server.key.id, "wrong"), signature="V3"), "ListLiveMessageApps", {"SortType": 1})
    assert error.code in ("SignatureDoesNotMatch", "SDK.InvalidAccessKeySecret")


def test_old_signatures_by_the_newer_python_client_pass_too(server):
    client = TeaPython(server, signature_algorithm="v2")
    app = client.call("CreateLiveMessageApp", {"AppName": "v1 signed"})
    assert client.call("DescribeLiveMessageApp", {"AppId": app["AppId"]})["AppName"] == "v1 signed"
    error = failure(TeaPython(server, Key(server.key.id, "wrong"), signature_algorithm="v2"), "ListLiveMessageApps", {"SortType": 1})
    assert error.code == "SignatureDoesNotMatch"
