"""Erasing an article on a real broker: the live view forgets it, and what the topics still hold is listed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from service.api.live_view import LiveView
from service.core.message import Message
from service.streaming.admin.erasure import erase
from service.streaming.admin.topics import ensure_topics
from service.streaming.consume.announcer import Announcer
from service.streaming.http.tail import Tail
from service.wire.codec import decode

pytestmark = pytest.mark.anyio


async def test_an_erased_article_leaves_the_view_and_the_rest_is_told(bench: Any) -> None:
    """Its events and dead letters are found by key and by content; other articles are left alone."""
    good, other = orjson.dumps({"id": "urn:gone", "body": "b"}), orjson.dumps({"id": "urn:stays", "body": "b"})
    broken = orjson.dumps({"id": "urn:gone", "body": 5})
    await bench.publish([good, other, broken], keys=3)
    view = LiveView(max_articles=10, max_bytes=1_000_000)
    tail = asyncio.create_task(Tail(bench.kafka, view=view, history=100).run())

    def encode(_outcome: object, message: Any) -> Any:
        article = orjson.loads(message.value)["id"]
        value = orjson.dumps({"article": {"id": article, "version": 1}})
        return Message(topic=bench.kafka.topics.enriched, key=article.encode(), value=value)

    bench.worker(decode=lambda message: decode(message, max_bytes=10_000), encode=encode, breaker_share=1.0)
    await bench.enriched(2)
    await bench.dead(1)
    await bench.eventually(lambda: view.latest("urn:gone") is not None, "the event is in the view")

    erased = await erase(bench.kafka, "urn:gone")
    await bench.eventually(lambda: view.latest("urn:gone") is None, "the view forgot it")
    tail.cancel()
    await asyncio.wait({tail})
    assert view.latest("urn:stays") is not None
    assert sorted(left.topic.split("-")[0] for left in erased.left) == ["dead", "in", "in", "out"]
    soon = datetime.now(UTC) + timedelta(days=60)
    assert all(left.gone_by is not None and left.gone_by < soon for left in erased.left)

    purged = await erase(bench.kafka, "urn:gone", purge=True)
    assert purged.purged
    assert sorted(left.topic.split("-")[0] for left in purged.left) == ["dead", "out"]


async def test_what_no_worker_has_read_is_not_purged(bench: Any) -> None:
    """An article that waits in the input is listed as left, not deleted unread with its neighbours."""
    await bench.publish([orjson.dumps({"id": "urn:new", "body": "b"})])
    erased = await erase(bench.kafka, "urn:new", purge=True)
    assert erased.purged == {}
    assert [left.topic.split("-")[0] for left in erased.left] == ["in"]


async def test_who_reads_matches_learns_of_an_erasure(bench: Any) -> None:
    """The topic of matches has a tombstone too, and what it still holds is listed."""
    matches = bench.kafka.topics.enriched.replace("out-", "matches-")
    assert (await erase(bench.kafka, "urn:gone", matches=matches)).left == ()
    await ensure_topics(bench.kafka, partitions=3, matches=matches)
    announcer = Announcer(bench.kafka)
    assert await announcer.write([Message(topic=matches, key=b"urn:gone", value=b"{}")]) == [None]
    await announcer.close()
    left = (await erase(bench.kafka, "urn:gone", matches=matches)).left
    assert [each.topic for each in left] == [matches]
    records = await bench.read(matches, 2)
    assert sorted((each.key, each.value) for each in records if each.value is None) == [(b"urn:gone", None)]
