"""A client that says much without waiting: each stream has its messages in the order of the commands, and each is answered."""

from contextlib import ExitStack

import pytest

from harness.auditor import Auditor
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token

pytestmark = pytest.mark.looks_at("store", "nodes")

CONFIG = {
    # Who says thousands of messages at once reads its own of them late.
    "realtime": {"messages_per_client": 0, "messages_per_group": 0, "queue_bytes": 1 << 26},
    "outbound": {"allow_private": True, "answer_seconds": 60},
    "moderation": {"answer_millis": 60000},
}
MESSAGES = 5000
OF_A_FRAME = 50


@pytest.fixture
def room():
    """What a test opens, closed at its end."""
    with ExitStack() as opened:
        yield opened


def enter(room, server, app, user, groups):
    session = room.enter_context(RawSession(server))
    session.login(login_token(app, user))
    for group in groups:
        session.join(group)
    return session


def command(session, number, group):
    if number % 3:
        return {"id": session.next_id(), "publish": {"channel": f"g:{group}", "data": str(number)}}
    data = {"groupId": group, "type": 10001, "data": str(number)}
    return {"id": session.next_id(), "rpc": {"method": "sendGroupMessage", "data": data}}


def told(session, messages):
    """So many messages as they come: of each group what was said at which offset."""
    heard = {}
    for _ in range(messages):
        publication = session.event("recvgroupmessage")
        data = publication["data"]
        heard.setdefault(data["groupId"], []).append((publication["offset"], data["data"]))
    return heard


def test_thousands_of_messages_to_two_groups_keep_the_order_of_each(wire, server, room):
    app = new_app(wire)
    groups = [new_group(wire, app) for _ in range(2)]
    ada, ben = (enter(room, server, app, user, groups) for user in ("ada", "ben"))
    commands = [command(ada, number, groups[number % 2]) for number in range(MESSAGES)]
    for first in range(0, MESSAGES, OF_A_FRAME):
        ada.send_frame(*commands[first : first + OF_A_FRAME])
    said = {group: [str(number) for number in range(place, MESSAGES, 2)] for place, group in enumerate(groups)}
    expected = {group: list(enumerate(texts, 1)) for group, texts in said.items()}
    assert told(ben, MESSAGES) == expected
    answers = [ada.find(lambda message: "id" in message, "an answer", 60) for _ in range(MESSAGES)]
    assert not [answer for answer in answers if "error" in answer]
    place = {answer["id"]: n for n, answer in enumerate(answers)}
    for first in range(2):
        places = [place[command["id"]] for command in commands[first::2]]
        assert places == sorted(places), "the answers of one stream come in the order of its commands"


def test_a_slow_moderation_holds_up_its_own_group_alone(wire, server, room):
    auditor = room.enter_context(Auditor())
    app = new_app(wire, AuditType=2, AuditUrl=auditor.url)
    slow, quick = (new_group(wire, app) for _ in range(2))
    ada, ben = (enter(room, server, app, user, (slow, quick)) for user in ("ada", "ben"))
    def publish(group, kind, count=20):
        return [{"id": ada.next_id(), "publish": {"channel": f"g:{group}", "data": f"{kind}{n}"}} for n in range(count)]

    def in_order(kind):
        return [(n + 1, f"{kind}{n}") for n in range(20)]

    auditor.hold("s3")
    ada.send_frame(*publish(slow, "s"))
    ada.send_frame(*publish(quick, "q"))
    assert told(ben, 23) == {slow: in_order("s")[:3], quick: in_order("q")}
    auditor.let_go()
    assert told(ben, 17) == {slow: in_order("s")[3:]}
    assert [text for text in auditor.texts() if text.startswith("s")] == [f"s{n}" for n in range(20)]
