"""Waiting in tests: as long as something moves, however slow the machine, and not for a number of seconds."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pytest

T = TypeVar("T")

STILL: Final = 60.0  # seconds without any progress after which a test gives up
START: Final = 180.0  # the same for a process that starts: its log is silent for long on a busy machine


class Progress:
    """Notes when what a test waits for last moved.

    Args:
        still: After how many seconds without a change a test gives up.
    """

    def __init__(self, *, still: float = STILL) -> None:
        self._still = still
        self._seen: object = None
        self._moved_at = time.monotonic()

    def stalled(self, seen: object) -> bool:
        """Return whether `seen` has been the same for too long; pass what only grows, such as a count."""
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._moved_at = seen, now
        return now - self._moved_at > self._still

    def check(self, seen: object, awaited: str | Callable[[], str]) -> None:
        """Fail the test where nothing has moved for too long; `awaited` says what it waits for."""
        if self.stalled(seen):
            words = awaited if isinstance(awaited, str) else awaited()
            pytest.fail(f"nothing has moved for {self._still:.0f} s, at {seen}; awaited: {words}")


def eventually(
    true: Callable[[], T],
    awaited: str | Callable[[], str],
    *,
    moved: Callable[[], object] = lambda: None,
    pause: float = 0.1,
) -> T:
    """Return the first true value of `true()`; fail where `moved()` stays the same for too long.

    Args:
        true: What the test waits for. Asked again after each pause.
        awaited: What a failure says that it waited for.
        moved: Whatever shows progress on the way there: a count, the size of a log.
        pause: Seconds.
    """
    progress = Progress()
    while not (found := true()):
        progress.check(moved(), awaited)
        time.sleep(pause)
    return found


def exit_code(child: subprocess.Popen[bytes], log: Path) -> int:
    """Return a process's exit code once it has ended; fail when its log grows no more and it has not."""
    eventually(lambda: child.poll() is not None, "the end of a process", moved=lambda: log.stat().st_size)
    return child.returncode
