"""A long-lived process that is spoken to in lines of JSON.

Each request carries an `id`; the answer carries it back with `result` or `error`. Lines without an `id` are events.
"""

import atexit
import itertools
import json
import os
import subprocess
import threading
from pathlib import Path

from ..waiting import PATIENCE

NODE = Path(__file__).parents[2] / "node"


class LineFailure(Exception):
    """The process answered with an error; its fields are in `error`."""

    def __init__(self, error):
        super().__init__(error.get("message"))
        self.error = error


class LineProcess:
    """One process. `on_event` is called with every line that answers nothing."""

    def __init__(self, title, command, directory, on_event=None):
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._title = title
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting = {}
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self.close)

    def ask(self, seconds=PATIENCE, **request):
        """Sends a request and returns its result, or raises LineFailure."""
        slot = {"done": threading.Event()}
        with self._lock:
            number = next(self._ids)
            self._waiting[number] = slot
            self._process.stdin.write(json.dumps({"id": number, **request}) + "\n")
            self._process.stdin.flush()
        assert slot["done"].wait(seconds), f"{self._title} did not answer within {seconds:g} s: {request}"
        if "error" in slot["answer"]:
            raise LineFailure(slot["answer"]["error"])
        return slot["answer"].get("result")

    def close(self):
        """Ends the process."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(5)

    def _read(self):
        for line in self._process.stdout:
            message = json.loads(line)
            if "id" not in message:
                self._on_event(message)
                continue
            slot = self._waiting.pop(message["id"])
            slot["answer"] = message
            slot["done"].set()
        gone = {"error": {"class": "Error", "message": f"{self._title} has ended"}}
        for slot in list(self._waiting.values()):
            slot["answer"] = gone
            slot["done"].set()


class NodeProcess(LineProcess):
    """One script under Node."""

    def __init__(self, script, on_event=None):
        super().__init__(script, ["node", str(NODE / script)], NODE, on_event)
