"""The Centrifuge clients behind one interface: blocking calls, and a log of everything that happens to a client.

What happens is a dictionary with a `kind`: `connecting`, `connected`, `disconnected`, `error`; `subscribing`,
`subscribed`, `unsubscribed`, `publication` on a group; `server_subscribed`, `server_unsubscribed`,
`server_publication` on the user's own channel.
"""

import asyncio
import itertools
import json
import ssl
import threading

import centrifuge

from ..waiting import PATIENCE, NotInTime
from .line_process import LineFailure, NodeProcess


class RealtimeError(Exception):
    """The server refused a command: the number and the text of its error."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class EventLog:
    """What happened to one client, in order; readers wait for what they expect."""

    def __init__(self):
        self._events = []
        self._changed = threading.Condition()

    def add(self, event):
        """Appends an event and wakes who waits."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def mark(self):
        """The present end, to wait only for what comes after it."""
        with self._changed:
            return len(self._events)

    def all(self, kind=None, since=0, **fields):
        """The events so far that match."""
        with self._changed:
            return [event for event in self._events[since:] if _matches(event, kind, fields)]

    def wait(self, kind, where=None, seconds=PATIENCE, since=0, **fields):
        """The first event of this kind with these fields (and for which `where` holds), now or before the deadline."""
        found = self._wait(lambda: self._first(kind, where, since, fields), seconds)
        if found is None:
            raise NotInTime(f"not within {seconds:g} s: {kind} {fields}; seen: {self._events[since:][-12:]}")
        return found

    def count(self, kind, number, where=None, seconds=PATIENCE, since=0, **fields):
        """The first `number` matching events, in order."""
        matching = lambda: [e for e in self._events[since:] if _matches(e, kind, fields) and (where is None or where(e))]
        if self._wait(lambda: len(matching()) >= number or None, seconds) is None:
            raise NotInTime(f"not within {seconds:g} s: {number} × {kind} {fields}; seen: {self._events[since:][-12:]}")
        return matching()[:number]

    def _first(self, kind, where, since, fields):
        for event in self._events[since:]:
            if _matches(event, kind, fields) and (where is None or where(event)):
                return event
        return None

    def _wait(self, condition, seconds):
        with self._changed:
            self._changed.wait_for(lambda: condition() is not None, seconds)
            return condition()


def _matches(event, kind, fields):
    return (kind is None or event["kind"] == kind) and all(event.get(name) == value for name, value in fields.items())


