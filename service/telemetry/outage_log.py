"""An outage of the brokers in few lines: one at its start, one a minute while it lasts, one at its end.

Every connection of the client, and every part of ours, meets the outage by itself, again and again: 150 lines a second
that say one thing, in which whatever else goes wrong would not be seen.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from service.telemetry.logs import logger

_CLIENT: Final = "aiokafka"
_OURS: Final = frozenset(
    {
        "batch.committed_in_part",
        "ingress.unavailable",
        "stream.lane_broken",
        "stream.poll_failed",
        "stream.session_lost",
        "tail.interrupted",
    }
)
_EVERY: Final = 60.0  # seconds between two lines about an outage that goes on
_OVER_AFTER: Final = 15.0  # seconds of silence after which it is over; longer than any pause before another try
_LOOK: Final = 1.0
_NAMED: Final = 5  # most frequent lines that are counted by name

log = logger("claimwire.kafka")


class OutageLog(logging.Filter):
    """Lets the first line about Kafka's trouble through, and counts those that follow it.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None
        self._latest = 0.0
        self._told = 0.0
        self._held: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is to be written."""
        name = _trouble(record)
        if name is None:
            return True
        with self._lock:
            self._latest = self._clock()
            if self._began is None:
                self._began = self._told = self._latest
                return True
            self._held[name] += 1
            return False

    def look(self) -> None:
        """Write what is due: that the outage goes on, or that it is over."""
        with self._lock:
            now = self._clock()
            if self._began is None:
                return
            over = now - self._latest >= _OVER_AFTER
            if not over and now - self._told < _EVERY:
                return
            told = {
                "seconds": round((self._latest if over else now) - self._began, 1),
                "lines_left_out": self._held.total(),
                "most": dict(self._held.most_common(_NAMED)),
            }
            self._told = now
            if over:
                self._began = None
                self._held.clear()
        if not over:
            log.warning("kafka.outage_goes_on", **told)
        elif told["lines_left_out"]:
            log.info("kafka.outage_over", **told)

    async def run(self) -> None:
        """Filter what the process logs until cancelled."""
        handlers = logging.getLogger().handlers[:]
        for handler in handlers:
            handler.addFilter(self)
        try:
            while True:
                self.look()
                await asyncio.sleep(_LOOK)
        finally:
            for handler in handlers:
                handler.removeFilter(self)


def _trouble(record: logging.LogRecord) -> str | None:
    """Return under which name the line is counted: ours by its event, the client's by its logger; else None."""
    if record.name.partition(".")[0] == _CLIENT and record.levelno >= logging.WARNING:
        return record.name
    event = record.msg.get("event") if isinstance(record.msg, dict) else None
    return event if event in _OURS else None
