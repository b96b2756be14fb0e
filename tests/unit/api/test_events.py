"""The live view and GET /v1/events over it: filters, resuming, gaps, bounds."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from service.api.live_view import QUEUE, Filter, LiveView
from service.api.problems import ProblemError
from service.api.routes.analysis import event_response
from service.api.routes.events import EventStream, is_of_another_topic, positions
from service.core.message import Message
from tests.progress import STILL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


def event(
    offset: int,
    article: str = "a",
    *,
    version: int = 1,
    partition: int = 0,
    kind: str = "enriched",
    names: tuple[str, ...] = (),
    stances: tuple[tuple[str, str], ...] = (),
    worth: float = 0.5,
) -> Message:
    """Return a record of the output topic."""
    data: dict[str, Any] = {"article": {"id": article, "version": version}}
    if kind == "enriched":
        data |= {
            "entities": [{"id": f"e{n}", "name": name} for n, name in enumerate(names, 1)],
            "stances": [{"target": target, "label": label} for target, label in stances],
            "claims": [{"check_worthiness": worth}],
        }
    return Message(
        topic="articles.enriched",
        key=article.encode(),
        value=orjson.dumps(data),
        headers=(("ce_id", f"{partition}-{offset}".encode()), ("ce_type", f"claimwire.article.{kind}.v1".encode())),
        partition=partition,
        offset=offset,
    )


def view(*messages: Message, most: int = 100) -> LiveView:
    """Return a view that has read these."""
    made = LiveView(max_articles=most, max_bytes=10_000_000)
    for message in messages:
        made.add(message)
    return made


async def read(stream: EventStream, live: LiveView) -> list[dict[str, Any]]:
    """Close the view and return what the stream gives until its end, the opening frame left out."""
    frames: list[dict[str, Any]] = []
    async for chunk in aiter(stream):
        if not frames:
            live.close()
        frame = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines() if ": " in line)
        frames.append(frame | ({"data": json.loads(frame["data"])} if "data" in frame else {}))
    return frames[1:]


def offsets(frames: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Return partition and offset of each event."""
    return [(frame["data"]["partition"], frame["data"]["offset"]) for frame in frames]


def test_the_view_keeps_the_highest_version() -> None:
    """An old version that comes late does not replace a newer one."""
    live = view(event(0, version=2), event(1, version=1))
    latest = live.latest("a")
    assert latest is not None
    assert (latest.version, latest.offset) == (2, 0)


async def test_a_header_without_a_value_breaks_no_answer() -> None:
    """An attribute that is null is left out of the stream's event and of the answer's headers."""
    first = event(0)
    message = replace(first, headers=(*first.headers, ("ce_subject", None), ("traceparent", None)))
    live = view(message)
    (frame,) = await read(EventStream(live, wanted=Filter(), after={0: -1}), live)
    assert "subject" not in frame["data"]
    assert "ce-subject" not in event_response(message).headers


def test_a_retraction_is_the_latest_event_of_its_article() -> None:
    """A retracted article is answered as retracted, not as unknown."""
    live = view(event(0), event(1, version=2, kind="retracted"))
    latest = live.latest("a")
    assert latest is not None
    assert latest.kind == "retracted"


def test_a_tombstone_erases_the_article_from_view_and_log() -> None:
    """After an erasure neither the latest event nor a resuming stream holds anything of the article."""
    live = view(event(0), event(1, "b"), Message(topic="t", key=b"a", value=None, partition=0, offset=2))
    assert live.latest("a") is None
    assert [entry.article_id for entry in live.since({})] == ["b"]


def test_the_view_is_bounded_by_articles_and_by_bytes() -> None:
    """The oldest are dropped first, and the answer for a missing article says that it may be older."""
    live = view(*(event(n, f"article-{n}") for n in range(10)), most=3)
    assert live.latest("article-6") is None
    assert live.latest("article-9") is not None
    assert "last 3 events" in live.why_not() or "reading" in live.why_not()
    small = LiveView(max_articles=100, max_bytes=3_000)
    for n in range(10):
        small.add(event(n, f"article-{n}"))
    assert len(small.since({})) == 2


def test_a_late_event_of_an_old_version_neither_hides_the_article_nor_takes_the_highest_ones_place() -> None:
    """While any event of an article is in the log, its highest version is answered, even if that event was dropped."""
    live = view(event(0, "a", version=5, kind="retracted"), event(1, "a", version=1), event(2, "b"), most=2)
    latest = live.latest("a")
    assert latest is not None
    assert (latest.version, latest.kind) == (5, "retracted")
    assert [entry.offset for entry in live.since({})] == [1, 2]
    live.add(event(3, "c"))
    assert live.latest("a") is None


