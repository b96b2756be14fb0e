"""Health of the event loop: a running loop is healthy, a blocked one can only be restarted."""

import asyncio
import time

import pytest

from service.core.health import HealthStatus, Probe
from service.telemetry.event_loop import LoopMonitor
from service.telemetry.metrics import Metrics


def test_a_loop_that_stands_still_fails_liveness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrong until the monitor has been silent for longer than any batch takes."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monitor = LoopMonitor(Metrics())
    for silent, fails in (
        (0.0, frozenset()),
        (monitor.STUCK - 1, frozenset()),
        (monitor.STUCK + 1, {Probe.LIVE, Probe.READY}),
    ):
        monkeypatch.setattr(time, "monotonic", lambda silent=silent: now + silent)
        (check,) = monitor.checks()
        assert check.fails == fails
        assert check.status is (HealthStatus.FAIL if fails else HealthStatus.PASS)


def test_a_blocked_loop_shows_in_the_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that blocks for 300 ms is counted as lag of that size."""
    metrics = Metrics()
    monkeypatch.setattr(LoopMonitor, "PERIOD", 0.05)

    async def blocked() -> None:
        watching = asyncio.create_task(LoopMonitor(metrics).run())
        await asyncio.sleep(0.02)
        time.sleep(0.3)  # noqa: ASYNC251  # what must not happen
        await asyncio.sleep(0.1)
        watching.cancel()

    asyncio.run(blocked())
    value = metrics.registry.get_sample_value
    within = [value("claimwire_event_loop_lag_seconds_bucket", {"le": edge}) or 0.0 for edge in ("0.1", "+Inf")]
    assert within[1] > within[0]
