"""What holds of every answer beside the API's: pages, files, what a page asks for, and whatever is refused there."""

from urllib.parse import urlsplit

import pytest

from harness.scenes import invite_link, new_chat_group, new_space
from harness.wire import fetch

pytestmark = pytest.mark.looks_at("door")

PATHS = (
    "/healthz", "/readyz", "/nothing", "/openapi/live.json", "/openapi/none.json", "/sdk/alivc-im.iife.js", "/sdk/none.js",
    "/console", "/console/", "/console/any", "/console/%ff", "/console/assets/none.js", "/console/assets/..%2findex.html",
    "/console/api/session", "/console/api/overview?since=x", "/console/api/none", "/explorer/", "/room/icon.svg", "/room/room.css",
    "/files/a/b", "/files/..%2f..%2fetc/passwd", "/i/", "/i/none", "/i/%ff", "/i/none/messages", "/i/none/messages?wait=x",
    "/i/none/pictures/group", "/i/none/pictures/%00",
)


def guarded(answer):
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store" or answer.status < 300, headers
    if headers.get("content-type", "").startswith("text/html"):
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_no_answer_is_taken_for_what_it_is_not_or_kept_or_framed(server, accept):
    for path in PATHS:
        guarded(fetch(server, path, headers={"Accept": accept}))
    for method, path in (("POST", "/console/"), ("PUT", "/i/none"), ("DELETE", "/console/api/call"), ("POST", "/files/a/b")):
        answer = fetch(server, path, method, headers={"Accept": accept})
        assert answer.status == 405
        guarded(answer)
    large = fetch(server, "/i/none", "POST", body="x" * 70_000, headers={"Accept": accept})
    assert large.status == 413
    guarded(large)


def test_what_a_program_is_told_of_a_room_is_kept_by_nobody(server, wire):
    space = new_space(server)
    path = urlsplit(invite_link(wire, space, new_chat_group(wire, space)["GroupId"])).path
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    joined = fetch(server, path, "POST", body="phone=491600000001&name=Ann", headers=headers)
    assert joined.json()["joined"] is True
    guarded(joined)
    assert joined.headers["cache-control"] == "no-store"
    seat = {"Cookie": joined.headers["set-cookie"].split(";")[0]}
    for part in ("", "/messages", "/pictures/group"):
        answer = fetch(server, path + part, headers=seat)
        guarded(answer)
        assert answer.headers["cache-control"] == "no-store", part
