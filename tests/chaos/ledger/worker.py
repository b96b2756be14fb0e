"""A worker for the ledger's chaos: the real stream, codec and loop, under a reader that makes claims up.

What an event says follows from the article's id and version alone, so that a second reading says the same.
"""

import asyncio
import contextlib
import hashlib
import random
import signal
from collections.abc import Sequence
from typing import Any, Final

from service.core.article import Article, Enriched, Outcome, Retracted, Skipped, Status
from service.core.frames import Enrichment
from service.core.message import Message
from service.core.model import ModelInfo
from service.settings import Settings
from service.streaming.consume.stream import Stream
from service.telemetry.logs import configure_logging
from service.telemetry.metrics import Metrics
from service.wire import codec, dead_letter
from service.worker.worker import Worker
from tests.ledger import enriched, record, retracted

MODEL: Final = ModelInfo(name="made up", version="1", sha256="0" * 64)
PEOPLE: Final = ("Ann Lee", "Bob Ray", "Cid Fox", "Dee Orr", "Eve Poe", "Fay Gil", "Gus Hay", "Ida Jay")
WATCHED: Final = PEOPLE[0]


def claims_of(article_id: str, version: int) -> list[dict[str, Any]]:
    """Return what one version of an article says."""
    chance = random.Random(f"{article_id} {version}")  # noqa: S311  # the same each time
    return [
        {
            "speaker": chance.choice(PEOPLE),
            "text": f"Statement {part} of {article_id} in version {version} is long enough to be told from others.",
            "stances": {chance.choice(PEOPLE): chance.choice(("favor", "against"))},
        }
        for part in range(chance.randrange(5))
    ]


async def process(articles: Sequence[Article]) -> list[Outcome]:
    """Read articles at once."""
    return [
        Enriched(article=each, text=each.body, language="en", model=MODEL, enrichment=Enrichment())
        if each.status is Status.USABLE
        else Retracted(article=each)
        for each in articles
    ]


async def main() -> None:
    """Work until SIGTERM."""
    settings = Settings()
    kafka = settings.kafka
    configure_logging(level="INFO", form="json")
    metrics = Metrics()
    stream = Stream(settings=kafka, limits=settings.worker, metrics=metrics)

    def encode(outcome: Enriched | Retracted | Skipped, _message: Message) -> Message:
        article = outcome.article
        if isinstance(outcome, Enriched):
            data = enriched(article.id, *claims_of(article.id, article.version), version=article.version)
        else:
            data = retracted(article.id, version=article.version)
        made = record(data, offset=0)
        event_id = hashlib.sha256(f"{article.id} {article.version} {article.status}".encode()).hexdigest()
        headers = (made.headers[0], ("ce_id", event_id.encode()))
        return Message(topic=kafka.topics.enriched, key=made.key, value=made.value, headers=headers)

    worker = Worker(
        stream=stream,
        process=process,
        decode=lambda message: codec.decode(message, max_bytes=kafka.max_message),
        encode=encode,
        bury=lambda message, rejected, attempts: dead_letter.bury(
            message, rejected, topic=kafka.topics.dead_letter, group=kafka.group, attempts=attempts
        ),
        settings=settings.worker,
        metrics=metrics,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    try:
        await worker.run()
    finally:
        await stream.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
