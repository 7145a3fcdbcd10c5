"""The server's own pages in a real Chromium, used as a person would: by labels, roles and keys."""

import functools
import itertools

from ..daemon import program
from ..server import ROOT_KEY
from .line_process import NODE, LineProcess

_names = itertools.count(1)


@functools.cache
def _chromium():
    command = ["node", str(NODE / "pages.mjs"), program("chromium", "Chromium", "chromium")]
    return LineProcess("Chromium with the server's pages", command, NODE)


class Page:
    """One page, in a browser profile of its own. `path` is where it begins at the server.

    `scheme` is `light` or `dark`, `locale` what the browser prefers, and `phone` a screen of 390 by 844 with touch.
    """

    def __init__(self, server, path, phone=False, **more):
        self._name = f"page{next(_names)}"
        self.server = server
        size = {"width": 390, "height": 844} if phone else {}
        self._do("open", url=self.url(path), phone=phone, **size, **more)

    def url(self, path):
        """The address of a path."""
        return f"{self.server.scheme}://{self.server.authority}{path}"

    def _do(self, what, **arguments):
        return _chromium().ask(name=self._name, do=what, **arguments)

    def go(self, path):
        """Goes to a path, as by the address bar."""
        self._do("go", url=self.url(path))

    def sign_in(self):
        """Fills in the sign-in form, in the page's language, as the account itself."""
        chinese = self.evaluate(script="document.documentElement.lang") == "zh-CN"
        self.fill(label="AccessKey ID", text=ROOT_KEY.id)
        self.fill(label="AccessKey 密钥" if chinese else "AccessKey secret", text=ROOT_KEY.secret)
        self.press(button="登录" if chinese else "Sign in")

    def __getattr__(self, what):
        """Everything else that `conformance/node/pages.mjs` can do, by its name there."""
        return lambda **arguments: self._do(what, **arguments)
