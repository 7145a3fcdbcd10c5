"""Thousands of people who watch: each a connection of its own that joins one group, notes which messages it heard, and leaves.

They run in one event loop, and do as little as a client can: what matters is how many they are.
"""

import asyncio
import json
import threading
from collections import Counter

from websockets.asyncio.client import connect

from .tokens import login_token
from .waiting import PATIENCE, until

# Who open a connection at the same time.
AT_ONCE = 64


class Viewer:
    """One of them."""

    def __init__(self, user, token):
        self.user = user
        self.token = token
        self.heard = Counter()
        self.replies = {}
        self.socket = None
        self.listening = None


class Viewers:
    """The viewers of a group. Use as a context manager, which ends their connections."""

    def __init__(self, server, app, group, number):
        self._url = server.websocket_url
        self._channel = f"g:{group}"
        self._all = [Viewer(f"viewer{n}", login_token(app, f"viewer{n}")) for n in range(number)]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.inside = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._each(self._all, self._end, PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def enter(self, seconds):
        """Has all of them join, in the time given."""
        self._each(self._all, self._enter, seconds)
        self.inside = list(self._all)

    def leave(self, number, seconds=PATIENCE):
        """Has so many of those who are inside leave."""
        leaving, self.inside = self.inside[:number], self.inside[number:]
        self._each(leaving, self._leave, seconds)

    def hear(self, message):
        """Waits until everybody inside has heard a message; nobody may hear it twice."""
        until(lambda: all(viewer.heard[message] for viewer in self.inside), f"everybody to hear {message}")
        assert all(viewer.heard[message] == 1 for viewer in self.inside)

    def _each(self, viewers, act, seconds):
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(viewer):
            async with gate:
                await act(viewer)

        async def everybody():
            await asyncio.gather(*(one(viewer) for viewer in viewers))

        asyncio.run_coroutine_threadsafe(everybody(), self._loop).result(seconds)

    async def _enter(self, viewer):
        viewer.socket = await connect(
            self._url, proxy=None, compression=None, max_size=None, ping_interval=None, open_timeout=PATIENCE
        )
        viewer.listening = self._loop.create_task(self._listen(viewer))
        await self._ask(viewer, 1, connect={"token": viewer.token})
        await self._ask(viewer, 2, subscribe={"channel": self._channel})

    async def _leave(self, viewer):
        await self._ask(viewer, 3, unsubscribe={"channel": self._channel})
        await self._end(viewer)

    async def _end(self, viewer):
        if viewer.socket is not None:
            viewer.listening.cancel()
            await asyncio.gather(viewer.listening, return_exceptions=True)
            viewer.socket.transport.abort()
            viewer.socket = None

    async def _ask(self, viewer, number, **command):
        """Sends a command, and waits for its reply, which must not be an error."""
        viewer.replies[number] = self._loop.create_future()
        await viewer.socket.send(json.dumps({"id": number, **command}))
        reply = await asyncio.wait_for(viewer.replies[number], PATIENCE)
        assert "error" not in reply, f"{viewer.user}: {command}: {reply}"

    async def _listen(self, viewer):
        async for frame in viewer.socket:
            for line in (frame if isinstance(frame, str) else frame.decode()).splitlines():
                message = json.loads(line)
                if not message:
                    await viewer.socket.send("{}")
                elif "id" in message:
                    viewer.replies[message["id"]].set_result(message)
                elif message_id := message["push"].get("pub", {}).get("data", {}).get("messageId"):
                    viewer.heard[message_id] += 1
