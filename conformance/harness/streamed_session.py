"""The Centrifuge protocol spoken by hand over HTTP streaming or SSE: the answer of one request runs on, commands go as posts."""

import http.client
import itertools
import json
import socket
from urllib.parse import quote

from .raw_session import Closed, RawSession
from .wire import connection, fetch

PATHS = {"http_stream": "/connection/http_stream", "sse": "/connection/sse"}


def post(server, session, node, *commands, **options):
    """Posts commands as JSON for a session, to whichever node: the answer."""
    data = "\n".join(json.dumps(command) for command in commands)
    body = json.dumps({"session": session, "node": node, "data": data})
    return fetch(server, "/emulation", "POST", body, {"Content-Type": "application/json"}, **options)


class StreamedSession(RawSession):
    """One such connection, opened by its first command. Use as a context manager.

    `post_to` is the node that takes the posts, where that is another one.
    """

    def __init__(self, server, transport="http_stream", post_to=None, answer_pings=True, headers=None, window=None):
        self.server = server
        self.transport = transport
        self.post_to = post_to or server
        self.session = self.node = ""
        self.headers = headers or {}
        self._window = window
        self._link = self._socket = self.answer = None
        self._answer_pings = answer_pings
        self._ids = itertools.count(1)
        self._unread = []
        self.frames = []
        self.pings = 0

    def send_text(self, text):
        """Opens the connection with this, or posts it."""
        if self._link is None:
            self._open(text)
        else:
            answer = self.post_text(text)
            assert answer.status == 204, (answer.status, answer.body)

    def post_text(self, text):
        """Posts a frame: the answer."""
        body = json.dumps({"session": self.session, "node": self.node, "data": text})
        return fetch(self.post_to, "/emulation", "POST", body, {"Content-Type": "application/json"})

    def _open(self, text):
        self._link = connection(self.server)
        self._link.connect()
        self._socket = self._link.sock
        if self._window:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._window)
        path = PATHS[self.transport]
        if self.transport == "sse":
            self._link.request("GET", f"{path}?cf_connect={quote(text)}", headers=self.headers)
        else:
            self._link.request("POST", path, text, {"Content-Type": "application/json", **self.headers})
        self.answer = self._link.getresponse()

    def _receive(self, seconds):
        self._socket.settimeout(seconds)
        try:
            line = self.answer.readline()
        except (ConnectionError, http.client.HTTPException) as broken:
            raise Closed(1006, "") from broken
        if not line:
            raise Closed(1006, "")
        self.frames.append(line)
        if self.transport == "sse":
            if not line.startswith(b"data: "):
                assert not line.strip(), f"an event is data and nothing else: {line!r}"
                return
            line = line.removeprefix(b"data: ")
        self._take(json.loads(line))

    def _take(self, message):
        if "connect" in message:
            self.session, self.node = message["connect"]["session"], message["connect"]["node"]
        if "disconnect" in message.get("push", {}):
            assert not self.answer.read().strip(), "nothing follows the end"
            raise Closed(message["push"]["disconnect"]["code"], message["push"]["disconnect"]["reason"])
        if message == {}:
            self.pings += 1
            if self._answer_pings:
                self.send_text("{}")
        else:
            self._unread.append(message)

    def abandon(self):
        """Hangs up."""
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def close(self):
        """Hangs up and gives back what it held."""
        if self.answer is not None:
            self.answer.close()
        if self._link is not None:
            self._link.close()

    def __exit__(self, *_):
        self.close()
