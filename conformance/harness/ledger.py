"""The record of what each client was seen to do, and the table made of it.

A cell is `ok` when a passing test saw the client do it, `fails` when a test failed on it, and `n/a` when the client has
no way to do it. The table in the documentation is this record; a test compares the two.
"""

import json
from collections import defaultdict
from pathlib import Path

BEGIN = "<!-- compatibility table: begin (written by `conformance/run --update-compatibility`) -->"
END = "<!-- compatibility table: end -->"

CATALOGUE = Path(__file__).parents[2] / "docs" / "reference" / "catalogue.json"


def _operations():
    """The operations that are served, by family. The catalogue is made from the code, and a test compares it with what a
    server tells of itself: an operation cannot be served without its rows here."""
    families = defaultdict(list)
    for product in json.loads(CATALOGUE.read_text())["products"]:
        for operation in product["operations"]:
            families[f'{product["product"]}: {operation["tag"]}'].append(operation["name"])
    return dict(families)


OPERATIONS = _operations()
REALTIME = [
    "login, second generation",
    "login, first generation",
    "subscribe (join)",
    "unsubscribe (leave)",
    "publish",
    "publications",
    "messages to one's own channel",
    "presence",
    "presence_stats",
    "rpc sendGroupMessage",
    "rpc sendC2cMessage",
    "rpc queryGroup",
    "rpc listGroupUser",
    "rpc listRecentMessage",
    "rpc listMessage",
    "rpc listHistoryMessage",
    "recovery after a dropped connection",
    "login that is refused",
    "signed in elsewhere",
    "removed from a group",
]
FAMILY_OF = {operation: family for family, operations in OPERATIONS.items() for operation in operations}


class Ledger:
    """Gathers what the tests of one process exercise."""

    def __init__(self, api_clients, realtime_clients):
        self.cells = {}
        self.api_clients = api_clients
        self.realtime_clients = realtime_clients
        self._done = defaultdict(list)
        self._under_way = None
        self.test = None

    def begin(self, test):
        """A test starts: what follows belongs to it."""
        self.test = test
        self._done.pop(test, None)
        self._under_way = None

    def attempt(self, client, feature):
        """A client is about to do something."""
        self._under_way = (feature, client)

    def success(self, client, feature):
        """It did it."""
        self._done[self.test].append((feature, client))
        self._under_way = None

    def end(self, test, passed):
        """The test is over: its successes count only if it passed; if not, what it stood at fails."""
        done = self._done.pop(test, [])
        if passed:
            for cell in done:
                self.cells.setdefault(cell, "ok")
            return
        blamed = self._under_way or (done[-1] if done else None)
        if blamed:
            self.cells[blamed] = "fails"

    def add(self, cells):
        """Adds what another process has seen: one failure outweighs every success."""
        for cell, value in cells.items():
            if value == "fails" or cell not in self.cells:
                self.cells[cell] = value

    def untried(self):
        """The operations that are served and that no test has done through one of the clients, as readable lines."""
        asked = ((operation, client) for operation in FAMILY_OF for client in self.api_clients)
        return [f"{operation} × {client.label}" for operation, client in asked if (operation, client.name) not in self.cells]

    def table(self):
        """The two tables as Markdown."""
        parts = [_section("Operation", self.api_clients, OPERATIONS.items(), self.cells)]
        parts.append(_section("Realtime", self.realtime_clients, [(None, REALTIME)], self.cells))
        return "\n\n".join(parts)


def _section(title, clients, groups, cells):
    lines = [f"| {title} | " + " | ".join(client.label for client in clients) + " |", "|---" * (len(clients) + 1) + "|"]
    for family, features in groups:
        if family:
            lines.append(f"| **{family}** |" + " |" * len(clients))
        for feature in features:
            row = [_cell(cells, feature, client) for client in clients]
            lines.append(f"| {feature} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _cell(cells, feature, client):
    lacking = feature in getattr(client, "lacks", ())
    return cells.get((feature, client.name), "n/a" if lacking else "not run")


def differences(ours, theirs, whole=False):
    """The cells in which two tables differ, as readable lines.

    `ours` may have cells that were not run; they count as a difference only if the run was a whole one.
    """
    mine, other = _cells(ours), _cells(theirs)
    lines = [
        f"{row} × {column}: this run says {value}, the file says {other[row, column]}"
        for (row, column), value in mine.items()
        if (row, column) in other and value != other[row, column] and (whole or value != "not run")
    ]
    lines += [f"{row} × {column}: not in the file" for row, column in mine if (row, column) not in other]
    return lines + [f"{row} × {column}: only in the file" for row, column in other if (row, column) not in mine]


def _cells(table):
    found, columns = {}, []
    for line in table.splitlines():
        if not line.startswith("|") or line.startswith("|---"):
            continue
        fields = [field.strip() for field in line.strip().strip("|").split("|")]
        if fields[0] in ("Operation", "Realtime"):
            columns = fields[1:]
        elif any(fields[1:]):
            found.update({(fields[0], column): value for column, value in zip(columns, fields[1:])})
    return found
