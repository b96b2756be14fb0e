"""The way through: records are taken in batches over partitions, and settled partition by partition.

This is where exactly-once is made. `Lane` is the state of one partition, `Membership` the consumer, `Sink` the writer;
here they are put in the one order that is safe. `docs/delivery.md` says why it is.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from aiokafka.errors import KafkaError

from service.core.article import Message
from service.core.errors import ClaimwireError, ConfigurationError
from service.core.health import Check, HealthStatus, Probe
from service.settings import KafkaSettings, WorkerSettings
from service.streaming.batches import Backlog, Batch
from service.streaming.client import meaning
from service.streaming.commits import Commits
from service.streaming.lanes import Lane, LaneState, Partition
from service.streaming.membership import Membership, Records
from service.streaming.sink import PlainSink, Sink, TransactionalSink
from service.telemetry import Metrics, logger

__all__ = ["Batch", "Stream"]

_log = logger(__name__)

_REVOKE_GRACE: Final = 5.0  # seconds that a rebalance, hence the whole group, waits for the batch in hand
_PATIENCE: Final = 0.5  # seconds that one `take` waits for a rebalance or a join, before it lets its caller look around
_TOUCHES: Final = 6  # signs of life in one max_poll_interval while a batch is in hand …
_TOUCH_EVERY: Final = 5.0  # … and no fewer than one in so many seconds
_FIRST_REJOIN: Final = 0.5  # seconds before a new session after one failed; doubled each time …
_LONGEST_REJOIN: Final = 5.0  # … up to this: a cluster that is back is joined within that time
_LAG_EVERY: Final = 10.0  # seconds between two looks at the log ends
_STALLED: Final = 60.0  # seconds of empty polls while a partition has records, after which the session is replaced


class Stream:
    """The input topic, and what is made of it.

    Args:
        settings: The cluster.
        limits: How much is in hand at once, and how long `take` waits for a first record.
        metrics: Where progress is counted.
        sink: Made by `settings.delivery` unless given.
    """

    def __init__(
        self, *, settings: KafkaSettings, limits: WorkerSettings, metrics: Metrics, sink: Sink | None = None
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._max_articles = limits.max_articles
        self._max_bytes = limits.max_bytes
        self._linger = limits.linger
        exactly_once = settings.delivery == "exactly-once"
        writes: Sink = sink or (
            TransactionalSink(settings) if exactly_once else PlainSink(settings, commit=self._commit_plainly)
        )
        self._commits = Commits(settings=settings, sink=writes, metrics=metrics, on_broken=self._forget)
        self._membership: Membership | None = None
        self._joined = False
        self._rebalancing = False
        self._lanes: dict[Partition, Lane] = {}
        self._backlog = Backlog()
        self._idle = asyncio.Event()
        self._idle.set()
        self._toucher: asyncio.Task[None] | None = None
        self._taken_at: float | None = None
        self._polled_at = time.monotonic()
        self._problem: str | None = "The group has not been joined yet."
        self._rejoin_at = 0.0
        self._rejoin_pause = _FIRST_REJOIN
        self._looked_at = 0.0
        self._empty_since: float | None = None

    async def take(self, *, most: int | None = None) -> Batch:
        """Return the next batch; an empty one when there is nothing within `linger`, or no cluster to ask.

        1. Have a session; join a new one after the last was lost.
        2. Let a poll come to its end. While one is under way nothing is sought: its records are those of the positions
           that it began with.
        3. Keep the records of open lanes. Those of others came before their partition was paused, and are sought again.
        4. Only now open the lanes whose producers are initialised, and start to initialise others.
        5. Cut a batch.

        Raises:
            ConfigurationError: Kafka refuses what a setting or an ACL must allow; trying again is of no use.
        """
        self._polled_at = time.monotonic()
        try:
            if not await self._have_session():
                return Batch()
            membership = self._session
            if membership.polling or self._rebalancing or not self._backlog:
                records = await membership.poll(linger=self._linger, patience=_PATIENCE)
                if membership.polling or self._rebalancing:
                    return Batch()
                self._keep(records)
            self._advance_lanes(membership)
            await self._look(membership)
        except (KafkaError, OSError, TimeoutError, RuntimeError, AssertionError, ClaimwireError) as error:
            await self._lose_session(error)
            return Batch()
        batch = self._backlog.cut(most=min(most or self._max_articles, self._max_articles), max_bytes=self._max_bytes)
        if batch.parts:
            self._pick_up(len(batch.messages))
        return batch

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> int:
        """Commit `outputs[i]` as the outcome of `batch.messages[i]`, one transaction a lane, all lanes at once.

        A lane whose transaction fails is opened again at its committed offset, and its records are taken once more:
        that is not the caller's business. Returns how many records were committed.

        Raises:
            ConfigurationError: Kafka refuses what an ACL must allow.
        """
        messages = batch.messages
        if len(messages) != len(outputs):
            raise ValueError(f"{len(messages)} records, but {len(outputs)} outputs")
        try:
            left = iter(outputs)
            runs = [(lane, part, [next(left) for _ in part]) for lane, part in batch.parts]
            done = await asyncio.gather(*(self._commits.write(lane, part, outs) for lane, part, outs in runs))
        finally:
            await self._put_down()
        if self._commits.fatal is not None:
            raise self._commits.fatal
        return sum(done)

    async def abandon(self, batch: Batch) -> None:
        """Put a batch back: its records will be taken again, from the committed offset on."""
        for lane, _ in batch.parts:
            self._commits.break_(lane, at_once=True)
        await self._put_down()

    async def close(self) -> None:
        """Leave the group and let go of everything. What was not settled is somebody else's to do."""
        await self._put_down()
        await self._end_session()

    async def idle(self) -> None:
        """Stay in the group without taking anything."""
        self._polled_at = time.monotonic()
        try:
            if await self._have_session():
                await self._session.touch(patience=_PATIENCE)
        except (KafkaError, OSError, TimeoutError, RuntimeError, AssertionError) as error:
            await self._lose_session(error)

    # ------------------------------------------------------------------ session

    @property
    def _session(self) -> Membership:
        if self._membership is None:
            raise RuntimeError("there is no session")
        return self._membership

    async def _have_session(self) -> bool:
        if self._commits.fatal is not None:
            raise self._commits.fatal
        if self._membership is None:
            if (pause := self._rejoin_at - time.monotonic()) > 0:
                await asyncio.sleep(min(pause, _PATIENCE))
                return False
            self._rebalancing = False
            self._empty_since = None
            self._membership = Membership(
                self._settings,
                max_records=self._max_articles,
                on_assigned=self._on_assigned,
                on_revoked=self._on_revoked,
            )
            self._membership.join()
        if not self._joined:
            self._joined = await self._membership.joined(_PATIENCE)
            if self._joined:
                self._rejoin_pause = _FIRST_REJOIN
                self._problem = None
        return self._joined

    async def _lose_session(self, error: BaseException) -> None:
        """Throw the consumer and every producer away, and join anew after a pause.

        Raises:
            ConfigurationError: a new session would fare no better.
        """
        told = meaning(error, doing="reading the input topic")
        if isinstance(told, ConfigurationError):
            await self._end_session()
            raise told
        self._problem = str(told)
        _log.warning("stream.session_lost", error=str(told), code=told.code)
        await self._end_session()
        self._rejoin_at = time.monotonic() + self._rejoin_pause
        self._rejoin_pause = min(self._rejoin_pause * 2, _LONGEST_REJOIN)

    async def _end_session(self) -> None:
        membership, self._membership = self._membership, None
        self._joined = False
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
        if partitions and not self._idle.is_set():
            try:
                async with asyncio.timeout(min(_REVOKE_GRACE, self._settings.rebalance_timeout / 2)):
                    await self._idle.wait()
            except TimeoutError:
                _log.warning("stream.revoked_with_work_in_hand", partitions=sorted(partitions))
        self._close_lanes(partitions)

    def _close_lanes(self, partitions: frozenset[Partition]) -> None:
        for partition in partitions & self._lanes.keys():
            lane = self._lanes.pop(partition)
            self._backlog.drop(lane)
            self._commits.let_go(lane)
            for gauge in (self._metrics.lag, self._metrics.committed_offset):
                gauge.remove(str(partition))  # whoever owns it now tells; a figure of the past would raise an alert

    # ------------------------------------------------------------------ lanes

    def _advance_lanes(self, membership: Membership) -> None:
        now = time.monotonic()
        if self._lanes.keys() != membership.owned():
            raise RuntimeError("the lanes are not the partitions that the group gave us")
        for lane in self._lanes.values():
            if lane.state is LaneState.BROKEN and now >= lane.retry_at:
                lane.retry()
            if lane.state is LaneState.ASSIGNED and lane.opening is None:
                lane.opening = asyncio.create_task(
                    self._commits.guard(lane, membership), name=f"open-lane-{lane.partition}"
                )
            if lane.state is LaneState.GUARDED:
                membership.open(lane.partition, lane.position)
                lane.move(LaneState.OPEN)

    def _forget(self, lane: Lane) -> None:
        self._backlog.drop(lane)
        if self._membership is not None:
            self._membership.pause(lane.partition)

    async def _commit_plainly(self, lane: Lane, position: int) -> None:
        await self._session.commit(lane.partition, position)

    # ------------------------------------------------------------------ batches

    def _keep(self, records: Records) -> None:
        """Keep what came of open lanes. The rest came before its partition was paused, and is sought again."""
        if records:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = time.monotonic()
        for partition, messages in records.items():
            lane = self._lanes.get(partition)
            if lane is not None and lane.state is LaneState.OPEN:
                self._backlog.keep(lane, messages)

    def _pick_up(self, articles: int) -> None:
        self._taken_at = time.monotonic()
        self._idle.clear()
        self._metrics.in_hand.set(articles)
        self._toucher = asyncio.create_task(self._stay_in_group(), name="stay-in-group")

    async def _put_down(self) -> None:
        toucher, self._toucher = self._toucher, None
        if toucher is not None:
            toucher.cancel()
            await asyncio.wait({toucher})
        self._taken_at = None
        self._metrics.in_hand.set(0)
        self._idle.set()

    async def _stay_in_group(self) -> None:
        """Be seen to poll while a batch is in hand, however long it takes; `checks` tells when it takes too long."""
        pause = min(_TOUCH_EVERY, self._settings.max_poll_interval / _TOUCHES)
        while True:
            await asyncio.sleep(pause)
            try:
                if self._membership is not None:
                    await self._membership.touch(patience=pause)
            except (KafkaError, OSError, RuntimeError) as error:
                _log.warning("stream.poll_failed", error=repr(error))  # the next take meets the same, and acts on it
                return

    # ------------------------------------------------------------------ observation

    async def _look(self, membership: Membership) -> None:
        """Compare positions with log ends now and then.

        aiokafka's fetch task can die in silence, and an empty poll says nothing: when polls stay empty although a
        partition has records, the session is of no use. The client's position is compared, not the last record's, since
        the end of a transaction takes an offset too.

        Raises:
            RuntimeError: polls stayed empty for too long.
        """
        now = time.monotonic()
        if now - self._looked_at < _LAG_EVERY:
            return
        self._looked_at = now
        lanes = [lane for lane in self._lanes.values() if lane.state is LaneState.OPEN]
        async with asyncio.timeout(self._settings.commit_timeout):
            ends = await membership.ends(lane.partition for lane in lanes)
            positions = {lane.partition: await membership.position(lane.partition) for lane in lanes}
        silent = self._empty_since is not None and now - self._empty_since > _STALLED
        for lane in lanes:
            position = positions[lane.partition]
            end = ends.get(lane.partition, position)
            skipped = max(0, position - lane.fetched)
            self._metrics.lag.labels(str(lane.partition)).set(max(0, end - lane.position - skipped))
            if silent and end > position:
                raise RuntimeError(f"partition {lane.partition} has records up to {end}, none came since {position}")

    def checks(self) -> Sequence[Check]:
        """Tell whether polls go on, whether the group was joined, and how each partition stands."""
        now = time.monotonic()
        states = {str(partition): str(lane.state) for partition, lane in sorted(self._lanes.items())}
        in_hand = now - self._taken_at if self._taken_at is not None else 0.0
        silent = 0.0 if in_hand else now - self._polled_at
        stuck = max(in_hand, silent) > self._settings.max_poll_interval
        ready = self._joined and self._problem is None
        return (
            Check(
                name="poll",
                status=HealthStatus.FAIL if stuck else HealthStatus.PASS,
                fails=frozenset({Probe.LIVE, Probe.READY}) if stuck else frozenset(),
                detail="No poll, or one batch in hand, for longer than max_poll_interval." if stuck else None,
                observed={"seconds_since_poll": round(silent, 3), "seconds_in_hand": round(in_hand, 3)},
            ),
            Check(
                name="group",
                status=HealthStatus.PASS if ready else HealthStatus.FAIL,
                fails=frozenset() if ready else frozenset({Probe.READY}),
                detail=self._problem,
                observed={
                    "partitions": states,
                    "positions": {str(partition): lane.position for partition, lane in sorted(self._lanes.items())},
                },
            ),
        )
