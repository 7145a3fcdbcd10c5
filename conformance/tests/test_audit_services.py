"""Moderation by a service of the application's own: it decides, and where it does not answer nobody is held up."""

import hashlib
import hmac
import json
import re
import time
from contextlib import ExitStack

import pytest

from harness.auditor import Auditor
from harness.clock import HOUR, Clock
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.wire import Wire, fetch

pytestmark = pytest.mark.looks_at("door")

# An answer has as long as a slow machine may take.
CONFIG = {"outbound": {"allow_private": True, "answer_seconds": 60}, "moderation": {"answer_millis": 60000}}
BY_SERVICE = 2
REFUSED = 403


@pytest.fixture
def room():
    """What a test opens, closed at its end."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def auditor():
    with Auditor() as auditor:
        yield auditor


def enter(room, server, app, user, group, **token):
    """A session that has joined a group."""
    session = room.enter_context(RawSession(server))
    session.login(login_token(app, user, **token))
    session.join(group)
    return session


def code(session, group, text, **more):
    """The code that a message is refused with; None when it is taken."""
    data = {"groupId": group, "type": 10001, "data": text, **more}
    return session.reply(session.send("rpc", {"method": "sendGroupMessage", "data": data})).get("error", {}).get("code")


def figure(server, name):
    return int(float(re.search(rf"^muster_moderation_{name}_total (\S+)$", fetch(server, "/metrics").body.decode(), re.M)[1]))


def test_the_service_is_asked_in_the_documented_form_and_decides(wire, server, room, auditor):
    app = new_app(wire, AuditType=BY_SERVICE, AuditUrl=auditor.url)
    group = new_group(wire, app)
    ada, ben = (enter(room, server, app, user, group) for user in ("ada", "ben"))
    assert code(ada, group, "a weasel comes") == REFUSED
    assert ada.error("publish", {"channel": f"g:{group}", "data": "a weasel comes"})["code"] == REFUSED
    assert code(ada, group, "a ferret comes") is None
    # In the order of the stream: what was refused would have come before.
    assert ben.event("recvgroupmessage")["data"]["data"] == "a ferret comes"
    assert auditor.texts() == ["a weasel comes", "a weasel comes", "a ferret comes"]
    headers, body = auditor.asked[0]
    assert json.loads(body) == {"content": "a weasel comes"}
    stamp, key = headers["Ali-Live-Timestamp"], app["AppKey"]
    assert abs(int(stamp) - time.time()) < 300
    assert headers["Ali-Live-Signature"] == hashlib.md5(f"127.0.0.1|{stamp}|{key}".encode()).hexdigest()
    signed = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Muster-Signature"] == signed


def test_a_message_to_one_user_is_asked_about_and_what_the_operator_says_is_not(wire, server, room, auditor):
    app = new_app(wire, AuditType=BY_SERVICE, AuditUrl=auditor.url)
    group = new_group(wire, app)
    ada, ben = (enter(room, server, app, user, group) for user in ("ada", "ben"))
    said = {"receiverId": "ben", "type": 10001, "data": "a weasel, for you"}
    assert ada.error("rpc", {"method": "sendC2cMessage", "data": said})["code"] == REFUSED
    wire.ok("SendLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "a weasel, by the server"})
    assert ben.event("recvgroupmessage", data="a weasel, by the server")
    assert auditor.texts() == ["a weasel, for you"]


def test_whoever_runs_the_group_may_be_spared_and_the_service_is_not_asked(wire, server, room, auditor):
    app = new_app(wire, AuditType=BY_SERVICE, AuditUrl=auditor.url)
    group = new_group(wire, app, CreatorId="carl")
    carl, ben = (enter(room, server, app, user, group) for user in ("carl", "ben"))
    assert code(carl, group, "weasel", skipAudit=True) is None
    assert auditor.asked == []
    assert code(carl, group, "weasel") == code(ben, group, "weasel", skipAudit=True) == REFUSED


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, None), (204, ""), (200, "no"), (200, '{"pass": "no"}'), (302, '{"pass": false}')],
    ids=["fault", "empty", "no JSON", "no boolean", "elsewhere"],
)
def test_what_is_no_answer_lets_the_message_pass(wire, server, room, auditor, status, answer):
    auditor.status, auditor.answer = status, answer
    app = new_app(wire, AuditType=BY_SERVICE, AuditUrl=auditor.url)
    group = new_group(wire, app)
    ada = enter(room, server, app, "ada", group)
    assert code(ada, group, "a weasel comes") is None
    assert ada.event("recvgroupmessage", data="a weasel comes")
    assert auditor.texts() == ["a weasel comes"]


def test_the_application_says_whether_and_where_it_is_moderated(wire, server, room, auditor):
    app = new_app(wire)
    group = new_group(wire, app)
    ada = enter(room, server, app, "ada", group)
    assert code(ada, group, "weasel") is None
    wire.ok("ModifyLiveMessageAppAudit", {"AppId": app["AppId"], "AuditType": BY_SERVICE, "AuditUrl": auditor.url})
    assert code(ada, group, "weasel") == REFUSED
    wire.ok("ModifyLiveMessageAppAudit", {"AppId": app["AppId"], "AuditType": 0})
    assert code(ada, group, "weasel") is None
    assert auditor.texts() == ["weasel"]


@pytest.mark.process
def test_a_service_that_hangs_is_passed_over_for_a_while_and_others_are_asked_on(new_server, tmp_path, room, auditor):
    clock = Clock(tmp_path)
    bounds = {"answer_millis": 3000, "failures": 2, "rest_seconds": 600}
    server = new_server({**CONFIG, "moderation": bounds}, under=clock.under()).start()
    wire = Wire(server)
    slow = new_app(wire, AuditType=BY_SERVICE, AuditUrl=auditor.url)
    group = new_group(wire, slow)
    ada = enter(room, server, slow, "ada", group)
    auditor.hold()
    for n in range(4):
        assert code(ada, group, f"weasel {n}") is None
    assert auditor.texts() == ["weasel 0", "weasel 1"], "then it is left alone"
    assert (figure(server, "failed"), figure(server, "unasked")) == (2, 2)
    with Auditor() as other:
        well = new_app(wire, AuditType=BY_SERVICE, AuditUrl=other.url)
        beside = new_group(wire, well)
        assert code(enter(room, server, well, "ben", beside), beside, "weasel") == REFUSED
    auditor.let_go()
    assert code(ada, group, "weasel") is None, "it rests still"
    clock.set(HOUR)
    assert code(ada, group, "weasel") == REFUSED
    assert code(ada, group, "ferret") is None
    assert (figure(server, "passed"), figure(server, "refused")) == (1, 2)
