"""A show: likes, gifts, and three thousand viewers who make its group super and leave it again; every figure is exact.

The server's side is an official SDK, the host's an official client, and each viewer a connection of its own.
"""

import pytest

from harness.clients import ApiError, TeaPython
from harness.clients.realtime import CentrifugePython
from harness.scenes import client_of, unique
from harness.viewers import Viewers
from harness.waiting import until

pytestmark = [
    pytest.mark.only_over("sqlite", reason="super groups over other places are tested with few; three thousand connect once"),
    pytest.mark.long,
]

VIEWERS = 3000
LIKE, GIFT = 10002, 20001
# Three thousand handshakes, on a machine that has other things to do.
ALL_IN = 180


class Show:
    """A group, as the application's server sees it and as the host does."""

    def __init__(self, api, app, host):
        self.api, self.host = api, host
        self.at = {"AppId": app["AppId"], "GroupId": unique("show")}
        self.sent = {LIKE: 0, GIFT: 0}
        self.gifts = []
        api.call("CreateLiveMessageGroup", {**self.at, "CreatorId": "host"})

    @property
    def group(self):
        return self.at["GroupId"]

    def like(self, times):
        """Likes: counted by the server, told once, and not kept."""
        self.sent[LIKE] += times
        like = {"MsgType": LIKE, "SenderId": "ada", "Body": "{}", "Weight": 1, "StaticsIncrease": times, "NoStorage": True}
        sent = self.api.call("SendLiveMessageGroup", {**self.at, **like})["MsgTid"]
        told = self.host.received(self.group, "recvgroupmessage", messageId=sent)
        assert told["data"]["totalMsgs"] == self.sent[LIKE] and not told.get("offset")
        return sent

    def give(self, what):
        """A gift: kept, with a place in the group's history."""
        self.sent[GIFT] += 1
        gift = {"MsgType": GIFT, "SenderId": "ben", "Body": what, "Weight": 1000000}
        self.gifts.append(self.api.call("SendLiveMessageGroup", {**self.at, **gift})["MsgTid"])
        told = self.host.received(self.group, "recvgroupmessage", messageId=self.gifts[-1])
        assert told["data"]["totalMsgs"] == self.sent[GIFT] and told["offset"] > 0
        return self.gifts[-1]

    def figures(self):
        """Members, joins, and messages of each type."""
        told = self.api.call("DescribeLiveMessageGroup", self.at)
        amounts = {int(kind): int(count) for kind, count in told["MsgAmount"].items()}
        return int(told["OnlineUserCounts"]), int(told["TotalTimes"]), amounts

    def stands(self, online, joins):
        """The figures come to be exactly these."""
        until(lambda: self.figures() == (online, joins, self.sent), f"{online} members after {joins} joins")

    def roll(self):
        """Who is listed; None while the group is super."""
        try:
            page = self.api.call("ListLiveMessageGroupUsers", {**self.at, "PageSize": 20, "SortType": 1})
        except ApiError as refused:
            assert refused.code == "SuperLargeGroup"
            return None
        return [row["UserId"] for row in page["UserList"]]

    def history(self):
        page = self.api.call("ListLiveMessageGroupMessages", {**self.at, "PageSize": 10, "SortType": 1})
        return [row["MsgTid"] for row in page["MessageList"]]


def test_three_thousand_viewers_make_a_show_super_until_the_last_has_left(server):
    api = TeaPython(server)
    app = api.call("CreateLiveMessageApp", {"AppName": "show"})
    with client_of(CentrifugePython, server, app, "host") as host:
        show = Show(api, app, host)
        host.login()
        host.join(show.group)
        show.like(3)
        show.give("a rose")
        assert show.roll() == ["host"]
        with Viewers(server, app, show.group, VIEWERS) as viewers:
            viewers.enter(ALL_IN)
            check_a_full_house(show, viewers)
            check_that_it_stays_super_until_it_is_empty(show, viewers)


def check_a_full_house(show, viewers):
    """Above 2,000 the list is cleared, notices carry the count alone, and everybody hears everything once."""
    show.stands(VIEWERS + 1, VIEWERS + 1)
    assert show.roll() is None
    assert show.host.rpc("queryGroup", {"groupId": show.group})["isBigGroup"] is True
    show.host.received(show.group, "memberchange", memberCount=VIEWERS + 1, pv=VIEWERS + 1)
    mark = show.host.events.mark()
    viewers.leave(10)
    change = show.host.received(show.group, "memberchange", since=mark, memberCount=VIEWERS - 9)["data"]
    assert (change["joinUsers"], change["leaveUsers"], change["pv"]) == ([], [], VIEWERS + 1)
    viewers.hear(show.like(1000))
    for what in ("a car", "a castle"):
        viewers.hear(show.give(what))
    assert show.history() == show.gifts, "likes are not kept"


def check_that_it_stays_super_until_it_is_empty(show, viewers):
    viewers.leave(len(viewers.inside) - 100, ALL_IN)
    show.stands(101, VIEWERS + 1)
    assert show.roll() is None, "also far below the bound"
    viewers.hear(show.like(7))
    viewers.leave(100)
    show.host.leave(show.group)
    show.stands(0, VIEWERS + 1)
    show.host.join(show.group)
    show.stands(1, VIEWERS + 2)
    assert show.roll() == ["host"]
    assert show.host.rpc("queryGroup", {"groupId": show.group})["isBigGroup"] is False
    assert show.history() == show.gifts
