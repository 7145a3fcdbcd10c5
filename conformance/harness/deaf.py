"""A client that sends what it likes and reads nothing: WebSocket frames by hand over a plain socket."""

import base64
import json
import os
import socket
import struct


class DeafClient:
    """One WebSocket connection that reads only what it is told to. Use as a context manager."""

    def __init__(self, server):
        self._socket = socket.create_connection((server.host, server.port), timeout=20)
        # A small window: what the server writes soon waits there.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET /connection/websocket HTTP/1.1\r\nHost: {server.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self._stream = self._socket.makefile("rb")
        assert b" 101 " in self._stream.readline()
        while self._stream.readline().strip():
            pass

    def send(self, *commands):
        """Sends commands in one frame."""
        payload = "\n".join(json.dumps(command, separators=(",", ":")) for command in commands).encode()
        if len(payload) < 126:
            length = struct.pack("!B", 0x80 | len(payload))
        elif len(payload) < 1 << 16:
            length = struct.pack("!BH", 0xFE, len(payload))
        else:
            length = struct.pack("!BQ", 0xFF, len(payload))
        # A mask of zeros leaves the payload as it is.
        self._socket.sendall(b"\x81" + length + bytes(4) + payload)

    def answer(self, number):
        """Reads until the reply to command `number` is there."""
        while True:
            length = self._stream.read(2)[1] & 0x7F
            if length >= 126:
                wide = "!H" if length == 126 else "!Q"
                (length,) = struct.unpack(wide, self._stream.read(struct.calcsize(wide)))
            for line in self._stream.read(length).decode().split("\n"):
                message = json.loads(line)
                if message.get("id") == number:
                    return message

    def close(self):
        """Drops the connection without a word."""
        self._stream.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
