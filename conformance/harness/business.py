"""A business with a customer group, and people who come to it by its invite link."""

import json
from urllib.parse import urlencode, urlsplit

from .scenes import invite_link, new_chat_group, new_space
from .wire import Wire, fetch

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Business:
    """A business with a group and its invite link."""

    def __init__(self, server, subject="Harbour Market", **group):
        self.server, self.wire = server, Wire(server)
        self.space = new_space(server)
        self.group = new_chat_group(self.wire, self.space, subject, **group)["GroupId"]
        self.link = invite_link(self.wire, self.space, self.group)
        self.path = urlsplit(self.link).path

    def ok(self, action, **params):
        answer = self.wire.ok(action, params, product="cams")
        assert answer["Code"] == "OK", answer
        return answer

    def says(self, kind, content, to=None, **more):
        """Sends a message to the group, or to one person: its id."""
        content = json.dumps({"text": content} if kind == "text" else content)
        recipient = {"To": to or self.group, "RecipientType": "individual" if to else "group"}
        at = {"CustSpaceId": self.space.channel, "From": self.space.number, "ChannelType": "whatsapp"}
        return self.ok("SendChatappMessage", Type="message", MessageType=kind, Content=content, **at, **recipient, **more)["MessageId"]

    def heard(self):
        """What people have written to the group, the latest first."""
        page = {"Index": 1, "Size": 100}
        rows = self.ok("ListChatappMessage", **self.space.params(ChannelType="whatsapp", Page=page, EventAction="UP"))["Data"]
        return [(row["UserNumber"], row["Message"]) for row in rows]

    def guest(self, phone, name=""):
        """Somebody else who joins: what they bring with every request."""
        joined = fetch(self.server, self.path, "POST", urlencode({"phone": phone, "name": name}), FORM)
        assert joined.status == 200, joined.body
        return {"Cookie": joined.headers["set-cookie"].split(";")[0]}

    def guest_says(self, guest, text):
        said = fetch(self.server, f"{self.path}/messages", "POST", urlencode({"text": text}), {**FORM, **guest})
        assert said.status == 200, said.body
