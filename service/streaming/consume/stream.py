"""The stream of input records: taken in batches across partitions, and settled partition by partition.

This is where exactly-once delivery is implemented. `Lane` is the state of one partition, `Membership` the consumer,
`Sink` the writer; here they are called in the only safe order. `docs/delivery.md` explains why.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from aiokafka.errors import KafkaError

from service.core.errors import ClaimwireError, ConfigurationError, FencedError
from service.core.health import Check
from service.core.message import Message
from service.settings import KafkaSettings, WorkerSettings
from service.streaming.client import meaning
from service.streaming.consume import stream_health
from service.streaming.consume.batch import Backlog, Batch, Settled
from service.streaming.consume.commits import Commits
from service.streaming.consume.group_member import Membership, Records
from service.streaming.consume.in_flight import Hand
from service.streaming.consume.partition import Lane, Partition
from service.streaming.consume.session import Session
from service.streaming.consume.sink import Sink, sink_for
from service.streaming.consume.stall_watch import Watch
from service.streaming.schema_registry.framing import Frame, as_it_is
from service.telemetry.logs import logger
from service.telemetry.stream_metrics import StreamMetrics

_log = logger(__name__)

_REVOKE_GRACE: Final = 5.0  # seconds that a rebalance, hence the whole group, waits for the batch in hand
_PATIENCE: Final = 0.5  # seconds that one `take` waits for a rebalance or a join, before it returns to its caller


class Stream:
    """The input topic, and what is made of it.

    Args:
        settings: The cluster.
        limits: How much is in hand at once, and how long `take` waits for a first record.
        metrics: Where progress is counted.
        sink: Made by `settings.delivery` unless given.
        frame: How the sink marks records with their schema.
    """

    def __init__(
        self,
        *,
        settings: KafkaSettings,
        limits: WorkerSettings,
        metrics: StreamMetrics,
        sink: Sink | None = None,
        frame: Frame = as_it_is,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._limits = limits
        writes = sink or sink_for(settings, commit=self._commit_plainly, frame=frame)
        self._commits = Commits(settings=settings, sink=writes, metrics=metrics, on_broken=self._forget)
        self._session = Session(self._new_membership)
        self._rebalancing = False
        self._lanes: dict[Partition, Lane] = {}
        self._backlog = Backlog()
        self._hand = Hand(self._touch, max_poll_interval=settings.max_poll_interval, metrics=metrics)
        self._watch = Watch(metrics, deadline=settings.commit_timeout)
        self._polled_at = time.monotonic()

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Return the next batch; an empty one when there is nothing within `linger`, or no cluster to ask.

        `most` records and `size` bytes bound it below `max_articles` and `max_bytes`; a single record may be larger.
        May be called while the batch before is being settled, not while it waits for that: lanes are opened here, and
        what is in hand of a lane that broke must not be mistaken for what follows its last commit.

        1. Have a session; join a new one after the last was lost.
        2. Let a poll come to its end. While one is under way nothing is sought: its records are those of the positions
           that it began with.
        3. Keep the records of lanes that flow. Those of others came before their partition was paused, and are sought
           again.
        4. Only now open the lanes whose producers are initialised, and start to initialise others.
        5. Cut a batch.

        Raises:
            ConfigurationError: Kafka refuses what a setting or an ACL must allow; retrying does not help.
        """
        self._polled_at = time.monotonic()
        await self._hand.rest()
        try:
            membership = await self._join()
            if membership is None:
                return Batch()
            if membership.polling or self._rebalancing or not self._backlog:
                records = await membership.poll(linger=self._limits.linger, patience=_PATIENCE)
                if membership.polling or self._rebalancing:
                    return Batch()
                self._hand.seen()
                self._keep(records)
            self._advance_lanes(membership)
            await self._watch.look(membership, self._lanes.values())
        except (KafkaError, OSError, TimeoutError, RuntimeError, AssertionError, ClaimwireError) as error:
            await self._lose_session(error)
            return Batch()
        batch = self._backlog.cut(
            most=min(most or self._limits.max_articles, self._limits.max_articles),
            max_bytes=min(size or self._limits.max_bytes, self._limits.max_bytes),
        )
        if batch.runs:
            self._hand.hold(batch)
        return batch

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Commit `outputs[i]` as the outcome of `batch.messages[i]`, one transaction per lane, all lanes at once.

        A lane whose transaction fails is opened again at its committed offset, and its records are taken once more:
        that is not the caller's business. Returns what became of each record, in order.

        Raises:
            ConfigurationError: Kafka refuses what an ACL must allow.
        """
        messages = batch.messages
        if len(messages) != len(outputs):
            raise ValueError(f"{len(messages)} records, but {len(outputs)} outputs")
        try:
            left = iter(outputs)
            written = [(run, [next(left) for _ in run.messages]) for run in batch.runs]
            done = await asyncio.gather(*(self._commits.write(run, part) for run, part in written))
        finally:
            await self._hand.release(batch)
        if self._commits.fatal is not None:
            raise self._commits.fatal
        return [each for run in done for each in run]

    async def abandon(self, batch: Batch) -> None:
        """Put a batch back: its records will be taken again, from the committed offset on."""
        for run in batch.runs:
            self._commits.break_(run.lane, at_once=True)
        await self._hand.release(batch)

    async def close(self) -> None:
        """Leave the group and release everything. What was not settled is left to the next owner."""
        await self._hand.clear()
        await self._end_session()

    async def idle(self) -> None:
        """Stay in the group without taking anything. Lanes are opened and the lag is reported as in `take`.

        Nothing may be in hand.
        """
        self._polled_at = time.monotonic()
        await self._hand.rest()
        try:
            membership = await self._join()
            if membership is not None:
                await membership.touch(patience=_PATIENCE)
                if not membership.polling and not self._rebalancing:
                    self._watch.idle()
                    self._advance_lanes(membership)
                    await self._watch.look(membership, self._lanes.values())
        except (KafkaError, OSError, TimeoutError, RuntimeError, AssertionError, ClaimwireError) as error:
            await self._lose_session(error)

    # ------------------------------------------------------------------ session

    async def _join(self) -> Membership | None:
        """Return the membership once the group was joined."""
        if self._commits.fatal is not None:
            raise self._commits.fatal
        return await self._session.join(_PATIENCE)

    def _new_membership(self) -> Membership:
        self._rebalancing = False
        self._watch = Watch(self._metrics, deadline=self._settings.commit_timeout)
        return Membership(
            self._settings,
            max_records=self._limits.max_articles,
            on_assigned=self._on_assigned,
            on_revoked=self._on_revoked,
        )

    async def _lose_session(self, error: BaseException) -> None:
        """Throw the consumer and every producer away, and join anew after a pause.

        Raises:
            ConfigurationError: a new session would fail in the same way.
        """
        told = meaning(error, doing=f"reading {self._settings.topics.articles}")
        if isinstance(told, ConfigurationError):
            await self._end_session()
            raise told
        self._session.problem = str(told)
        _log.warning("stream.session_lost", error=str(told), code=told.code)
        await self._end_session()
        self._session.postpone()

    async def _end_session(self) -> None:
        membership = self._session.end()
        self._close_lanes(frozenset(self._lanes))
        if membership is not None:
            await membership.leave()
        self._close_lanes(frozenset(self._lanes))
        await self._commits.settled()

    # ------------------------------------------------------------------ rebalance

    def _on_assigned(self, partitions: frozenset[Partition]) -> None:
        """New partitions, already paused: note them, and do nothing else; heartbeats are stopped while this runs."""
        self._rebalancing = False
        self._metrics.rebalances.inc()
        self._close_lanes(frozenset(self._lanes))
        for partition in sorted(partitions):
            self._lanes[partition] = Lane(topic=self._settings.topics.articles, partition=partition)
        _log.info("stream.assigned", partitions=sorted(partitions))

    async def _on_revoked(self, partitions: frozenset[Partition]) -> None:
        """Partitions go: let the batch in hand be settled if that is quick, then close their lanes.

        It would be safe to close them at once, since the next owner fences us; but the work in hand would be lost.
        """
        self._rebalancing = True
        grace = min(_REVOKE_GRACE, self._settings.rebalance_timeout / 2)
        if partitions and not await self._hand.emptied(grace):
            _log.warning("stream.revoked_with_work_in_hand", partitions=sorted(partitions))
        self._close_lanes(partitions)

    def _close_lanes(self, partitions: frozenset[Partition]) -> None:
        for partition in partitions & self._lanes.keys():
            lane = self._lanes.pop(partition)
            self._backlog.drop(lane)
            self._commits.let_go(lane)
            for gauge in (self._metrics.lag, self._metrics.committed_offset):
                gauge.remove(str(partition))  # its new owner reports it; an outdated figure would raise an alert

    # ------------------------------------------------------------------ lanes

    def _advance_lanes(self, membership: Membership) -> None:
        if self._lanes.keys() != membership.owned():
            raise RuntimeError("the lanes are not the partitions that the group gave us")
        for lane in self._lanes.values():
            self._commits.advance(lane, membership)
        failing = sum(lane.failing_since is not None for lane in self._lanes.values())
        self._metrics.failing_partitions.set(failing)

    def _forget(self, lane: Lane) -> None:
        self._backlog.drop(lane)
        if self._session.membership is not None:
            self._session.membership.pause(lane.partition)

    async def _commit_plainly(self, lane: Lane, position: int) -> None:
        if self._session.membership is None:
            raise FencedError("The session ended before the offset was committed.")
        await self._session.membership.commit(lane.partition, position, lane.topic_identity)

    # ------------------------------------------------------------------ batches

    def _keep(self, records: Records) -> None:
        """Keep what came of lanes that flow. The rest came before its partition was paused, and is sought again."""
        self._watch.polled(empty=not records)
        for partition, messages in records.items():
            lane = self._lanes.get(partition)
            if lane is not None and lane.flows:
                self._backlog.keep(lane, messages)

    async def _touch(self, patience: float) -> None:
        if self._session.membership is not None:
            await self._session.membership.touch(patience=patience)

    def checks(self) -> Sequence[Check]:
        """Return whether polls go on, whether the group was joined, and how each partition stands."""
        in_hand = self._hand.seconds or 0.0
        silent = 0.0 if in_hand else time.monotonic() - self._polled_at
        problem = None if self._session.ready else self._session.problem or "The group has not been joined yet."
        return (
            stream_health.polling(silent=silent, in_hand=in_hand, longest=self._settings.max_poll_interval),
            stream_health.group(self._lanes, problem=problem, waiting=self._watch.held_up()),
        )
