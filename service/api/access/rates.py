"""How often a key may ask: a token bucket per key, and a count of articles per day. In memory, hence per process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from service.api.problems import ProblemError

_MOST_NAMES: Final = 10_000  # names remembered; a name that was forgotten begins again with a full bucket


class Rates:
    """Token buckets and daily counts by name."""

    def __init__(
        self,
        *,
        rate: float,
        burst: int,
        daily: int | None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Make buckets of `burst` tokens that refill by `rate` a second; `daily` articles between two midnights UTC."""
        self._rate = rate
        self._burst = burst
        self._daily = daily
        self._monotonic = monotonic
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name: tokens, at
        self._day = now().date()
        self._spent: dict[str, int] = {}

    def take(self, name: str) -> None:
        """Take one token.

        Raises:
            ProblemError: `rate-limited`, with the seconds until there is one.

        """
        at = self._monotonic()
        tokens, since = self._buckets.pop(name, (float(self._burst), at))
        tokens = min(float(self._burst), tokens + (at - since) * self._rate)
        self._buckets[name] = (tokens - 1 if tokens >= 1 else tokens, at)
        if len(self._buckets) > _MOST_NAMES:
            self._buckets.popitem(last=False)
        if tokens < 1:
            wait = math.ceil((1 - tokens) / self._rate)
            raise ProblemError("rate-limited", headers={"Retry-After": str(max(1, wait))})

    def spend(self, name: str, articles: int) -> None:
        """Count articles against the day's quota.

        Raises:
            ProblemError: `quota-exceeded`, with the seconds until midnight; nothing is counted then.

        """
        if self._daily is None:
            return
        now = self._now()
        if now.date() != self._day:
            self._day = now.date()
            self._spent.clear()
        spent = self._spent.get(name, 0) + articles
        if spent > self._daily:
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            wait = math.ceil((midnight - now).total_seconds())
            raise ProblemError("quota-exceeded", f"{self._daily} a day.", headers={"Retry-After": str(wait)})
        self._spent[name] = spent
