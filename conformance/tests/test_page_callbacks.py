"""Dead letters in the console: what no receiver took for a day is sent again by a click, and arrives."""

import pytest

from harness.clients.page import Page
from harness.clock import HOUR, Clock
from harness.raw_session import RawSession
from harness.receiver import Receiver, ids_of
from harness.scenes import new_app, new_group
from harness.tokens import login_token
from harness.waiting import until
from harness.wire import Wire

CONFIG = {"outbound": {"allow_private": True}, "callbacks": {"poll_seconds": 1}, "realtime": {"grace_seconds": 0}}

pytestmark = [pytest.mark.process, pytest.mark.looks_at("door")]


def test_a_dead_letter_is_sent_again_from_the_page_and_is_delivered(new_server, tmp_path, shots):
    clock = Clock(tmp_path)
    server = new_server(CONFIG, under=clock.under()).start()
    with Receiver() as receiver:
        receiver.status = 500
        app = new_app(Wire(server), EventCallbackUrl=receiver.url)
        group = new_group(Wire(server), app)
        with RawSession(server) as session:
            session.login(login_token(app, "ada"))
            session.join(group)
            session.result("unsubscribe", {"channel": f"g:{group}"})
        # What is owed later would be tried for a day from then on.
        until(lambda: len(server.cli_json("callbacks", "list", "--owed")["callbacks"]) == 4, "the login, the join and their ends to be owed")
        until(lambda: receiver.refused, "an attempt that fails")
        clock.set(25 * HOUR)
        letters = until(lambda: len(found := server.cli_json("callbacks", "list")["callbacks"]) == 4 and found, "the dead letters")
        page = Page(server, "/console/callbacks")
        page.sign_in()
        page.see(text="status 500")
        page.picture(path=str(shots / "console-dead-letters.png"))
        receiver.status = 200
        number = page.text(selector="tbody td.number")
        page.press(button="Send again")
        until(lambda: receiver.taken, "the first of them to be delivered")
        assert ids_of(receiver.taken) == [letter["transactionId"] for letter in letters if str(letter["number"]) == number]
        page.see(text=f"muster callbacks retry {number}")
        until(lambda: page.count(selector="tbody tr") == 3, "the others to be left")
        page.press(button="Send all of this page again")
        page.see(text="No dead letter")
        until(lambda: len(receiver.taken) == 4, receiver.told)
        assert set(ids_of(receiver.taken)) == {letter["transactionId"] for letter in letters}
        page.see(text="3 commands")
        assert [text for text in page.complaints() if "401" not in text] == []
        page.close()
