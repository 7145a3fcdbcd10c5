"""A machine's clock that a test sets, for one server alone: libfaketime between the server and its C library.

A clock that is set shows another time of day, and time itself (CLOCK_MONOTONIC) goes on as it does when an operator, or NTP,
sets a clock. Under a clock that passes, all time passes so many times faster, so that a month is over in seconds: nothing that is
to happen within a time of its own, such as an answer, can be asked of a server then.
"""

import os
import time
from pathlib import Path

from .daemon import Missing, program
from .wire import TIME_FORMAT

HOUR = 3600
DAY = 24 * HOUR


def _library():
    """Where the library is that stands between a program and its clock."""
    program("faketime", "libfaketime", "faketime")
    for place in ("/usr/lib/*/faketime", "/usr/lib*/faketime", "/usr/local/lib/faketime"):
        for found in Path("/").glob(f"{place[1:]}/libfaketime.so.1"):
            return found
    raise Missing("libfaketime.so.1 is missing: apt-get install faketime")


class Clock:
    """The clock that a server is started with. `ahead` is by how many seconds it differs from the right time."""

    def __init__(self, directory):
        self._file = Path(directory) / "clock"
        self.set(0)

    def set(self, ahead):
        """Sets it, by seconds ahead of the right time, or behind; at once, for who runs and who starts."""
        self.ahead = ahead
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead:+d}\n")
        os.replace(new, self._file)

    def under(self):
        """What a server is started under to go by it."""
        variables = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            # The file is read each time that somebody asks for the time.
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        return ["env", *(f"{name}={value}" for name, value in variables.items())]

    def passing(self, times):
        """What a server is started under for which time passes so many times faster, from what this clock shows at its start."""
        variables = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME": f"{self.ahead:+d} x{times}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "0",
            "NO_FAKE_STAT": "1",
        }
        return ["env", *(f"{name}={value}" for name, value in variables.items())]

    def now(self):
        """What it shows, in seconds since 1970."""
        return int(time.time()) + self.ahead

    def stamp(self, seconds=0):
        """A time some seconds from what it shows, as requests tell it."""
        return time.strftime(TIME_FORMAT, time.gmtime(self.now() + seconds))
