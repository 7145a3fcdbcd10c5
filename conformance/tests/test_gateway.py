"""The gateway by hand: signatures, replays, clocks, common parameters, shapes of requests, envelopes of answers."""

import asyncio
import base64
import hashlib
import re
import time
import uuid
import xml.etree.ElementTree as ElementTree

import pytest
from alibabacloud_live20161101 import models as live_models
from alibabacloud_live20161101.client import Client as LiveClient
from alibabacloud_tea_openapi.models import Config

from harness.scenes import new_app, new_group
from harness.server import Key
from harness.wire import TIME_FORMAT, Wire, fetch, form

pytestmark = pytest.mark.looks_at("door")


def test_the_message_of_a_mismatch_shows_the_servers_string_to_sign(server):
    wire = Wire(server, Key(server.key.id, "wrong"))
    answer = wire.call("ListLiveMessageApps", {"SortType": 1})
    message = answer.json()["Message"]
    prefix = "Specified signature is not matched with our calculation. server string to sign is:"
    assert answer.status == 400 and message.startswith(prefix)
    assert message.count(":") == 1 and message[len(prefix) :].startswith("POST&%2F&AccessKeyId%3D")
    answer = wire.call("ListLiveMessageApps", {"SortType": 1}, signature="v3")
    assert answer.code == "SignatureDoesNotMatch" and "ACS3-HMAC-SHA256" in answer.json()["Message"]


@pytest.mark.parametrize("signature", ["v1", "v3"])
@pytest.mark.parametrize("place", ["query", "form"])
@pytest.mark.looks_at("store")
def test_a_replayed_nonce_is_refused(wire, signature, place):
    request = wire.request("ListLiveMessageApps", {"SortType": 1}, signature=signature, place=place)
    assert wire.send(request).status == 200
    again = wire.send(request)
    assert (again.status, again.code) == (400, "SignatureNonceUsed")


def test_one_changed_byte_breaks_a_signature(wire):
    for signature in ("v1", "v3"):
        request = wire.request("ListLiveMessageApps", {"SortType": 1}, signature=signature)
        request.target = request.target.replace("SortType=1", "SortType=2")
        assert wire.send(request).code == "SignatureDoesNotMatch", signature
    request = wire.request("GetMessageApp", {"AppId": "abc"}, signature="v3", place="form")
    request.body = request.body.replace(b"abc", b"abd")
    answer = wire.send(request)
    assert answer.status == 400 and answer.code in ("SignatureDoesNotMatch", "InvalidContentSha256", "ContentSha256NotMatched")


def shifted(seconds):
    return time.strftime(TIME_FORMAT, time.gmtime(time.time() + seconds))


@pytest.mark.parametrize(
    "change,status,code",
    [
        ({"Timestamp": -16 * 60}, 400, "InvalidTimeStamp.Expired"),
        ({"Timestamp": 16 * 60}, 400, "InvalidTimeStamp.Expired"),
        ({"Timestamp": "yesterday"}, 400, "InvalidTimeStamp.Format"),
        ({"Timestamp": None}, 400, "MissingTimestamp"),
        ({"SignatureNonce": None}, 400, "MissingSignatureNonce"),
        ({"AccessKeyId": None}, 400, "MissingAccessKeyId"),
        ({"SignatureMethod": "HMAC-MD5"}, 400, "InvalidSignatureMethod"),
        ({"Version": "2019-09-09"}, 400, "InvalidVersion"),
    ],
    ids=str,
)
def test_common_parameters_are_checked(wire, change, status, code):
    # Seconds from now; what is collected may run minutes later.
    change = {name: shifted(value) if isinstance(value, int) else value for name, value in change.items()}
    assert wire.refused("ListLiveMessageApps", {"SortType": 1}, **change) == (status, code)


def test_a_clock_that_is_fourteen_minutes_off_still_passes(wire):
    for seconds in (-14 * 60, 14 * 60):
        wire.ok("ListLiveMessageApps", {"SortType": 1}, Timestamp=shifted(seconds))
        wire.ok("ListLiveMessageApps", {"SortType": 1}, signature="v3", **{"x-acs-date": shifted(seconds)})


