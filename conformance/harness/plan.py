"""What runs where: a test runs over each place whose answer can differ in what the test looks at, and over no other.

A test says what it looks at with `looks_at`, and `only_over` that it makes no sense elsewhere; `RUNS_OVER` says what
follows. A client's own manners (how it signs, where it puts a parameter) meet the gateway before any store is asked:
all clients go through the first place of a test, and one of each kind through the others.
"""

from dataclasses import dataclass

from . import disks
from .clients import API_CLIENTS
from .clients.realtime import REALTIME_CLIENTS

# What a test may look at, and where that can differ. A test without a mark looks at the store.
RUNS_OVER = {
    # Decided before anything is stored: signatures, shapes of requests and answers, policies, pages, the command line.
    "door": ("sqlite",),
    # What is kept and told again.
    "store": ("sqlite", "postgres"),
    # What needs a transaction, a prepared statement, or a session of the database: a pooler gives the next to another.
    "transactions": ("sqlite", "postgres", "pooler"),
    # What one node is told and the next one is asked.
    "nodes": ("sqlite", "postgres", "cluster"),
}
PARAMETER = "place_name"


@dataclass(frozen=True)
class Absence:
    """Why a test does not run over a place. `entirely` when it makes no sense there, else there would be nothing new."""

    reason: str
    entirely: bool = False


def places_of(item):
    """Where the results of a test can differ."""
    mark = item.get_closest_marker("looks_at")
    concerns = mark.args if mark else ("store",)
    unknown = set(concerns) - set(RUNS_OVER)
    assert not unknown, f"{item.nodeid} looks at {unknown}; there is {', '.join(RUNS_OVER)}"
    return [place for place in ("sqlite", "postgres", "pooler", "cluster") if any(place in RUNS_OVER[one] for one in concerns)]


def absence(item, asked, repeat=False):
    """Why a test that was collected for one of the asked places does not run over it, or None when it does.

    `repeat` makes it run also where nothing can differ.
    """
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    place = parameters.get(PARAMETER)
    only = item.get_closest_marker("only_over")
    disk = item.get_closest_marker("disk")
    if disk and (fault := disks.missing(*disk.args)):
        return Absence(fault, entirely=True)
    if place is None and (not only or set(asked) & set(only.args)):
        # It starts what it needs by itself, once.
        return None
    if only:
        if place not in only.args:
            return Absence(f"only over {' and '.join(only.args)}: {only.kwargs['reason']}", entirely=True)
        places = list(only.args)
    else:
        places = places_of(item)
        if place not in places and not repeat:
            mark = item.get_closest_marker("looks_at")
            return Absence(f"what looks at {' and '.join(mark.args if mark else ['the store'])} runs over {', '.join(places)}")
    first = next((name for name in asked if name in places), place)
    return None if repeat else _repetition(parameters, place, first)


def _repetition(parameters, place, first):
    api = parameters.get("api") or parameters.get("kind")
    realtime = parameters.get("realtime")
    if api and place != first and api is not API_CLIENTS[0]:
        return Absence("what differs by API client alone runs through each of them over one place")
    if api and realtime and realtime is not REALTIME_CLIENTS[API_CLIENTS.index(api) % len(REALTIME_CLIENTS)]:
        return Absence("each API client meets one of the realtime clients, and they take turns")
    if realtime and not api and place != first and realtime is not REALTIME_CLIENTS[0]:
        return Absence("what differs by realtime client alone runs through each of them over one place")
    return None
