"""Reading the messages of a group again with the client's own calls: the recent ones, and the history by pages."""

import time

import pytest

from harness.clients.realtime import RealtimeError
from harness.scenes import client_of, new_group

pytestmark = pytest.mark.looks_at("transactions", "nodes")


def texts(answer):
    return [message["data"] for message in answer["messageList"]]


def refused(client, method, data):
    with pytest.raises(RealtimeError) as error:
        client.rpc(method, data)
    return error.value.code


def test_people_read_again_what_was_said(wire, server, app, realtime, ledger):
    group = new_group(wire, app, CreatorId="host")
    to = {"AppId": app["AppId"], "GroupId": group, "SenderId": "dj", "SenderMetaInfo": "the dj", "MsgType": 20001}
    clients = [client_of(realtime, server, app, user, ledger) for user in ("host", "mia", "zoe")]
    host, mia, zoe = clients
    try:
        for client in clients:
            client.login()
        assert refused(mia, "listRecentMessage", {"groupId": group}) == 425
        mia.join(group)
        assert mia.rpc("listRecentMessage", group) == {"groupId": group, "messageList": []}
        began = int(time.time())
        for number in range(1, 13):
            wire.ok("SendLiveMessageGroup", {**to, "Body": f"m{number}"})
            wire.ok("SendLiveMessageGroup", {**to, "Body": f"uncached {number}", "NoCache": True})
        wire.ok("SendLiveMessageGroup", {**to, "Body": "fleeting", "NoStorage": True})
        said = mia.rpc("sendGroupMessage", {"groupId": group, "type": 20002, "data": "of mia ~ 你好"})["messageId"]

        recent = mia.rpc("listRecentMessage", {"groupId": group})
        assert texts(recent) == [*(f"m{number}" for number in range(1, 13)), "of mia ~ 你好"]
        first, last = recent["messageList"][0], recent["messageList"][-1]
        assert first["sender"] == {"userId": "dj", "userExtension": "the dj"} and first["type"] == 20001
        assert (last["messageId"], last["sender"]["userId"], last["groupId"]) == (said, "mia", group)
        assert began - 1 <= last["timestamp"] <= time.time() + 1
        assert texts(mia.rpc("listRecentMessage", {"groupId": group, "pageSize": 2})) == ["m12", "of mia ~ 你好"]

        assert refused(mia, "listMessage", {"groupId": group, "type": 20001}) == 403
        for client, method in ((host, "listMessage"), (zoe, "listHistoryMessage")):
            check_pages(client, method, group, began)
            assert refused(client, method, {"groupId": "nosuchgroup", "type": 20001}) == 440
            assert refused(client, method, {"groupId": group, "type": 20001, "pageSize": 31}) == 400
    finally:
        for client in clients:
            client.close()


def check_pages(client, method, group, began):
    """A walk by both spellings of the token, in both orders, by type and by time."""
    everything = [text for number in range(1, 13) for text in (f"m{number}", f"uncached {number}")]
    ask = {"groupId": group, "type": 20001}
    for spelling, sort, wanted in (("nextPageToken", 0, everything), ("nextpagetoken", 1, everything[::-1])):
        found, token = [], 0
        while True:
            page = client.rpc(method, {**ask, "sortType": sort, spelling: token})
            assert page["nextPageToken"] == page["nextpagetoken"] and len(page["messageList"]) <= 10
            found += texts(page)
            token = page[spelling]
            if not page["hasMore"]:
                break
        assert found == wanted and token == 0
    assert texts(client.rpc(method, {"groupId": group, "type": 20002})) == ["of mia ~ 你好"]
    assert texts(client.rpc(method, {**ask, "pageSize": 30, "beginTime": began - 5})) == everything
    assert texts(client.rpc(method, {**ask, "endTime": began - 5})) == []
