"""Pictures to look at: PNG files, and a host that keeps them."""

import math
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def png(width, height, colour):
    """A PNG file whose pixel at (x, y), both from 0 to 1, has the colour `colour(x, y)`, of three bytes."""
    rows = b"".join(
        b"\0" + b"".join(bytes(colour(x / width, y / height)) for x in range(width)) for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def landscape(x, y):
    """Hills before an evening's sky."""
    far = 0.62 + 0.07 * math.sin(7 * x + 1)
    near = 0.78 + 0.06 * math.sin(5 * x)
    if y > near:
        return 13, 90, 84
    if y > far:
        return 60, 140, 128
    if (x - 0.72) ** 2 + 0.56 * (y - 0.34) ** 2 < 0.008:
        return 255, 236, 200
    return 246 - int(70 * y), 206 - int(20 * y), 160 + int(50 * y)


class PictureHost:
    """Keeps files on the loopback for as long as the block lasts, and notes who asks for what, in `asked`. What has `moved` is
    answered with where it is."""

    def __init__(self, files, moved=()):
        self.asked = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.asked.append((self.path, dict(self.headers)))
                body = files.get(self.path)
                if self.path in moved:
                    self.send_response(302)
                    self.send_header("Location", moved[self.path])
                else:
                    self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
