"""Event callbacks: a receiver hears of logins, joins and leaves, signed and in order, also after an hour of failures and a kill."""

import hashlib
import hmac
import json
import time

import pytest

from harness.clock import HOUR, Clock
from harness.raw_session import RawSession
from harness.receiver import Receiver, ids_of
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

CONFIG = {"outbound": {"allow_private": True}, "callbacks": {"poll_seconds": 1}, "realtime": {"grace_seconds": 0}}
JOINED, LEFT = 3, 4
LOGGED_ON = {"e": 1}


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def come_and_go(server, app, group, user):
    """A user joins a group and leaves it."""
    with RawSession(server) as session:
        session.login(login_token(app, user))
        session.join(group)
        session.result("unsubscribe", {"channel": f"g:{group}"})


def of_group(receiver, group):
    return [(event, user) for at, event, user in receiver.deeds() if at == group]


def on_every_node(wire, app, url):
    """Waits until the nodes that give three answers in turn know where an application's events are told."""
    until(
        lambda: all(wire.ok("DescribeLiveMessageApp", {"AppId": app["AppId"]})["EventCallbackUrl"] == url for _ in range(3)),
        "every node to know the URL",
    )


def expected(users):
    return [deed for user in users for deed in ((JOINED, user), (LEFT, user))]


def test_a_receiver_is_told_of_joins_and_leaves_in_their_order_with_documented_signatures(wire, server, receiver):
    app = new_app(wire, EventCallbackUrl=receiver.url)
    group = new_group(wire, app)
    come_and_go(server, app, group, "ada")
    until(lambda: of_group(receiver, group) == expected(["ada"]), receiver.deeds)
    headers, body = next(taken for taken in receiver.taken if f'"g":"{group}"'.encode() in taken[1])
    told = json.loads(body)
    assert told["appid"] == app["AppId"] and len(told["transactionid"]) == 36 and told["eves"][0]["sid"]
    stamp, key = headers["Ali-Live-Timestamp"], app["AppKey"]
    assert abs(int(stamp) - time.time()) < 300
    assert headers["Ali-Live-Signature"] == hashlib.md5(f"127.0.0.1|{stamp}|{key}".encode()).hexdigest()
    signed = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Muster-Signature"] == signed


def logged_off(reason):
    return {"e": 2, "r": reason}


def test_a_receiver_is_told_who_logs_on_and_off_and_why(wire, server, receiver):
    app = new_app(wire, EventCallbackUrl=receiver.url)
    with RawSession(server) as session:
        first = session.login(login_token(app, "ada"))["client"]
        until(lambda: receiver.logins("ada") == [(first, LOGGED_ON)], receiver.told)
    wanted = [(first, LOGGED_ON), (first, logged_off(1))]
    until(lambda: receiver.logins("ada") == wanted, receiver.told)
    with RawSession(server) as phone, RawSession(server) as tablet:
        second = phone.login(login_token(app, "ada"))["client"]
        third = tablet.login(login_token(app, "ada"))["client"]
        wanted += [(second, LOGGED_ON), (second, logged_off(4)), (third, LOGGED_ON)]
        until(lambda: receiver.logins("ada") == wanted, receiver.told)
        tablet.abandon()
        until(lambda: receiver.logins("ada") == [*wanted, (third, logged_off(3))], receiver.told)


def test_a_receiver_is_told_who_came_back_and_in_which_groups_that_user_is(wire, server, receiver):
    app = new_app(wire, EventCallbackUrl=receiver.url)
    groups = [new_group(wire, app) for _ in range(2)]
    with RawSession(server) as lost, RawSession(server) as back:
        welcome = lost.login(login_token(app, "ada"))
        for group in groups:
            lost.join(group)
        (own, position), = welcome["subs"].items()
        # The server has not noticed yet that the first connection is lost.
        held = {own: {"recover": True, "epoch": position["epoch"], "offset": position.get("offset", 0)}}
        again = back.login(login_token(app, "ada"), subs=held)["client"]
        wanted = [(welcome["client"], LOGGED_ON), (again, {"e": 5, "gs": groups})]
        until(lambda: receiver.logins("ada") == wanted, receiver.told)


def test_the_end_of_a_group_is_the_end_of_each_membership(wire, server, receiver):
    app = new_app(wire, EventCallbackUrl=receiver.url)
    group = new_group(wire, app)
    with RawSession(server) as ada, RawSession(server) as ben:
        for session, user in ((ada, "ada"), (ben, "ben")):
            session.login(login_token(app, user))
            session.join(group)
        wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
        wanted = [(JOINED, "ada"), (JOINED, "ben"), (LEFT, "ada"), (LEFT, "ben")]
        until(lambda: of_group(receiver, group) == wanted, receiver.deeds)
    come_and_go(server, app, loud := new_group(wire, app), "ada")
    until(lambda: len(of_group(receiver, loud)) == 2, receiver.deeds)
    assert of_group(receiver, group) == wanted, "and nothing twice"


@pytest.mark.process
@pytest.mark.only_over("postgres", reason="the embedded store knows no other nodes")
def test_what_ends_with_a_killed_node_is_told(new_server, receiver):
    server = new_server(CONFIG).start()
    wire = Wire(server)
    app = new_app(wire, EventCallbackUrl=receiver.url)
    group = new_group(wire, app)
    with RawSession(server) as session:
        login = session.login(login_token(app, "ada"))["client"]
        session.join(group)
        until(lambda: of_group(receiver, group) == [(JOINED, "ada")], receiver.deeds)
        # What was taken is noted so: a server that is killed before sends it again.
        until(lambda: not server.cli_json("callbacks", "list", "--owed")["callbacks"], "nothing to be owed")
        server.kill()
        server.start()
    until(lambda: of_group(receiver, group) == expected(["ada"]), receiver.deeds)
    until(lambda: receiver.logins("ada") == [(login, LOGGED_ON), (login, logged_off(3))], receiver.told)


