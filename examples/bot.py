"""A bot that is in a group and answers there.

    pip install centrifuge-python
    APP_ID=… APP_KEY=… python3 bot.py lobby

It answers `!count` with how many are there, and `!echo TEXT` with the text. It goes on until Ctrl-C, and leaves then.
"""

import asyncio
import base64
import hashlib
import json
import os
import signal
import sys
import time
import uuid

from centrifuge import Client, ReplyError, SubscriptionEventHandler

MUSTER = os.environ.get("MUSTER", "ws://127.0.0.1:7070/connection/websocket")
NAME = os.environ.get("BOT", "bot")
MESSAGE_TYPE = 10001


def login_token(user, role="", lifetime=3600):
    """The login token of a user. A bot of your own server may make its own; a program that others run asks your server."""
    app_id, app_key = os.environ["APP_ID"], os.environ["APP_KEY"]
    nonce, ends = f"AK-{uuid.uuid4().hex}", int(time.time()) + lifetime
    plain = f"{app_id}{app_key}{user}{nonce}{ends}{role}"
    fields = {"appId": app_id, "userId": user, "nonce": nonce, "timestamp": ends, "role": role,
              "token": hashlib.sha256(plain.encode()).hexdigest()}
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()


class Group(SubscriptionEventHandler):
    """What the bot does about what it hears in its group."""

    def __init__(self, client, group):
        self.client = client
        self.group = group
        self.errands = set()

    async def on_subscribed(self, ctx):
        print(f"in {self.group}, {'nothing missed' if ctx.recovered else 'anew'}", flush=True)

    async def on_unsubscribed(self, ctx):
        print(f"out of {self.group}: {ctx.code} {ctx.reason}", flush=True)

    async def on_publication(self, ctx):
        event = ctx.pub.data
        # What the bot itself says comes back too.
        if event["event"] != "recvgroupmessage" or event["type"] != MESSAGE_TYPE or event["sender"]["userId"] == NAME:
            return
        # Calls are answered by the same connection: who waits for one in a handler waits for ever.
        errand = asyncio.create_task(self.answer(event["data"]))
        self.errands.add(errand)
        errand.add_done_callback(self.errands.discard)

    async def answer(self, said):
        """Answers what was said, if it is for the bot."""
        word, _, rest = said.partition(" ")
        if word == "!count":
            group = (await self.client.rpc("queryGroup", {"groupId": self.group})).data
            await self.say(f"{group['statistics']['onlineCount']} of us")
        elif word == "!echo":
            await self.say(rest)

    async def say(self, text):
        """Says something to the group."""
        try:
            await self.client.rpc("sendGroupMessage", {"groupId": self.group, "type": MESSAGE_TYPE, "data": text})
        except ReplyError as error:
            print(f"not said: {error.code} {error.message}", flush=True)


async def main(group):
    async def token():
        return login_token(NAME)

    client = Client(MUSTER, get_token=token)
    subscription = client.new_subscription(f"g:{group}", events=Group(client, group), positioned=True, recoverable=True)
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await client.connect()
    await subscription.subscribe()
    await over.wait()
    await subscription.unsubscribe()  # Leaves at once instead of after the grace period.
    await client.disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
