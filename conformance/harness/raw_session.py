"""The Centrifuge protocol spoken by hand over a WebSocket: JSON commands out, replies and pushes in.

Pings are answered unless a test wants otherwise. Every frame is checked on the way in: no empty frame, no empty line,
one JSON object a line.
"""

import itertools
import json
import ssl
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .waiting import PATIENCE


class Closed(AssertionError):
    """The server closed the connection, with this code and reason."""

    def __init__(self, code, reason):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class RawSession:
    """One WebSocket connection. Use as a context manager."""

    def __init__(self, server, url=None, answer_pings=True, **options):
        if (url or server.websocket_url).startswith("wss:"):
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            options["ssl"] = context
        self._socket = connect(
            url or server.websocket_url, proxy=None, max_size=None, ping_interval=None, open_timeout=PATIENCE, close_timeout=0.3, **options
        )
        self._answer_pings = answer_pings
        self._ids = itertools.count(1)
        self._unread = []
        self.frames = []
        self.pings = 0

    @property
    def socket(self):
        """The connection as the library has it."""
        return self._socket

    def login(self, token, **more):
        """Connects; returns the connect result."""
        return self.result("connect", {"token": token, **more})

    def join(self, group, **more):
        """Subscribes to a group, positioned and recoverable; returns the subscribe result."""
        return self.result("subscribe", {"channel": f"g:{group}", "positioned": True, "recoverable": True, **more})

    def rpc(self, method, data):
        """Calls a method; returns the data of its result."""
        return self.result("rpc", {"method": method, "data": data}).get("data")

    def result(self, command, body, seconds=PATIENCE):
        """Sends a command and returns its result object; an error reply fails the test."""
        reply = self.reply(self.send(command, body), seconds)
        assert "error" not in reply, f"{command} {body}: {reply['error']}"
        assert isinstance(reply.get(command), dict), f"the reply to {command} has no result object: {reply}"
        return reply[command]

    def error(self, command, body, seconds=PATIENCE):
        """Sends a command that must be refused and returns the error object."""
        reply = self.reply(self.send(command, body), seconds)
        assert "error" in reply, f"{command} {body} was not refused: {reply}"
        assert reply["error"].get("message"), f"an error needs a message: {reply}"
        return reply["error"]

    def send(self, command, body):
        """Sends one command and returns its id."""
        number = next(self._ids)
        self.send_frame({"id": number, command: body})
        return number

    def send_frame(self, *commands):
        """Sends commands in one frame."""
        self.send_text("\n".join(json.dumps(command) for command in commands))

    def send_text(self, text):
        """Sends a text frame as it is (or a binary one, given bytes)."""
        try:
            self._socket.send(text)
        except ConnectionClosed as closed:
            raise _closed(closed) from closed

    def next_id(self):
        """An unused command id."""
        return next(self._ids)

    def reply(self, number, seconds=PATIENCE):
        """The reply to command `number`."""
        return self.find(lambda message: message.get("id") == number, f"a reply to command {number}", seconds)

    def push(self, kind, seconds=PATIENCE, where=lambda push: True):
        """The next push of this kind (`pub`, `unsubscribe`, …): the whole push object."""
        found = self.find(
            lambda message: kind in message.get("push", {}) and where(message["push"]), f"a push of {kind}", seconds
        )
        return found["push"]

    def event(self, name, seconds=PATIENCE, **fields):
        """The next publication that carries this event and these fields: the publication."""

        def carries(push):
            data = push["pub"].get("data")
            return isinstance(data, dict) and data.get("event") == name and all(data.get(k) == v for k, v in fields.items())

        return self.push("pub", seconds, carries)["pub"]

    def change(self, joined=None, left=None, seconds=PATIENCE, **fields):
        """The data of the next notice that names this user among who joined, or who left.

        A count alone does not tell one notice from another: how many changes are gathered in one is the server's matter.
        """

        def names(push):
            data = push["pub"].get("data")
            return isinstance(data, dict) and data.get("event") == "memberchange" and all(
                data.get(name) == value for name, value in fields.items()
            ) and all(
                user is None or user in [row["userId"] for row in data[rows]]
                for user, rows in ((joined, "joinUsers"), (left, "leaveUsers"))
            )

        return self.push("pub", seconds, names)["pub"]["data"]

    def find(self, wanted, what, seconds):
        """The first unread message that is wanted; what is passed over stays unread."""
        deadline = time.monotonic() + seconds
        position = 0
        while True:
            while position < len(self._unread):
                if wanted(self._unread[position]):
                    return self._unread.pop(position)
                position += 1
            left = deadline - time.monotonic()
            assert left > 0, f"not within {seconds:g} s: {what}; unread: {self._unread[-8:]}"
            try:
                self._receive(left)
            except TimeoutError:
                continue

    def unread(self, wanted=lambda message: True):
        """The unread messages that are wanted, without waiting."""
        return [message for message in self._unread if wanted(message)]

    def forget(self):
        """Drops everything received so far."""
        self._unread.clear()
        self.frames.clear()

    def closing(self, seconds=PATIENCE):
        """Reads until the server closes: `(code, reason)`."""
        try:
            self.find(lambda message: False, "the end of the connection", seconds)
        except Closed as closed:
            return closed.code, closed.reason
        raise AssertionError("unreachable")

    def _receive(self, seconds):
        try:
            frame = self._socket.recv(timeout=seconds)
        except ConnectionClosed as closed:
            raise _closed(closed) from closed
        self.frames.append(frame)
        lines = (frame if isinstance(frame, str) else frame.decode()).removesuffix("\n").split("\n")
        assert all(lines), f"a frame must not be empty nor hold an empty line: {frame!r}"
        for line in lines:
            message = json.loads(line)
            if message == {}:
                self.pings += 1
                if self._answer_pings:
                    self._socket.send("{}")
            else:
                self._unread.append(message)

    def abandon(self):
        """Cuts the TCP connection without a closing handshake."""
        self._socket.socket.close()

    def close(self):
        """Closes the connection properly."""
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def _closed(closed):
    frame = closed.rcvd
    return Closed(frame.code, frame.reason) if frame else Closed(1006, "")
