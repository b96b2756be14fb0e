"""How late the event loop wakes."""

import asyncio
import time
from collections.abc import Sequence

from service.core.health import Check, HealthStatus, Probe
from service.telemetry.metrics import Metrics


class LoopMonitor:
    """Measures how late the event loop wakes: a blocked loop stops heartbeats, probes and answers alike."""

    PERIOD = 0.5  # seconds between two looks; a stall shorter than this is harmless
    STUCK = 30.0  # seconds without a look after which only a restart helps; far above the longest batch's own work

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen = time.monotonic()
        self._lag = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(self.PERIOD)
            self._seen = time.monotonic()
            self._lag = max(0.0, self._seen - before - self.PERIOD)
            self._metrics.loop_lag_seconds.observe(self._lag)

    def checks(self) -> Sequence[Check]:
        """Return whether the loop still turns, and how late it was when it last woke."""
        silent = time.monotonic() - self._seen
        stuck = silent > self.STUCK
        return (
            Check(
                name="event-loop",
                status=HealthStatus.FAIL if stuck else HealthStatus.PASS,
                fails=frozenset({Probe.LIVE, Probe.READY}) if stuck else frozenset(),
                detail=f"The event loop has not turned for {silent:.0f} s." if stuck else None,
                observed={"lag_seconds": round(self._lag, 4)},
            ),
        )
