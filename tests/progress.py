"""Waiting in tests: as long as something moves, however slow the machine, and not for a number of seconds."""

import time
from typing import Final

import pytest

STILL: Final = 60.0  # seconds without any progress after which a test gives up


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

    def check(self, seen: object, awaited: str) -> None:
        """Fail the test where nothing has moved for too long; `awaited` says what it waits for."""
        if self.stalled(seen):
            pytest.fail(f"nothing has moved for {self._still:.0f} s, at {seen}; awaited: {awaited}")
