"""The scenes that tests start from: an app, a group in it, a channel with a business number, somebody who joins."""

import itertools
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from .raw_session import RawSession
from .server import Key
from .tokens import login_token
from .waiting import PATIENCE, until
from .wire import Wire, fetch

# What one node is told counts on every other soon; on itself, at once.
IN_EFFECT_WITHIN = PATIENCE

_numbers = itertools.count(1)
_run = f"{os.getpid():x}{int(time.time()) % 0xFFFFF:x}"


def unique(prefix):
    """A name that no other test of this run uses; letters and digits only."""
    return f"{prefix}{_run}n{next(_numbers)}"


def new_app(wire, **params):
    """A second-generation app: the answer of CreateLiveMessageApp."""
    return wire.ok("CreateLiveMessageApp", {"AppName": "conformance", **params})


def new_group(wire, app, group=None, **params):
    """A second-generation group in an app: its id."""
    group = group or unique("g")
    if app["DataCenter"] != "cn-shanghai":
        params.setdefault("DataCenter", app["DataCenter"])
    wire.ok("CreateLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "CreatorId": "creator", **params})
    return group


def online(wire, app, group):
    """How many members of a second-generation group are there."""
    return wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})["OnlineUserCounts"]


@contextmanager
def member_of(server, app, group, user):
    """A session of a second-generation user who is in a group, until the block ends."""
    with RawSession(server) as session:
        session.login(login_token(app, user))
        session.join(group)
        yield session


def say(session, group, *texts):
    """Has a member publish texts, each when the one before is answered."""
    for text in texts:
        session.result("publish", {"channel": f"g:{group}", "data": text})


def old_app(wire, **params):
    """A first-generation app: its id."""
    return wire.ok("CreateMessageApp", {"AppName": "conformance", **params})["Result"]["AppId"]


def old_group(wire, app, creator="creator", **params):
    """A first-generation group: its id."""
    return wire.ok("CreateMessageGroup", {"AppId": app, "CreatorId": creator, **params})["Result"]["GroupId"]


def old_token(wire, app, user, device="device-1", kind="web"):
    """A first-generation connect token: what GetMessageToken hands out."""
    answer = wire.ok("GetMessageToken", {"AppId": app, "UserId": user, "DeviceId": device, "DeviceType": kind})
    return answer["Result"]["AccessToken"]


def old_scene(server, wire, opened, people, inside):
    """A first-generation group of boss's, and a session of each of the people, on nodes in turn, of whom those inside have
    joined it: where it is, and the sessions by name. `opened` closes them."""
    app = old_app(wire)
    group = old_group(wire, app, creator="boss")
    sessions = {}
    for number, name in enumerate(people):
        sessions[name] = opened.enter_context(RawSession(server.nodes[number % len(server.nodes)]))
        sessions[name].login(old_token(wire, app, name))
    for name in inside:
        sessions[name].join(group)
    return {"AppId": app, "GroupId": group}, sessions


def in_effect(server, holds, what):
    """What one node was told holds on itself at once, and on every other within the promised second.

    `holds` is asked with a wire to each node.
    """
    seconds = IN_EFFECT_WITHIN if len(server.nodes) > 1 else 0
    for node in server.nodes:
        wire = Wire(node)
        until(lambda wire=wire: holds(wire), what, seconds)
        wire.close()


def new_key(server, user):
    """A key of a RAM user, made by the operator's command and known to every node that runs."""
    made = server.cli_json("key", "add", user)
    key = Key(made["accessKeyId"], made["accessKeySecret"])
    for node in (node for node in server.nodes if node.alive):
        wire = Wire(node, key)
        unknown = lambda wire=wire: wire.call("ListLiveMessageApps", {"SortType": 1}).code == "InvalidAccessKeyId.NotFound"
        until(lambda: not unknown(), "the key to be known")
        wire.close()
    return key


