"""Files of CAMS channels: put by the official SDK of the Object Storage Service with the key that the server gives out, read
by whoever knows the address, and looked at as pictures of groups."""

import socket

import alibabacloud_oss_v2 as oss
import pytest

from harness.files import oss_client, jpeg, put
from harness.scenes import active_group, change_chat_group, new_chat_group, new_space
from harness.waiting import PATIENCE, until
from harness.wire import fetch

pytestmark = [pytest.mark.looks_at("store", "nodes")]

CONFIG = {"cams": {"file_bytes": 300_000, "file_bytes_per_channel": 500_000}}
NAME = "图片 1+1.jpg"


def granted(wire, space):
    answer = wire.call("GetChatappUploadAuthorization", {"CustSpaceId": space.channel}, product="cams")
    assert answer.status == 200
    body = answer.json()
    assert body["Code"] == "OK" and "Success" not in body
    return body["Data"]


def refusal(client, grant, key, body=b"x", **more):
    """The code that a file is refused with."""
    with pytest.raises(oss.exceptions.OperationError) as raised:
        put(client, grant, key, body, **more)
    return raised.value.unwrap().code


def url_of(wire, path):
    return wire.ok("GeneratePresignedUrl", {"FilePath": path}, product="cams")["Data"]["Url"]


def read(server, url):
    return fetch(server, url.removeprefix(server.url))


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_file_is_put_by_the_official_sdk_and_read_at_its_address(wire, server, version):
    space = new_space(server)
    grant = granted(wire, space)
    assert grant["Expire"] == 3600 and grant["EndPoint"] == server.url
    body = jpeg(640, 640, more=200_000)
    key = f"{grant['Dir']}/{NAME}"
    answer = put(oss_client(grant, version), grant, key, body, content_type="image/jpeg")
    assert answer.status_code == 200 and answer.etag
    url = url_of(wire, key)
    for node in server.nodes:
        there = fetch(node, url.removeprefix(server.url))
        assert (there.status, there.body, there.headers["content-type"]) == (200, body, "image/jpeg")
        assert there.headers["x-content-type-options"] == "nosniff" and there.headers["content-disposition"] == "inline"
    put(oss_client(grant, version), grant, key, b"another", content_type="text/html")
    there = read(server, url)
    assert (there.body, there.headers["content-disposition"]) == (b"another", "attachment"), "and nothing runs in a browser"
    assert read(server, f"{url}x").status == 404


