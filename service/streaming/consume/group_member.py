"""One consumer's life in the group: joining, polling, learning which partitions are assigned and revoked.

A membership is used once. Whatever goes wrong with its consumer, it is thrown away and a new one joins: an exception
out of `getmany` switches aiokafka's poll-interval guard off for good, so none is ever survived.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import METADATA_MS, REQUEST_MS, connection, require_topics, stop_consumer
from service.streaming.consume.group_assignment import given_partitions
from service.streaming.consume.group_offset import coordinator_of
from service.streaming.consume.partition import Partition
from service.streaming.records import message_of
from service.streaming.topic_identity import topic_identity
from service.streaming.topic_limits import require_limits
from service.telemetry.logs import logger

_log = logger(__name__)

_CLOSE_SECONDS: Final = 5.0  # leaving the group takes one round trip; a broker that is down never answers
_HEARTBEATS_PER_SESSION: Final = 10  # how many heartbeats may be lost before the group gives up on us
_LOOK_SECONDS: Final = 3.0  # for the coordinator to say who has what; nothing is taken meanwhile
_FETCH_WAIT_MS: Final = 100  # while a fetch waits for some partitions, a record in another of that broker waits as long
_FIRST: Final = Partition(0)
_NO_PARTITION: Final = -1  # polled only so that the group sees a poll

Assigned = Callable[[frozenset[Partition]], None]
Revoked = Callable[[frozenset[Partition]], Awaitable[None]]
Records = Mapping[Partition, Sequence[Message]]


class Membership:
    """A consumer in the group.

    Args:
        settings: The cluster.
        max_records: Records of one poll at most.
        on_assigned: Told of new partitions, already paused. Must return at once: no heartbeat is sent while it runs.
        on_revoked: Told before partitions go. May take as long as the rebalance timeout; heartbeats go on.
    """

    def __init__(
        self, settings: KafkaSettings, *, max_records: int, on_assigned: Assigned, on_revoked: Revoked
    ) -> None:
        self._topic = settings.topics.articles
        self._settings = settings
        self._consumer = AIOKafkaConsumer(
            **connection(settings),
            group_id=settings.group,
            group_instance_id=settings.instance_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=max_records,
            max_partition_fetch_bytes=settings.max_partition_fetch,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            metadata_max_age_ms=METADATA_MS,
            session_timeout_ms=int(settings.session_timeout * 1000),
            heartbeat_interval_ms=int(settings.session_timeout * 1000 / _HEARTBEATS_PER_SESSION),
            max_poll_interval_ms=int(settings.max_poll_interval * 1000),
            rebalance_timeout_ms=int(settings.rebalance_timeout * 1000),
            # A join waits for the slowest member, which is gone after the session timeout at the latest.
            request_timeout_ms=int(settings.session_timeout * 1000) + REQUEST_MS,
            # The assignor remembers its partitions in class variables: each consumer needs a class of its own.
            partition_assignment_strategy=(type("Sticky", (StickyPartitionAssignor,), {}),),
        )
        self._listener = _Listener(self._consumer, on_assigned, on_revoked)
        self._joining: asyncio.Task[None] | None = None
        self._polling: asyncio.Task[Any] | None = None

    def join(self) -> None:
        """Begin to join; `joined` waits for the end of it."""
        self._consumer.subscribe([self._topic], listener=self._listener)
        self._joining = asyncio.create_task(self._join(), name="join-group")

    async def _join(self) -> None:
        await require_topics(self._settings)
        await require_limits(self._settings)
        await self._consumer.start()

    async def joined(self, within: float) -> bool:
        """Wait at most `within` seconds; return whether the group was joined.

        Raises:
            aiokafka.errors.KafkaError, OSError: joining failed.
        """
        if self._joining is None:
            return False
        done, _ = await asyncio.wait({self._joining}, timeout=within)
        if done:
            self._joining.result()
        return bool(done)

    @property
    def polling(self) -> bool:
        """Whether a poll is under way. As long as one is, nothing may be sought: see `Stream.take`."""
        return self._polling is not None

    def owned(self) -> frozenset[Partition]:
        """Return the partitions that the group gives us, as the client sees it now."""
        return frozenset(Partition(each.partition) for each in self._consumer.assignment())

    async def poll(self, *, linger: float, patience: float) -> Records:
        """Return what was prefetched; wait `linger` seconds for the first record.

        A rebalance blocks aiokafka's `getmany` for as long as it lasts, whatever its timeout says, and cancelling it
        breaks the consumer. So it runs as a task: when it is not done after `patience` seconds, nothing is returned,
        and the next call goes on waiting for the same one.

        Raises:
            RuntimeError: the rebalance listener failed, which aiokafka would only have logged.
            aiokafka.errors.KafkaError: the consumer is unusable from now on.
        """
        if self._polling is None:
            timeout = int(linger * 1000)
            self._polling = asyncio.create_task(self._consumer.getmany(timeout_ms=timeout), name="poll")
        return _messages(await self._polled(linger + patience))

    async def touch(self, *, patience: float) -> None:
        """Be seen to poll, so that the group does not give up on us, without taking or dropping any record."""
        if self._polling is None:
            nothing = TopicPartition(self._topic, _NO_PARTITION)
            self._polling = asyncio.create_task(self._consumer.getmany(nothing, timeout_ms=0), name="touch")
        await self._polled(patience)

    async def _polled(self, within: float) -> Mapping[TopicPartition, Sequence[Any]]:
        if self._listener.error is not None:
            raise RuntimeError("the rebalance listener failed") from self._listener.error
        polling = self._polling
        if polling is None:
            return {}
        done, _ = await asyncio.wait({polling}, timeout=within)
        if not done:
            return {}
        self._polling = None
        records: Mapping[TopicPartition, Sequence[Any]] = polling.result()
        return records

    async def look_for_partitions(self) -> None:
        """Have the group assign anew when it gives a partition of the topic to nobody.

        aiokafka leaves that to the leader of the group, which compares the topic with that of its last assignment. But
        a leader with an instance id that comes back within its session is not told that it leads (KIP-814 mends that
        for clients that speak JoinGroup v9), so nobody compares; and it gets the assignment of before, whatever was
        added meanwhile. So the coordinator is asked what everybody has, by whoever has the first partition: one member
        and not all, so that the group is not rebalanced by each of them. Its JoinGroup begins a rebalance, since the
        sticky assignor's part of it has changed. Without an answer in a short time the next look will do.
        """
        client, group = self._consumer._client, self._settings.group  # noqa: SLF001  # one connection is enough
        known = self._consumer.partitions_for_topic(self._topic)  # None: no broker says, or the topic is gone
        if not known or _FIRST not in self.owned():
            return
        with contextlib.suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(_LOOK_SECONDS):
                coordinator = await coordinator_of(client, group)
                given = await given_partitions(client, group, self._topic, coordinator=coordinator)
            if given is not None and known - given:
                _log.info("stream.partitions_unassigned", partitions=sorted(known - given))
                self._consumer._coordinator.request_rejoin()  # noqa: SLF001  # there is no public way to ask

    async def bounds(self, partition: Partition) -> tuple[int, int]:
        """Ask the partition's leader for its oldest offset, and for the end of what is committed."""
        each = TopicPartition(self._topic, partition)
        oldest = await self._consumer.beginning_offsets([each])
        end = await self._consumer.end_offsets([each])
        return int(oldest[each]), int(end[each])

    async def position(self, partition: Partition) -> int:
        """Return the offset that the client fetches next, past the ends of transactions."""
        return int(await self._consumer.position(TopicPartition(self._topic, partition)))

    def high_watermark(self, partition: Partition) -> int:
        """Return where the log ended at the last fetch, open transactions included; 0 before the first fetch."""
        return int(self._consumer.highwater(TopicPartition(self._topic, partition)) or 0)

    async def ends(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        """Ask the leaders how far committed records go."""
        asked = [TopicPartition(self._topic, partition) for partition in partitions]
        answer = await self._consumer.end_offsets(asked) if asked else {}
        return {Partition(each.partition): int(offset) for each, offset in answer.items()}

    def open(self, partition: Partition, position: int) -> None:
        """Read on from `position`."""
        each = TopicPartition(self._topic, partition)
        self._consumer.seek(each, position)
        self._consumer.resume(each)

    def pause(self, partition: Partition) -> None:
        """Take nothing more from the partition until it is opened again."""
        self._consumer.pause(TopicPartition(self._topic, partition))

    async def commit(self, partition: Partition, position: int, topic_identity: str) -> None:
        """Commit one offset, and of which topic it is, under our generation (at-least-once delivery only)."""
        await self._consumer.commit({TopicPartition(self._topic, partition): (position, topic_identity)})

    async def topic_identity(self) -> str:
        """Ask a broker which topic of that name there is now."""
        return await topic_identity(self._consumer._client, self._topic)  # noqa: SLF001  # aiokafka knows no ids

    async def leave(self) -> None:
        """Leave the group (a static member only goes quiet) and close. Never raises."""
        if self._joining is not None and not self._joining.done():
            self._joining.cancel()
        with contextlib.suppress(TimeoutError, KafkaError, OSError, AssertionError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await stop_consumer(self._consumer)
        for task in (self._joining, self._polling):
            if task is not None:
                task.cancel()  # the consumer is closed: a cancelled poll can break nothing any more
                await asyncio.wait({task})
                if not task.cancelled():
                    task.exception()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no stubs
    """Pauses what is new, and passes the word on. Remembers its failure, which aiokafka logs and forgets."""

    def __init__(self, consumer: AIOKafkaConsumer, on_assigned: Assigned, on_revoked: Revoked) -> None:
        self.error: Exception | None = None
        self._consumer = consumer
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Pass on which partitions go."""
        try:
            await self._on_revoked(frozenset(Partition(each.partition) for each in revoked))
        except Exception as error:
            self.error = error
            raise

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Pause first: nothing may be taken from a partition before its producer is initialised."""
        try:
            self._consumer.pause(*assigned)
            self._on_assigned(frozenset(Partition(each.partition) for each in assigned))
        except Exception as error:
            self.error = error
            raise


def _messages(records: Mapping[TopicPartition, Sequence[Any]]) -> Records:
    return {Partition(each.partition): [message_of(record) for record in found] for each, found in records.items()}
