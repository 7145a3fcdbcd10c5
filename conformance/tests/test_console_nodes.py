"""The console over three nodes: each is shown beside the others, and one that does not answer is named."""

import json

import pytest

from harness.clients.page import Page
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

# A lease that a node which was killed holds until the test has seen that it does not answer.
CONFIG = {"cluster": {"lease_seconds": 30}}

pytestmark = [
    pytest.mark.process,
    pytest.mark.only_over("cluster", reason="it looks at several nodes side by side"),
]

OVERVIEW = "fetch('/console/api/overview', { headers: { 'x-muster-csrf': CSRF } }).then((answer) => answer.json())"


def asked(page):
    """What the server tells the page."""
    script = "fetch('/console/api/session').then((answer) => answer.json()).then(({ csrf: CSRF }) => " + OVERVIEW + ")"
    return page.evaluate(script=script)


def rows(page):
    """The rows of the table of nodes, as texts."""
    return page.evaluate(script="[...document.querySelectorAll('table.nodes tbody tr')].map((row) => row.innerText)")


def test_every_node_is_shown_beside_the_others_and_whoever_does_not_answer_is_named(new_server, shots):
    server = new_server(CONFIG).start()
    first, second, third = server.nodes
    wire = Wire(third)
    app = new_app(wire, AppName="Evening show")
    group = new_group(wire, app, "busy", GroupName="The busy one")
    page = Page(first, "/console/")
    with RawSession(first) as ada, RawSession(second) as ben:
        for session, user in ((ada, "ada"), (ben, "ben")):
            session.login(login_token(app, user))
            session.join(group)
        page.sign_in()
        until(lambda: len(rows(page)) == 3, "a row for each node")
        assert all("answers" in row for row in rows(page)) and sum("answers you" in row for row in rows(page)) == 1

        def busy():
            # Nobody is busy for longer than a minute: it goes on until it is seen.
            wire.ok("SendLiveMessageGroup", {"AppId": app["AppId"], "GroupId": group, "SenderId": "host", "Body": json.dumps("hello")})
            told = asked(page)["groups"]
            return told and told[0]

        # Two nodes hear each message and the third sends it: it is counted once.
        told = until(busy, "the group to be told of as busy")
        assert (told["groupId"], told["name"], told["members"]) == (group, "The busy one", 2)
        page.see(text="The busy one")
        until(lambda: sum(node["samples"][-1]["connections"] for node in asked(page)["nodes"] if node["samples"]) == 2, "both connections to be noted")
        nodes = asked(page)["nodes"]
        assert sorted(node["samples"][-1]["connections"] for node in nodes) == [0, 1, 1]
    page.picture(path=str(shots / "console-nodes-light.png"))
    page.press(button="Alone", nth=0)
    page.see(text=f"Last hour of {nodes[0]['node']}")
    page.press(button="All nodes together")
    third.kill()
    page.see(text="no answer")
    page.see(text="A node does not answer")
    second.stop()
    page.see(text="Stopped or died")
    assert page.faults() == [] and not page.overflows()
    page.theme(scheme="dark")
    page.picture(path=str(shots / "console-nodes-gone-dark.png"))
    assert page.complaints() == [] or all("401" in text for text in page.complaints())
    page.close()
