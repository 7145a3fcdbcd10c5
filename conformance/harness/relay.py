"""A TCP relay between two ends, so that a test can cut or hold a connection that both believe in."""

import socket
import threading
from dataclasses import dataclass

from .waiting import PATIENCE


@dataclass(frozen=True)
class Address:
    """A place to relay to."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"


class Relay:
    """Listens on a port of its own and forwards both ways to a server or an Address. Use as a context manager."""

    def __init__(self, target):
        self.target = (target.host, target.port)
        self.scheme = target.scheme
        self.host = "127.0.0.1"
        self._refusing = False
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((self.host, 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def websocket_url(self):
        """Where a realtime client connects through the relay."""
        return f"{self.scheme.replace('http', 'ws')}://{self.host}:{self.port}/connection/websocket"

    def drop(self):
        """Cuts every connection that stands, without a word to either side."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                cut(end)

    def refuse(self, refusing=True):
        """While refusing, new connections are closed at once: the server looks unreachable."""
        self._refusing = refusing

    def freeze(self):
        """Holds everything back, in both directions and of new connections too, as a network does that loses packets."""
        self._flowing.clear()

    def thaw(self):
        """Lets what was held back, and all that follows, through."""
        self._flowing.set()

    def close(self):
        """Cuts everything and stops listening."""
        cut(self._listener)
        self.drop()
        self.thaw()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                cut(near)
            else:
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near, begun=b""):
        self._flowing.wait()
        try:
            far = socket.create_connection(self.target, timeout=PATIENCE)
        except OSError:
            cut(near)
            return
        far.settimeout(None)
        far.sendall(begun)
        pair = (near, far)
        with self._lock:
            self._pairs.add(pair)
        threading.Thread(target=self._pump, args=(far, near, pair), daemon=True).start()
        self._pump(near, far, pair)

    def _pump(self, source, sink, pair):
        try:
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        except OSError:
            pass
        self._flowing.wait()
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            cut(end)


def cut(end):
    """Ends a connection, both ways."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
