"""What a server says is what docs/reference/realtime.json says: each call's result, each event, each error and close."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, old_app, old_scene, old_token
from harness.tokens import login_fields, login_token, unpack

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT = json.loads((DOCS / "reference" / "realtime.json").read_text())
PAGE = (DOCS / "realtime.md").read_text()
# A position is told only of what is stored: of which events, the contract says in words.
STORED = {"always": True, "never": False}

pytestmark = pytest.mark.looks_at("door")


def strict(schema):
    """The schema, closed: a member that it does not name is a fault of the contract."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    if closed.get("type") == "object" and "additionalProperties" not in closed:
        closed["additionalProperties"] = False
    return closed


def check(value, schema, what):
    faults = [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in Draft202012Validator(strict(schema)).iter_errors(value)]
    assert not faults, f"{what}: {faults} in {value}"


class Witness(RawSession):
    """A session that holds everything which it hears against the contract."""

    def __init__(self, server, seen):
        super().__init__(server)
        self._seen = seen

    def call(self, method, **data):
        """Calls a method, with data and a result as the contract has them."""
        check(data, CONTRACT["calls"][method]["parameters"], f"what {method} is given")
        result = self.rpc(method, data)
        check(result, CONTRACT["calls"][method]["result"], f"the result of {method}")
        self._seen.add(method)
        return result

    def refused(self, method, code, **data):
        """Calls a method that must fail with this error, as the contract says that it may."""
        error = self.error("rpc", {"method": method, "data": data})
        assert error["code"] == code and code in CONTRACT["calls"][method]["errors"], error
        told = [known for known in CONTRACT["errors"] if known["code"] == code]
        assert code == 400 or error["message"] in [known["text"] for known in told], error
        assert error.get("temporary", False) in [known["temporary"] for known in told]

    def enter(self, group):
        """Joins a group."""
        check(self.join(group)["data"], CONTRACT["channels"]["g:<groupId>"]["subscribed"], "what joining answers")

    def hears(self, name, **fields):
        """Waits for an event, and holds all publications so far against the contract."""
        self.event(name, **fields)
        for frame in self.frames:
            for line in frame.splitlines():
                self._check(json.loads(line).get("push", {}))

    def _check(self, push):
        if "pub" not in push:
            return
        told, data = CONTRACT["events"][push["pub"]["data"]["event"]], push["pub"]["data"]
        check(data, told["data"], f"the event {data['event']}")
        assert push["channel"][:2] in told["channels"], push
        if told["offset"] in STORED:
            assert ("offset" in push["pub"]) is STORED[told["offset"]], push
        self._seen.add(data["event"])


def test_what_a_server_says_in_both_generations_is_what_the_contract_says(server, wire):
    seen = set()
    app = new_app(wire)
    group, doomed = new_group(wire, app), new_group(wire, app)
    with ExitStack() as opened:
        ada, ben = (opened.enter_context(Witness(server, seen)) for _ in range(2))
        ben.login(login_token(app, "ben"))
        token = login_token(app, "ada", role="admin", extension="{}")
        check(unpack(token), CONTRACT["login"]["fields"], "the login token")
        check(ada.login(token)["data"], CONTRACT["login"]["connected"], "what a login answers")
        for name in (group, doomed):
            ada.enter(name)
            ben.enter(name)
        ada.hears("memberchange", memberCount=2)
        second_generation(wire, app, ada, ben, group, doomed)
        wire.ok("KickLiveMessageGroupUser", {"AppId": app["AppId"], "GroupId": group, "KickoffUser": "ben"})
        ended = ben.push("unsubscribe", where=lambda push: push["channel"] == f"g:{group}")["unsubscribe"]
        assert ended in [{name: end[name] for name in ("code", "reason")} for end in CONTRACT["unsubscribes"]]
        ben.hears("exit", reason=2)
    with ExitStack() as opened:
        at, _ = old_scene(server, wire, opened, ["boss", "zoe"], ["boss"])
        first_generation(wire, server, seen, opened, at)
    assert not {*CONTRACT["calls"], *CONTRACT["events"]} - seen


def second_generation(wire, app, ada, ben, group, doomed):
    of = {"groupId": group}
    ada.call("sendGroupMessage", **of, type=10001, data="hello", level=1, repeatCount=2)
    ada.call("sendGroupMessage", **of, type=10001, data="once", noStorage=True)
    regretted = ben.call("sendGroupMessage", **of, type=10002, data="regretted")
    ben.hears("recvgroupmessage", data="regretted")
    told = ada.call("sendC2cMessage", receiverId="ben", type=1, data="psst")
    ben.hears("recvc2cmessage", data="psst")
    ben.call("ackMessage", **told)
    wire.ok("DeleteLiveMessageUserMessage", {"AppId": app["AppId"], "ReceiverId": "ben", "MessageId": told["messageId"], "DeleterId": "ada"})
    ben.hears("deletec2cmessage", **told)
    ben.call("deleteMessage", **of, **regretted)
    ada.hears("deletegroupmessage", **regretted)
    ada.call("queryGroup", **of)
    page = ada.call("listGroupUser", **of, pageSize=1, sortType=1)
    ada.call("listGroupUser", **of, nextPageToken=page["nextPageToken"], pageSize=None)
    ada.call("listRecentGroupUser", **of)
    assert ada.call("listRecentMessage", **of)["messageList"]
    assert ada.call("listMessage", **of, type=10001, beginTime=0)["messageList"]
    assert ada.call("listHistoryMessage", **of, sortType=1, pageSize=30)["messageList"]
    ada.call("modifyGroup", **of, groupMeta="sale", admins=["otto"])
    ben.hears("infochange", groupMeta="sale")
    ada.call("muteAll", **of)
    ben.refused("sendGroupMessage", 442, **of, type=1, data="x")
    ada.call("cancelMuteAll", **of)
    ada.call("muteUser", **of, userList=["ben"])
    ada.call("cancelMuteUser", **of, userList=["ben"])
    ben.hears("mutechange", muteUserList=[])
    ada.call("listMuteUsers", **of)
    assert ada.call("createGroup", groupName="new")["alreadyExist"] is False
    ada.call("closeGroup", groupId=doomed)
    ben.hears("exit", groupId=doomed)
    ben.refused("queryGroup", 441, groupId=doomed)
    ben.refused("queryGroup", 440, groupId="nowhere")
    ben.refused("listMuteUsers", 403, **of)
    ben.refused("sendC2cMessage", 424, receiverId="nobody", type=1, data="x")
    ben.refused("listMessage", 400, groupId=group, pageSize=31)


