"""The worker on a real broker: what goes in comes out, once, in order, whatever is in it."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from service.core.article import Article, Outcome, Retracted
from service.core.errors import ArtifactError
from service.core.message import Message
from service.streaming.consume import stall_watch
from service.streaming.consume.partition import Lane
from service.streaming.consume.sink import TransactionalSink
from service.streaming.records import message_of
from service.wire import codec
from service.wire.dead_letter import ATTEMPTS, CODE, OFFSET, PARTITION, exhume
from tests.integration.test_streaming_limits import limit
from tests.progress import STILL

pytestmark = pytest.mark.anyio


async def test_every_article_gives_one_event_in_order(bench: Any) -> None:
    """A few hundred articles over three partitions come out once each, in order within each key."""
    await bench.publish([str(number).encode() for number in range(300)])
    bench.worker()
    events = await bench.enriched(300)
    by_key = defaultdict(list)
    for event in events:
        by_key[event.key].append(int(event.value))
    assert sorted(number for numbers in by_key.values() for number in numbers) == list(range(300))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


async def test_offsets_are_committed_with_the_events(bench: Any) -> None:
    """After draining, the group's offsets are the log ends."""
    await bench.publish([b"x"] * 30)
    running = bench.worker()
    await bench.enriched(30)
    await running.stop()
    assert sum(offset or 0 for offset in (await bench.committed()).values()) == 30


async def test_a_bad_record_is_buried_and_the_next_goes_on(bench: Any) -> None:
    """A record that cannot be decoded is a dead letter at once, byte for byte; its neighbours are events."""
    await bench.publish([b"a", b"bad", b"c"], keys=1, partition=1)
    bench.worker()
    assert [event.value for event in await bench.enriched(2)] == [b"a", b"c"]
    (letter,) = await bench.dead(1)
    headers = dict(letter.headers)
    assert letter.value == b"bad"
    assert letter.key == b"k0"
    assert headers[CODE] == b"bad"
    assert int.from_bytes(headers[PARTITION], "big") == 1
    assert int.from_bytes(headers[OFFSET], "big") == 1


async def test_poison_is_isolated_retried_and_buried(bench: Any) -> None:
    """Of one batch, only the article whose processing raises becomes a dead letter, after three attempts."""
    tried: list[int] = []

    async def process(articles: Sequence[Article]) -> Sequence[Outcome]:
        tried.append(len(articles))
        if any(article.body == "poison" for article in articles):
            raise ValueError("the model chokes")
        return [Retracted(article=article) for article in articles]

    await bench.publish(
        [b"poison" if number == 11 else str(number).encode() for number in range(32)], keys=1, partition=0
    )
    bench.worker(process)
    events = await bench.enriched(31)
    assert [int(event.value) for event in events] == [number for number in range(32) if number != 11]
    (letter,) = await bench.dead(1)
    read = exhume(message_of(letter))
    assert read is not None
    assert (read.code, read.attempts) == ("processing-failed", 3)
    assert dict(letter.headers)[ATTEMPTS] == b"\0\0\0\3"
    assert "chokes" not in str(letter.headers)


async def test_a_fault_that_passes_costs_nothing(bench: Any) -> None:
    """An article whose processing raises once is an event in the end, and no dead letter."""
    failed: list[str] = []

    async def process(articles: Sequence[Article]) -> Sequence[Outcome]:
        for article in articles:
            if article.body == "5" and failed.count("5") < 2:
                failed.append("5")
                raise OSError("for now")
        return [Retracted(article=article) for article in articles]

    await bench.publish([str(number).encode() for number in range(10)], keys=1, partition=0)
    bench.worker(process)
    assert [int(event.value) for event in await bench.enriched(10)] == list(range(10))
    await bench.dead(0)


