"""Waiting for a condition, with a deadline. The tests never sleep a fixed time: they wait for what must come."""

import time

# Seconds after which something that must come counts as missing. They only bound how long a failure takes: what comes ends
# the waiting at once. So there are plenty, and no test is about the speed of the machine, which `muster bench` measures.
PATIENCE = 60.0


class NotInTime(AssertionError):
    """A condition did not come true before its deadline."""


def until(condition, what, seconds=PATIENCE, pause=0.02):
    """Polls `condition` until it returns something true and returns that; after `seconds` fails, saying `what`.

    `what` is a text, or a function that makes one when it is needed.
    """
    deadline = time.monotonic() + seconds
    while True:
        outcome = condition()
        if outcome:
            return outcome
        if time.monotonic() >= deadline:
            missed = what() if callable(what) else what
            raise NotInTime(f"not within {seconds:g} s: {missed} (last seen: {outcome!r})")
        time.sleep(pause)
