"""Health means progress: an idle worker is healthy, a stuck one is not."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from service.core.article import Article, Outcome
from service.core.health import Probe

pytestmark = pytest.mark.anyio


def failing(running: Any) -> set[Probe]:
    """Return the probes that the worker fails now."""
    return {probe for check in (*running.stream.checks(), *running.worker.checks()) for probe in check.fails}


async def test_a_worker_without_a_partition_is_healthy(benches: Any) -> None:
    """Two workers and one partition: the one that has none stays live and ready while the other works."""
    bench = await benches(partitions=1)
    pair = [bench.worker(), bench.worker()]

    def shared() -> bool:
        return sorted(len(each.states()) for each in pair) == [0, 1] and not any(map(failing, pair))

    await bench.eventually(shared, "both ready, one of them with the partition")
    await bench.publish([b"text"] * 10)
    await bench.enriched(10)
    for _ in range(20):
        assert [failing(each) for each in pair] == [set(), set()]
        await asyncio.sleep(0.1)


async def test_a_worker_that_is_stuck_is_not(benches: Any) -> None:
    """A batch that never ends fails liveness once it lasts longer than the poll interval; until then it is work."""
    bench = await benches(max_poll_interval=4.0, session_timeout=3.0)

    async def never(articles: Sequence[Article]) -> Sequence[Outcome]:
        await asyncio.Event().wait()
        raise AssertionError(articles)

    running = bench.worker(never)
    await bench.eventually(running.ready, "ready")
    await bench.publish([b"text"])
    await bench.eventually(lambda: running.sample("claimwire_in_hand_articles") == 1, "the batch in hand")
    assert Probe.LIVE not in failing(running)
    await bench.eventually(lambda: {Probe.LIVE, Probe.READY} <= failing(running), "stuck")


async def test_a_partition_that_is_gone_leaves_no_figures(benches: Any) -> None:
    """Only the owner reports lag and offset: what a former owner last saw would raise a false alert."""
    bench = await benches(partitions=1)
    running = bench.worker()
    value = running.metrics.registry.get_sample_value
    await bench.publish([b"text"] * 3)
    await bench.eventually(lambda: (value("claimwire_committed_offset", {"partition": "0"}) or 0) >= 3, "committed")
    await running.stop()
    assert value("claimwire_committed_offset", {"partition": "0"}) is None
    assert value("claimwire_lag_records", {"partition": "0"}) is None
