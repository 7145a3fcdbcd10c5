"""How the scripts of `/sdk/` are served: to pages of any origin, compressed, under names that never change."""

import gzip
import http.client

import pytest

pytestmark = pytest.mark.looks_at("door")

SCRIPTS = {"alivc-im.iife.js": b"ImEngine", "muster.js": b"ImEngine", "aliyun-interaction-sdk.min.js": b"InteractionEngine"}
LARGEST = 40_000


def get(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_small_open_to_every_origin_and_asked_for_again_by_its_tag(server, script):
    path = f"/sdk/{script}"
    plain, text = get(server, path)
    assert plain.status == 200, f"the server was built without web/dist (`make web`): {text.decode()}"
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert plain.headers["Content-Encoding"] is None and SCRIPTS[script] in text
    tags = {plain.headers["ETag"]}
    for coding in ("gzip", "br"):
        packed, body = get(server, path, **{"Accept-Encoding": f"{coding}, deflate", "Origin": "https://shop.example"})
        assert packed.headers["Content-Encoding"] == coding and len(body) < LARGEST
        assert packed.headers["Access-Control-Allow-Origin"] == "*"
        assert packed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert packed.headers["X-Content-Type-Options"] == "nosniff"
        assert packed.headers["Vary"] == "Accept-Encoding" and "no-cache" in packed.headers["Cache-Control"]
        tags.add(packed.headers["ETag"])
        again, nothing = get(server, path, **{"Accept-Encoding": coding, "If-None-Match": packed.headers["ETag"]})
        assert again.status == 304 and nothing == b"" and again.headers["ETag"] == packed.headers["ETag"]
        if coding == "gzip":
            assert gzip.decompress(body) == text
    assert len(tags) == 3
    head, nothing = get(server, path, method="HEAD")
    assert head.status == 200 and nothing == b"" and head.headers["ETag"] == plain.headers["ETag"]


def test_other_names_and_methods_are_refused(server):
    assert get(server, "/sdk/alivc-im.js")[0].status == 404
    assert get(server, "/sdk/..%2f.gitignore")[0].status == 404
    assert get(server, "/sdk/muster.js", method="POST")[0].status == 405
