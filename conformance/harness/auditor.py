"""A moderation service: answers what it is asked as a test says, at once or when it is let go."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Auditor:
    """Listens on the loopback for as long as the block lasts. What it was asked is in `asked`, as (headers, body) in its order.

    It refuses texts that hold `forbidden`. `status` and `answer` are what it answers in the place of that, if they are set;
    while it holds (`hold`) it answers nobody, or nobody who asks about one text.
    """

    def __init__(self, forbidden="weasel"):
        self.status, self.answer = 200, None
        self.asked = []
        self._go_on = threading.Event()
        self._go_on.set()
        self._held = None
        auditor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                auditor.asked.append((self.headers, body))
                content = json.loads(body)["content"]
                if auditor._held in (None, content):
                    auditor._go_on.wait()
                passes = forbidden not in content
                answer = json.dumps({"pass": passes, "reason": "" if passes else "forbidden"}) if auditor.answer is None else auditor.answer
                try:
                    self.send_response(auditor.status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer.encode())
                except OSError:
                    # Who asked has not waited.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/audit"

    def hold(self, text=None):
        """Lets whoever asks wait; whoever asks about this text, if one is named."""
        self._held = text
        self._go_on.clear()

    def let_go(self):
        """Answers whoever waits, and whoever asks."""
        self._go_on.set()

    def texts(self):
        """What it was asked about, in its order."""
        return [json.loads(body)["content"] for _, body in list(self.asked)]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
