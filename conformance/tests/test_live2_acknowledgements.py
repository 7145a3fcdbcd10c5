"""`HighReliability`: a message to a user succeeds when the receiver has acknowledged it, on whatever node the receiver is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.raw_session import RawSession
from harness.tokens import login_token
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("nodes")

# Far more than the slowest machine takes: nothing here is about the time itself.
CONFIG = {"gateway": {"handler_seconds": 120}, "limits": {"acknowledgement_millis": 60000}}


def word(app, receiver, **params):
    return {"AppId": app["AppId"], "ReceiverId": receiver, "SenderId": "host", "HighReliability": True, **params}


@pytest.mark.parametrize("storage", [False, True])
def test_a_call_waits_until_the_receiver_has_acknowledged_the_message(server, app, storage):
    with RawSession(server) as session, ThreadPoolExecutor(1) as pool:
        session.login(login_token(app, "dora"), data={"acknowledges": True})
        # Each call asks the next node: the receiver's, and those where it is not.
        for number in range(3):
            sent = pool.submit(lambda n=number: Wire(server).ok("SendLiveMessageUser", word(app, "dora", Body=f"{n}", Storage=storage)))
            heard = session.event("recvc2cmessage")
            assert heard["data"]["data"] == str(number) and bool(heard.get("offset")) is storage
            session.rpc("ackMessage", {"messageId": "another"})
            assert not sent.done(), "nobody has acknowledged this one"
            assert session.rpc("ackMessage", {"messageId": heard["data"]["messageId"]}) == {}
            assert sent.result()["MsgTid"] == heard["data"]["messageId"]


def test_for_a_client_that_acknowledges_nothing_what_was_written_to_it_counts(wire, server, app):
    with RawSession(server) as session:
        session.login(login_token(app, "emil"), data={"something": "else"})
        for storage in (False, True, True):
            sent = wire.ok("SendLiveMessageUser", word(app, "emil", Body="x", Storage=storage))["MsgTid"]
            assert session.event("recvc2cmessage", messageId=sent)


def test_a_kept_message_that_is_sent_again_is_told_again_until_it_is_acknowledged_and_kept_once(server, app):
    with RawSession(server) as session, ThreadPoolExecutor(1) as pool:
        session.login(login_token(app, "fritz"), data={"acknowledges": True})
        places = []
        for _ in range(3):
            sent = pool.submit(lambda: Wire(server).ok("SendLiveMessageUser", word(app, "fritz", Body="x", Storage=True, MsgTid="c-1")))
            heard = session.event("recvc2cmessage", messageId="c-1")
            places.append(heard.get("offset", 0))
            session.rpc("ackMessage", {"messageId": "c-1"})
            assert sent.result()["MsgTid"] == "c-1"
        assert places == [1, 0, 0]


def test_a_receiver_who_is_not_online_is_not_waited_for(wire, app):
    assert wire.refused("SendLiveMessageUser", word(app, "nobody", Body="x")) == (404, "ResourceNotExist")


def test_an_acknowledgement_of_what_nobody_waits_for_is_taken_and_one_of_nothing_is_refused(server, app):
    with RawSession(server) as session:
        session.login(login_token(app, "gus"))
        assert session.rpc("ackMessage", {"messageId": "m-1"}) == {}
        assert session.error("rpc", {"method": "ackMessage", "data": {"messageId": "a b"}})["code"] == 400
        assert session.error("rpc", {"method": "ackMessage", "data": {}})["code"] == 400
