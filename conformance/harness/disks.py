"""File systems of a test's own, to be filled and to break. Mounting one needs root; where it cannot be done, the tests
that are marked with `disk` are left out, and the summary names them."""

import functools
import subprocess
import tempfile
from pathlib import Path

from .daemon import Missing, program

SIZE = "24m"


class Disk:
    """A small file system. `memory` is one in memory, to be filled; `errors` one on a file, which can be made to fail."""

    def __init__(self, kind, directory):
        self.kind = kind
        self.place = Path(directory) / "disk"
        self._image = Path(directory) / "image"
        self.place.mkdir(mode=0o700)

    def make(self):
        """Makes it, empty, and mounts it; raises Missing when that cannot be done here."""
        if self.kind == "errors":
            mkfs = program("mkfs.ext4", "ext4", "e2fsprogs")
            with open(self._image, "wb") as image:
                image.truncate(48 << 20)
            # What Debian's installer sets for the system's own disk: after an error the disk is read-only.
            _run(mkfs, "-q", "-F", "-e", "remount-ro", str(self._image))
        self.mount()
        self.place.chmod(0o700)
        return self

    def mount(self):
        """Mounts what was made."""
        if self.kind == "errors":
            _run("mount", "-o", "loop", str(self._image), str(self.place))
        else:
            _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(self.place))

    def fill(self):
        """Writes until nothing more fits: the file that takes the room."""
        filler = self.place / "filler"
        with open(filler, "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass
        return filler

    def turn_read_only(self):
        """From now on it is read-only, also for who has files open on it: what an error of the device brings about, or,
        in memory, where nobody has."""
        _run("mount", "-o", "remount,abort" if self.kind == "errors" else "remount,ro", str(self.place))

    def mend(self):
        """Nobody has files open on it: it can be written to again."""
        _run("umount", str(self.place))
        self.mount()

    def remove(self):
        """Unmounts it, whoever still has files open on it."""
        subprocess.run(["umount", "--lazy", str(self.place)], check=False, capture_output=True)


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        # `mount: PLACE: why`, and advice. The same words in each process: a run adds them up.
        raise Missing(f"{Path(command[0]).name}: {done.stderr.partition(chr(10))[0].rsplit(': ', 1)[-1]}")


@functools.cache
def missing(kind):
    """Why no disk of a kind can be made here, or None."""
    with tempfile.TemporaryDirectory(prefix="muster-disk-") as directory:
        disk = Disk(kind, directory)
        try:
            disk.make()
        except (Missing, OSError) as fault:
            return f"which need a file system of their own, and none can be mounted here ({fault})"
        finally:
            disk.remove()
    return None
