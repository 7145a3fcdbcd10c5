"""Waiting for a condition, with a deadline. The tests never sleep a fixed time: they wait for what must come."""

import time


class NotInTime(AssertionError):
    """A condition did not come true before its deadline."""


def until(condition, what, seconds=5.0, pause=0.02):
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
