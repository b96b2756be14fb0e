"""The whole service, killed in the middle of its work."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.progress import Progress

ARTICLES = 500
_SENTENCES = (
    "“The bridge in {} will open in May,” said Mayor Ada Lind.",
    "The council's auditor, Bram Osei, said the work in {} had cost 4.2 million crowns.",
    "Residents of {} told the Harbour Gazette that nobody had asked them.",
)


def _article(number: int) -> bytes:
    body = " ".join(sentence.format(f"Ward {number}") for sentence in _SENTENCES * (2 + number % 3))
    return json.dumps({"id": f"urn:example:ward:{number}", "body": body, "language": "en"}).encode()


async def _publish(service: Any) -> None:
    async with AIOKafkaProducer(bootstrap_servers=service.bootstrap_servers, acks="all") as producer:
        sent = [
            await producer.send(service.topics["articles"], _article(number), key=f"urn:example:ward:{number}".encode())
            for number in range(ARTICLES)
        ]
        await asyncio.gather(*sent)


async def _events(service: Any, *, wanted: int, at_once: bool = False) -> list[dict[str, str]]:
    """Read committed events until there are `wanted` and then, for a while, no more; or only until there are many."""
    consumer = AIOKafkaConsumer(
        service.topics["enriched"],
        bootstrap_servers=service.bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    events: list[dict[str, str]] = []
    async with consumer:
        progress = Progress()
        while not progress.stalled(len(events)):
            batches = await consumer.getmany(timeout_ms=100 if at_once else 3_000)
            found = list(itertools.chain.from_iterable(batches.values()))
            if len(events) >= wanted and (at_once or not found):
                break
            events += [{name: value.decode() for name, value in record.headers} for record in found]
    return events


def test_a_killed_service_gives_every_article_exactly_one_event(start_service: Callable[..., Any]) -> None:
    """SIGKILL in the middle of 500 articles, a new start, and there are 500 committed events of 500 distinct ids."""
    first = start_service(CLAIMWIRE_WORKER__MAX_ARTICLES="8")
    asyncio.run(_publish(first))
    seen = asyncio.run(_events(first, wanted=ARTICLES // 10, at_once=True))
    first.kill()
    assert ARTICLES // 10 <= len(seen) < ARTICLES, "the kill was to fall into the middle"

    start_service(like=first)
    events = asyncio.run(_events(first, wanted=ARTICLES))
    assert len(events) == ARTICLES
    assert len({event["ce_id"] for event in events}) == ARTICLES
    assert {event["ce_subject"] for event in events} == {f"urn:example:ward:{number}" for number in range(ARTICLES)}
