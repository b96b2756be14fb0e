"""The worker over a stream that is a list: splitting, retries, dead letters, the breaker, draining."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.article import Article, ArticleId, Enriched, Extraction, Outcome, Rejected, Retracted
from service.core.errors import ConfigurationError, TooSlowError
from service.core.frames import Enrichment
from service.core.message import Message
from service.core.model import ModelInfo
from service.settings import WorkerSettings
from service.streaming.consume.batch import Batch, Settled
from service.telemetry.metrics import Metrics
from service.worker.worker import Worker
from tests.behaviour.streams import APPENDED_MS, ListStream
from tests.progress import STILL

MODEL = ModelInfo(name="m", version="1", sha256="ab" * 32)


def worker(stream: ListStream, process: Any, metrics: Metrics | None = None, **limits: Any) -> Worker:
    """Return a worker whose events are `value` and whose dead letters are `code:value:attempts`."""
    return Worker(
        stream=stream,
        process=process,
        decode=lambda message: (
            Rejected(code="bad", message="")
            if message.value == b"bad"
            else Article(id=ArticleId("k"), body=(message.value or b"").decode())
        ),
        encode=lambda outcome, message: Message(topic="out", key=message.key, value=outcome.article.body.encode()),
        bury=lambda message, rejected, attempts: Message(
            topic="dead", key=b"k", value=b":".join([rejected.code.encode(), message.value or b"", b"%d" % attempts])
        ),
        settings=WorkerSettings(**({"backoff": 0.0, "breaker_share": 1.0} | limits)),
        metrics=metrics or Metrics(),
    )


def run(values: Sequence[bytes], process: Any, *, most: int = 32, **limits: Any) -> tuple[ListStream, Worker]:
    """Work until there is nothing left, or the breaker holds."""

    async def main() -> tuple[ListStream, Worker]:
        stream = ListStream(deque(values), most=most)
        one = worker(stream, process, **limits)
        task = asyncio.create_task(one.run())
        await asyncio.wait({task, asyncio.create_task(stream.empty.wait())}, return_when=asyncio.FIRST_COMPLETED)
        one.stop()
        await task
        return stream, one

    return asyncio.run(main())


def failing(on: set[str], calls: list[int] | None = None, error: type[Exception] = ValueError) -> Any:
    """Return a process function that raises for any batch that holds one of these bodies."""

    async def process(articles: Sequence[Article]) -> list[Outcome]:
        if calls is not None:
            calls.append(len(articles))
        if any(article.body in on for article in articles):
            raise error
        return [Retracted(article=article) for article in articles]

    return process


@given(st.lists(st.sampled_from(["good", "bad", "poison"]), max_size=60), st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_each_record_has_its_outcome_in_its_place(kinds: list[str], most: int) -> None:
    """Whatever is good, bad or poison, and however it is cut, outcomes come one each and in order."""
    values = [f"{kind}-{number}" if kind != "bad" else "bad" for number, kind in enumerate(kinds)]
    poison = {value for value in values if value.startswith("poison")}
    stream, _ = run([value.encode() for value in values], failing(poison), most=most)
    expected = {"g": "{}", "b": "bad:{}:1", "p": "processing-failed:{}:3"}
    assert stream.settled == [expected[value[0]].format(value).encode() for value in values]


def test_one_poison_among_many_costs_few_runs() -> None:
    """One bad article in 32 is found by halving: about two runs a level, and its two retries."""
    calls: list[int] = []
    run([b"%d" % number for number in range(32)], failing({"9"}, calls))
    assert len(calls) == 1 + 2 * 5 + 2
    assert calls[0] == 32


def test_a_wrong_number_of_outcomes_is_a_fault() -> None:
    """A process function that loses an article raises."""

    async def forgetful(articles: Sequence[Article]) -> list[Outcome]:
        return [Retracted(article=article) for article in articles[1:]]

    stream, _ = run([b"a", b"b"], forgetful)
    assert stream.settled == [b"processing-failed:a:3", b"processing-failed:b:3"]


def test_an_event_that_cannot_be_written_is_buried() -> None:
    """An outcome that the encoder chokes on is a dead letter of its own; the others are events."""

    async def rejecting(articles: Sequence[Article]) -> list[Outcome]:
        return [
            Retracted(article=article) if article.body != "b" else Rejected(code="no-text", message="")
            for article in articles
        ]

    stream, _ = run([b"a", b"b", b"c"], rejecting)
    assert stream.settled == [b"a", b"no-text:b:1", b"c"]


def test_the_ways_of_extraction_are_counted() -> None:
    """Of the articles in HTML, by method; an article in plain text has none. All count for the model that read them."""

    async def process(articles: Sequence[Article]) -> list[Outcome]:
        ways = [Extraction(method=article.body, share=1.0) if article.body != "plain" else None for article in articles]
        return [
            Enriched(article=article, text="", language="en", model=MODEL, enrichment=Enrichment(), extraction=way)
            for article, way in zip(articles, ways, strict=True)
        ]

    metrics = Metrics()
    run([b"body", b"plain", b"widened", b"body", b"bad"], process, metrics=metrics)
    for method, articles in {"body": 2, "widened": 1}.items():
        assert metrics.registry.get_sample_value("claimwire_extractions_total", {"method": method}) == articles
    assert metrics.registry.get_sample_value("claimwire_read_articles_total", {"model": MODEL.name}) == 4


def test_the_breaker_keeps_the_topic_from_the_dead_letters() -> None:
    """With everything broken, only the share of the window becomes dead letters; the rest stays in the input."""
    stream, one = run([b"x"] * 100, failing({"x"}), most=5, breaker_window=20, breaker_share=0.5, max_attempts=1)
    assert len(stream.settled) == 10
    assert len(stream.values) == 90
    assert one.checks()[0].detail or stream.idled


def test_records_that_cannot_be_decoded_open_no_breaker() -> None:
    """Undecodable records do not count against the model: all become dead letters; articles between them are read."""
    stream, one = run([b"bad"] * 50 + [b"good"] + [b"bad"] * 50, failing(set()), breaker_window=20, breaker_share=0.5)
    assert stream.settled == [b"bad:bad:1"] * 50 + [b"good"] + [b"bad:bad:1"] * 50
    assert stream.idled == 0
    assert one.checks()[0].observed["failures"] == 0


def test_a_probe_that_is_no_article_is_buried_and_the_next_one_taken() -> None:
    """With junk at its head the stream flows again as soon as the model works: the first article closes the breaker."""

    async def main() -> ListStream:
        stream = ListStream(deque([b"bad"] * 10 + [b"good"] * 3))
        one = worker(stream, retracting)
        one._breaker.trip(0.0)
        task = asyncio.create_task(one.run())
        await asyncio.wait_for(stream.empty.wait(), STILL)
        one.stop()
        await task
        assert not one._breaker.open
        return stream

    assert asyncio.run(main()).settled == [b"bad:bad:1"] * 10 + [b"good"] * 3


def test_what_decoding_raises_is_held_against_the_record() -> None:
    """A record that the decoder does not survive is a dead letter, and the worker goes on."""

    async def main() -> ListStream:
        stream = ListStream(deque([b"a", b"\xff", b"b"]))
        one = worker(stream, retracting)
        task = asyncio.create_task(one.run())
        await asyncio.wait({task, asyncio.create_task(stream.empty.wait())}, return_when=asyncio.FIRST_COMPLETED)
        one.stop()
        await task
        return stream

    assert asyncio.run(main()).settled == [b"a", b"decoding-failed:\xff:1", b"b"]


def test_an_article_that_takes_too_long_is_buried_at_once() -> None:
    """Its batch is put back and read one by one; it is not tried again; then batches are as large as before."""
    calls: list[int] = []
    stream, _ = run([b"%d" % number for number in range(12)], failing({"2"}, calls, TooSlowError), most=4)
    assert stream.settled == [b"0", b"1", b"too-slow:2:1", *(b"%d" % number for number in range(3, 12))]
    assert calls == [4, 1, 1, 1, 1, 4, 4]


def test_a_model_that_is_too_slow_opens_the_breaker() -> None:
    """When every article takes too long, no more than the share of the window becomes dead letters."""
    stream, _ = run([b"x"] * 100, failing({"x"}, [], TooSlowError), most=5, breaker_window=20, breaker_share=0.5)
    assert stream.settled == [b"too-slow:x:1"] * 10


def test_stop_takes_no_more() -> None:
    """After a stop the batch in hand is settled, and no other is taken."""

    async def main() -> ListStream:
        stream = ListStream(deque([b"x"] * 10), most=3)
        holder: list[Worker] = []

        async def process(articles: Sequence[Article]) -> list[Outcome]:
            holder[0].stop()
            return [Retracted(article=article) for article in articles]

        holder.append(worker(stream, process))
        await holder[0].run()
        return stream

    assert len(asyncio.run(main()).settled) == 3


class SlowStream(ListStream):
    """A list whose commits wait until they are let go, and that keeps what happened in order."""

    def __init__(self, values: Sequence[bytes], *, most: int = 1, failure: Exception | None = None) -> None:
        super().__init__(deque(values), most=most)
        self.failure = failure
        self.go_on = asyncio.Event()
        self.events: list[str] = []
        self.sizes: list[int | None] = []

    async def reached(self, event: str) -> None:
        """Return once that happened."""
        async with asyncio.timeout(STILL):
            while event not in self.events:  # noqa: ASYNC110  # the worker knows nothing of this test's events
                await asyncio.sleep(0)

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Note what was asked for and taken."""
        self.sizes.append(size)
        batch = await super().take(most=most, size=size)
        self.events += [f"take {message.value!r}" for message in batch.messages]
        return batch

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Wait, then keep the outputs, or fail."""
        values = b",".join(message.value or b"" for message in batch.messages)
        self.events.append(f"settle {values!r}")
        await self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        self.events.append(f"settled {values!r}")
        return await super().settle(batch, outputs)

    async def abandon(self, batch: Batch) -> None:
        """Note what was put back."""
        self.events += [f"put back {message.value!r}" for message in batch.messages]
        await super().abandon(batch)


class PartlyStream(ListStream):
    """A list whose first commit puts every second record back, and that takes no event for "fat"."""

    whole = False

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Keep what is committed, and put back the rest."""
        fates: list[Settled] = []
        for number, message in enumerate(batch.messages):
            if number % 2 and not self.whole:
                fates.append(Settled.PUT_BACK)
                self.values.append(message.value or b"")
            else:
                fates.append(Settled.TOO_LARGE if message.value == b"fat" else Settled.WRITTEN)
        self.whole = True
        self.settled += [output.value or b"" for output in outputs]
        return fates


