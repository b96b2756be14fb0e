"""The way out: what was made of a run of records, and the word that they are done, written as one.

Two sinks share one shape. `TransactionalSink` writes exactly once; `PlainSink` at least once, for brokers that know no
transactions. Whatever `write` raises, the lane must be opened again before the next `write`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from service.core.errors import FencedError, InfrastructureError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.consume.group_offset import committed_offset, coordinator_of
from service.streaming.consume.lane_topic import identify, same_topic
from service.streaming.consume.partition import Lane, LaneState
from service.streaming.consume.shared_producer import SharedProducer
from service.streaming.producers import discard, group_coordinator, open_producer, send, writer_id
from service.streaming.schema_registry.framing import Frame, as_it_is
from service.streaming.topic_identity import recreated
from service.telemetry.logs import logger

_log = logger(__name__)

_NOWHERE: Final = 2**63 - 1  # an offset that is never committed; if it were, the lane would refuse to start from it
_ABORT_SECONDS: Final = 2.0  # an abort is a courtesy to readers: whoever initialises next aborts as well

CommitOffset = Callable[[Lane, int], Awaitable[None]]


class TooLargeError(InfrastructureError):
    """The broker (or the client) takes no record of that size.

    `index` is which output it was, or None when it may be any of several that left in one batch.
    """

    code = "event-too-large"
    retriable = False

    def __init__(self, index: int | None) -> None:
        super().__init__("An event is over the size limit of its topic.")
        self.index = index


class Sink(Protocol):
    """Where outcomes go. Each method is bounded in time.

    `decides` says whether the offset that `open` returns is the truth, also where it lies below one that was committed:
    as of a database that was set back, which lost what was made of the records along with their offset.
    """

    decides: bool

    async def open(self, lane: Lane) -> int | None:
        """Make the lane writable, and every older writer powerless; then return the offset that the group is at.

        None: the group never committed one.
        """
        ...

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Write `outputs` and the offset `position`; when it returns, both are committed."""
        ...

    async def close(self, lane: Lane) -> None:
        """Let go of what the lane holds. Never raises."""
        ...


class TransactionalSink:
    """One transactional producer for each input partition.

    aiokafka commits offsets without the consumer's generation (TxnOffsetCommit v0, before KIP-447), so the group's own
    fencing does not reach them. The transactional id does it in its place: whoever is assigned the partition
    initialises it, and from then on the broker refuses the former owner's sends, offsets and commits.
    """

    decides = False  # a broker that answers with an old state would have records done twice

    def __init__(self, settings: KafkaSettings, *, frame: Frame = as_it_is) -> None:
        self._settings = settings
        self._frame = frame
        self._producers: dict[Lane, AIOKafkaProducer] = {}

    async def open(self, lane: Lane) -> int | None:
        """Make the partition ours at the brokers, and return the offset that its last owner committed.

        1. Initialise the producer: a transaction that a former owner left open is aborted, or completed if it was
           being committed, and nothing more of that owner is taken.
        2. Have the group's coordinator acknowledge an offset, in a transaction that is aborted. A broker that was
           frozen, and does not know yet that another one coordinates the group, cannot: an acknowledged offset is on
           every replica in sync. So whoever acknowledges it knows all that was committed before 1.
        3. Ask that same broker for the offset, as no open transaction can change it any more.

        Raises:
            TimeoutError, aiokafka.errors.KafkaError, InfrastructureError: no coordinator answered, or it refused.
        """
        await self.close(lane)
        deadline = self._settings.commit_timeout
        name = writer_id(self._settings.group, lane.topic, lane.partition)
        producer = self._producers[lane] = await open_producer(self._settings, deadline=deadline, transactional_id=name)
        async with asyncio.timeout(deadline):
            where = TopicPartition(lane.topic, lane.partition)
            await producer.begin_transaction()
            await producer.send_offsets_to_transaction({where: _NOWHERE}, self._settings.group)
            await producer.abort_transaction()
            return await _offset(producer, self._settings.group, lane, coordinator=group_coordinator(producer))

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Write one transaction.

        1. Look whether the records are of the topic that the lane was opened for.
        2. Begin.
        3. Send every output.
        4. Await every delivery: a send that failed would otherwise leave the transaction committable without it.
        5. Look again whether the partition is still ours.
        6. Add the offset.
        7. Commit.

        A failure before 7 aborts. A failure in 7 has an unknown result. Either way the caller opens the lane again,
        which settles the transaction at the broker before the committed offset is read.

        Raises:
            TooLargeError: an output is over its topic's limit.
            FencedError: another worker owns the partition, or it was revoked meanwhile.
            InfrastructureError: the topic was created anew.
            TimeoutError, aiokafka.errors.KafkaError: anything else.
        """
        producer = self._producers[lane]
        async with asyncio.timeout(self._settings.commit_timeout):
            await same_topic(producer, lane)
            await producer.begin_transaction()
            try:
                await deliver(producer, [self._frame(each) for each in outputs], one_by_one=lane.one_by_one)
                still_ours(lane)
                input_partition = TopicPartition(lane.topic, lane.partition)
                await producer.send_offsets_to_transaction(
                    {input_partition: (position, lane.topic_identity)}, self._settings.group
                )
            except BaseException:
                await _abort(producer)
                raise
            await producer.commit_transaction()

    async def close(self, lane: Lane) -> None:
        """Throw the lane's producer away."""
        producer = self._producers.pop(lane, None)
        if producer is not None:
            await discard(producer)


