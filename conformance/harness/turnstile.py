"""Tests that load the whole machine run alone, also when others run side by side in other processes."""

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


class Turnstile:
    """A lock of one run that ordinary tests share, and that a test that must be alone holds by itself."""

    def __init__(self, run):
        self._file = Path(tempfile.gettempdir()) / f"muster-conformance-{os.getuid()}-{run}.lock"

    @contextmanager
    def passed(self, alone):
        """Waits until nobody is in who must be alone (or, to be alone, until nobody is in), and lets others wait."""
        with open(self._file, "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield

    def remove(self):
        """Deletes the lock's file, at the end of the run."""
        self._file.unlink(missing_ok=True)