def first_generation(wire, server, seen, opened, at):
    zoe = opened.enter_context(Witness(server, seen))
    zoe.login(old_token(wire, at["AppId"], "zoe", device="another"))
    zoe.enter(at["GroupId"])
    of = {"groupId": at["GroupId"]}
    zoe.call("listGroupUser", **of)
    zoe.call("sendLike", **of, count=2, broadCastType=2)
    assert zoe.call("getGroupStatistics", **of)["likeCount"] == 2
    zoe.call("sendMessageToGroupUsers", **of, type=10001, data="for some", receiverIdList=["zoe"])
    zoe.hears("recvgroupmessage", data="for some")
    assert zoe.call("getGroupUserByIdList", **of, userIdList=["zoe", "nobody"])["userList"]
    assert zoe.call("sendMessageToGroupUsers", **of, type=10003, data="for you", receiverIdList=["zoe"])["messageId"]
    wire.ok("MuteAllGroupUser", {**at, "OperatorUserId": "boss", "BroadCastType": 2})
    zoe.hears("systemmessage", type=1004)
    wire.ok("CancelMuteAllGroupUser", {**at, "OperatorUserId": "boss", "BroadCastType": 2})
    wire.ok("MuteGroupUser", {**at, "OperatorUserId": "boss", "MuteUserList": "zoe", "BroadCastType": 1})
    zoe.hears("systemmessage", type=1006)
    wire.ok("CancelMuteGroupUser", {**at, "OperatorUserId": "boss", "CancelMuteUserList": "zoe", "BroadCastType": 2})
    zoe.hears("systemmessage", type=1007)
    sent = wire.ok("SendMessageToGroupUsers", {**at, "OperatorUserId": "boss", "Type": 10001, "Data": "for you", "ReceiverIdList": "zoe"})
    zoe.hears("recvgroupmessage", data="for you")
    assert sent
    wire.ok("SendLike", {**at, "OperatorUserId": "boss", "Count": 3, "BroadCastType": 2})
    zoe.hears("systemmessage", type=1001)


def test_a_refused_login_and_the_closes_are_told_as_the_contract_says(server, wire):
    app = new_app(wire)
    known = {(error["code"], error["text"]) for error in CONTRACT["errors"]}
    for token in ("nonsense", login_token(app, "ada", lifetime=-5)):
        with RawSession(server) as session:
            error = session.error("connect", {"token": token})
            assert (error["code"], error["message"]) in known
    closes = {(close["code"], close["reason"]): close for close in CONTRACT["closes"]}
    with RawSession(server) as phone, RawSession(server) as tablet:
        phone.login(login_token(app, "ada"))
        tablet.login(login_token(app, "ada"))
        assert closes[phone.closing()]["reconnects"] is False
        tablet.send_frame({"id": 9, "nonsense": {}})
        assert tablet.closing() in closes


def test_a_parameter_that_is_missing_or_of_another_type_is_refused_by_its_name(server, wire):
    app = old_app(wire)
    with RawSession(server) as boss:
        boss.login(old_token(wire, app, "boss"))
        for method, call in CONTRACT["calls"].items():
            given = call["parameters"]
            wrong = [({"groupId": "nowhere", name: {"another": "type"}}, name) for name in given["properties"]]
            missing = [({}, given["required"][0])] if given.get("required") else []
            for data, name in wrong + missing:
                error = boss.error("rpc", {"method": method, "data": data})
                assert error["code"] == 400 and re.match(rf"{name}\b", error["message"]), (method, data, error)
                assert "another" not in error["message"], error


def test_the_page_has_each_call_event_error_and_close_of_the_contract():
    firsts = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|")]
    named = set(re.findall(r"`(\w+)`", " ".join(firsts)))
    numbers = set(map(int, re.findall(r"\b\d{3,4}\b", PAGE)))
    assert not {*CONTRACT["calls"], *CONTRACT["events"]} - named
    assert not {told["code"] for kind in ("errors", "closes", "unsubscribes") for told in CONTRACT[kind]} - numbers


def test_the_fields_of_a_login_are_those_of_the_suite(wire):
    fields = login_fields(new_app(wire), "ada", extension="x")
    assert set(fields) == set(CONTRACT["login"]["fields"]["properties"])
