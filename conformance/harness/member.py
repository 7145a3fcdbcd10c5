"""One member as an SDK would be it: stays connected, comes back to another node, recovers what it missed, and checks as it goes.

It runs in an event loop. What it sees that must not be is added to `faults` as a sentence.
"""

import asyncio
import itertools
import json
import random
import time

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

# As the SDKs: an answer is awaited so long, and a lost connection tried again after so long.
ANSWER_SECONDS = 5.0
OPEN_SECONDS = 3.0
BACK_OFF = (0.05, 0.5)
# From this code on a close is for good.
FINAL = (range(3500, 4000), range(4500, 5000))


class Refused(Exception):
    """The server answered a command with an error."""


class Stay:
    """What a member saw of a group from a join to the leave, over any number of connections."""

    def __init__(self, epoch, offset):
        self.epoch = epoch
        self.joined_at = offset
        self.offset = offset
        self.seen = []
        # The connection over which it goes on.
        self.live = None


class Member:
    """A user that is connected to one of several nodes."""

    def __init__(self, user, token, addresses, home, impatient):
        self.user = user
        self.token = token
        self.addresses = addresses
        self.node = home
        # Whether it changes the node when one answer is missing, as some applications do.
        self.impatient = impatient
        self.groups = set()
        self.stays = {}
        self.past = []
        self.notices = []
        self.closes = []
        self.faults = []
        self.connections = 0
        self.coming_back = True
        self._chance = random.Random(user)
        self._socket = None
        self._waiting = {}
        self._ids = itertools.count(1)
        self._task = None

    def start(self):
        """Begins to connect."""
        self._task = asyncio.get_running_loop().create_task(self._live())

    async def end(self):
        """Goes away without a word."""
        self.coming_back = False
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket:
            self._socket.transport.abort()
            self._socket = None

    def is_in(self, group=None):
        """Whether it is subscribed to a group, or to all that it wants, on a live connection."""
        wanted = self.groups if group is None else {group}
        return self._socket is not None and all(g in self.stays and self.stays[g].live is self._socket for g in wanted)

    async def send(self, group, text):
        """Sends a message: its id once it is acknowledged. Raises when it is not, whatever became of it."""
        if not self.is_in(group):
            raise Refused("not connected")
        data = {"groupId": group, "type": 10001, "data": text}
        try:
            answer = await self._ask("rpc", {"method": "sendGroupMessage", "data": data})
        except TimeoutError:
            if self.impatient:
                self._leave_node()
            raise
        return answer["data"]["messageId"]

    async def join(self, group):
        """Wants to be in a group from now on; a lost connection's successor joins it too."""
        self.groups.add(group)
        if self._socket is not None:
            await self._subscribe(self._socket, group)

    async def leave(self, group):
        """Leaves a group. A connection that does not answer is given up, and its successor is not in the group."""
        self.groups.discard(group)
        await self._unsubscribe(group)

    async def _unsubscribe(self, group):
        if self._socket is not None and group in self.stays:
            try:
                await self._ask("unsubscribe", {"channel": f"g:{group}"})
            except (Refused, TimeoutError):
                self._leave_node()
        if group in self.stays:
            self.past.append((group, self.stays.pop(group)))

    def _leave_node(self):
        if self._socket is not None:
            self._socket.transport.abort()

    async def _live(self):
        wait = BACK_OFF[0]
        while self.coming_back:
            began = time.monotonic()
            try:
                await self._connect_once()
            except (OSError, WebSocketException, TimeoutError, Refused, EOFError):
                pass
            self._lost()
            if not self.coming_back:
                return
            self.node = (self.node + 1) % len(self.addresses)
            wait = BACK_OFF[0] if time.monotonic() - began > 5 else min(wait * 2, BACK_OFF[1])
            await asyncio.sleep(self._chance.uniform(0, wait))

    def _lost(self):
        self._socket = None
        self._forsake()

    def _forsake(self):
        for answer, _ in self._waiting.values():
            if not answer.done():
                answer.set_exception(Refused("the connection was lost"))
                # Whoever asked may have gone already; nobody else needs to hear of it.
                answer.exception()
        self._waiting.clear()

    async def _connect_once(self):
        address = self.addresses[self.node]
        options = {"proxy": None, "ping_interval": None, "open_timeout": OPEN_SECONDS, "close_timeout": 0.2, "compression": None}
        async with connect(address, max_size=None, **options) as socket:
            reading = asyncio.get_running_loop().create_task(self._read(socket))
            reading.add_done_callback(lambda _: self._forsake())
            try:
                await self._ask("connect", {"token": self.token}, socket)
                self._socket = socket
                self.connections += 1
                for group in sorted(self.groups):
                    await self._subscribe(socket, group)
                await reading
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                if socket.close_code is not None:
                    self._note_close(socket)

    def _note_close(self, socket):
        self.closes.append(socket.close_code)
        if self.coming_back and any(socket.close_code in codes for codes in FINAL):
            self.faults.append(f"{self.user} was closed for good: {socket.close_code} {socket.close_reason}")
            self.coming_back = False

    async def _subscribe(self, socket, group):
        body = {"channel": f"g:{group}", "positioned": True, "recoverable": True}
        stay = self.stays.get(group)
        if stay:
            body |= {"recover": True, "epoch": stay.epoch, "offset": stay.offset}
        try:
            await self._ask("subscribe", body, socket, lambda result: self._subscribed(socket, group, result))
        except (Refused, TimeoutError):
            # The SDKs ask again on the same connection; another node is as good, and tries more.
            socket.transport.abort()
            raise
        if group not in self.groups:
            # It was left while a new connection was on its way into it.
            await self._unsubscribe(group)

    def _subscribed(self, socket, group, result):
        stay = self.stays.get(group)
        if stay is None:
            stay = self.stays[group] = Stay(result["epoch"], result.get("offset", 0))
        elif not result.get("recovered"):
            self.faults.append(f"{self.user} was told 'not recovered' in {group} at {stay.epoch}/{stay.offset}: {_short(result)}")
            stay = self.stays[group] = Stay(result["epoch"], result.get("offset", 0))
        stay.live = socket
        for publication in result.get("publications", []):
            self._publication(group, publication)

    async def _ask(self, command, body, socket=None, at_once=None):
        socket = socket or self._socket
        if socket is None:
            raise Refused("not connected")
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = (answer, at_once)
        try:
            await socket.send(json.dumps({"id": number, command: body}))
            reply = await asyncio.wait_for(answer, ANSWER_SECONDS)
        except WebSocketException as closed:
            raise Refused("the connection was lost") from closed
        finally:
            self._waiting.pop(number, None)
        if "error" in reply:
            raise Refused(f"{command}: {reply['error']}")
        return reply.get(command, {})

    async def _read(self, socket):
        async for frame in socket:
            for line in (frame if isinstance(frame, str) else frame.decode()).split("\n"):
                message = json.loads(line) if line else None
                if message == {}:
                    await socket.send("{}")
                elif message:
                    self._message(message)

    def _message(self, message):
        answer, at_once = self._waiting.get(message.get("id"), (None, None))
        if answer is not None and not answer.done():
            # What a subscription says counts before the publications that follow it in the same frame.
            if at_once and "subscribe" in message:
                at_once(message["subscribe"])
            answer.set_result(message)
        push = message.get("push", {})
        channel = push.get("channel", "")
        if "pub" in push and channel.startswith("g:"):
            self._publication(channel[2:], push["pub"])
        elif "unsubscribe" in push and channel.startswith("g:"):
            self.faults.append(f"{self.user} was unsubscribed from {channel}: {push['unsubscribe']}")

    def _publication(self, group, publication):
        data, offset = publication["data"], publication.get("offset")
        if not offset:
            if data.get("event") == "memberchange":
                self.notices.append((time.monotonic(), group, data))
            return
        stay = self.stays.get(group)
        if stay is None:
            return
        if offset != stay.offset + 1:
            what = "again" if offset <= stay.offset else "and not what was between"
            self.faults.append(f"{self.user} got {offset} of {group} after {stay.offset} {what}")
        stay.offset = max(offset, stay.offset)
        if data.get("event") == "recvgroupmessage":
            stay.seen.append((offset, data["messageId"]))


def _short(result):
    return {name: value for name, value in result.items() if name not in ("publications", "data")}
