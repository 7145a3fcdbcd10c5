"""Moderation by an application's word list: the operator keeps it beside a running server, and members' messages keep to it."""

from contextlib import ExitStack

import pytest

from harness.raw_session import RawSession
from harness.scenes import IN_EFFECT_WITHIN, new_app, new_group, old_app, old_group, old_token
from harness.tokens import login_token
from harness.waiting import until

pytestmark = pytest.mark.looks_at("store", "nodes")

BUILT_IN = 1
REFUSED = 403


@pytest.fixture
def room():
    """What a test opens, closed at its end."""
    with ExitStack() as opened:
        yield opened


def enter(room, node, token, group):
    """A session on a node that has joined a group."""
    session = room.enter_context(RawSession(node))
    session.login(token)
    session.join(group)
    return session


def says(session, group, text, **more):
    """The error that a message is refused with; None when it is taken."""
    data = {"groupId": group, "type": 10001, "data": text, **more}
    return session.reply(session.send("rpc", {"method": "sendGroupMessage", "data": data})).get("error")


def code(session, group, text, **more):
    return (says(session, group, text, **more) or {}).get("code")


def on_every_node(sessions, group, text, expected):
    """Every node answers a message so: the one that was told at once, the others within the promised second."""
    for session in sessions:
        until(lambda session=session: code(session, group, text) == expected, f"{text!r} to be answered {expected}", IN_EFFECT_WITHIN)


def word(server, *arguments):
    return server.cli_json("word", *arguments)


def test_what_the_list_holds_is_refused_to_its_sender_and_heard_by_nobody(server, wire, room):
    app = new_app(wire, AuditType=BUILT_IN)
    group = new_group(wire, app)
    ada, ben = (enter(room, server.nodes[0], login_token(app, user), group) for user in ("ada", "ben"))
    assert code(ada, group, "a weasel comes") is None
    assert ben.event("recvgroupmessage", data="a weasel comes")
    word(server, "add", app["AppId"], "weasel", r"/\b\d{11}\b/")
    for text in ("a weasel comes", "A WEASEL!", "w e a s e l", "call 13800138000"):
        until(lambda text=text: code(ada, group, text) == REFUSED, f"{text!r} to be refused", IN_EFFECT_WITHIN)
        assert "weasel" not in says(ada, group, text)["message"], "the sender is not told what is on the list"
    assert ada.error("publish", {"channel": f"g:{group}", "data": "a weasel comes"})["code"] == REFUSED
    for text in ("weasels are others", "call 1380013800"):
        assert code(ada, group, text) is None
        # In the order of the stream: what was refused would have come before.
        heard = ben.event("recvgroupmessage")["data"]["data"]
        assert heard == text
    history = wire.ok(
        "ListLiveMessageGroupMessages", {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
    )
    assert [row["Body"] for row in history["MessageList"]] == ["a weasel comes", "weasels are others", "call 1380013800"]


def test_a_list_is_imported_asked_and_shortened_beside_a_running_server_and_every_node_follows(server, wire, room, tmp_path):
    app = new_app(wire, AuditType=BUILT_IN)
    group = new_group(wire, app)
    sessions = [enter(room, node, login_token(app, f"user{n}"), group) for n, node in enumerate(server.nodes)]
    listed = tmp_path / "words.txt"
    listed.write_text("# what nobody says\n\nweasel\n  stoat  \nweasel\n坏话\n", encoding="utf-8")
    assert word(server, "import", app["AppId"], str(listed)) == {"added": 3, "known": 1}
    assert {row["entry"] for row in word(server, "list", app["AppId"])} == {"weasel", "stoat", "坏话"}
    for text in ("the stoat", "说坏 话了"):
        on_every_node(sessions, group, text, REFUSED)
    assert word(server, "test", app["AppId"], "The Stoat.")["entry"] == "stoat"
    assert word(server, "test", app["AppId"], "the ferret")["entry"] is None
    word(server, "remove", app["AppId"], "stoat")
    on_every_node(sessions, group, "the stoat", None)
    on_every_node(sessions, group, "the weasel", REFUSED)
    assert server.cli("word", "remove", app["AppId"], "stoat", check=False).returncode != 0


def test_a_list_counts_once_the_application_says_so_and_for_it_alone(server, wire, room):
    off, other = new_app(wire), new_app(wire, AuditType=BUILT_IN)
    group, beside = new_group(wire, off), new_group(wire, other)
    word(server, "add", off["AppId"], "weasel")
    ada = enter(room, server.nodes[0], login_token(off, "ada"), group)
    assert code(ada, group, "weasel") is None
    assert code(enter(room, server.nodes[0], login_token(other, "ada"), beside), beside, "weasel") is None
    wire.ok("ModifyLiveMessageAppAudit", {"AppId": off["AppId"], "AuditType": BUILT_IN})
    on_every_node([ada], group, "weasel", REFUSED)
    wire.ok("ModifyLiveMessageAppAudit", {"AppId": off["AppId"], "AuditType": 0})
    on_every_node([ada], group, "weasel", None)


def test_the_wish_to_be_spared_counts_for_whoever_runs_the_group_and_for_nobody_else(server, wire, room):
    app = new_app(wire, AuditType=BUILT_IN)
    group = new_group(wire, app, CreatorId="carl", Administrators="anna")
    word(server, "add", app["AppId"], "weasel")
    node = server.nodes[0]
    plain = enter(room, node, login_token(app, "ben"), group)
    on_every_node([plain], group, "weasel", REFUSED)
    assert code(plain, group, "weasel", skipAudit=True) == REFUSED
    running = [login_token(app, "carl"), login_token(app, "anna"), login_token(app, "dora", role="admin")]
    for session in [enter(room, node, token, group) for token in running]:
        assert code(session, group, "weasel") == REFUSED, "who does not ask is not spared"
        assert code(session, group, "weasel", skipAudit=True) is None
        assert plain.event("recvgroupmessage", data="weasel")
    say = {"AppId": app["AppId"], "GroupId": group, "SenderId": "ben", "Body": "a weasel, by the server"}
    wire.ok("SendLiveMessageGroup", say)
    assert plain.event("recvgroupmessage", data="a weasel, by the server")


def test_an_application_of_the_first_generation_is_held_to_its_list_without_a_setting(server, wire, room):
    app = old_app(wire)
    group = old_group(wire, app)
    ada = enter(room, server.nodes[0], old_token(wire, app, "ada"), group)
    assert code(ada, group, "weasel") is None
    word(server, "add", app, "weasel")
    on_every_node([ada], group, "weasel", REFUSED)
    word(server, "remove", app, "weasel")
    on_every_node([ada], group, "weasel", None)