def test_what_is_committed_is_counted_once_as_what_it_is() -> None:
    """Of a batch committed in part, that part counts now, the rest later; a refused event is a dead letter."""

    async def main() -> Worker:
        stream = PartlyStream(deque([b"a", b"b", b"fat", b"bad", b"bad", b"c"]))
        one = worker(stream, retracting)
        task = asyncio.create_task(one.run())
        await asyncio.wait_for(stream.empty.wait(), STILL)
        one.stop()
        await task
        return one

    registry = asyncio.run(main())._metrics.registry
    counted = {
        (name, label): registry.get_sample_value(f"claimwire_{name}_total", {key: label})
        for name, key, label in (
            ("articles", "outcome", "retracted"),
            ("articles", "outcome", "dead_letter"),
            ("dead_letters", "code", "event-too-large"),
            ("dead_letters", "code", "bad"),
        )
    }
    assert counted == {
        ("articles", "retracted"): 3,
        ("articles", "dead_letter"): 3,
        ("dead_letters", "event-too-large"): 1,
        ("dead_letters", "bad"): 2,
    }
    assert registry.get_sample_value("claimwire_article_seconds_count") == 6
    assert (registry.get_sample_value("claimwire_article_seconds_sum") or 0) / 6 < time.time() - APPENDED_MS / 1_000


