"""Temporary folders that outlive no process for long: what a killed one left is removed when the next is made."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "claimwire-scratch-"


class Scratch:
    """A temporary folder, locked for as long as the process that made it lives.

    The kernel lets go of the lock when the process ends, however it ends. So a folder that can be locked belongs to
    nobody any more, and is removed by whoever makes the next one. `purpose` is part of its name.
    """

    def __init__(self, purpose: str) -> None:
        _sweep()
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{purpose}-"))
            lock = _locked(self.path)
            if lock is not None and self.path.is_dir():
                break  # else another process swept it away between the two lines above
        self._lock = lock

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


def _sweep() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if (lock := _locked(left)) is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """Lock a folder; return the descriptor that holds the lock, or None where somebody else holds it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # gone, or another user's
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
