"""Second-generation messages: sending by API, what members receive, history by token, type, time; the classes of storage."""

import time
from contextlib import ExitStack, closing

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_group
from harness.tokens import login_token
from harness.wire import Wire

pytestmark = pytest.mark.looks_at("transactions", "nodes")


@pytest.fixture
def audience(wire, server, app):
    """A group with one listener: `(group, session)`."""
    group = new_group(wire, app)
    with RawSession(server) as session:
        session.login(login_token(app, "listener"))
        session.join(group)
        yield group, session


def send(wire, app, group, **params):
    return wire.ok("SendLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", **params})


def history(wire, app, group, **params):
    return wire.ok(
        "ListLiveMessageGroupMessages", {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1, **params}
    )


def test_sending_answers_the_message_id_alone_the_callers_or_a_new_one(wire, app, audience):
    group, _ = audience
    answer = send(wire, app, group, Body="x", MsgType=1)
    assert set(answer) == {"RequestId", "MsgTid"} and answer["MsgTid"]
    assert send(wire, app, group, Body="x", MsgType=1, MsgTid="c-1-1-0")["MsgTid"] == "c-1-1-0"


def test_a_member_receives_the_message_with_its_fields(wire, app, audience):
    group, session = audience
    tid = send(wire, app, group, Body='{"text":"hé"}', MsgType=10001, SenderMetaInfo="meta", Weight=1000000)["MsgTid"]
    publication = session.event("recvgroupmessage", messageId=tid)
    message = publication["data"]
    assert (message["groupId"], message["type"], message["data"]) == (group, 10001, '{"text":"hé"}')
    assert message["sender"] == {"userId": "host", "userExtension": "meta"}
    assert abs(message["timestamp"] / (1000 if message["timestamp"] > 10**11 else 1) - time.time()) < 60
    assert publication["offset"] >= 1 and message["seqnum"] >= 1 and message["totalMsgs"] == 1


def test_history_answers_every_documented_member_in_both_orders_by_token(wire, app, audience):
    group, _ = audience
    bodies = [f"message {n}" for n in range(25)]
    for body in bodies:
        send(wire, app, group, Body=body, MsgType=7)
    for sort, order in ((1, bodies), (2, bodies[::-1])):
        token, walked = None, []
        while True:
            answer = history(wire, app, group, SortType=sort, NextPageToken=token)
            assert set(answer) == {"RequestId", "GroupId", "NextPageToken", "Hasmore", "MessageList"}
            walked += answer["MessageList"]
            if not answer["Hasmore"]:
                assert answer["NextPageToken"] == 0
                break
            token = answer["NextPageToken"]
        assert [row["Body"] for row in walked] == order
    first = walked[-1]
    assert set(first) == {"MsgTid", "MsgType", "Body", "Sender", "SeqNumber", "Timestamp", "TotalMessages"}
    assert first["MsgType"] == 7 and first["Sender"]["UserId"] == "host"
    assert abs(first["Timestamp"] - time.time()) < 60
    numbers = [row["SeqNumber"] for row in walked[::-1]]
    assert numbers == sorted(set(numbers)) and numbers[0] >= 1
    assert [row["TotalMessages"] for row in walked[::-1]] == list(range(1, 26))


def test_history_is_filtered_by_type_and_time(wire, app, audience):
    group, _ = audience
    for kind in (1, 2, 1):
        send(wire, app, group, Body=f"type {kind}", MsgType=kind)
    assert [row["MsgType"] for row in history(wire, app, group, MsgType=1)["MessageList"]] == [1, 1]
    now = int(time.time())
    assert len(history(wire, app, group, BeginTime=now - 60, EndTime=now + 60)["MessageList"]) == 3
    assert history(wire, app, group, EndTime=now - 3600)["MessageList"] == []
    assert history(wire, app, group, BeginTime=now + 3600)["MessageList"] == []


def test_a_message_without_storage_is_heard_but_not_kept_and_takes_no_offset(wire, app, audience):
    group, session = audience
    kept = send(wire, app, group, Body="kept", MsgType=1)["MsgTid"]
    fleeting = send(wire, app, group, Body="fleeting", MsgType=1, NoStorage=True)["MsgTid"]
    assert session.event("recvgroupmessage", messageId=kept)["offset"] >= 1
    assert "offset" not in session.event("recvgroupmessage", messageId=fleeting)
    assert [row["MsgTid"] for row in history(wire, app, group)["MessageList"]] == [kept]


def test_counters_grow_by_the_given_step_and_are_told_by_type(wire, app, audience):
    group, _ = audience
    send(wire, app, group, Body="", MsgType=3)
    send(wire, app, group, Body="", MsgType=3, StaticsIncrease=10)
    send(wire, app, group, Body="", MsgType=88)
    amounts = wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})["MsgAmount"]
    assert amounts == {"3": 11, "88": 1}