def test_a_v3_request_needs_no_nonce(wire):
    wire.ok("ListLiveMessageApps", {"SortType": 1}, signature="v3", **{"x-acs-signature-nonce": None})


def test_unknown_actions_and_parameters(wire):
    assert wire.refused("ListNothing") == (404, "InvalidAction.NotFound")
    assert wire.refused("ListChatGroup", product="live") == (404, "InvalidAction.NotFound")
    wire.ok("ListLiveMessageApps", {"SortType": 1, "RegionId": "cn-shanghai", "OwnerId": "7", "Wonder": "ful"})


def test_an_unsigned_request_is_told_what_is_missing(server):
    answer = fetch(server, "/?Action=ListLiveMessageApps&Version=2016-11-01&SortType=1&Format=JSON")
    assert answer.status == 400 and answer.json()["Code"].startswith("Missing")


def test_every_error_has_the_gateways_members_and_headers(wire, server):
    answer = wire.call("DescribeLiveMessageApp", {"AppId": "nosuchapp"})
    body = answer.json()
    assert set(body) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert body["HostId"] == server.authority
    assert body["Message"].endswith(".")
    assert "ResourceNotExist" in body["Recommend"] and body["RequestId"] in body["Recommend"]
    assert answer.headers["x-acs-request-id"] == body["RequestId"]
    assert answer.headers["content-type"].lower() == "application/json;charset=utf-8"


