"""Processes that can be told apart from later ones with the same id."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as it can be told apart from a later one with the same id: `started` is in clock ticks since boot."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Describe the process `pid`."""
        return cls(pid=pid, started=_started(pid) or 0)

    def alive(self) -> bool:
        """Return whether this process itself still runs."""
        return self.started != 0 and _started(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if this very process still runs."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _started(pid: int) -> int | None:
    """Return when `pid` started (field 22 of /proc/PID/stat), or None when there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])
