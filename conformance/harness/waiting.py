"""Waiting for a condition, with a deadline. The tests never sleep a fixed time: they wait for what must come."""

import time


class NotInTime(AssertionError):
    """A condition did not come true before its deadline."""


def until(condition, what, seconds=5.0, pause=0.02):
    """Polls `condition` until it returns something true and returns that; after `seconds` fails, saying `what`."""
    deadline = time.monotonic() + seconds
    while True:
        outcome = condition()
        if outcome:
            return outcome
        if time.monotonic() >= deadline:
            raise NotInTime(f"not within {seconds:g} s: {what} (last seen: {outcome!r})")
        time.sleep(pause)