def test_an_app_without_a_callback_url_owes_nothing(wire, server, receiver):
    told, silent = new_app(wire, EventCallbackUrl=receiver.url), new_app(wire)
    quiet, loud = new_group(wire, silent), new_group(wire, told)
    come_and_go(server, silent, quiet, "ada")
    come_and_go(server, told, loud, "ada")
    until(lambda: len(of_group(receiver, loud)) == 2, receiver.deeds)
    assert not of_group(receiver, quiet)


def test_events_are_told_where_the_app_says_now_and_nowhere_once_it_says_nowhere(wire, server, receiver):
    app = new_app(wire)
    first, second, third = (new_group(wire, app) for _ in range(3))
    come_and_go(server, app, first, "ada")
    with Receiver() as other:
        for target, group in ((receiver, second), (other, third)):
            answer = wire.ok("ModifyLiveMessageAppCallback", {"AppId": app["AppId"], "EventCallbackUrl": target.url})
            assert answer["EventCallbackUrl"] == target.url and answer["EventCallbackNeedAuthentication"] is True
            on_every_node(wire, app, target.url)
            come_and_go(server, app, group, "ada")
            until(lambda: of_group(target, group) == expected(["ada"]), target.deeds)
        assert not of_group(receiver, first) and not of_group(receiver, third) and not of_group(other, second)
        cleared = wire.ok("ModifyLiveMessageAppCallback", {"AppId": app["AppId"], "EventCallbackUrl": ""})
        assert "EventCallbackUrl" not in cleared
        on_every_node(wire, app, "")
        come_and_go(server, app, first, "ben")
        loud = new_app(wire, EventCallbackUrl=other.url)
        group = new_group(wire, loud)
        come_and_go(server, loud, group, "ada")
        until(lambda: of_group(other, group) == expected(["ada"]), other.deeds)
        assert not of_group(other, first) and not of_group(receiver, first)


@pytest.mark.process
def test_a_receiver_that_fails_for_an_hour_hears_everything_once_and_in_order_also_after_a_kill(new_server, tmp_path, receiver):
    clock = Clock(tmp_path)
    server = new_server(CONFIG, under=clock.under())
    server.start()
    wire = Wire(server)
    receiver.status = 503
    app = new_app(wire, EventCallbackUrl=receiver.url)
    groups, users = [new_group(wire, app) for _ in range(2)], ["ada", "ben", "cy"]
    for user in users:
        for group in groups:
            come_and_go(server, app, group, user)
    until(lambda: len(receiver.refused) >= 2, "attempts that fail")
    server.kill()
    server.start()
    # The waits grow with the failures: of each quarter of the hour an attempt fails.
    for quarter in (1, 2, 3):
        failed = len(receiver.refused)
        clock.set(quarter * HOUR // 4)
        until(lambda failed=failed: len(receiver.refused) > failed, "another attempt that fails")
    receiver.status = 200
    clock.set(HOUR)
    for group in groups:
        until(lambda: len(of_group(receiver, group)) >= 2 * len(users), receiver.deeds)
        assert of_group(receiver, group) == expected(users)
    refused = set(ids_of(receiver.refused))
    # Logins, which are told beside the groups, may be under way still.
    until(lambda: refused <= set(ids_of(receiver.taken)), "each refused call again, with its id")
    ids = ids_of(receiver.taken)
    assert len(set(ids)) == len(ids)


@pytest.mark.looks_at("nodes")
def test_nodes_share_the_callbacks_and_what_they_tell_comes_once_and_in_order(wire, server, receiver):
    app = new_app(wire, EventCallbackUrl=receiver.url)
    groups, users = [new_group(wire, app) for _ in range(6)], ["ada", "ben", "cy"]
    # Whichever node a user comes to owes the callback; whichever is free tells it.
    for n, user in enumerate(users):
        for group in groups:
            come_and_go(server.nodes[n % len(server.nodes)], app, group, user)
    for group in groups:
        until(lambda group=group: len(of_group(receiver, group)) >= 2 * len(users), receiver.deeds)
        assert of_group(receiver, group) == expected(users)
    ids = ids_of(receiver.taken)
    assert len(set(ids)) == len(ids)


@pytest.mark.process
def test_a_callback_that_nobody_took_for_a_day_is_a_dead_letter_that_can_be_sent_again(new_server, tmp_path, receiver):
    clock = Clock(tmp_path)
    server = new_server(CONFIG, under=clock.under())
    server.start()
    wire = Wire(server)
    receiver.status = 500
    app = new_app(wire, EventCallbackUrl=receiver.url)
    group = new_group(wire, app)
    come_and_go(server, app, group, "ada")
    # What is owed later would be tried for a day from then on.
    until(lambda: len(server.cli_json("callbacks", "list", "--owed")["callbacks"]) == 4, "the login, the join and their ends to be owed")
    until(lambda: receiver.refused, "an attempt that fails")
    clock.set(25 * HOUR)

    def dead():
        return server.cli_json("callbacks", "list")["callbacks"]

    letters = until(lambda: len(dead()) == 4 and dead(), "the login, the join and their ends as dead letters")
    assert [letter["fault"] for letter in letters] == ["status 500"] * 4
    receiver.status = 200
    for letter in letters:
        server.cli_json("callbacks", "retry", str(letter["number"]))
    until(lambda: len(receiver.taken) == 4, receiver.told)
    assert of_group(receiver, group) == expected(["ada"])
    assert [event["e"] for _, event in receiver.logins("ada")] == [1, 2]
    assert dead() == []
    assert set(ids_of(receiver.taken)) == {letter["transactionId"] for letter in letters}
