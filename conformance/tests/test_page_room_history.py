"""What was said long ago in an invite room, in a real Chromium: it is had on the way up and let go on the way down, and a page
that is open for long holds no more for it."""

import io
import wave

import pytest

from harness.business import Business
from harness.clients.guest_page import page
from harness.files import oss_client, put

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door", "store")]

CONFIG = {"cams": {"room_messages": 40}}
# Lines that a page holds, at most: `HELD` of `web/room/src/log.ts`.
HELD = 300

SHOWN = "[...document.querySelectorAll('#said > .said .text')].map((text) => Number(text.textContent))"
IS_SEEN = "((line) => { const at = line.getBoundingClientRect(), box = document.getElementById('log').getBoundingClientRect(); return at.top >= box.top - 1 && at.bottom <= box.bottom + 1; })"


def joins(guest, phone="491600000501"):
    guest.fill(phone, label="Phone number")
    guest.press(role="button", name="Join the group")
    guest.see(role="log", name="Messages")


def says(business, first, last):
    """The business says the numbers from one to another: their messages' ids."""
    return [business.says("text", str(number)) for number in range(first, last + 1)]


def seen(guest, number):
    """Waits until a message is on the page, and in sight."""
    guest.until(f"{SHOWN}.includes({number}) && {IS_SEEN}([...document.querySelectorAll('.said')].find((line) => line.querySelector('.text').textContent === '{number}'))")


def test_without_a_script_links_lead_to_what_was_said_before_and_back(server):
    business = Business(server)
    first, *_ = says(business, 1, 100)
    business.says("pin", {"type": "pin", "messageId": first})
    business.says("reaction", {"messageId": first, "emoji": "👍"})
    says(business, 101, 150)
    with page(business.link, script=False) as ann:
        joins(ann)
        assert ann.run(SHOWN) == list(range(111, 151)) and ann.texts(css="#later:not([hidden])") == []
        assert [text.split() for text in ann.texts(css="#pins .pin")] == [["Pinned:", "1"]], "what was pinned long before is pinned"
        ann.press(role="link", name="Earlier messages")
        assert ann.run(SHOWN)[-1] == 110
        ann.press(css="#pins .pin")
        seen(ann, 1)
        assert ann.run("document.querySelector(':target .text').textContent") == "1"
        assert ann.texts(css=":target .sign") == ["👍"], "a sign stands at its message however long ago it was given"
        assert ann.texts(css="#earlier:not([hidden])") == [], "nothing was said before"
        passed = []
        while ann.texts(css="#later:not([hidden])"):
            passed += ann.run(SHOWN)
            ann.press(role="link", name="Later messages")
        assert passed + ann.run(SHOWN) == list(range(1, 151))


def test_on_the_way_up_what_was_said_before_appears_and_nothing_jumps(server, shots):
    business = Business(server)
    first, *_ = says(business, 1, 160)
    business.says("pin", {"type": "pin", "messageId": first})
    with page(business.link) as ann:
        joins(ann)
        seen(ann, 160)
        top = "[...document.querySelectorAll('.said')].find((line) => line.querySelector('.text').textContent === '130').getBoundingClientRect().top"
        # As the earliest of them comes near, more appears above. A line stands before the first message of another day.
        yesterday = "document.querySelectorAll('#said time').forEach((time, n) => { if (n < 5) time.dateTime = new Date(Date.now() - 864e5).toISOString(); })"
        ann.run(f"void {yesterday}")
        ann.run("document.querySelector('.said').scrollIntoView()")
        before = ann.run(top)
        ann.until(f"{SHOWN}[0] < 110")
        assert abs(ann.run(top) - before) < 1
        assert ann.texts(css="#said > .day") == ["yesterday", "today"]
        # To the very beginning, and from there to a new message.
        ann.until(f"document.getElementById('log').scrollTo(0, -1e6), {SHOWN}[0] === 1")
        ann.see_gone(css="#earlier")
        ann.reload()
        seen(ann, 160)
        ann.press(css="#pins .pin")
        seen(ann, 1)
        ann.until("document.activeElement.textContent.includes('1') && document.activeElement.matches('.said')")
        assert ann.run(SHOWN)[-1] < 160, "what lies between is not loaded"
        ann.shot(shots / "room-pinned-long-ago.png")
        assert ann.faults() == []
        says(business, 161, 161)
        ann.press(role="button", name="New messages")
        seen(ann, 161)
        ann.see_gone(css="#newer")
        # What one writes while one reads far above leads to the end, too.
        ann.press(css="#pins .pin")
        seen(ann, 1)
        ann.fill("162", label="Message")
        ann.press(role="button", name="Send")
        seen(ann, 162)
        assert ann.run(SHOWN)[-1] == 162
        # And from far above one comes down without a gap.
        ann.press(css="#pins .pin")
        seen(ann, 1)
        ann.until(f"document.getElementById('log').scrollTo(0, 0), {SHOWN}.at(-1) === 162")
        assert ann.run(SHOWN) == list(range(ann.run(SHOWN)[0], 163))


