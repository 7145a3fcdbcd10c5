"""Login tokens, made the way an application's own server makes them."""

import base64
import hashlib
import json
import time


def login_fields(app, user, *, role="", lifetime=3600, nonce="AK-conformance", extension=None, device=None):
    """The fields of a second-generation login; `app` is an answer of CreateLiveMessageApp."""
    timestamp = int(time.time()) + lifetime
    plain = f"{app['AppId']}{app['AppKey']}{user}{nonce}{timestamp}{role}"
    fields = {
        "appId": app["AppId"],
        "userId": user,
        "nonce": nonce,
        "timestamp": timestamp,
        "role": role,
        "token": hashlib.sha256(plain.encode()).hexdigest(),
    }
    if extension is not None:
        fields["userExtension"] = extension
    if device is not None:
        fields["deviceId"] = device
    return fields


def pack(fields):
    """The connect token: base64url without padding of compact JSON."""
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def unpack(token):
    """The fields inside a connect token."""
    return json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))


def login_token(app, user, **options):
    """The connect token of a second-generation user."""
    return pack(login_fields(app, user, **options))