class RealtimeClient:
    """One connection of one user, by one SDK. Channels are named by group: `g:` is added here."""

    name = ""
    label = ""
    # The rows of the table of clients that the released client has no way to do.
    lacks = frozenset()
    # Whether it tells its application the code with which the server has closed the connection.
    tells_closes = True

    def __init__(self, server, token, ledger=None, generation=2, url=None):
        self.url = url or server.websocket_url
        self.token = token
        self.ledger = ledger
        self.login_feature = "login, second generation" if generation == 2 else "login, first generation"
        self.events = EventLog()
        self.open()

    def login(self, joining=()):
        """Connects, with the subscriptions of `joining` already asked for, and returns the `connected` event."""
        self._attempt(self.login_feature)
        for group in joining:
            self._subscribe(f"g:{group}")
        mark = self.events.mark()
        self._connect()
        event = self.events.wait("connected", since=mark)
        self._success(self.login_feature)
        return event

    def refused_login(self):
        """Connects, and returns the `disconnected` event of the refusal."""
        self._attempt("login that is refused")
        mark = self.events.mark()
        self._connect()
        event = self.events.wait("disconnected", since=mark)
        self._success("login that is refused")
        return event

    def sent_away(self, since=0):
        """Waits for the end of the connection that another login of the user brings about."""
        self._attempt("signed in elsewhere")
        event = self.events.wait("disconnected", since=since)
        self._success("signed in elsewhere")
        return event

    def removed(self, group, since=0):
        """Waits for the end of the subscription to a group that the operator brings about."""
        self._attempt("removed from a group")
        event = self.events.wait("unsubscribed", since=since, channel=f"g:{group}")
        self._success("removed from a group")
        return event

    def join(self, group):
        """Subscribes to a group: the `subscribed` event, or RealtimeError."""
        self._attempt("subscribe (join)")
        mark = self.events.mark()
        self._subscribe(f"g:{group}")
        event = self.events.wait(None, lambda e: e["kind"] in ("subscribed", "unsubscribed"), since=mark, channel=f"g:{group}")
        if event["kind"] == "unsubscribed":
            raise RealtimeError(event["code"], event["reason"])
        self._success("subscribe (join)")
        return event

    def leave(self, group):
        """Unsubscribes from a group."""
        self._attempt("unsubscribe (leave)")
        mark = self.events.mark()
        self._unsubscribe(f"g:{group}")
        event = self.events.wait("unsubscribed", since=mark, channel=f"g:{group}")
        self._success("unsubscribe (leave)")
        return event

    def rpc(self, method, data=None):
        """Calls a method of the server: its result, or RealtimeError."""
        self._attempt(f"rpc {method}")
        result = self._call("rpc", method=method, data={} if data is None else data)
        self._success(f"rpc {method}")
        return result

    def publish(self, group, data):
        """Publishes into a group."""
        self._attempt("publish")
        self._call("publish", channel=f"g:{group}", data=data)
        self._success("publish")

    def presence(self, group):
        """Who is there, by connection."""
        self._attempt("presence")
        clients = self._call("presence", channel=f"g:{group}")
        self._success("presence")
        return clients

    def presence_stats(self, group):
        """How many connections and users are there."""
        self._attempt("presence_stats")
        stats = self._call("presence_stats", channel=f"g:{group}")
        self._success("presence_stats")
        return stats

    def received(self, group, event, seconds=PATIENCE, since=0, **fields):
        """Waits for a publication in a group that carries this event and these fields."""
        found = self.events.wait(
            "publication",
            lambda e: isinstance(e["data"], dict)
            and e["data"].get("event") == event
            and all(e["data"].get(name) == value for name, value in fields.items()),
            seconds,
            since,
            channel=f"g:{group}",
        )
        self._success("publications")
        return found

    def told(self, event, seconds=PATIENCE, since=0, **fields):
        """Waits for a publication to this user alone that carries this event and these fields."""
        found = self.events.wait(
            "server_publication",
            lambda e: isinstance(e["data"], dict)
            and e["data"].get("event") == event
            and all(e["data"].get(name) == value for name, value in fields.items()),
            seconds,
            since,
        )
        self._success("messages to one's own channel")
        return found

    def recovered(self, group, since):
        """Waits for the subscription that a lost connection comes back with, and notes that recovery works."""
        event = self.events.wait("subscribed", since=since, channel=f"g:{group}")
        if event["recovered"]:
            self._success("recovery after a dropped connection")
        return event

    def _attempt(self, feature):
        if self.ledger:
            self.ledger.attempt(self.name, feature)

    def _success(self, feature):
        if self.ledger:
            self.ledger.success(self.name, feature)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


_handles = itertools.count(1)
_logs = {}


def log_event(message):
    """Takes a line in which a process tells what happened to one of its clients."""
    _logs[message.pop("handle")].add(message)


class LineClient(RealtimeClient):
    """A client in a process that is spoken to in lines: the process knows it by a handle."""

    form = "json"
    transport = "websocket"

    def process(self):
        """The process, started when the first of its clients is opened."""
        raise NotImplementedError

    def open(self):
        self._handle = next(_handles)
        _logs[self._handle] = self.events
        insecure = self.url.startswith("wss:")
        self._ask("open", url=self.url, token=self.token, form=self.form, transport=self.transport, insecure=insecure)

    def _connect(self):
        self._ask("connect")

    def _subscribe(self, channel):
        self._ask("subscribe", channel=channel)

    def _unsubscribe(self, channel):
        self._ask("unsubscribe", channel=channel)

    def close(self):
        """Logs out."""
        self._ask("disconnect")

    def _call(self, what, **arguments):
        if what == "presence_stats":
            stats = self._ask("presenceStats", **arguments)
            return {"num_clients": stats["numClients"], "num_users": stats["numUsers"]}
        return self._ask(what, **arguments)

    def _ask(self, what, **arguments):
        try:
            return self.process().ask(handle=self._handle, do=what, **arguments)
        except LineFailure as failure:
            raise RealtimeError(failure.error.get("code"), failure.error.get("message")) from failure


_node = None


class CentrifugeJs(LineClient):
    """npm `centrifuge`, which sends connect and the first subscriptions in one frame."""

    name = "centrifuge-js"
    label = "npm centrifuge 5.8.0"

    def process(self):
        """Node.js."""
        global _node
        if _node is None:
            _node = NodeProcess("centrifuge.mjs", log_event)
        return _node


_loop = None


def _event_loop():
    global _loop
    if _loop is None:
        _loop = asyncio.new_event_loop()
        threading.Thread(target=_loop.run_forever, daemon=True).start()
    return _loop


def _in_loop(coroutine, seconds=PATIENCE):
    return asyncio.run_coroutine_threadsafe(coroutine, _event_loop()).result(seconds)