def test_a_page_holds_a_bounded_part_of_what_is_said_while_it_is_open_and_of_what_was_said_before(server):
    business = Business(server)
    ben = business.guest("491600000502", "Ben")
    full, end = HELD + 20, HELD + 160
    with page(business.link) as ann:
        joins(ann)

        def after(first, last):
            ids = says(business, first, last - 1)
            business.says("reaction", {"messageId": ids[-1], "emoji": "👍"})
            business.guest_says(ben, str(last))
            seen(ann, last)
            return ann.held()

        before, later = after(1, full), after(full + 1, end)
        # A page that keeps every line would have half as many again; a little differs by when it is looked at.
        assert all(later[what] < before[what] * 1.1 for what in ("nodes", "listeners")), (before, later)

        lines, most = "document.querySelectorAll('#said > li').length", 0
        for there, until in (("-1e6", "[0] === 1"), ("0", f".at(-1) === {end}")):
            while not ann.run(f"{SHOWN}{until}"):
                ends = ann.run(f"String([{SHOWN}[0], {SHOWN}.at(-1)])")
                ann.run(f"document.getElementById('log').scrollTo(0, {there})")
                ann.until(f"String([{SHOWN}[0], {SHOWN}.at(-1)]) !== '{ends}'")
                shown = ann.run(SHOWN)
                assert shown == list(range(shown[0], shown[-1] + 1)), "without a gap, and in order"
                most = max(most, ann.run(lines))
        assert 200 < most <= HELD
        # What was let go on the way is had again, and the page goes on with what is new.
        says(business, end + 1, end + 1)
        ann.press(role="button", name="New messages")
        seen(ann, end + 1)


def test_a_recording_is_jumped_about_in(server):
    business = Business(server)
    grant = business.ok("GetChatappUploadAuthorization", CustSpaceId=business.space.channel)["Data"]
    recording = io.BytesIO()
    with wave.open(recording, "wb") as said:
        said.setparams((1, 2, 16_000, 0, "NONE", ""))
        said.writeframes(bytes(2 * 16_000 * 180))
    key = f"{grant['Dir']}/said.wav"
    put(oss_client(grant), grant, key, recording.getvalue(), content_type="audio/wav")
    business.says("audio", {"link": business.ok("GeneratePresignedUrl", FilePath=key)["Data"]["Url"]})
    with page(business.link) as ann:
        joins(ann)
        ann.see(css="audio")
        ann.run("void (document.querySelector('audio').preload = 'metadata')")
        ann.until("document.querySelector('audio').readyState >= 1")
        ann.run("void (document.querySelector('audio').currentTime = 150)")
        ann.until("!document.querySelector('audio').seeking && document.querySelector('audio').readyState >= 2")
        assert ann.run("document.querySelector('audio').currentTime") == 150