def client_of(realtime, server, app, user, ledger=None, url=None, **token):
    """A realtime client of a second-generation user, not yet logged in."""
    return realtime(server, login_token(app, user, **token), ledger=ledger, url=url)


@dataclass(frozen=True)
class Space:
    """A CAMS channel with one business number."""

    channel: str
    number: str

    def params(self, **more):
        """The parameters that every chat-group operation wants."""
        return {"CustSpaceId": self.channel, "BusinessNumber": self.number, **more}


def new_number():
    """A business number that no other test uses."""
    return f"86138{os.getpid() % 1000:03d}{next(_numbers):06d}"


def new_space(server):
    """A channel and a number, made by the operator's commands."""
    channel = server.cli_json("channel", "add", unique("channel"))["custSpaceId"]
    number = new_number()
    server.cli("number", "add", number, "--channel", channel)
    return Space(channel, number)


def new_chat_group(wire, space, subject=None, **params):
    """A CAMS group that has become ACTIVE: its row in ListChatGroup."""
    subject = subject or unique("subject")
    wire.ok("AddChatGroup", space.params(Subject=subject, **params), product="cams")
    return until(lambda: active_group(wire, space, subject), f"the group {subject} to become ACTIVE")


def active_group(wire, space, subject):
    """The row of a group by its subject, if it is ACTIVE."""
    answer = wire.ok(
        "ListChatGroup",
        space.params(Subject=subject, GroupStatus="ACTIVE", Page={"Index": 1, "Size": 20}),
        product="cams",
    )
    return next((row for row in answer["Data"]["List"] if row["Subject"] == subject), None)


def change_chat_group(wire, space, group, **fields):
    """Changes a CAMS group: the answer's body, whether it succeeded or not."""
    answer = wire.call("UpdateChatGroup", space.params(GroupId=group["GroupId"], **fields), product="cams")
    assert answer.status == 200, answer.body
    return answer.json()


def invite_link(wire, space, group_id):
    """A new invite link of a group."""
    return wire.ok("AddChatGroupInviteLink", space.params(GroupId=group_id), product="cams")["InviteLink"]


class _Form(HTMLParser):
    def __init__(self):
        super().__init__()
        self.action = None
        self.method = None
        self.fields = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.action = attributes.get("action", "")
            self.method = attributes.get("method", "get").lower()
        elif tag == "input" and attributes.get("name"):
            self.fields.append(attributes)


def open_invitation(server, link):
    """The page behind an invite link: `(answer, form)`; the form is None when there is none."""
    answer = fetch(server, urlsplit(link).path)
    form = _Form()
    form.feed(answer.body.decode(errors="replace"))
    return answer, form if form.action is not None else None


def join_by_invitation(server, link, phone, name):
    """Fills in the form of an invite page and posts it: the answer."""
    page, form = open_invitation(server, link)
    assert page.status == 200 and form, f"the invite page has no form: HTTP {page.status} {page.body[:400]!r}"
    assert form.method == "post"
    values = {field["name"]: field.get("value", "") for field in form.fields}
    values[_field(form, "tel", "phone", "number")] = phone
    values[_field(form, None, "name", "nick")] = name
    path = urlsplit(urljoin(link, form.action)).path
    return fetch(
        server, path, "POST", urlencode(values), {"Content-Type": "application/x-www-form-urlencoded"}
    )


def _field(form, kind, *words):
    for field in form.fields:
        if kind and field.get("type") == kind:
            return field["name"]
    for field in form.fields:
        if field.get("type") != "hidden" and any(word in field["name"].lower() for word in words):
            return field["name"]
    raise AssertionError(f"no field like {words} in {form.fields}")


def participants(wire, space, group_id, **page):
    """The numbers in a CAMS group, and the total."""
    params = space.params(GroupId=group_id, **({"Page": page} if page else {}))
    data = wire.ok("ListChatGroupParticipants", params, product="cams")["Data"]
    return [row["ParticipantNumber"] for row in data["List"]], data["Total"]