class PlainSink:
    """At least once: outputs first, then the offset, by the consumer, which the broker checks against the generation.

    Events keep their ids when they are written again, so that a reader can drop the second. One producer serves all.
    """

    decides = False

    def __init__(self, settings: KafkaSettings, *, commit: CommitOffset, frame: Frame = as_it_is) -> None:
        self._settings = settings
        self._frame = frame
        self._commit = commit
        self._shared = SharedProducer(settings, idempotent=False)

    async def open(self, lane: Lane) -> int | None:
        """Connect the producer, if it is not, and ask the coordinator for the committed offset.

        Raises:
            TimeoutError, aiokafka.errors.KafkaError, InfrastructureError: nobody answered, or refused.
        """
        producer, group = await self._shared.open(lane), self._settings.group
        async with asyncio.timeout(self._settings.commit_timeout):
            return await _offset(producer, group, lane, coordinator=await coordinator_of(producer.client, group))

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Write the outputs, await them all, then commit the offset.

        Raises:
            TooLargeError: an output is over its topic's limit.
            FencedError: the partition was revoked meanwhile.
            InfrastructureError: the topic was created anew.
            TimeoutError, aiokafka.errors.KafkaError: anything else.
        """
        async with asyncio.timeout(self._settings.commit_timeout):
            await same_topic(self._shared.opened, lane)
            await deliver(self._shared.opened, [self._frame(each) for each in outputs], one_by_one=lane.one_by_one)
            still_ours(lane)
            await self._commit(lane, position)

    async def close(self, lane: Lane) -> None:
        """Let go of the lane, and of the producer with the last one."""
        await self._shared.close(lane)


def sink_for(settings: KafkaSettings, *, commit: CommitOffset, frame: Frame) -> Sink:
    """Return the sink that `settings.delivery` asks for; `commit` is used by the one without transactions."""
    if settings.delivery == "exactly-once":
        return TransactionalSink(settings, frame=frame)
    return PlainSink(settings, commit=commit, frame=frame)


async def _offset(producer: AIOKafkaProducer, group: str, lane: Lane, *, coordinator: int) -> int | None:
    """Return the group's offset of this topic; none where it was committed for a deleted one of the same name.

    The lane learns which topic it is, and says so with each offset that it commits.
    """
    where = TopicPartition(lane.topic, lane.partition)
    lane.topic_identity = await identify(producer, lane)
    found = await committed_offset(producer.client, group, where, coordinator=coordinator)
    if found is None:
        return None
    if recreated(found.topic_identity, lane.topic_identity):
        _log.warning("stream.topic_recreated", topic=lane.topic, partition=lane.partition, old_offset=found.offset)
        return None
    return found.offset


def still_ours(lane: Lane) -> None:
    """Look whether the partition was revoked while it was being written.

    Raises:
        FencedError: it was.
    """
    if lane.state is not LaneState.WRITING:
        raise FencedError(f"{lane.topic}-{lane.partition} was revoked while it was written.")


async def deliver(producer: AIOKafkaProducer, outputs: Sequence[Message], *, one_by_one: bool) -> None:
    """Send every output and await every delivery; all are awaited even when one failed.

    Raises:
        TooLargeError: an output is over its topic's limit.
        aiokafka.errors.KafkaError: anything else.
    """
    futures: list[asyncio.Future[object]] = []
    try:
        for index, message in enumerate(outputs):
            try:
                futures.append(await send(producer, message))
                if one_by_one:
                    await futures[-1]
            except (MessageSizeTooLargeError, RecordTooLargeError) as error:
                raise TooLargeError(index) from error
    finally:
        results = await asyncio.gather(*futures, return_exceptions=True)
    for result in results:
        if isinstance(result, MessageSizeTooLargeError | RecordTooLargeError):
            raise TooLargeError(None if len(outputs) > 1 else 0) from result
        if isinstance(result, BaseException):
            raise result


async def _abort(producer: AIOKafkaProducer) -> None:
    """Abort if that is possible quickly; a fenced or failed producer cannot, and need not."""
    with contextlib.suppress(TimeoutError, KafkaError, AssertionError):
        async with asyncio.timeout(_ABORT_SECONDS):
            await producer.abort_transaction()
