"""Pictures of customer groups: what is at the address is fetched and looked at, and nothing private is reached by it."""

import pytest

from harness.files import jpeg
from harness.pictures import PictureHost
from harness.scenes import active_group, change_chat_group, new_chat_group, new_space
from harness.waiting import until
from harness.wire import Wire

pytestmark = [pytest.mark.process, pytest.mark.looks_at("store")]

CONFIG = {"outbound": {"allow_private": True}}
REFUSED = "InvalidParameter.ProfilePictureFileInvalid"


FILES = {
    "/good.jpg": jpeg(640, 640),
    "/small.jpg": jpeg(191, 191),
    "/wide.jpg": jpeg(640, 480),
    "/long.jpg": jpeg(640, 640, more=5 << 20),
    "/page.html": b"<html></html>",
}


@pytest.fixture
def host():
    """A host of pictures on the loopback."""
    with PictureHost(FILES, {"/sent-on": "/good.jpg"}) as host:
        yield host


def test_a_picture_is_fetched_looked_at_and_shown(new_server, host):
    server = new_server(CONFIG).start()
    wire = Wire(server)
    space = new_space(server)
    group = new_chat_group(wire, space)
    good = f"{host.url}/sent-on"
    body = change_chat_group(wire, space, group, ProfilePictureFile=good, Subject="with a picture")
    assert (body["Code"], body["Result"], [path for path, _ in host.asked]) == ("OK", 1, ["/sent-on", "/good.jpg"])
    row = until(lambda: active_group(wire, space, "with a picture"), "the change to be made")
    assert row["ProfilePictureFile"] == good

    for path, why in [
        ("/small.jpg", "at least 192 pixels"),
        ("/wide.jpg", "640 × 480"),
        ("/long.jpg", "5242880 bytes"),
        ("/page.html", "must be a JPEG file"),
        ("/nothing.jpg", "status 404"),
    ]:
        body = change_chat_group(wire, space, group, ProfilePictureFile=host.url + path, Subject="refused")
        assert (body["Code"], body["Success"]) == (REFUSED, False) and why in body["Message"], body
    # What was refused has changed nothing, not even what came with it.
    row = active_group(wire, space, "with a picture")
    assert (row["GroupStatus"], row["ProfilePictureFile"]) == ("ACTIVE", good)


@pytest.mark.looks_at("door")
def test_what_is_not_public_is_not_fetched(new_server, host):
    server = new_server().start()
    wire = Wire(server)
    space = new_space(server)
    group = new_chat_group(wire, space)
    for url in [f"{host.url}/good.jpg", "http://127.0.0.1/good.jpg", "http://localhost/good.jpg", "file:///etc/passwd"]:
        body = change_chat_group(wire, space, group, ProfilePictureFile=url)
        assert body["Code"] == REFUSED and "root:" not in body["Message"], body
    assert host.asked == []