async def test_the_breaker_stops_work_and_says_why(bench: Any) -> None:
    """When everything fails, the worker stops after a share of the window, is not ready, and goes on once it can."""
    broken = True

    async def process(articles: Sequence[Article]) -> Sequence[Outcome]:
        if broken:
            raise RuntimeError
        return [Retracted(article=article) for article in articles]

    await bench.publish([b"x"] * 60, keys=1, partition=0)
    running = bench.worker(process, breaker_window=20, breaker_share=0.5, max_articles=4, max_attempts=1)
    running.worker._breaker._wait = 0.2
    running.worker._breaker._cooldown = 0.2
    await bench.eventually(lambda: running.worker._breaker.open, "open")
    (check,) = running.worker.checks()
    assert "failed for more than 50% of the last 20 articles" in str(check.detail)
    assert check.fails
    await bench.dead(8)
    broken = False
    await bench.enriched(52)
    await bench.eventually(running.ready, "ready again")


async def test_the_lag_is_told_while_the_breaker_is_open(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits behind an open breaker is counted, so that an alert can rise; then it is done."""
    monkeypatch.setattr(stall_watch, "_LAG_EVERY", 0.0)
    broken = True

    async def process(articles: Sequence[Article]) -> Sequence[Outcome]:
        if broken:
            raise RuntimeError
        return [Retracted(article=article) for article in articles]

    running = bench.worker(process, breaker_window=10, breaker_share=0.2, max_articles=1, max_attempts=1)
    running.worker._breaker._wait = 3600.0
    await bench.publish([b"x"] * 3, keys=1, partition=0)
    await bench.eventually(lambda: running.worker._breaker.open, "open")
    await bench.publish([b"x"] * 4, keys=1, partition=0)
    await bench.eventually(lambda: running.sample("claimwire_lag_records", partition="0") == 5, "the lag is told")
    broken = False
    running.worker._breaker._wait = 0.0
    await bench.enriched(5)


@pytest.mark.parametrize("size", [1_500_000, 3_000_000], ids=["refused by the broker", "refused by the client"])
async def test_an_event_over_the_limit_is_buried_alone(benches: Any, size: int) -> None:
    """An event that is refused as too large becomes a dead letter; its neighbours in the batch are events.

    The broker refuses all that came with it in one request, and does not say which it was.
    """
    bench = await benches(partitions=1, max_event=2_000_000)
    noise = random.Random(7).randbytes(size)  # noqa: S311  # what does not compress

    def encode(outcome: Any, message: Message) -> Message:
        del outcome
        value = (message.value or b"") + (b" " + noise if message.value == b"7" else b"")
        return Message(topic=bench.kafka.topics.enriched, key=message.key, value=value)

    running = bench.worker(encode=encode)
    await bench.eventually(running.ready, "ready")
    await limit(bench.kafka, bench.kafka.topics.enriched, 1_000_000)
    await bench.publish([str(number).encode() for number in range(20)], keys=1)
    assert [int(event.value) for event in await bench.enriched(19)] == [each for each in range(20) if each != 7]
    (letter,) = await bench.dead(1)
    assert (letter.value, dict(letter.headers)[CODE]) == (b"7", b"event-too-large")
    await running.stop()
    counted = running.metrics.registry.get_sample_value
    assert counted("claimwire_articles_total", {"outcome": "retracted"}) == 19
    assert counted("claimwire_articles_total", {"outcome": "dead_letter"}) == 1
    assert counted("claimwire_dead_letters_total", {"code": "event-too-large"}) == 1


async def test_a_broken_model_ends_the_worker(bench: Any) -> None:
    """An error that no retry can help ends the worker, and nothing is committed."""

    async def process(articles: Sequence[Article]) -> Sequence[Outcome]:
        raise ArtifactError(f"changed, {len(articles)} articles or not")

    await bench.publish([b"x"])
    running = bench.worker(process)
    with pytest.raises(ArtifactError):
        await asyncio.wait_for(asyncio.shield(running.task), STILL)
    assert set((await bench.committed()).values()) == {None}


async def test_stop_finishes_the_batch_in_hand(bench: Any) -> None:
    """A stop in the middle of a batch commits that batch and takes no other."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def process(articles: Sequence[Article]) -> Sequence[Outcome]:
        entered.set()
        await leave.wait()
        return [Retracted(article=article) for article in articles]

    await bench.publish([b"x"] * 20, keys=1, partition=0)
    running = bench.worker(process, max_articles=5)
    await asyncio.wait_for(entered.wait(), STILL)
    running.worker.stop()
    leave.set()
    await asyncio.wait_for(running.task, STILL)
    await running.stream.close()
    await bench.enriched(5)
    assert (await bench.committed())[0] == 5


async def test_a_drain_that_takes_too_long_leaves_the_batch_to_the_next(bench: Any) -> None:
    """Past the drain timeout the batch in hand is put back; the next worker does it, once."""

    async def never(articles: Sequence[Article]) -> Sequence[Outcome]:
        del articles
        await asyncio.Event().wait()
        raise AssertionError

    await bench.publish([b"x"] * 8, keys=1, partition=0)
    slow = bench.worker(never, drain_timeout=0.2)
    await bench.eventually(lambda: slow.stream._hand.seconds is not None, "in hand")
    slow.worker.stop()
    await asyncio.wait_for(slow.task, STILL)
    await slow.stream.close()
    bench.worker()
    await bench.enriched(8)


async def test_at_least_once_gives_every_event(benches: Any) -> None:
    """Without transactions every article comes out, and offsets follow the events."""
    bench = await benches(delivery="at-least-once")
    await bench.publish([str(number).encode() for number in range(100)])
    running = bench.worker()
    events = await bench.enriched(100)
    assert sorted(int(event.value) for event in events) == list(range(100))
    await running.stop()
    assert sum(offset or 0 for offset in (await bench.committed()).values()) == 100


async def test_hostile_input_is_buried_under_its_code_and_the_next_goes_on(bench: Any) -> None:
    """With the real codec: whatever the bytes, each is a dead letter that says why, and the article after is read."""
    sound = b'{"id": "urn:example:1", "body": "The dam holds."}'
    hostile = {
        "not-json": b"{not json",
        "wrong-type": b'{"id": "urn:example:1", "body": 7}',
        "unknown-field": b'{"id": "urn:example:1", "body": "x", "author": "y"}',
        "missing-field": b'{"id": "urn:example:1"}',
        "empty-body": b'{"id": "urn:example:1", "body": "  "}',
        "not-utf8": b'{"id": "urn:example:1", "body": "\xff"}',
        "lone-surrogate": b'{"id": "urn:example:1", "body": "\\ud800"}',
        "nul-character": b'{"id": "urn:example:1", "body": "\\u0000"}',
        "too-large": b'{"id": "urn:example:1", "body": "' + b"x" * 1_048_576 + b'"}',
    }
    await bench.publish([*hostile.values(), sound], keys=1)
    bench.worker(decode=partial(codec.decode, max_bytes=bench.kafka.max_message))
    (event,) = await bench.enriched(1)
    assert event.value == sound
    letters = await bench.dead(len(hostile))
    assert [dict(letter.headers)[CODE].decode() for letter in letters] == list(hostile)
    assert [letter.value for letter in letters] == list(hostile.values())


async def test_a_commit_that_fails_takes_what_was_read_after_it_along(bench: Any) -> None:
    """The batch that was read while a transaction failed is not written over the gap: all comes again, in order."""

    class Failing(TransactionalSink):
        """Fails every third transaction, half of those after it went through."""

        writes = 0

        async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
            self.writes += 1
            await asyncio.sleep(0.05)  # long enough for the next batch to be read meanwhile
            if self.writes % 6 == 3:
                raise TimeoutError("never sent")
            await super().write(lane, outputs, position)
            if self.writes % 6 == 0:
                raise TimeoutError("sent, but who knows")

    await bench.publish([str(number).encode() for number in range(60)])
    sink = Failing(bench.kafka)
    running = bench.worker(sink=sink, max_articles=4)
    events = await bench.enriched(60)
    assert sink.writes > 15
    by_key = defaultdict(list)
    for event in events:
        by_key[event.key].append(int(event.value))
    assert sorted(number for numbers in by_key.values() for number in numbers) == list(range(60))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    await running.stop()
    assert sum(offset or 0 for offset in (await bench.committed()).values()) == 60
