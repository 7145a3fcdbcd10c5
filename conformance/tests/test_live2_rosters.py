"""The roll of a second-generation group: order, pages by token under churn, exact counts, super groups in both settings."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.raw_session import RawSession
from harness.scenes import new_app, new_group, online
from harness.tokens import login_token
from harness.waiting import until

pytestmark = pytest.mark.looks_at("transactions", "nodes")

CONFIG = {"super_group": {"threshold": 40}, "realtime": {"grace_seconds": 1}}


class Crowd:
    """People in a group, each with a connection of their own."""

    def __init__(self, server, app, group):
        self.server, self.app, self.group = server, app, group
        self.sessions = {}

    def join(self, *users):
        for user in users:
            session = self.sessions[user] = RawSession(self.server)
            session.login(login_token(self.app, user, extension=f"about {user}"))
            session.join(self.group)

    def leave(self, *users):
        for user in users:
            session = self.sessions.pop(user)
            session.result("unsubscribe", {"channel": f"g:{self.group}"})
            session.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for session in self.sessions.values():
            session.close()


def page(wire, app, group, token=None, size=10, sort=1):
    return wire.ok(
        "ListLiveMessageGroupUsers",
        {"AppId": app["AppId"], "GroupId": group, "PageSize": size, "SortType": sort, "NextPageToken": token},
    )


def walk(wire, app, group, between=lambda: None, **options):
    token, users = None, []
    while True:
        answer = page(wire, app, group, token, **options)
        users += [row["UserId"] for row in answer["UserList"]]
        assert isinstance(answer["NextPageToken"], int)
        if not answer["Hasmore"]:
            assert answer["NextPageToken"] == 0
            return users
        assert answer["NextPageToken"] != 0
        token = answer["NextPageToken"]
        between()


def test_an_empty_group_answers_an_empty_page(wire, app):
    group = new_group(wire, app)
    answer = page(wire, app, group)
    answer.pop("RequestId")
    assert answer == {"GroupId": group, "NextPageToken": 0, "Hasmore": False, "UserList": []}


def test_members_are_listed_by_join_time_in_both_orders_with_their_info(wire, server, app):
    group = new_group(wire, app)
    users = [f"user{n}" for n in range(25)]
    with Crowd(server, app, group) as crowd:
        crowd.join(*users)
        assert walk(wire, app, group) == users
        assert walk(wire, app, group, sort=2) == users[::-1]
        assert walk(wire, app, group, size=50) == users
        assert page(wire, app, group)["UserList"][3] == {"UserId": "user3", "UserInfo": "about user3"}
        crowd.leave("user3", "user24")
        crowd.join("user3")
        assert walk(wire, app, group) == [u for u in users if u not in ("user3", "user24")] + ["user3"]
        assert online(wire, app, group) == 24


def test_two_subscriptions_of_the_roll_count_each_user_once_and_sessions_add_up_in_total_times(wire, server, app):
    group = new_group(wire, app)
    with Crowd(server, app, group) as crowd:
        crowd.join("ann", "bob")
        crowd.leave("ann")
        crowd.join("ann")
        described = wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})
        assert described["OnlineUserCounts"] == 2
        assert described["TotalTimes"] == 3, "every session counts, as page views do"


@pytest.mark.parametrize("sort", [1, 2], ids=["ascending", "descending"])
def test_a_walk_by_token_neither_repeats_nor_skips_a_member_who_stayed_whatever_joins_or_leaves_meanwhile(wire, server, app, sort):
    group = new_group(wire, app)
    users = [f"user{n}" for n in range(36)]
    chance = random.Random(7)
    with Crowd(server, app, group) as crowd:
        crowd.join(*users)
        stay = set(chance.sample(users, 20))
        leaving = [user for user in users if user not in stay]
        chance.shuffle(leaving)
        newcomers = iter(range(1000))

        def churn():
            for _ in range(4):
                if leaving:
                    crowd.leave(leaving.pop())
            crowd.join(*(f"late{next(newcomers)}" for _ in range(2)))

        walked = walk(wire, app, group, between=churn, sort=sort)
        assert len(walked) == len(set(walked)), "somebody was told twice"
        assert stay <= set(walked), "somebody who stayed was skipped"
        present = walk(wire, app, group)
        assert len(present) == online(wire, app, group) and stay <= set(present)


def test_counts_equal_rows_after_many_came_and_went_at_once_in_every_way(wire, server, app):
    group = new_group(wire, app)

    def comes_and_goes(number):
        chance = random.Random(number)
        crowd = Crowd(server, app, group)
        user = f"user{number}"
        for _ in range(10):
            crowd.join(user)
            way = chance.choice(["unsubscribe", "close", "cut"])
            if way == "unsubscribe":
                crowd.leave(user)
            elif way == "close":
                crowd.sessions.pop(user).close()
            else:
                crowd.sessions.pop(user).abandon()
        if number % 2:
            crowd.join(user)
        return crowd

    with ThreadPoolExecutor(30) as pool:
        crowds = list(pool.map(comes_and_goes, range(30)))
    stayed = {f"user{number}" for number in range(1, 30, 2)}
    until(lambda: set(walk(wire, app, group)) == stayed, "exactly those who stayed to be listed")
    assert online(wire, app, group) == len(walk(wire, app, group, sort=2)) == len(stayed)
    for crowd in crowds:
        for session in crowd.sessions.values():
            session.close()


def test_a_page_of_members_has_bounds_and_both_parameters_are_required(wire, app):
    group = new_group(wire, app)
    good = {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
    for params in ({"PageSize": 9}, {"PageSize": 51}, {"PageSize": "ten"}, {"SortType": 0}, {"SortType": 3}, {"NextPageToken": "x"}):
        assert wire.refused("ListLiveMessageGroupUsers", {**good, **params}) == (400, "InputInvalid"), params
    for name in good:
        assert wire.refused("ListLiveMessageGroupUsers", {**good, name: None}) == (400, f"Missing{name}")


def described(wire, app, group):
    return wire.ok("DescribeLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group})


@pytest.mark.process
def test_a_super_group_clears_its_list_answers_420_tells_counts_alone_and_recovers_when_all_have_left(new_server):
    from harness.wire import Wire

    server = new_server({"super_group": {"threshold": 3, "listing": "refuse"}}).start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    with Crowd(server, app, group) as crowd:
        crowd.join("a", "b", "c")
        assert described(wire, app, group)["SuperLargeGroup"] is False, "three is the threshold, not above it"
        assert walk(wire, app, group) == ["a", "b", "c"]
        crowd.join("d")
        refused = wire.refused(
            "ListLiveMessageGroupUsers", {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
        )
        assert refused == (420, "SuperLargeGroup")
        answer = described(wire, app, group)
        assert (answer["SuperLargeGroup"], answer["OnlineUserCounts"]) == (True, 4)
        in_group = wire.ok("CheckLiveMessageUsersInGroup", {"AppId": app["AppId"], "GroupId": group, "UserIds": "a,z"})
        assert in_group["Users"] == [{"UserId": "a", "Online": True}, {"UserId": "z", "Online": False}]
        change = crowd.sessions["a"].event("memberchange", memberCount=4)["data"]
        assert change["joinUsers"] == [] and change["leaveUsers"] == []
        crowd.leave("d", "c", "b")
        assert wire.refused(
            "ListLiveMessageGroupUsers", {"AppId": app["AppId"], "GroupId": group, "PageSize": 10, "SortType": 1}
        ) == (420, "SuperLargeGroup"), "it stays super until everyone has left"
        assert described(wire, app, group)["OnlineUserCounts"] == 1
        crowd.leave("a")
        until(lambda: described(wire, app, group)["OnlineUserCounts"] == 0, "the group to be empty")
        crowd.join("e")
        assert described(wire, app, group)["SuperLargeGroup"] is False
        assert walk(wire, app, group) == ["e"]


@pytest.mark.process
def test_a_super_group_is_listed_at_any_size_when_the_operator_says_serve(new_server):
    from harness.wire import Wire

    server = new_server({"super_group": {"threshold": 3, "listing": "serve"}}).start()
    wire = Wire(server)
    app = new_app(wire)
    group = new_group(wire, app)
    users = [f"user{n}" for n in range(12)]
    with Crowd(server, app, group) as crowd:
        crowd.join(*users)
        assert walk(wire, app, group) == users
        assert walk(wire, app, group, sort=2) == users[::-1]
        crowd.leave("user4")
        assert walk(wire, app, group) == [user for user in users if user != "user4"]
        assert described(wire, app, group)["OnlineUserCounts"] == 11
