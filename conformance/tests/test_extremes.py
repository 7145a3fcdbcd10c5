"""Every number that a caller may give, at the ends of its type and beyond, through every door and over every store: it is taken or
refused by name, who writes beside it notices nothing, and the server stops in order afterwards."""

import json
import threading
from pathlib import Path

import pytest

from harness.raw_session import Closed, RawSession
from harness.scenes import new_app, new_group, old_app, old_group, unique
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.process

CATALOGUE = Path(__file__).parents[2] / "docs" / "reference" / "catalogue.json"
# Where the integer types of clients and of this server end, a step beyond, and what is next to nothing.
EXTREMES = [-(2**63) - 1, -(2**63), -(2**31), -1, 0, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1, 2**64]


class Bystander(threading.Thread):
    """Somebody of another application who writes all the while, through both doors, and must always succeed."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.wire = Wire(server)
        self.app = new_app(self.wire)
        self.group = new_group(self.wire, self.app)
        self.session = RawSession(server)
        self.session.login(login_token(self.app, "bystander"))
        self.session.join(self.group)
        self.done = threading.Event()
        self.writes = 0
        self.fault = None

    def run(self):
        try:
            while not self.done.is_set():
                new_group(self.wire, self.app)
                self.session.result("publish", {"channel": f"g:{self.group}", "data": "x"})
                self.session.forget()
                self.writes += 1
        except BaseException as fault:  # noqa: BLE001  told where the test waits
            self.fault = fault

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        seen = self.writes
        until(lambda: self.fault or self.writes > seen + 1, "a write after all of it")
        self.done.set()
        self.join(60)
        self.session.close()
        if self.fault:
            raise self.fault


def numbers(parameters, prefix=""):
    """The numbers among parameters and their members: `(the parameter's name, the number's name, what is declared of it)`."""
    for parameter in parameters:
        name = prefix + parameter["name"]
        for root, inner, declared in numbers(parameter.get("members", []), f"{name}."):
            yield name if not prefix else root, inner, declared
        if parameter["type"] in ("integer", "long"):
            yield name, name, parameter


def declares(declared, number):
    """Whether a number is one that a parameter declares to take."""
    if "enum" in declared:
        return number in declared["enum"]
    bits = 31 if declared["type"] == "integer" else 63
    return declared.get("min", -(2**bits)) <= number <= declared.get("max", 2**bits - 1)


def test_every_number_of_the_api_at_its_ends_is_taken_or_named(new_server):
    server = new_server().start()
    wire = Wire(server)
    first, second = old_app(wire), new_app(wire)["AppId"]
    groups = {first: old_group(wire, first), second: unique("stage")}
    wire.ok("CreateLiveMessageGroup", {"AppId": second, "GroupId": groups[second], "CreatorId": "creator"})
    seen = 0
    with Bystander(server):
        for product in json.loads(CATALOGUE.read_text())["products"]:
            for operation in product["operations"]:
                app = second if operation["tag"].endswith("generation 2") else first
                known = {"AppId": app, "GroupId": groups[app]}
                for root, name, declared in numbers(operation["parameters"]):
                    for number in EXTREMES:
                        given = {one["name"]: known.get(one["name"], "1") for one in operation["parameters"] if one["required"]}
                        given.pop(root, None)
                        answer = wire.call(operation["name"], {**given, name: number}, product=product["product"], place="form")
                        assert answer.status < 500, (operation["name"], name, number, answer.body)
                        named = f"{name} must be" in answer.json().get("Message", "")
                        # Another fault may be told first, but never one of a number that may be given.
                        assert not (named and declares(declared, number)), (operation["name"], name, number, answer.body)
                        assert answer.status >= 400 or answer.code not in ("OK", None) or declares(declared, number), (operation["name"], name, number)
                        seen += 1
    assert seen > 200
    server.stop()


def commands(group):
    """Every number of a realtime command, by what is sent."""
    channel = f"g:{group}"
    message = {"groupId": group, "type": 1, "data": "x"}
    for field in ("type", "level", "repeatCount"):
        for stored in (False, True):
            yield lambda n, field=field, stored=stored: ("rpc", {"method": "sendGroupMessage", "data": {**message, "noStorage": stored, field: n}})
    for field in ("nextPageToken", "nextpagetoken", "pageSize", "sortType"):
        yield lambda n, field=field: ("rpc", {"method": "listGroupUser", "data": {"groupId": group, field: n}})
    for field in ("offset", "flag", "type"):
        yield lambda n, field=field: ("subscribe", {"channel": channel, "recover": True, field: n})
    yield lambda n: ("history", {"channel": channel, "limit": n})
    yield lambda n: ("history", {"channel": channel, "limit": 5, "since": {"offset": n, "epoch": ""}})


def test_every_number_of_a_realtime_command_at_its_ends_is_taken_or_refused(new_server):
    server = new_server({"realtime": {"messages_per_client": 10_000}}).start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    seen = 0
    with Bystander(server):
        for command in commands(group):
            for number in EXTREMES:
                session = RawSession(server)
                session.login(login_token(app, "ada", role="admin"))
                name, body = command(number)
                if name != "subscribe":
                    session.join(group)
                try:
                    reply = session.reply(session.send(name, body))
                    assert reply.get("error", {}).get("code") in (None, 102, 107, 108, 112, 400), (name, body, reply)
                except Closed as closed:
                    assert closed.code == 3501, (name, body, closed)
                session.close()
                seen += 1
    assert seen == 15 * len(EXTREMES)
    with RawSession(server) as session:
        session.login(login_token(app, "ada"))
        session.join(group)
        assert session.rpc("queryGroup", {"groupId": group})["groupId"] == group
    server.stop()