def test_the_31st_type_of_a_group_is_refused(wire, app, audience):
    group, _ = audience
    for kind in range(30):
        send(wire, app, group, MsgType=kind + 1)
    refused = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "MsgType": 31}
    assert wire.refused("SendLiveMessageGroup", refused) == (400, "InputInvalid")
    send(wire, app, group, MsgType=30)


def test_sending_to_a_group_with_nobody_in_it_is_refused(wire, app):
    group = new_group(wire, app)
    refused = wire.refused("SendLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "x"})
    assert refused == (404, "ResourceNotExist")


@pytest.mark.parametrize(
    "params",
    [
        {"SenderId": "x" * 65},
        {"SenderMetaInfo": "x" * 513},
        {"Body": "x" * (15 * 1024 + 1)},
        {"MsgTid": "x" * 65},
        {"MsgType": "text"},
        {"NoStorage": "maybe"},
    ],
    ids=lambda params: next(iter(params)),
)
@pytest.mark.looks_at("door")
def test_a_message_out_of_bounds_is_refused(wire, app, audience, params):
    group, _ = audience
    message = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "b", "MsgType": 1, **params}
    assert wire.refused("SendLiveMessageGroup", message, place="form") == (400, "InputInvalid")


def test_the_largest_body_arrives_whole(wire, app, audience):
    group, session = audience
    body = "大" * (15 * 1024 // 3)
    message = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": body, "MsgType": 1}
    tid = wire.ok("SendLiveMessageGroup", message, place="form")["MsgTid"]
    assert session.event("recvgroupmessage", messageId=tid)["data"]["data"] == body
    assert history(wire, app, group)["MessageList"][0]["Body"] == body


def test_messages_of_a_deleted_group_stay_readable_and_new_ones_are_refused(wire, app, audience):
    group, session = audience
    send(wire, app, group, Body="last words", MsgType=1)
    wire.ok("DeleteLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
    assert session.event("exit", reason=1)["data"]["groupId"] == group
    push = session.push("unsubscribe")
    assert push["unsubscribe"]["code"] == 2102 and push["unsubscribe"]["reason"]
    refused = wire.refused("SendLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": "x"})
    assert refused == (404, "ResourceNotExist")
    assert [row["Body"] for row in history(wire, app, group)["MessageList"]] == ["last words"]


def test_a_page_of_messages_has_bounds(wire, app, audience):
    group, _ = audience
    good = {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
    for params in ({"PageSize": 9}, {"PageSize": 51}, {"SortType": 3}, {"MsgType": "x"}, {"BeginTime": "noon"}):
        assert wire.refused("ListLiveMessageGroupMessages", {**good, **params}) == (400, "InputInvalid"), params
    for name in good:
        assert wire.refused("ListLiveMessageGroupMessages", {**good, name: None}) == (400, f"Missing{name}")


def recall(wire, app, group, message, **params):
    return wire.ok("DeleteLiveMessageGroupMessage", {"AppId": app["AppId"], "GroupId": group, "MessageId": message, **params})


def test_a_message_that_is_taken_back_is_told_and_gone_from_history(wire, app, audience):
    group, session = audience
    kept, doomed = (send(wire, app, group, Body=body)["MsgTid"] for body in ("kept", "said too much"))
    place = session.event("recvgroupmessage", messageId=doomed)["offset"]
    answer = recall(wire, app, group, doomed, DeleterId="boss", DeleterInfo="meta")
    assert (answer["GroupId"], answer["MessageId"]) == (group, doomed)
    told = session.event("deletegroupmessage", messageId=doomed)
    assert told["offset"] == place + 1
    assert told["data"]["groupId"] == group
    assert told["data"]["deleter"] == {"userId": "boss", "userExtension": "meta"}
    assert [row["MsgTid"] for row in history(wire, app, group)["MessageList"]] == [kept]


def test_what_one_node_takes_back_is_gone_for_members_and_late_comers_of_every_node(wire, server, app):
    group = new_group(wire, app)
    with ExitStack() as opened:

        def inside(user, node):
            session = opened.enter_context(RawSession(node))
            session.login(login_token(app, user))
            session.join(group)
            return session

        members = [inside(f"member{number}", node) for number, node in enumerate(server.nodes)]
        first, last = (opened.enter_context(closing(Wire(node))) for node in (server.nodes[0], server.nodes[-1]))
        kept, doomed = (send(first, app, group, Body=body)["MsgTid"] for body in ("kept", "said too much"))
        for member in members:
            member.event("recvgroupmessage", messageId=doomed)
        recall(last, app, group, doomed, DeleterId="boss")
        for member in members:
            assert member.event("deletegroupmessage", messageId=doomed)["data"]["deleter"]["userId"] == "boss"
        for number, node in enumerate(server.nodes):
            late = inside(f"late{number}", node)
            stream = late.result("history", {"channel": f"g:{group}", "limit": -1})["publications"]
            said = [one["data"]["messageId"] for one in stream if one["data"]["event"] == "recvgroupmessage"]
            assert said == [kept] and "said too much" not in str(stream)
            recent = late.result("rpc", {"method": "listRecentMessage", "data": {"groupId": group}})
            assert "said too much" not in str(recent) and kept in str(recent)


def test_taking_back_a_message_that_does_not_exist_succeeds_and_echoes_its_id(wire, app, audience):
    group, _ = audience
    assert recall(wire, app, group, "never-sent")["MessageId"] == "never-sent"


def test_a_message_to_a_user_is_taken_back_by_somebody_who_is_named(wire, app, audience):
    _, session = audience
    to = {"AppId": app["AppId"], "ReceiverId": "listener", "MessageId": "m-1"}
    assert wire.refused("DeleteLiveMessageUserMessage", to) == (400, "InputInvalid")
    wire.ok("DeleteLiveMessageUserMessage", {**to, "DeleterId": "boss"})
    assert session.event("deletec2cmessage", messageId="m-1")["data"]["deleter"]["userId"] == "boss"


def word(app, receiver, **params):
    return {"AppId": app["AppId"], "ReceiverId": receiver, "SenderId": "host", **params}


def test_a_message_to_a_user_with_storage_is_recovered_and_one_without_is_told_once(wire, server, app):
    with RawSession(server) as session:
        own = session.login(login_token(app, "dora"))["subs"]["u:dora"]
        fleeting = wire.ok("SendLiveMessageUser", word(app, "dora", Body="fleeting"))["MsgTid"]
        kept = wire.ok("SendLiveMessageUser", word(app, "dora", Body="kept", SenderInfo="meta", MsgType=7, Storage=True))["MsgTid"]
        assert "offset" not in session.event("recvc2cmessage", messageId=fleeting)
        heard = session.event("recvc2cmessage", messageId=kept)
        assert heard["offset"] == own.get("offset", 0) + 1 == heard["data"]["seqnum"]
        assert "groupId" not in heard["data"] and heard["data"]["sender"] == {"userId": "host", "userExtension": "meta"}
    with RawSession(server) as session:
        held = {"u:dora": {"recover": True, "epoch": own["epoch"], "offset": own.get("offset", 0)}}
        back = session.login(login_token(app, "dora"), subs=held)["subs"]["u:dora"]
        assert back["recovered"] is True
        assert [one["data"]["messageId"] for one in back["publications"]] == [kept]


def test_a_message_to_a_user_under_a_chosen_id_is_kept_and_told_once(wire, server, app):
    with RawSession(server) as session:
        session.login(login_token(app, "emil"))
        for chosen in ("c-1", "c-1", "c-2"):
            sent = wire.ok("SendLiveMessageUser", word(app, "emil", Body=chosen, MsgTid=chosen, Storage=True))
            assert sent["MsgTid"] == chosen and set(sent) == {"RequestId", "MsgTid"}
        places = [session.event("recvc2cmessage", messageId=chosen)["offset"] for chosen in ("c-1", "c-2")]
        assert places[1] == places[0] + 1


def test_a_message_that_the_receiver_does_not_acknowledge_in_time_is_answered_as_such(wire, server, app):
    with RawSession(server) as session:
        session.login(login_token(app, "gina"), data={"acknowledges": True})
        reply = wire.call("SendLiveMessageUser", word(app, "gina", Body="x", MsgTid="c-1", HighReliability=True))
        assert (reply.status, reply.code) == (404, "ResourceNotExist")
        assert reply.json()["Message"] == "The user gina has not acknowledged the message in time."
        assert session.event("recvc2cmessage", messageId="c-1"), "it has arrived all the same"


def test_a_user_who_is_not_online_is_not_sent_to(wire, server, app):
    assert wire.refused("SendLiveMessageUser", word(app, "nobody", Body="x")) == (404, "ResourceNotExist")
    with RawSession(server) as session:
        session.login(login_token(app, "fritz"))
        message = {"receiverId": "nobody", "type": 1, "data": "x"}
        error = session.error("rpc", {"method": "sendC2cMessage", "data": message})
        assert (error["code"], error["message"]) == (424, "user not online")


@pytest.mark.parametrize(
    "params",
    [{"SenderId": "x" * 65}, {"SenderInfo": "x" * 513}, {"Body": "x" * (15 * 1024 + 1)}, {"Storage": "maybe"}, {"MsgType": "text"}],
    ids=lambda params: next(iter(params)),
)
@pytest.mark.looks_at("door")
def test_a_message_to_a_user_out_of_bounds_is_refused(wire, app, params):
    assert wire.refused("SendLiveMessageUser", {**word(app, "dora"), **params}, place="form") == (400, "InputInvalid")
