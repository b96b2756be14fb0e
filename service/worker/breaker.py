"""When too much fails, stop: a broken model must not empty a topic into the dead letters."""

import itertools
from collections import deque
from collections.abc import Sequence


class Breaker:
    """Counts failures among the last `window` articles that were processed; opens above `share` of them.

    Articles not seen yet count as successes, so one bad article out of three opens nothing; a service whose model is
    broken from the start stops after `share * window` dead letters. It stays open until a probe goes through.

    Args:
        window: How many of the latest records are looked at.
        share: The part of the window, up to 1, that may fail. 1 switches the breaker off.
        cooldown: Seconds until the first probe; doubled after each probe that fails, up to `longest`.
        longest: Seconds between probes at most.
    """

    def __init__(self, *, window: int, share: float, cooldown: float = 30.0, longest: float = 300.0) -> None:
        self._latest: deque[bool] = deque(maxlen=window)
        self._window = window
        self._allowed = share * window
        self._cooldown = cooldown
        self._longest = longest
        self._wait = cooldown
        self._opened_at: float | None = None

    @property
    def open(self) -> bool:
        """Whether no work may be taken."""
        return self._opened_at is not None

    @property
    def failures(self) -> int:
        """How many of the latest records failed."""
        return sum(self._latest)

    def would_open(self, failures: int) -> bool:
        """Return whether that many more failures are too many; as many of the oldest records leave the window."""
        leaving = max(0, len(self._latest) + failures - self._window)
        staying = sum(itertools.islice(self._latest, leaving, None))
        return staying + min(failures, self._window) > self._allowed

    def record(self, results: Sequence[bool]) -> None:
        """Take in committed records, oldest first: True for each that failed."""
        self._latest.extend(results)

    def trip(self, now: float) -> None:
        """Open, or stay open for longer after a failed probe. `now` is any monotonic time in seconds."""
        if self.open:
            self._wait = min(self._wait * 2, self._longest)
        self._opened_at = now

    def probe_due(self, now: float) -> bool:
        """Return whether one record may be tried."""
        return self._opened_at is not None and now - self._opened_at >= self._wait

    def reset(self) -> None:
        """Close: a probe went through."""
        self._opened_at = None
        self._wait = self._cooldown
        self._latest.clear()
