"""Open transactions in the input: they hold up the stream, which health must show and which must pass."""

import asyncio
import contextlib
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from service.streaming.admin.dead_letters import replay_dead_letters
from service.streaming.client import connection
from tests.integration.test_streaming_dead_letters import strict

pytestmark = pytest.mark.anyio


async def test_an_open_transaction_shows_as_lag_and_in_health(bench: Any) -> None:
    """Records behind a transaction that an upstream writer has not ended are waiting, and health says why."""
    writer = AIOKafkaProducer(**connection(bench.kafka), transactional_id=f"upstream-{bench.kafka.group}")
    await writer.start()
    try:
        await writer.begin_transaction()
        await writer.send_and_wait(bench.kafka.topics.articles, b"unfinished", partition=0)
        await bench.publish([b"waits"] * 4, keys=1, partition=0)
        running = bench.worker()
        await bench.eventually(running.ready, "ready")
        lag = running.metrics.registry.get_sample_value
        await bench.eventually(lambda: lag("claimwire_lag_records", {"partition": "0"}) == 5, "the five count as lag")
        await bench.eventually(lambda: "transaction" in str(running.stream.checks()[1].detail), "health says why")
        await writer.commit_transaction()
        await bench.enriched(5)
        await bench.eventually(lambda: running.stream.checks()[1].detail is None, "health says nothing any more")
        await bench.eventually(lambda: lag("claimwire_lag_records", {"partition": "0"}) == 0, "no lag")
    finally:
        await writer.stop()


async def test_a_replay_that_is_killed_before_its_commit_holds_nothing_up_for_long(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker aborts what the replay left open well before the minute that a worker's transactions may take."""
    bench = await benches(partitions=1, commit_timeout=5.0)
    await bench.publish([b"bad"], keys=1)
    bench.worker(decode=strict)
    await bench.dead(1)
    written = asyncio.Event()

    async def killed(_producer: object) -> None:
        written.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(AIOKafkaProducer, "commit_transaction", killed)
        replay = asyncio.create_task(replay_dead_letters(bench.kafka))
        await written.wait()
        replay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await replay
    await bench.publish([b"good"], keys=1)
    await bench.enriched(1)
    assert (await replay_dead_letters(bench.kafka)).replayed == 1
