"""The way out to a store that keeps the offsets itself, in one transaction with what is made of the records.

The group only says who has which partition. It cannot keep two members from one partition for a moment, as in a
rebalance; the store does: whoever writes says which offset it goes on from, and is refused where that is not the last.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from service.core.article import Rejected
from service.core.errors import InfrastructureError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.consume.lane_topic import identify, same_topic
from service.streaming.consume.partition import Lane
from service.streaming.consume.shared_producer import SharedProducer
from service.streaming.consume.sink import TooLargeError, deliver, still_ours
from service.wire import dead_letter

Written_co = TypeVar("Written_co", covariant=True)

_THREADS: Final = 4  # calls of the store under way: those that time out go on until the store gives them up


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One partition of one topic. `topic` is its identity: one of the same name that was made anew has another."""

    topic: str
    partition: int


class RefusedError(Exception):
    """A store does not take some records of a batch, ever. Nothing of the batch was written.

    Attributes:
        refused: Why, by the record's index.
    """

    def __init__(self, refused: Mapping[int, Rejected]) -> None:
        super().__init__(f"{len(refused)} records are refused")
        self.refused = refused


class Store(Protocol[Written_co]):
    """Keeps what the records say, and how far each log was read. Blocks; called from threads."""

    def position(self, log: Log) -> int | None:
        """Return the offset of the log's next record; None where it was never read."""
        ...

    def write(self, log: Log, *, after: int | None, position: int, messages: Sequence[Message]) -> Written_co:
        """Keep what the records say, and `position`, both or neither.

        Raises:
            RefusedError: some of them can never be kept.
            FencedError: the log does not stand at `after` any more.
            InfrastructureError: the store is away; nothing is known of what was under way.
        """
        ...


Result = TypeVar("Result")


class StoredSink(Generic[Written_co]):
    """Hands records to a store, and what the store refuses to the dead letters.

    A dead letter is written before the store's transaction: where that fails, it is written once more when the records
    come again. So a dead letter may come twice, and none is lost.

    Args:
        settings: The cluster. `topics.articles` is what is read, `group` is named in dead letters.
        store: Where the records go.
        deadline: Seconds that the store may take for a batch.
        on_written: Told what the store did, after each batch.
        on_refused: Told the code of each record that became a dead letter.
    """

    decides = True

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        store: Store[Written_co],
        deadline: float,
        on_written: Callable[[Written_co], None],
        on_refused: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._deadline = deadline
        self._on_written = on_written
        self._on_refused = on_refused
        self._producer = SharedProducer(settings, idempotent=True)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ledger")
        self._after: dict[Lane, int | None] = {}

    async def open(self, lane: Lane) -> int | None:
        """Learn which topic it is, and ask the store how far it was read.

        Raises:
            TimeoutError, aiokafka.errors.KafkaError, InfrastructureError: nobody answered.
        """
        producer = await self._producer.open(lane)
        async with asyncio.timeout(self._settings.commit_timeout):
            lane.topic_identity = await identify(producer, lane)
        position = await self._called(lambda: self._store.position(_log(lane)))
        self._after[lane] = position
        return position

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Write what comes as dead letters to their topic, and have the store keep the rest together with `position`.

        Raises:
            TooLargeError: a dead letter is over its topic's limit.
            FencedError: the partition was revoked, or another member wrote meanwhile.
            TimeoutError, aiokafka.errors.KafkaError, InfrastructureError: anything else; the result is unknown.
        """
        async with asyncio.timeout(self._settings.commit_timeout):
            await same_topic(self._producer.opened, lane)
        topic = self._settings.topics.dead_letter
        letters = {index: each for index, each in enumerate(outputs) if each.topic == topic}
        await self._bury(lane, letters)
        kept = {index: each for index, each in enumerate(outputs) if each.topic != topic}
        try:
            written = await self._kept(lane, kept.values(), position)
        except RefusedError as error:
            places = list(kept)
            refused = {places[index]: why for index, why in error.refused.items()}
            await self._bury(lane, {index: self._letter(kept[index], why) for index, why in refused.items()})
            kept = {index: each for index, each in kept.items() if index not in refused}
            try:
                written = await self._kept(lane, kept.values(), position)
            except RefusedError as again:
                raise InfrastructureError(f"The store refuses what it took before: {again}.") from again
            for why in refused.values():
                self._on_refused(why.code)
        self._after[lane] = position
        self._on_written(written)

    def stop(self) -> None:
        """Wait until calls of the store that were left under way are through. Blocks; no lane may be open."""
        self._threads.shutdown()

    async def close(self, lane: Lane) -> None:
        """Let go of the lane."""
        self._after.pop(lane, None)
        await self._producer.close(lane)

    async def _kept(self, lane: Lane, messages: Iterable[Message], position: int) -> Written_co:
        still_ours(lane)
        log, after, chosen = _log(lane), self._after[lane], tuple(messages)
        return await self._called(lambda: self._store.write(log, after=after, position=position, messages=chosen))

    async def _called(self, call: Callable[[], Result]) -> Result:
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except TimeoutError as error:
            raise InfrastructureError(f"The store did not answer within {self._deadline:.0f} s.") from error

    async def _bury(self, lane: Lane, letters: Mapping[int, Message]) -> None:
        """Write dead letters, by the index of the record that each is for."""
        if not letters:
            return
        try:
            async with asyncio.timeout(self._settings.commit_timeout):
                await deliver(self._producer.opened, list(letters.values()), one_by_one=lane.one_by_one)
        except TooLargeError as error:
            raise TooLargeError(None if error.index is None else list(letters)[error.index]) from error

    def _letter(self, record: Message, why: Rejected) -> Message:
        return dead_letter.bury(record, why, topic=self._settings.topics.dead_letter, group=self._settings.group)


def _log(lane: Lane) -> Log:
    return Log(topic=lane.topic_identity or lane.topic, partition=lane.partition)
