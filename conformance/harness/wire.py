"""The OpenAPI gateway spoken by hand: requests signed here, so that a test can bend any part of one.

Signatures are made from the published rules (RPC style, HMAC-SHA1 as `v1`; ACS3-HMAC-SHA256 as `v3`), not with an SDK.
"""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import time
import uuid
from dataclasses import dataclass
from urllib.parse import quote

from .waiting import PATIENCE

VERSIONS = {"live": "2016-11-01", "cams": "2020-06-06", "sts": "2015-04-01"}
CONTENT_TYPES = {"form": "application/x-www-form-urlencoded", "json": "application/json; charset=utf-8"}
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def encode(text):
    """Percent-encoding of signatures: only letters, digits and `-_.~` stay."""
    return quote(str(text), safe="-_.~")


def form(pairs):
    """`name=value` pairs joined with `&`, encoded."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in pairs)


def flat(params):
    """Parameters as text: lists joined by commas, dictionaries as JSON, booleans in lower case."""
    texts = {}
    for name, value in (params or {}).items():
        if isinstance(value, bool):
            texts[name] = "true" if value else "false"
        elif isinstance(value, (list, dict)) and (isinstance(value, dict) or any(isinstance(item, dict) for item in value)):
            texts[name] = json.dumps(value, separators=(",", ":"))
        elif isinstance(value, list):
            texts[name] = ",".join(map(str, value))
        elif value is not None:
            texts[name] = str(value)
    return texts


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, headers by lower-case name."""

    status: int
    headers: dict
    body: bytes

    def json(self):
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self):
        """The error code in the body, or None."""
        return self.json().get("Code")


@dataclass
class Request:
    """A signed request that may still be bent before it is sent."""

    method: str
    target: str
    headers: dict
    body: bytes


class Wire:
    """Signs and sends requests to one server with one key; keeps its connection open between calls.

    Where several nodes answer it connects anew for each call: the next one goes to another node.
    """

    def __init__(self, server, key=None, timeout=PATIENCE):
        self.server = server
        self.key = key or server.key
        self.timeout = timeout
        self._connection = None

    def call(self, action, params=None, **options):
        """Calls an operation and returns the decoded answer, whatever its status."""
        return self.send(self.request(action, params, **options))

    def ok(self, action, params=None, **options):
        """Calls an operation that must succeed, and returns the JSON body."""
        answer = self.call(action, params, **options)
        assert answer.status == 200, f"{action}: HTTP {answer.status} {answer.body[:600]!r}"
        body = answer.json()
        assert body.get("Code", "OK") == "OK", f"{action}: {body}"
        return body

    def refused(self, action, params=None, **options):
        """Calls an operation that must be refused: the answer, as `(status, code)`."""
        answer = self.call(action, params, **options)
        assert answer.status != 200 or answer.code not in (None, "OK"), f"{action} was not refused: {answer.body[:600]!r}"
        return answer.status, answer.code

    def request(self, action, params=None, *, product="live", signature="v1", method="POST", place="query", **common):
        """A signed request. `place` says where the parameters travel: `query`, `form`, or (v3) `json`."""
        texts = flat(params)
        if signature == "v1":
            return self._sign_v1(action, texts, product, method, place, common)
        return self._sign_v3(action, texts, product, method, place, common)

    def _sign_v1(self, action, texts, product, method, place, common):
        parameters = {
            "Action": action,
            "Version": VERSIONS[product],
            "Format": "JSON",
            "Timestamp": time.strftime(TIME_FORMAT, time.gmtime()),
            "SignatureNonce": uuid.uuid4().hex,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "AccessKeyId": self.key.id,
            "SecurityToken": self.key.token,
            **common,
            **texts,
        }
        parameters = {name: value for name, value in parameters.items() if value is not None}
        to_sign = f"{method}&%2F&{encode(form(sorted(parameters.items())))}"
        parameters["Signature"] = base64.b64encode(
            hmac.new(f"{self.key.secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()
        ).decode()
        headers = {"Host": self.server.authority}
        encoded = form(parameters.items())
        if place == "form":
            headers["Content-Type"] = CONTENT_TYPES[place]
            return Request(method, "/", headers, encoded.encode())
        return Request(method, f"/?{encoded}", headers, b"")

    def _sign_v3(self, action, texts, product, method, place, common):
        query = form(sorted(texts.items())) if place == "query" else ""
        body = {"query": "", "form": form(texts.items()), "json": json.dumps(texts)}[place].encode()
        body_hash = hashlib.sha256(body).hexdigest()
        headers = {
            "host": self.server.authority,
            "x-acs-action": action,
            "x-acs-version": VERSIONS[product],
            "x-acs-date": time.strftime(TIME_FORMAT, time.gmtime()),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": body_hash,
            "accept": "application/json",
        }
        if place != "query":
            headers["content-type"] = CONTENT_TYPES[place]
        if self.key.token:
            headers.update({"x-acs-security-token": self.key.token, "x-acs-accesskey-id": self.key.id})
        headers.update({name: value for name, value in common.items() if value is not None})
        for name in [name for name, value in common.items() if value is None]:
            headers.pop(name, None)
        signed = sorted(name for name in headers if name.startswith("x-acs-") or name in ("host", "content-type"))
        canonical = "\n".join(
            [method, "/", query, "".join(f"{name}:{headers[name].strip()}\n" for name in signed), ";".join(signed), body_hash]
        )
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.new(self.key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        headers["Authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.key.id},SignedHeaders={';'.join(signed)},Signature={signature}"
        )
        return Request(method, f"/?{query}" if query else "/", headers, body)

    def send(self, request):
        """Sends a request as it is; a kept connection that the server has closed meanwhile is opened again once."""
        for attempt in (1, 2):
            fresh = self._connection is None
            try:
                return self._exchange(request)
            except (http.client.RemoteDisconnected, ConnectionError):
                self.close()
                if fresh or attempt == 2:
                    raise
            except BaseException:
                self.close()
                raise
        raise AssertionError("unreachable")

    def _exchange(self, request):
        if self._connection is None:
            self._connection = connection(self.server, self.timeout)
        self._connection.request(request.method, request.target, body=request.body, headers=request.headers)
        response = self._connection.getresponse()
        body = response.read()
        answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
        if response.will_close or self.server.spreads:
            self.close()
        return answer

    def close(self):
        """Closes the kept connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connection(server, timeout=PATIENCE):
    """A plain connection to the server; its certificate, if it has one, is taken as it is."""
    if server.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(server.host, server.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(server.host, server.port, timeout=timeout)


def fetch(server, path, method="GET", body=None, headers=None, timeout=PATIENCE):
    """One unsigned request, redirects not followed."""
    link = connection(server, timeout)
    try:
        link.request(method, path, body=body, headers=headers or {})
        response = link.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        link.close()
