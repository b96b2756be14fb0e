"""Dead letters afterwards: listed, filtered, replayed once and no more."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.core.article import Article, ArticleId, Rejected
from service.core.message import Message
from service.streaming.admin.dead_letters import Replay, list_dead_letters, replay_dead_letters, show_dead_letter
from service.wire.dead_letter import REPLAYS, bury

pytestmark = pytest.mark.anyio


def strict(message: Message) -> Article | Rejected:
    """Refuse what begins with "bad" or "ugly", under these codes."""
    value = (message.value or b"").decode()
    for code in ("bad", "ugly"):
        if value.startswith(code):
            return Rejected(code=code, message="It says so itself.")
    return Article(id=ArticleId("k"), body=value)


async def test_letters_are_listed_and_shown(bench: Any) -> None:
    """Each letter is listed with its code and its origin, filtered by code and time, and shown by its place."""
    await bench.publish([b"good", b"bad 1", b"ugly", b"bad 2"], keys=1, partition=2)
    bench.worker(decode=strict)
    await bench.dead(3)
    letters = await list_dead_letters(bench.kafka)
    assert [(each.content.code, each.content.partition, each.content.offset) for each in letters] == [
        ("bad", 2, 1),
        ("ugly", 2, 2),
        ("bad", 2, 3),
    ]
    assert [each.content.offset for each in await list_dead_letters(bench.kafka, code="bad")] == [1, 3]
    assert await list_dead_letters(bench.kafka, since=datetime.now(UTC) + timedelta(hours=1)) == []
    shown = await show_dead_letter(bench.kafka, letters[1].partition, letters[1].offset)
    assert shown is not None
    assert shown.content.original.value == b"ugly"
    assert await show_dead_letter(bench.kafka, 0, 10_000) is None


async def test_a_replay_sends_each_letter_once(bench: Any) -> None:
    """Once their cause is gone, replayed letters become events; replaying again, twice at once, sends nothing."""
    await bench.publish([b"good", b"bad 1", b"bad 2", b"ugly"], keys=1)
    running = bench.worker(decode=strict)
    await bench.dead(3)
    await running.stop()
    assert await replay_dead_letters(bench.kafka, code="bad") == Replay(replayed=2, parked=0, kept=0)
    assert await replay_dead_letters(bench.kafka, code="bad") == Replay(replayed=0, parked=0, kept=0)
    assert [each.content.code for each in await list_dead_letters(bench.kafka)] == ["ugly"]
    bench.worker()
    events = await bench.enriched(3)
    assert sorted(event.value for event in events) == [b"bad 1", b"bad 2", b"good"]
    assert {event.key for event in events} == {b"k0"}


async def test_two_replays_at_once_send_nothing_twice(bench: Any) -> None:
    """The second fences the first: whatever each of them managed, every letter is replayed at most once."""
    await bench.publish([f"bad {number}".encode() for number in range(250)], keys=1)
    running = bench.worker(decode=strict, breaker_share=1.0)
    await bench.dead(250)
    await running.stop()
    await asyncio.gather(*(replay_dead_letters(bench.kafka) for _ in range(2)), return_exceptions=True)
    await replay_dead_letters(bench.kafka)
    records = await bench.read(bench.kafka.topics.articles, 500)
    again = [record.value for record in records if dict(record.headers).get(REPLAYS)]
    assert sorted(again) == sorted(f"bad {number}".encode() for number in range(250))


async def test_a_letter_that_comes_back_is_parked_in_the_end(bench: Any) -> None:
    """After three rounds the letter stays where it is, and is listed as parked."""
    await bench.publish([b"bad"], keys=1)
    bench.worker(decode=strict)
    await bench.dead(1)
    for number in (1, 2, 3):
        assert await replay_dead_letters(bench.kafka) == Replay(replayed=1, parked=0, kept=0)
        await bench.dead(1 + 2 * number)  # the letter, its marker, and the letter that came of the replay
        (letter,) = await list_dead_letters(bench.kafka)
        assert letter.replays == number
    assert await replay_dead_letters(bench.kafka) == Replay(replayed=0, parked=1, kept=0)


async def test_a_replay_may_go_elsewhere(bench: Any) -> None:
    """With another topic to go to, records go there, key and value untouched."""
    await bench.publish([b"bad"], keys=1)
    bench.worker(decode=strict)
    await bench.dead(1)
    await replay_dead_letters(bench.kafka, to=bench.kafka.topics.enriched)
    (record,) = await bench.enriched(1)
    assert (record.key, record.value) == (b"k0", b"bad")


async def test_a_ledgers_letter_is_not_written_to_the_output_topic_again(bench: Any) -> None:
    """An event that a ledger could not keep is left: once more in the topic it would come to every reader twice."""
    await bench.publish([b"bad"], keys=1)
    running = bench.worker(decode=strict)
    await bench.dead(1)
    await running.stop()
    event = Message(topic=bench.kafka.topics.enriched, key=b"k", value=b"{}", partition=0, offset=0, timestamp=0)
    refused = Rejected(code="malformed-event", message="It is not of its type's schema.")
    letter = bury(event, refused, topic=bench.kafka.topics.dead_letter, group="ledger")
    await bench.publish([b"{}"], topic=letter.topic, headers=list(letter.headers))
    assert await replay_dead_letters(bench.kafka) == Replay(replayed=1, parked=0, kept=0, events=1)
    assert [each.content.code for each in await list_dead_letters(bench.kafka)] == ["malformed-event"]
    elsewhere = bench.kafka.topics.articles
    assert await replay_dead_letters(bench.kafka, to=elsewhere) == Replay(replayed=1, parked=0, kept=0)


async def test_a_senders_headers_hide_park_and_break_nothing(bench: Any) -> None:
    """Headers under our names, on records of the input, change neither which letters there are nor their rounds."""
    strange = [
        ("claimwire-replayed", b"0"),
        ("claimwire-replayed", b"abc"),
        ("claimwire-replayed-to", b"x/0/0"),
        ("claimwire-replays", (99).to_bytes(4, "big")),
        ("claimwire-value-sha256", b"ab"),
        ("kafka_dlt-original-topic", b"\xff"),
    ]
    await bench.publish([b"bad 1", b"bad 2", b"bad 3"], keys=1, headers=strange)
    running = bench.worker(decode=strict)
    await bench.dead(3)
    await running.stop()
    letters = await list_dead_letters(bench.kafka)
    assert [(each.content.original.value, each.replays) for each in letters] == [
        (b"bad 1", 0),
        (b"bad 2", 0),
        (b"bad 3", 0),
    ]
    assert await replay_dead_letters(bench.kafka) == Replay(replayed=3, parked=0, kept=0)


async def test_a_record_of_somebody_else_in_the_dead_letter_topic_is_passed_over(bench: Any) -> None:
    """Letters can be listed and replayed although the topic holds records that only look like ours."""
    for headers in (
        [("claimwire-replayed", b"abc"), ("claimwire-replayed-to", b"x")],
        [("kafka_dlt-original-topic", b"\xff"), ("claimwire-error-code", b"\xff")],
        [("kafka_dlt-original-topic", None), ("claimwire-error-code", None)],
    ):
        await bench.publish([b"junk"], topic=bench.kafka.topics.dead_letter, headers=headers)
    assert await list_dead_letters(bench.kafka) == []
    assert await replay_dead_letters(bench.kafka) == Replay(replayed=0, parked=0, kept=0)


async def test_a_null_header_stays_null(bench: Any) -> None:
    """Through burial and replay, a header without a value is not given an empty one."""
    await bench.publish([b"bad"], keys=1, headers=[("nothing", None), ("empty", b"")])
    bench.worker(decode=strict)
    (letter,) = await bench.dead(1)
    assert [pair for pair in letter.headers if pair[0] in {"nothing", "empty"}] == [("nothing", None), ("empty", b"")]
    await replay_dead_letters(bench.kafka)
    records = await bench.read(bench.kafka.topics.articles, 2)
    assert [record.headers[:2] for record in records] == [(("nothing", None), ("empty", b""))] * 2
