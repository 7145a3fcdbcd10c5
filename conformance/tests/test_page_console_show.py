"""The console at a show with 2,000 people, in a real Chromium: whoever is there is scrolled through, found and muted, and a page
that is open through it holds a bounded part of it."""

import json
from contextlib import contextmanager

import pytest

from harness.clients.page import Page
from harness.raw_session import RawSession
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.viewers import Viewers
from harness.waiting import until

CONFIG = {"super_group": {"listing": "serve"}}

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]

PEOPLE = 2000
# Messages that the console keeps while they come: `KEPT` of `web/console/src/group/stream.ts`.
KEPT = 400
# Messages that are said at once, fewer than the console reads at once.
ROUND = 100

# Scrolls through a list to its end, view by view, each once all its rows are there: who stands at which place, and the most
# rows that were in the document at once.
SCROLL = """(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const list = document.querySelector('.virtual');
    const deadline = Date.now() + 60_000;
    const found = {};
    let most = 0;
    for (let last = 0; last < %d && Date.now() < deadline; await frame()) {
        const rows = [...list.querySelectorAll('li')];
        most = Math.max(most, rows.length);
        if (rows.length === 0 || rows.some((row) => row.querySelector('.waiting'))) continue;
        for (const row of rows) found[row.ariaPosInSet] = row.querySelector('.mono').title;
        last = Number(rows.at(-1).ariaPosInSet);
        list.scrollTop += list.clientHeight;
    }
    return [Object.entries(found).sort(([one], [other]) => one - other).map(([, user]) => user), most];
})()""" % PEOPLE

# Who stands at the top of it, once that is gone to.
TOP = "document.querySelector('.virtual').scrollTo(0, 0), document.querySelector('.virtual li .mono')?.title"


@contextmanager
def room(server, wire):
    """A group, and the console's page of it."""
    app = new_app(wire, AppName="Grand finale")
    group = new_group(wire, app, "finale", GroupName="Grand finale", CreatorId="host")
    page = Page(server, f"/console/apps/{app['AppId']}/{group}")
    page.sign_in()
    page.see(text="No one is here yet")
    yield app, group, page
    complaints = page.complaints()
    page.close()
    # That there is no session yet is told by a status, which Chromium notes as an error of its own.
    assert [text for text in complaints if "401" not in text] == []


def test_two_thousand_people_are_scrolled_through_found_and_muted(server, wire, shots):
    with room(server, wire) as (app, group, page), Viewers(server, app, group, PEOPLE - 1) as viewers:
        viewers.enter(120)
        with RawSession(server) as zoe:
            zoe.login(login_token(app, "zoe"))
            zoe.join(group)
            page.see(text=f"{PEOPLE:,}")
            page.press(button="Read the list again")
            first, most = page.evaluate(script=SCROLL)
            assert sorted(first) == sorted(["zoe", *(f"viewer{n}" for n in range(PEOPLE - 1))]), "each of them, once"
            assert first[-1] == "zoe" and 0 < most < 60
            page.press(button="First to join on top")
            until(lambda: page.evaluate(script=TOP) == "zoe", "the other order, from its top")
            latest, most = page.evaluate(script=SCROLL)
            assert latest == first[::-1] and most < 60
            page.fill(label="Find a user", text="zoe")
            page.key(key="Enter")
            page.press(button="Mute zoe")
            assert zoe.event("mutechange")["data"]["muteUserList"] == ["zoe"]
            page.see(text="AddLiveMessageGroupBand")
            page.picture(path=str(shots / "console-show.png"))


def test_what_is_said_while_a_page_is_open_is_not_held_for_ever(server, wire):
    with room(server, wire) as (app, group, page), Viewers(server, app, group, 1) as viewers:
        # What nobody would hear is not taken.
        viewers.enter(30)
        at = {"AppId": app["AppId"], "GroupId": group, "SenderId": "host"}

        def say(first, last):
            """Says lines, as fast as the page reads them: what it has missed too much of, it begins anew."""
            for number in range(first, last + 1):
                wire.ok("SendLiveMessageGroup", {**at, "Body": json.dumps({"text": f"line {number}."})})
                if number % ROUND == 0 or number == last:
                    page.see(text=f"line {number}.")

        def held(first):
            say(first, first + 19)
            # What is forgotten ends where it is known how to read on.
            assert KEPT <= page.count(selector=".message") < KEPT + 2 * ROUND
            return page.held()

        # The page begins with the latest of them when it looks first.
        enough = KEPT + ROUND
        say(1, enough)
        # What the page draws with may be held once or twice, by when it is looked at: so the most at first, and the least later.
        early = [held(enough + said) for said in (1, 21, 41)]
        say(enough + 61, enough + 260)
        late = [held(enough + said) for said in (261, 281, 301)]
        for what in ("nodes", "listeners"):
            assert min(one[what] for one in late) < max(one[what] for one in early) * 1.1, (early, late)
