"""Dead letters afterwards: listed, looked at, and sent round again once their cause is gone.

A replay writes the record back and, in the same transaction, a marker beside the letter that says so, and where the
record went. A letter with a marker is done with: replaying twice, or being killed half-way, sends nothing twice. A
letter that came of such a record is one round further; what the record's headers say of that is not believed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiokafka.errors import KafkaError

from service.core.message import Message, nearest_time_of
from service.settings import KafkaSettings
from service.streaming.admin.whole_topic import whole_topic
from service.streaming.client import meaning, require_topics
from service.streaming.producers import discard, open_producer, send, writer_id
from service.streaming.records import message_of
from service.wire.dead_letter import OMITTED, DeadLetter, Replayed, exhume, mark, read_mark, revive

_IN_ONE: Final = 100  # letters in one transaction

Place = tuple[int | None, int | None]  # partition and offset in the dead-letter topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter where it lies, and how often its record had been sent round before."""

    partition: int
    offset: int
    written_at: datetime
    content: DeadLetter
    replays: int
    omitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a replay did.

    Attributes:
        replayed: letters sent round.
        parked: letters left after too many rounds.
        kept: letters left since their value was never stored.
        events: letters left since they are events that a ledger could not keep: the output topic holds them still, and
            once more there they would come twice to everybody who reads it.
    """

    replayed: int
    parked: int
    kept: int
    events: int = 0


async def list_dead_letters(
    settings: KafkaSettings, *, code: str | None = None, since: datetime | None = None
) -> list[Letter]:
    """Return the letters that were not replayed, oldest first within each partition.

    Args:
        settings: The cluster.
        code: Only those with this error code.
        since: Only those written at or after this time.

    Raises:
        BrokerUnavailableError, ConfigurationError: no broker answered, or Kafka refused.
    """
    try:
        records = await _read_all(settings)
    except (KafkaError, OSError, TimeoutError) as error:
        raise meaning(error, doing="reading the dead letters") from error
    letters = {(record.partition, record.offset): content for record in records if (content := exhume(record))}
    done = {(record.partition, each.offset): each for record in records if (each := read_mark(record))}
    source = {(each.topic, each.partition, each.to): place for place, each in done.items()}
    found = [
        _letter(record, content, _rounds(content, letters, source))
        for record in records
        if (place := (record.partition, record.offset)) not in done and (content := letters.get(place))
    ]
    return [
        letter
        for letter in found
        if (code is None or letter.content.code == code) and (since is None or letter.written_at >= since)
    ]


async def show_dead_letter(settings: KafkaSettings, partition: int, offset: int) -> Letter | None:
    """Return the letter at this place of the dead-letter topic, or None.

    Raises:
        BrokerUnavailableError, ConfigurationError: no broker answered, or Kafka refused.
    """
    letters = await list_dead_letters(settings)
    return next((each for each in letters if (each.partition, each.offset) == (partition, offset)), None)


async def replay_dead_letters(
    settings: KafkaSettings,
    *,
    code: str | None = None,
    since: datetime | None = None,
    to: str | None = None,
    rounds: int = 3,
) -> Replay:
    """Write letters back to the topic they came from, each exactly once.

    1. Initialise the transactional id `{group}/replay`: a replay that still runs elsewhere is fenced off.
    2. Only then read which letters there are, and which were replayed.
    3. In transactions of a hundred: the records, and a marker for each letter.

    Args:
        settings: The cluster.
        code: Only letters with this error code.
        since: Only letters written at or after this time.
        to: Another topic to write to; without it, events of the output topic are left where they are.
        rounds: A letter that was replayed this often stays where it is: parked.

    Raises:
        BrokerUnavailableError, ConfigurationError, FencedError: it could not be done; what was committed stays so.
    """
    deadline = settings.commit_timeout
    # What a replay leaves open when it is killed holds the input up until the broker aborts it.
    settings = settings.model_copy(update={"transaction_timeout": min(deadline, settings.transaction_timeout)})
    replayed = 0
    try:
        producer = await open_producer(
            settings, deadline=deadline, transactional_id=writer_id(settings.group, "replay")
        )
        try:
            found = await list_dead_letters(settings, code=code, since=since)
            letters = [letter for letter in found if to is not None or not _is_event(letter, settings)]
            parked = [letter for letter in letters if letter.replays >= rounds]
            due = [letter for letter in letters if letter.replays < rounds and not letter.omitted]
            for start in range(0, len(due), _IN_ONE):
                async with asyncio.timeout(deadline):
                    await _write(producer, settings, due[start : start + _IN_ONE], to)
                replayed += len(due[start : start + _IN_ONE])
        finally:
            await discard(producer)
    except (KafkaError, OSError, TimeoutError) as error:
        raise meaning(error, doing=f"replaying dead letters ({replayed} are done)") from error
    return Replay(
        replayed=replayed,
        parked=len(parked),
        kept=len(letters) - len(parked) - len(due),
        events=len(found) - len(letters),
    )


def _is_event(letter: Letter, settings: KafkaSettings) -> bool:
    return letter.content.original.topic == settings.topics.enriched


async def _write(producer: Any, settings: KafkaSettings, letters: Sequence[Letter], to: str | None) -> None:
    """Write one transaction: the records, and once it is known where they lie, their markers."""
    await producer.begin_transaction()
    records = [revive(letter.content, replays=letter.replays + 1, topic=to) for letter in letters]
    places = await _deliver(producer, records)
    markers = [
        mark(
            Replayed(offset=letter.offset, topic=place.topic, partition=place.partition, to=place.offset),
            topic=settings.topics.dead_letter,
            partition=letter.partition,
            key=letter.content.original.key,
        )
        for letter, place in zip(letters, places, strict=True)
    ]
    await _deliver(producer, markers)
    await producer.commit_transaction()


async def _deliver(producer: Any, messages: Sequence[Message]) -> list[Any]:
    """Return where each message lies."""
    deliveries: list[asyncio.Future[Any]] = []
    try:
        for message in messages:
            deliveries.append(await send(producer, message))  # noqa: PERF401  # those already sent must be known
    finally:
        # Every delivery is awaited, also when a later send was refused: an error that nobody hears is reported as lost.
        results = await asyncio.gather(*deliveries, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


async def _read_all(settings: KafkaSettings) -> list[Message]:
    """Read the dead-letter topic, committed records only."""
    await require_topics(settings)
    records = [
        message_of(record)
        async for record in whole_topic(settings, settings.topics.dead_letter, isolation="read_committed")
    ]
    return sorted(records, key=lambda record: (record.partition or 0, record.offset or 0))


def _rounds(
    letter: DeadLetter, letters: Mapping[Place, DeadLetter], source: Mapping[tuple[str, int, int], Place]
) -> int:
    """Return how often the letter's record was sent round: how many letters before it were replayed into the next."""
    rounds = 0
    seen: set[Place] = set()
    came_of: DeadLetter | None = letter
    while came_of is not None:
        place = source.get((came_of.original.topic, came_of.partition, came_of.offset))
        if place is None or place in seen:
            break
        seen.add(place)
        rounds += 1
        came_of = letters.get(place)
    return rounds


def _letter(record: Message, content: DeadLetter, replays: int) -> Letter:
    return Letter(
        partition=record.partition or 0,
        offset=record.offset or 0,
        written_at=nearest_time_of(record.timestamp or 0),
        content=content,
        replays=replays,
        omitted=record.header(OMITTED) is not None,
    )
