"""A proxy of HTTP as some offices have it: it takes one request a connection, and does not let every request through."""

import re
from enum import Enum

from .relay import Relay, cut


class Denial(Enum):
    """What becomes of a request that is not let through."""

    REFUSED = "answered with 403"
    SWALLOWED = "never answered"


class NarrowProxy(Relay):
    """A Relay that looks at each request. `denied` says what becomes of the requests to some paths."""

    def __init__(self, target, denied):
        self.denied = denied
        self.passed, self.kept = [], []
        super().__init__(target)

    def _join(self, near, begun=b""):
        head, separator, behind = _until_blank_line(near).partition(b"\r\n\r\n")
        found = re.match(rb"[A-Z]+ ([^ ?]+)", head)
        if not separator or not found:
            cut(near)
            return
        path = found[1].decode()
        denial = self.denied.get(path)
        (self.kept if denial else self.passed).append(path)
        if denial is Denial.REFUSED:
            near.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            cut(near)
        elif denial is Denial.SWALLOWED:
            self._swallow(near)
        else:
            # The next request comes over another connection, and is looked at too.
            once = re.sub(rb"\r\nConnection: [^\r]*", b"", head, flags=re.IGNORECASE)
            super()._join(near, once + b"\r\nConnection: close\r\n\r\n" + behind)

    def _swallow(self, near):
        with self._lock:
            self._pairs.add((near,))
        try:
            while near.recv(65536):
                pass
        except OSError:
            pass
        with self._lock:
            self._pairs.discard((near,))
        cut(near)


def _until_blank_line(near):
    head = b""
    try:
        while b"\r\n\r\n" not in head and (data := near.recv(65536)):
            head += data
    except OSError:
        pass
    return head
