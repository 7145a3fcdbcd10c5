"""What a run says at its end: what ran where and why, and what each client was seen to do.

With several processes each fills in its own `Summary`; the one that started them adds them up.
"""

from collections import Counter, defaultdict
from pathlib import Path

from .ledger import BEGIN, END, Ledger, differences

DOCUMENT = Path(__file__).parents[2] / "docs" / "compatibility.md"


class Summary:
    """What one process, or all of them, have run and seen."""

    def __init__(self, api_clients, realtime_clients):
        self.ledger = Ledger(api_clients, realtime_clients)
        self.ran = Counter()
        self.not_repeated = Counter()
        self.left_out = defaultdict(list)

    def packed(self):
        """All of it as plain values, for another process."""
        cells = [[feature, client, value] for (feature, client), value in self.ledger.cells.items()]
        return {"cells": cells, "ran": dict(self.ran), "not_repeated": dict(self.not_repeated), "left_out": dict(self.left_out)}

    def add(self, packed):
        """Adds what another process has seen. All of them collect the same tests and share out which they run."""
        self.ledger.add({(feature, client): value for feature, client, value in packed["cells"]})
        self.ran.update(packed["ran"])
        self.not_repeated = Counter(packed["not_repeated"])
        self.left_out = defaultdict(list, packed["left_out"])

    def write(self, terminal):
        """Says all of it."""
        if self.ran:
            terminal.section("what ran where")
            terminal.line(", ".join(f"{count} over {place}" for place, count in self.ran.items()))
        for reason, count in self.not_repeated.most_common():
            terminal.line(f"{count} repetitions that could show nothing new were spared: {reason}")
        if self.left_out:
            terminal.section("LEFT OUT", sep="!")
        for reason, names in sorted(self.left_out.items()):
            terminal.line(f"{len(names)} tests did NOT run, {reason}")
            for name in names:
                terminal.line(f"  {name}")
        if self.ledger.cells:
            terminal.section("operations × clients")
            terminal.line(self.ledger.table())

    def wrong_table(self, whole):
        """What the table in the documentation says that this run has not seen, or seen differently: a text, or None.

        What was not run counts only if the run was a `whole` one.
        """
        text, table = DOCUMENT.read_text(), self.ledger.table()
        if BEGIN not in text or END not in text:
            return f"the markers of the table are missing in {DOCUMENT.name}"
        if "fails" in self.ledger.cells.values():
            return "a client fails on an operation"
        if whole and (untried := self.ledger.untried()):
            return "no test calls what is served:\n" + "\n".join(untried)
        wrong = differences(table, text.split(BEGIN)[1].split(END)[0], whole)
        return "rewrite the table with `conformance/run --update-compatibility`:\n" + "\n".join(wrong) if wrong else None

    def rewrite_table(self):
        """Writes the table of this run into the documentation."""
        before, after = DOCUMENT.read_text().split(BEGIN)[0], DOCUMENT.read_text().split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{self.ledger.table()}\n\n{END}{after}")