async def retracting(articles: Sequence[Article]) -> list[Outcome]:
    """Give each article an outcome that says nothing."""
    return [Retracted(article=article) for article in articles]


def test_the_next_batch_is_read_while_the_last_is_committed() -> None:
    """The model waits for no broker, but no second commit begins and no third batch is taken before the first ends."""

    async def main() -> list[str]:
        stream = SlowStream([b"1", b"2", b"3"])
        read: list[str] = []

        async def process(articles: Sequence[Article]) -> list[Outcome]:
            read.extend(article.body for article in articles)
            return await retracting(articles)

        one = worker(stream, process)
        task = asyncio.create_task(one.run())
        for _ in range(50):
            await asyncio.sleep(0)
        assert read == ["1", "2"]
        assert stream.events == ["take b'1'", "settle b'1'", "take b'2'"]
        stream.go_on.set()
        await stream.empty.wait()
        one.stop()
        await task
        assert stream.settled == [b"1", b"2", b"3"]
        return stream.events

    events = asyncio.run(main())
    commits = [event for event in events if event.startswith("settle")]
    assert commits == [f"{what} {value!r}" for value in (b"1", b"2", b"3") for what in ("settle", "settled")]


def test_stop_waits_for_what_is_being_committed() -> None:
    """A worker that drains does not return before its last batch is committed."""

    async def main() -> ListStream:
        stream = SlowStream([b"1"])
        one = worker(stream, retracting)
        task = asyncio.create_task(one.run())
        await stream.reached("settle b'1'")
        one.stop()
        assert not (await asyncio.wait({task}, timeout=0.05))[0]
        stream.go_on.set()
        await task
        return stream

    assert asyncio.run(main()).settled == [b"1"]


