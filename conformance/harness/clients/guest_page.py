"""Pages of the server in a real Chromium, used as a person would: by their labels, roles and texts."""

import functools
import itertools
from contextlib import contextmanager

from ..daemon import program
from .line_process import NODE, LineProcess

PHONE = {"viewport": {"width": 390, "height": 844}, "deviceScaleFactor": 2, "hasTouch": True, "isMobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}

# What Chromium itself complains of when a page's own status is one of failure.
OF_STATUS = "Failed to load resource: the server responded with a status of"

_names = itertools.count(1)


@functools.cache
def _chromium():
    return LineProcess("Chromium with guests", ["node", "guest_pages.mjs", program("chromium", "Chromium", "chromium")], NODE)


class Page:
    """A page. What is meant in it is said by `label`, by `role` and `name`, by `text`, or by `css`."""

    def __init__(self, url, size=PHONE, language="en", scheme="light", script=True):
        self._name = f"page{next(_names)}"
        context = {**size, "locale": language, "colorScheme": scheme, "javaScriptEnabled": script}
        self._do("open", url=url, context=context)

    def _do(self, what, **arguments):
        return _chromium().ask(name=self._name, do=what, **arguments)

    def goto(self, url):
        """Goes to an address."""
        self._do("goto", url=url)

    def reload(self):
        """Loads the page anew."""
        self._do("reload")

    def fill(self, value, **where):
        """Fills in a field."""
        self._do("fill", where=where, value=value)

    def press(self, **where):
        """Presses something."""
        self._do("press", where=where)

    def key(self, key):
        """Presses a key, such as `Enter`."""
        self._do("key", key=key)

    def type(self, text):
        """Types where the focus is."""
        self._do("type", text=text)

    def see(self, **where):
        """Waits until something is seen."""
        self._do("see", where=where)

    def see_gone(self, **where):
        """Waits until something is not seen any more."""
        self._do("see", where=where, gone=True)

    def value(self, **where):
        """What a field holds."""
        return self._do("value", where=where)

    def texts(self, **where):
        """The texts of all that is meant."""
        return self._do("texts", where=where)

    def attribute(self, attribute, **where):
        """An attribute of what is meant."""
        return self._do("attribute", where=where, attribute=attribute)

    def run(self, code):
        """What an expression of the page's comes to."""
        return self._do("run", code=code)

    def until(self, code):
        """Waits until an expression of the page's is true."""
        self._do("run", code=code, until=True)

    def offline(self, offline=True):
        """Takes the page's network away, or gives it back."""
        self._do("offline", offline=offline)

    def hide(self, hidden=True):
        """As if the reader went to another tab, or came back."""
        self._do("hide", hidden=hidden)

    def held(self):
        """What the page holds after a collection of garbage: how many `nodes` and `listeners`."""
        return self._do("held")

    def requests(self):
        """The addresses that the page has asked for so far."""
        return self._do("requests")

    def shot(self, path):
        """Keeps a picture of the page."""
        self._do("shot", path=str(path))

    def faults(self):
        """What axe-core finds wrong: a line each."""
        return self._do("faults")

    def close(self):
        """Closes the page: what it has complained of on its console."""
        return self._do("close")


@contextmanager
def page(url, complaints=(), **like):
    """A page for as long as the block lasts. It may complain of what begins with one of `complaints`, and of nothing else."""
    opened = Page(url, **like)
    yield opened
    assert [line for line in opened.close() if not line.startswith(tuple(complaints))] == []
