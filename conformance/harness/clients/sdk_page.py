"""Pages in a real Chromium that use the browser client of `/sdk/`, as the pages of applications do."""

import functools
import itertools
import threading

from ..daemon import program
from ..tokens import login_fields
from ..waiting import until
from .line_process import NODE, LineFailure, LineProcess

EVENTS = {
    "first": ["message"],
    "engine": ["connecting", "connectsuccess", "connectfailed", "disconnect", "tokenexpired", "reconnectsuccess"],
    "groups": ["memberchange", "memberdatachange", "exit", "mutechange", "infochange"],
    "messages": ["recvgroupmessage", "recvc2cmessage", "deletegroupmessage"],
}

_names = itertools.count(1)
_pages = {}


@functools.cache
def _chromium():
    def told(line):
        _pages[line["page"]].heard(line["event"], line["given"])

    command = ["node", str(NODE / "sdk_pages.mjs"), program("chromium", "Chromium", "chromium")]
    return LineProcess("Chromium with the browser client", command, NODE, told)


class SdkError(Exception):
    """A call was rejected: `code`, `msg` and `message` are the error's."""

    def __init__(self, error):
        super().__init__(error.get("message"))
        self.kind, self.code = error.get("class"), error.get("code")
        self.msg, self.message = error.get("msg"), error.get("message")


class SdkPage:
    """A page with one engine. `server` is where the script comes from; what happens is collected from `watch` on."""

    def __init__(self, server, script="alivc-im.iife.js"):
        self._name = f"page{next(_names)}"
        self._heard = []
        self._lock = threading.Lock()
        _pages[self._name] = self
        self.synchronous = self._do("open", script=f"{server.scheme}://{server.host}:{server.port}/sdk/{script}")
        assert self.synchronous, f"/sdk/{script} defines nothing: was the server built without web/dist (make web)?"
        self._do("prepare")

    def _do(self, what, **arguments):
        return _chromium().ask(name=self._name, do=what, **arguments)

    def call(self, target, method, *given):
        """Calls a method of `sdk` (the class), `engine`, `groups` or `messages`, or of `first`, the first
        generation's engine."""
        try:
            return self._do("call", target=target, method=method, given=list(given))
        except LineFailure as failure:
            raise SdkError(failure.error) from None

    def engine(self, method, *given):
        """Calls a method of the engine."""
        return self.call("engine", method, *given)

    def groups(self, method, *given):
        """Calls a method of the group manager."""
        return self.call("groups", method, *given)

    def messages(self, method, *given):
        """Calls a method of the message manager."""
        return self.call("messages", method, *given)

    def first(self, method, *given):
        """Calls a method of the first generation's engine."""
        return self.call("first", method, *given)

    def watch(self, *targets):
        """Listens to everything that these tell."""
        for target in targets or ("engine", "groups", "messages"):
            self._do("watch", target=target, names=EVENTS[target])

    def answer(self, *answer):
        """What the next `tokenexpired` is answered with."""
        self._do("answer", answer=list(answer))

    def run(self, code):
        """What an expression of the page's comes to."""
        return self._do("run", code=code)

    def pass_time(self, seconds):
        """Lets this much time pass for the page's timers at once."""
        self._do("pass", length=seconds)

    def heard(self, event, given):
        """Notes an event."""
        with self._lock:
            self._heard.append((event, given))

    def event(self, name, holds=lambda *given: True):
        """Waits for the next event of a name for which `holds` is true, and takes it and those of the name before it."""
        found = []

        def look():
            with self._lock:
                for place, (event, given) in enumerate(self._heard):
                    if event == name and holds(*given):
                        later = self._heard[place + 1 :]
                        self._heard = [one for one in self._heard[:place] if one[0] != name] + later
                        found.append(given)
                        return True
            return False

        until(look, lambda: f"{name} in {self._heard}")
        return found[0]

    def untaken(self, name):
        """The events of a name that nobody has taken so far."""
        with self._lock:
            return [given for event, given in self._heard if event == name]

    def start(self, app, **config):
        """init, with listeners on everything."""
        self.engine("init", {"appId": app["AppId"], "appSign": app["AppSign"], "logLevel": 4, **config})
        self.watch()

    def login(self, app, user, **options):
        """Logs in."""
        self.engine("login", login(app, user, **options))

    def close(self):
        """Closes the page, which must not have complained."""
        complaints = self._do("close")
        del _pages[self._name]
        return complaints


def auth(app, user, **options):
    """What an application's server hands out for a login."""
    fields = login_fields(app, user, **options)
    return {name: fields[name] for name in ("nonce", "timestamp", "role", "token")}


def login(app, user, extension=None, **options):
    """What `login` is given."""
    person = {"userId": user} if extension is None else {"userId": user, "userExtension": extension}
    return {"user": person, "userAuth": auth(app, user, **options)}