@pytest.mark.parametrize("last", [event(3, "a", version=6), event(3, "c"), None])
def test_what_is_kept_beside_the_log_counts_until_it_goes(last: Message | None) -> None:
    """A highest version that outlived its place in the log is counted once, and no more once it is replaced or gone."""
    live = view(event(0, "a", version=5), event(1, "a", version=1), event(2, "b"), most=2)
    assert live._bytes == sum(entry.size for entry in live.since({})) + live._latest["a"].size
    live.add(last or Message(topic="articles.enriched", key=b"a", value=None, headers=(), partition=0, offset=3))
    assert live._bytes == sum(entry.size for entry in live.since({}))
    assert live._held.keys() == live._latest.keys() == {entry.article_id for entry in live.since({})}


def test_a_record_that_is_none_of_ours_is_passed_over() -> None:
    """Foreign records on the topic do not break the view."""
    live = view(Message(topic="t", key=None, value=b"\xff{", partition=0, offset=0), event(1))
    assert live.positions == {0: 1}


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        (Filter(), True),
        (Filter(entity="zakharova"), True),
        (Filter(entity="Zakh"), False),
        (Filter(entity="maria  ZAKHAROVA"), True),
        (Filter(stance="against"), True),
        (Filter(stance="favor"), True),
        (Filter(entity="Zakharova", stance="against"), True),
        (Filter(entity="Zakharova", stance="favor"), False),
        (Filter(check_worthiness=0.5), True),
        (Filter(check_worthiness=0.51), False),
    ],
)
async def test_filters(*, wanted: Filter, passes: bool) -> None:
    """An entity is matched by whole words, a stance toward that entity, check-worthiness by the highest claim."""
    live = view(event(0, names=("Maria Zakharova", "NATO"), stances=(("e1", "against"), ("e2", "favor"))))
    frames = await read(EventStream(live, wanted=wanted, after={}), live)
    assert bool(frames) is passes


async def test_a_retraction_passes_every_filter() -> None:
    """A reader that showed the article must learn that it was taken back."""
    live = view(event(0, kind="retracted"))
    assert len(await read(EventStream(live, wanted=Filter(entity="x"), after={}), live)) == 1


async def test_a_stream_goes_on_behind_the_last_id_in_every_partition() -> None:
    """Two partitions, each with its own position: nothing twice, nothing missed."""
    live = view(event(0), event(1), event(0, partition=1), event(1, partition=1), event(2))
    frames = await read(EventStream(live, wanted=Filter(), after={0: 1, 1: 0}), live)
    assert offsets(frames) == [(1, 1), (0, 2)]
    assert frames[-1]["id"] == "0:2,1:1"


async def test_a_new_stream_gets_recent_events_only_when_asked() -> None:
    """The page wants some to show; a consumer wants only what is new."""
    live = view(*(event(n) for n in range(5)))
    assert offsets(await read(EventStream(live, wanted=Filter(), recent=2), live)) == [(0, 3), (0, 4)]
    again = view(*(event(n) for n in range(5)))
    assert await read(EventStream(again, wanted=Filter()), again) == []


async def test_what_the_view_let_go_is_read_from_the_topic() -> None:
    """Any replica can take over: history fills what its own view does not hold."""
    asked: list[tuple[Mapping[int, int], Mapping[int, int]]] = []

    class Topic:
        async def replay(self, after: Mapping[int, int], until: Mapping[int, int]) -> AsyncIterator[Message]:
            asked.append((dict(after), dict(until)))
            for n in range(after[0] + 1, until[0] + 1):
                yield event(n)

    live = view(*(event(n) for n in range(10)), most=3)
    frames = await read(EventStream(live, wanted=Filter(), after={0: 4}, history=Topic()), live)
    assert asked == [({0: 4}, {0: 6})]
    assert offsets(frames) == [(0, n) for n in range(5, 10)]


async def test_a_gap_that_nothing_can_fill_is_told() -> None:
    """A gap is announced rather than hidden."""
    live = view(*(event(n) for n in range(10)), most=3)
    frames = await read(EventStream(live, wanted=Filter(), after={0: 4}), live)
    assert (frames[0]["event"], frames[0]["data"]) == ("gap", {"until": {"0": 6}})
    assert offsets(frames[1:]) == [(0, 7), (0, 8), (0, 9)]


async def test_a_reader_that_is_too_slow_is_let_go() -> None:
    """Its queue is bounded; it ends, and resumes by its last id."""
    live = view()
    subscription = live.subscribe()
    for n in range(QUEUE + 5):
        live.add(event(n))
    received = [subscription.queue.get_nowait() for _ in range(subscription.queue.qsize())]
    assert received[-1] is None
    assert len(received) == QUEUE