class CentrifugePython(RealtimeClient):
    """PyPI `centrifuge-python`, which subscribes after its connection is answered."""

    name = "centrifuge-python"
    label = "PyPI centrifuge-python 0.7.0"
    protobuf = False

    def pack(self, value):
        """What the client is given to send: in Protobuf the bytes of the JSON."""
        return json.dumps(value).encode() if self.protobuf else value

    def unpack(self, data):
        """What it has received, as a value."""
        return json.loads(data) if self.protobuf and data else data

    def open(self):
        context = None
        if self.url.startswith("wss:"):
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE

        async def make():
            return centrifuge.Client(
                self.url, events=_ClientEvents(self.events, self.unpack), token=self.token, min_reconnect_delay=0.05,
                max_reconnect_delay=0.5, ssl_context=context, proxy=None, use_protobuf=self.protobuf,
            )

        self._client = _in_loop(make())

    def _connect(self):
        _in_loop(self._client.connect())

    def _subscribe(self, channel):
        async def subscribe():
            subscription = self._client.get_subscription(channel) or self._client.new_subscription(
                channel, events=_SubscriptionEvents(self.events, self.unpack, channel), positioned=True, recoverable=True,
                min_resubscribe_delay=0.05, max_resubscribe_delay=0.5,
            )
            await subscription.subscribe()

        _in_loop(subscribe())

    def _unsubscribe(self, channel):
        _in_loop(self._client.get_subscription(channel).unsubscribe())

    def close(self):
        """Logs out."""
        _in_loop(self._client.disconnect())

    def _call(self, what, **arguments):
        if "data" in arguments:
            arguments["data"] = self.pack(arguments["data"])
        try:
            result = _in_loop(getattr(self._client, what)(**arguments))
        except centrifuge.ReplyError as error:
            raise RealtimeError(error.code, error.message) from error
        if what == "presence":
            return {client: vars(info) for client, info in result.clients.items()}
        return self.unpack(result.data) if what == "rpc" else vars(result)


class _ClientEvents(centrifuge.ClientEventHandler):
    def __init__(self, log, unpack):
        self._log = log
        self._unpack = unpack

    async def on_connecting(self, ctx):
        self._log.add({"kind": "connecting", "code": ctx.code, "reason": ctx.reason})

    async def on_connected(self, ctx):
        self._log.add({"kind": "connected", "client": ctx.client, "data": self._unpack(ctx.data)})

    async def on_disconnected(self, ctx):
        self._log.add({"kind": "disconnected", "code": ctx.code, "reason": ctx.reason})

    async def on_error(self, ctx):
        self._log.add({"kind": "error", "code": ctx.code, "message": str(ctx.error)})

    async def on_subscribed(self, ctx):
        self._log.add({"kind": "server_subscribed", **_position(ctx, self._unpack)})

    async def on_unsubscribed(self, ctx):
        self._log.add({"kind": "server_unsubscribed", "channel": ctx.channel})

    async def on_publication(self, ctx):
        data = self._unpack(ctx.pub.data)
        self._log.add({"kind": "server_publication", "channel": ctx.channel, "data": data, "offset": ctx.pub.offset})


class _SubscriptionEvents(centrifuge.SubscriptionEventHandler):
    def __init__(self, log, unpack, channel):
        self._log = log
        self._unpack = unpack
        self._channel = channel

    async def on_subscribing(self, ctx):
        self._log.add({"kind": "subscribing", "channel": self._channel, "code": ctx.code, "reason": ctx.reason})

    async def on_subscribed(self, ctx):
        self._log.add({"kind": "subscribed", **_position(ctx, self._unpack)})

    async def on_unsubscribed(self, ctx):
        self._log.add({"kind": "unsubscribed", "channel": self._channel, "code": ctx.code, "reason": ctx.reason})

    async def on_publication(self, ctx):
        user = ctx.pub.info.user if ctx.pub.info else None
        data = self._unpack(ctx.pub.data)
        self._log.add({
            "kind": "publication", "channel": self._channel, "data": data, "offset": ctx.pub.offset or None, "user": user,
        })

    async def on_error(self, ctx):
        self._log.add({"kind": "error", "channel": self._channel, "code": ctx.code, "message": str(ctx.error)})


def _position(ctx, unpack):
    position = ctx.stream_position
    return {
        "channel": ctx.channel, "data": unpack(ctx.data), "recoverable": ctx.recoverable, "positioned": ctx.positioned,
        "recovered": ctx.recovered, "wasRecovering": ctx.was_recovering, "position": vars(position) if position else None,
    }


REALTIME_CLIENTS = [CentrifugeJs, CentrifugePython]
