"""A receiver of callbacks: takes them, or refuses them with a status, as a test says."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Listens on the loopback for as long as the block lasts. What it took is in `taken`, as (headers, body) in their order.

    With the files of a certificate and its key it speaks TLS."""

    def __init__(self, certificate=None):
        self.status = 200
        self.taken, self.refused = [], []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status
                kept = receiver.taken if status == 200 else receiver.refused
                kept.append((self.headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # The handshake is the connection's own thread's, so that one that fails ends nothing else.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self._server.handle_error = lambda *_: None
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/callbacks"

    def told(self):
        """What was taken, as (user, login, event) in the order in which it came."""
        return [
            (eve["uid"], eve["sid"], event)
            for _, body in list(self.taken)
            for eve in json.loads(body)["eves"]
            for event in eve["events"]
        ]

    def receipts(self):
        """What was taken of customer groups: the records of all receipts, in the order in which they came."""
        return [record for _, body in list(self.taken) for record in json.loads(body)]

    def deeds(self):
        """What was taken of groups, as (group, event, user) in the order in which it came."""
        return [(event["g"], event["e"], user) for user, _, event in self.told() if "g" in event]

    def logins(self, user):
        """What was taken of a user's logins, as (login, event) in the order in which it came."""
        return [(login, event) for of, login, event in self.told() if of == user and "g" not in event]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def ids_of(attempts):
    """The transaction ids of calls that were taken or refused, in their order."""
    return [json.loads(body)["transactionid"] for _, body in attempts]