async def test_silence_is_filled_with_a_comment_that_carries_the_position() -> None:
    """A proxy keeps the connection, and a reader whose filter passes nothing still moves on."""
    live = view(event(0))
    chunks = aiter(EventStream(live, wanted=Filter(entity="nobody"), heartbeat=0.01))
    await anext(chunks)
    live.add(event(1))
    async with asyncio.timeout(STILL):
        async for chunk in chunks:
            if b"0:1" in chunk:
                assert chunk == b": waiting\nid: 0:1\n\n"
                break
    await chunks.aclose()  # type: ignore[attr-defined]  # an async generator
    assert live.subscribers == 0


@pytest.mark.parametrize("bad", ["x", "0", "0:", ":1", "0:1,", "0:-1", "0:1;1:2", "0:" + "9" * 30, "٣:1"])
def test_a_foreign_event_id_is_refused(bad: str) -> None:
    """An id that the service did not write is refused."""
    with pytest.raises(ProblemError):
        positions(bad)


async def test_a_reader_of_a_topic_that_is_no_more_is_told_of_the_gap() -> None:
    """Its offsets mean nothing in the topic of now: a `gap` comes, then all there is, under ids of the new topic."""
    live = view(event(0, "x"), event(1, "y"))
    live.begin("cluster/aaaaaaaa11")
    first = await read(EventStream(live, wanted=Filter(), after={0: -1}), live)
    live = view(event(0, "z"))
    live.begin("cluster/bbbbbbbb22")
    old = first[-1]["id"]
    assert old == "aaaaaaaa@0:1"
    assert is_of_another_topic(old, live)
    assert not is_of_another_topic("bbbbbbbb@0:1", live)
    assert not is_of_another_topic("0:1", live)
    frames = await read(EventStream(live, wanted=Filter(), after=positions(old), lost=True), live)
    assert [frame["event"] for frame in frames] == ["gap", "enriched"]
    assert frames[-1]["id"] == "bbbbbbbb@0:0"


async def test_a_reader_ahead_of_the_log_is_told_and_given_all_there_is() -> None:
    """Where the log was cut, or an id names no topic, events below it would be held back for ever without a word."""
    live = view(event(0, "x"), event(1, "y"), event(8, "z", partition=1))
    live.caught_up = True
    frames: list[dict[str, Any]] = []
    async with asyncio.timeout(STILL):
        async for chunk in aiter(EventStream(live, wanted=Filter(), after={0: 100, 1: 8}, heartbeat=0.01)):
            text = chunk.decode()
            if "event: " not in text or "event: ready" in text:
                continue
            frame = dict(line.split(": ", 1) for line in text.strip().splitlines())
            frames.append(frame | {"data": json.loads(frame["data"])})
            if len(frames) == 3:
                live.add(event(2, "w"))
            if len(frames) == 4:
                live.close()
    assert (frames[0]["event"], frames[0]["data"]) == ("gap", {"until": {}})
    assert offsets(frames[1:]) == [(0, 0), (0, 1), (0, 2)]
    assert frames[-1]["id"] == "0:2,1:8"


@pytest.mark.parametrize("caught_up", [True, False])
async def test_a_view_that_is_a_little_behind_its_reader_is_no_gap(*, caught_up: bool) -> None:
    """A reader that comes from another replica, or to one that still starts, is given what is new to it alone."""
    live = view(event(0))
    live.caught_up = caught_up
    seen: list[str] = []
    async with asyncio.timeout(STILL):
        async for chunk in aiter(EventStream(live, wanted=Filter(), after={0: 1}, heartbeat=0.2)):
            if b"event: ready" in chunk:
                live.add(event(1))
            elif b"event: enriched" in chunk:
                seen.append(chunk.decode())
                live.close()
            elif not seen:
                live.add(event(2))
            assert b"event: gap" not in chunk
    assert ["id: 0:2\n" in each for each in seen] == [True]


async def test_a_view_of_another_topic_forgets_and_ends_its_streams() -> None:
    """What was read before counts no more, and readers come back to learn that."""
    live = view(event(7, "x"))
    live.begin("cluster/a")
    live.begin("cluster/a")
    assert live.latest("x") is not None
    subscription = live.subscribe()
    live.begin("cluster/b")
    assert subscription.queue.get_nowait() is None
    assert (live.latest("x"), live.positions, live.caught_up) == (None, {}, False)
    live.add(event(0, "y"))
    assert live.latest("y") is not None
