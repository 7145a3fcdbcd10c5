"""A TCP relay between a client and the server, so that a test can cut or hold a connection that the client believes in."""

import socket
import threading


class Relay:
    """Listens on a port of its own and forwards both ways. Use as a context manager."""

    def __init__(self, server):
        self.target = (server.host, server.port)
        self.scheme = server.scheme
        self.host = "127.0.0.1"
        self._refusing = False
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
                _cut(end)

    def refuse(self, refusing=True):
        """While refusing, new connections are closed at once: the server looks unreachable."""
        self._refusing = refusing

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _cut(self._listener)
        self.drop()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                _cut(near)
                continue
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                _cut(near)
                continue
            far.settimeout(None)
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink, pair), daemon=True).start()

    def _pump(self, source, sink, pair):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            _cut(end)


def _cut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