def test_a_commit_that_outlasts_the_drain_is_broken_off_and_what_was_read_is_put_back() -> None:
    """Past the drain timeout nothing of ours goes on: the commit was ended before the next batch was put back."""

    async def main() -> SlowStream:
        stream = SlowStream([b"1", b"2"])
        one = worker(stream, retracting, drain_timeout=0.05)
        task = asyncio.create_task(one.run())
        await stream.reached("take b'2'")
        one.stop()
        await asyncio.wait_for(task, STILL)
        assert len(asyncio.all_tasks()) == 1
        return stream

    stream = asyncio.run(main())
    assert stream.settled == []
    assert stream.events == ["take b'1'", "settle b'1'", "take b'2'", "put back b'2'"]


@pytest.mark.parametrize("values", [[b"1"], [b"1", b"2"]])
def test_a_commit_that_must_not_be_tried_again_ends_the_worker(values: list[bytes]) -> None:
    """An error of the commit surfaces soon, whether or not another batch comes; that one is put back."""

    async def main() -> SlowStream:
        stream = SlowStream(values, failure=ConfigurationError("an ACL is missing"))
        stream.go_on.set()
        with pytest.raises(ConfigurationError):
            await asyncio.wait_for(worker(stream, retracting).run(), 5)
        return stream

    stream = asyncio.run(main())
    assert stream.settled == []
    assert stream.events[2:] == ["take b'2'", "put back b'2'"][: 2 * (len(values) - 1)]


def test_batches_are_as_large_as_the_time_allows() -> None:
    """Once the time per byte is known, no more is taken than is read in `batch_seconds`."""

    async def main() -> list[int | None]:
        stream = SlowStream([b"x" * 10] * 60, most=4)
        stream.go_on.set()

        async def slow(articles: Sequence[Article]) -> list[Outcome]:
            await asyncio.sleep(0.002 * len(articles))
            return await retracting(articles)

        one = worker(stream, slow, batch_seconds=0.01)
        task = asyncio.create_task(one.run())
        await stream.empty.wait()
        one.stop()
        await task
        assert len(stream.settled) == 60
        return stream.sizes

    sizes = asyncio.run(main())
    assert sizes[0] is None
    known = [size for size in sizes if size is not None]
    assert all(1 <= size <= 50 for size in known)  # ten bytes take two milliseconds, so 50 at most go into ten