def test_a_file_is_read_in_parts(wire, server):
    grant = granted(wire, new_space(server))
    body = bytes(range(256)) * 400
    key = f"{grant['Dir']}/film.mp4"
    client = oss_client(grant)
    put(client, grant, key, body, content_type="video/mp4")
    path = url_of(wire, key).removeprefix(server.url)

    def asked(method="GET", **headers):
        answer = fetch(server, path, method, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return answer.status, answer.headers.get("content-range"), answer.body

    whole = fetch(server, path)
    tag = whole.headers["etag"]
    assert (whole.status, whole.body, whole.headers["accept-ranges"]) == (200, body, "bytes")
    assert asked(Range="bytes=0-1") == (206, "bytes 0-1/102400", body[:2])
    assert asked(Range="bytes=102000-", If_Range=tag) == (206, "bytes 102000-102399/102400", body[102_000:])
    assert asked(Range="bytes=-5") == (206, "bytes 102395-102399/102400", body[-5:])
    assert asked(Range="bytes=102400-") == (416, "bytes */102400", b"")
    assert asked(Range="bytes=0-1, 4-5") == asked(Range="seconds=0-1") == (200, None, body), "which is not served in parts is whole"
    head = fetch(server, path, "HEAD", headers={"Range": "bytes=0-1"})
    assert (head.status, head.headers["content-length"], head.headers["etag"], head.body) == (200, "102400", tag, b"")
    assert asked(If_None_Match=tag) == (304, None, b"")

    # What was read before of another file is not gone on with.
    put(client, grant, key, body[::-1], content_type="video/mp4")
    assert asked(Range="bytes=0-1", If_Range=tag) == (200, None, body[::-1])
    assert asked(Range="bytes=0-1", If_None_Match=tag) == (206, "bytes 0-1/102400", b"\xff\xfe")


def test_a_picture_that_was_put_here_is_the_picture_of_a_group(wire, server):
    space = new_space(server)
    group = new_chat_group(wire, space)
    grant = granted(wire, space)
    client = oss_client(grant)
    for name, picture in (("small.jpg", jpeg(10, 10)), ("good.jpg", jpeg(640, 640))):
        put(client, grant, f"{grant['Dir']}/{name}", picture)
    good, small = (url_of(wire, f"{grant['Dir']}/{name}") for name in ("good.jpg", "small.jpg"))
    assert change_chat_group(wire, space, group, ProfilePictureFile=small)["Code"] == "InvalidParameter.ProfilePictureFileInvalid"
    assert change_chat_group(wire, space, group, ProfilePictureFile=f"{good}x")["Code"] == "InvalidParameter.ProfilePictureFileInvalid"
    assert change_chat_group(wire, space, group, ProfilePictureFile=good, Subject=f"pictured {group['GroupId']}")["Code"] == "OK"
    row = until(lambda: active_group(wire, space, f"pictured {group['GroupId']}"), "the change to be made")
    assert row["ProfilePictureFile"] == good


def test_a_key_is_good_for_its_directory_and_its_signature_alone(wire, server):
    space = new_space(server)
    grant, other = granted(wire, space), granted(wire, space)
    key = f"{grant['Dir']}/a"
    for version in ("v1", "v4"):
        assert refusal(oss_client(grant, version, AccessKeySecret="0" * 64), grant, key) == "SignatureDoesNotMatch"
        assert refusal(oss_client(grant, version, SecurityToken=grant["SecurityToken"][:-4]), grant, key) == "InvalidSecurityToken"
        assert refusal(oss_client(other, version), grant, key) == "AccessDenied"
    client = oss_client(grant)
    assert refusal(client, grant, f"{grant['Dir']}/a/b") == "InvalidObjectName"
    assert refusal(client, grant, key, content_md5="AAAAAAAAAAAAAAAAAAAAAA==") == "InvalidDigest"
    with pytest.raises(oss.exceptions.OperationError):
        client.get_object(oss.GetObjectRequest(bucket=grant["BucketName"], key=key))
    assert fetch(server, f"/files/{key}").status == 404


def test_nothing_of_a_file_is_read_that_may_not_be_put(wire, server):
    grant = granted(wire, new_space(server))
    for token, code in ((grant["SecurityToken"], b"SignatureDoesNotMatch"), ("none", b"InvalidSecurityToken")):
        with socket.create_connection((server.host, server.port), PATIENCE) as link:
            head = f"PUT /muster/{grant['Dir']}/a HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nx-oss-security-token: {token}\r\n"
            link.sendall(f"{head}Authorization: OSS {grant['AccessKeyId']}:AAAA\r\n\r\n".encode())
            answer = b""
            while b"</Error>" not in answer:
                more = link.recv(4096)
                assert more, answer
                answer += more
        assert answer.startswith(b"HTTP/1.1 403 ") and code in answer, answer


def test_files_have_bounds_each_and_together(wire, server):
    space = new_space(server)
    grant = granted(wire, space)
    client = oss_client(grant)
    with pytest.raises(oss.exceptions.OperationError) as raised:
        put(client, grant, f"{grant['Dir']}/large", bytes(300_001))
    assert raised.value.unwrap().status_code == 413
    put(client, grant, f"{grant['Dir']}/first", bytes(300_000))
    assert refusal(client, grant, f"{grant['Dir']}/second", bytes(300_000)) == "QuotaExceeded"
    put(client, grant, f"{grant['Dir']}/first", bytes(300_000))


def test_only_who_owns_a_channel_is_given_a_key_and_addresses(wire, server):
    space = new_space(server)
    grant = granted(wire, space)
    answer = wire.call("GetChatappUploadAuthorization", {"CustSpaceId": "cams-nosuch"}, product="cams")
    assert answer.json()["Code"] == "InvalidParameter.CustSpaceIdNotExist"
    answer = wire.call("GeneratePresignedUrl", {"FilePath": f"{grant['Dir']}/nosuch"}, product="cams")
    assert answer.json()["Code"] == "InvalidParameter.FilePathInvalid"