def test_every_success_has_its_request_id_and_an_etag_made_of_the_body(wire):
    answer = wire.call("ListLiveMessageApps", {"SortType": 1})
    body = answer.json()
    assert "Code" not in body and answer.headers["x-acs-request-id"] == body["RequestId"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-acs-trace-id"])
    assert answer.headers["access-control-allow-origin"] == answer.headers["access-control-expose-headers"] == "*"
    assert b'": ' not in answer.body, "JSON is compact"
    digest = base64.b64encode(hashlib.md5(answer.body).digest()).decode().rstrip("=")
    length = str(len(answer.body))
    assert answer.headers["etag"].strip('"') == f"{length[0]}{digest}{length[-1]}"


def test_an_xml_error_has_the_same_members_under_error(wire):
    answer = wire.call("DescribeLiveMessageApp", {"AppId": "nosuchapp"}, Format="XML")
    root = ElementTree.fromstring(answer.body)
    assert (answer.status, root.tag, root.findtext("Code")) == (404, "Error", "ResourceNotExist")
    assert answer.headers["content-type"].lower().replace(" ", "") == "text/xml;charset=utf-8"


def test_an_xml_success_stands_under_the_operations_own_root(wire):
    app = new_app(wire)
    group = new_group(wire, app, Administrators="anna,otto", GroupName="<&>")
    answer = wire.call("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group}, Format="xml")
    root = ElementTree.fromstring(answer.body)
    assert root.tag == "DescribeLiveMessageGroupResponse" and root.findtext("RequestId")
    assert root.findtext("GroupName") == "<&>" and root.findtext("Delete") == "false"
    assert [row.text for row in root.findall("AdminList")] == ["anna", "otto"]


def test_a_body_of_json_is_taken_like_a_form(wire):
    wire.ok("ListLiveMessageApps", {"SortType": 1}, signature="v3", place="json")
    app = wire.ok("CreateMessageApp", {"AppName": "json", "Extension": {"a": "b"}}, signature="v3", place="json")["Result"]["AppId"]
    assert wire.ok("GetMessageApp", {"AppId": app}, signature="v3", place="json")["Result"]["Extension"] == {"a": "b"}


@pytest.mark.parametrize("signature", ["v1", "v3"])
@pytest.mark.parametrize("method,place", [("GET", "query"), ("POST", "query"), ("POST", "form")])
def test_parameters_are_found_wherever_they_travel(wire, signature, method, place):
    text = "a b+c*d~e/f?g&h=i%j'(k)!l 你好 é"
    app = new_app(wire)
    group = {"AppId": app["AppId"], "GroupId": f"g{signature}{method}{place}", "GroupInfo": text}
    wire.ok("CreateLiveMessageGroup", group, signature=signature, method=method, place=place)
    assert wire.ok("DescribeLiveMessageGroup", {**group, "GroupInfo": None})["GroupInfo"] == text


def test_the_body_wins_over_the_query_and_the_action_parameter_over_the_header(wire):
    app = new_app(wire)
    request = wire.request("DescribeLiveMessageApp", {"AppId": app["AppId"]}, place="form")
    request.target = "/?" + form([("AppId", "nosuchapp")])
    answer = wire.send(request)
    assert answer.status == 200 and answer.json()["AppId"] == app["AppId"], "one client signs the value of the body alone"
    signed = wire.request("DescribeLiveMessageApp", {"AppId": "nosuchapp"}, place="query")
    signed.headers["x-acs-action"] = "listLiveMessageApps"
    assert wire.send(signed).code == "ResourceNotExist"


@pytest.mark.parametrize("text,value", [("true", True), ("True", True), ("FALSE", False), ("False", False)])
def test_booleans_are_taken_in_any_case(wire, text, value):
    app = new_app(wire)
    assert wire.ok("ModifyLiveMessageAppDisable", {"AppId": app["AppId"], "Disable": text})["Disable"] is value


def test_a_host_header_with_a_scheme_is_verified_as_it_was_sent(server):
    """The newer Python client sends its whole endpoint as Host when the endpoint was given with a scheme."""
    config = Config(access_key_id=server.key.id, access_key_secret=server.key.secret, endpoint=server.url, protocol=server.scheme)
    answer = LiveClient(config).list_live_message_apps(live_models.ListLiveMessageAppsRequest(sort_type=1))
    assert answer.status_code == 200 and answer.body.request_id


def test_the_asynchronous_client_passes_whose_empty_body_has_an_unsigned_type(server):
    config = Config(access_key_id=server.key.id, access_key_secret=server.key.secret, endpoint=server.authority, protocol=server.scheme)
    request = live_models.ListLiveMessageAppsRequest(sort_type=1)
    answer = asyncio.run(LiveClient(config).list_live_message_apps_async(request))
    assert answer.status_code == 200 and answer.body.request_id


def test_temporary_keys_are_refused_with_the_documented_codes(wire):
    status, code = wire.refused("ListLiveMessageApps", {"SortType": 1}, SecurityToken="token")
    assert status == 400 and code.startswith("InvalidSecurityToken.")
    status, code = wire.refused("ListLiveMessageApps", {"SortType": 1}, signature="v3", **{"x-acs-security-token": "token"})
    assert status == 400 and code.startswith("InvalidSecurityToken.")


def test_bearer_tokens_are_refused_as_an_unsupported_signature_type(server):
    headers = {
        "x-acs-action": "ListLiveMessageApps", "x-acs-version": "2016-11-01", "x-acs-bearer-token": "token",
        "x-acs-date": time.strftime(TIME_FORMAT, time.gmtime()), "x-acs-signature-nonce": uuid.uuid4().hex, "accept": "application/json",
    }
    answer = fetch(server, "/?SortType=1&SignatureType=BEARERTOKEN", "POST", headers=headers)
    assert (answer.status, answer.json()["Code"]) == (403, "UnsupportedSignatureType")


def test_other_methods_are_not_supported(wire):
    for method in ("PUT", "DELETE", "PATCH"):
        answer = wire.send(wire.request("ListLiveMessageApps", {"SortType": 1}, method=method))
        assert answer.status in (400, 403, 405) and answer.code == "UnsupportedHTTPMethod"


def test_a_browser_at_the_root_is_sent_to_the_console(server):
    answer = fetch(server, "/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer.status in (301, 302, 303, 307, 308) and answer.headers["location"].endswith("/console/")
