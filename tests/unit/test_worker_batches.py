"""The worker over a stream that is a list: splitting, retries, dead letters, the breaker, draining."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.article import Article, ArticleId, Message, Outcome, Rejected, Retracted
from service.settings import WorkerSettings
from service.telemetry import Metrics
from service.worker import Worker
from tests.behaviour.streams import ListStream


def worker(stream: ListStream, process: Any, **limits: Any) -> Worker:
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
        metrics=Metrics(),
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


def choking(on: set[str], calls: list[int] | None = None) -> Any:
    """Return a process function that raises for any batch that holds one of these bodies."""

    async def process(articles: Sequence[Article]) -> list[Outcome]:
        if calls is not None:
            calls.append(len(articles))
        if any(article.body in on for article in articles):
            raise ValueError
        return [Retracted(article=article) for article in articles]

    return process


@given(st.lists(st.sampled_from(["good", "bad", "poison"]), max_size=60), st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_each_record_has_its_outcome_in_its_place(kinds: list[str], most: int) -> None:
    """Whatever is good, bad or poison, and however it is cut, outcomes come one each and in order."""
    values = [f"{kind}-{number}" if kind != "bad" else "bad" for number, kind in enumerate(kinds)]
    poison = {value for value in values if value.startswith("poison")}
    stream, _ = run([value.encode() for value in values], choking(poison), most=most)
    expected = {"g": "{}", "b": "bad:{}:1", "p": "processing-failed:{}:3"}
    assert stream.settled == [expected[value[0]].format(value).encode() for value in values]


def test_one_poison_among_many_costs_few_runs() -> None:
    """One bad article in 32 is found by halving: about two runs a level, and its two retries."""
    calls: list[int] = []
    run([b"%d" % number for number in range(32)], choking({"9"}, calls))
    assert len(calls) == 1 + 2 * 5 + 2
    assert calls[0] == 32


def test_a_wrong_number_of_outcomes_is_a_fault() -> None:
    """A process function that loses an article is not believed."""

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


def test_the_breaker_keeps_the_topic_from_the_dead_letters() -> None:
    """With everything broken, no more than the share of the window is buried; the rest stays where it is."""
    stream, one = run([b"x"] * 100, choking({"x"}), most=5, breaker_window=20, breaker_share=0.5, max_attempts=1)
    assert len(stream.settled) == 10
    assert len(stream.values) == 90
    assert one.checks()[0].detail or stream.idled


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
