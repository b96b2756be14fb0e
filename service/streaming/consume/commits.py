"""Lanes are opened and written here: the two moments on which exactly-once delivery depends."""

import asyncio
import time
from collections.abc import Callable, Sequence

from aiokafka.errors import KafkaError

from service.core.article import Rejected
from service.core.errors import ClaimwireError, ConfigurationError, InfrastructureError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import meaning
from service.streaming.consume.batch import Run, Settled
from service.streaming.consume.group_member import Membership
from service.streaming.consume.partition import Lane, LaneState, Partition
from service.streaming.consume.sink import Sink, TooLargeError
from service.telemetry.logs import logger
from service.telemetry.stream_metrics import StreamMetrics
from service.wire import dead_letter

_log = logger(__name__)


class Commits:
    """Makes lanes ours at the broker, and commits what was made of their records.

    Args:
        settings: The cluster.
        sink: What writes.
        metrics: Where transactions are counted.
        on_broken: Told of each lane that broke: what it took since its last commit must be forgotten.

    `fatal` is set when Kafka refuses what an ACL or a setting must allow.
    """

    def __init__(
        self, *, settings: KafkaSettings, sink: Sink, metrics: StreamMetrics, on_broken: Callable[[Lane], None]
    ) -> None:
        self.fatal: ConfigurationError | None = None
        self._settings = settings
        self._sink = sink
        self._metrics = metrics
        self._on_broken = on_broken
        self._reached: dict[tuple[Partition, str], int] = {}  # what this process committed, over all sessions
        self._letting_go: set[asyncio.Task[None]] = set()

    def advance(self, lane: Lane, membership: Membership) -> None:
        """Take the lane a step further toward being open. Only while no poll is under way: this may seek."""
        if lane.state is LaneState.BROKEN and time.monotonic() >= lane.retry_at:
            lane.retry()
        if lane.state is LaneState.ASSIGNED and lane.opening is None:
            lane.opening = asyncio.create_task(self.guard(lane, membership), name=f"open-lane-{lane.partition}")
        if lane.state is LaneState.GUARDED:
            membership.open(lane.partition, lane.position)
            lane.move(LaneState.OPEN)

    async def guard(self, lane: Lane, membership: Membership) -> None:
        """Make the partition ours at the broker too.

        1. Have the sink fence the former owner off, and only then ask for the committed offset: nobody but us can
           change it from here on.
        2. Hold it against what this worker knows, and against the log.

        The seek follows in `Stream.take`, when no poll is under way.
        """
        try:
            committed = await self._sink.open(lane)
            if not self._sink.decides:
                self._hold_against_memory(lane, committed)
            async with asyncio.timeout(self._settings.commit_timeout):
                oldest, end = await membership.bounds(lane.partition)
            start = _start(lane, committed, oldest, end)
            if lane.state is LaneState.ASSIGNED:
                lane.guard(start)
                if start >= end:
                    lane.sound()
        except (KafkaError, OSError, TimeoutError, RuntimeError, AssertionError, ClaimwireError) as error:
            self._fail(lane, error, doing=f"taking {lane.topic}-{lane.partition} over")
        finally:
            lane.opening = None

    async def write(self, run: Run, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Commit one lane's run, all of it or nothing; return what became of each record.

        Nothing is written of a run that does not begin where the lane's last transaction ended. The lane broke while
        the run was in hand, so its records come again.
        """
        lane, inputs = run.lane, run.messages
        if lane.state is not LaneState.OPEN or lane.position != run.begins:
            return [Settled.PUT_BACK] * len(inputs)
        position = (inputs[-1].offset or 0) + 1
        lane.move(LaneState.WRITING)
        try:
            chosen = [
                self._cut(record, output, lane.refused[record.offset]) if record.offset in lane.refused else output
                for record, output in zip(inputs, outputs, strict=True)
            ]
            await self._sink.write(lane, chosen, position)
        except TooLargeError as error:
            if error.index is None:
                lane.one_by_one = True
            else:
                offset = inputs[error.index].offset or 0
                lane.refused[offset] = lane.refused.get(offset, 0) + 1
                _log.warning("stream.too_large", partition=lane.partition, offset=offset, times=lane.refused[offset])
            self.break_(lane, at_once=True)
        except (KafkaError, OSError, TimeoutError, ClaimwireError, AssertionError) as error:
            self._fail(lane, error, doing=f"writing for {lane.topic}-{lane.partition}")
        except BaseException:
            self.break_(lane)
            raise
        else:
            lane.committed(position)
            self._reached[lane.partition, lane.topic_identity] = max(position, self._reached_in(lane))
            self._metrics.transactions.labels("committed").inc()
            self._metrics.committed_offset.labels(str(lane.partition)).set(position)
            return [
                Settled.TOO_LARGE if taken.topic != output.topic else Settled.WRITTEN
                for taken, output in zip(chosen, outputs, strict=True)
            ]
        return [Settled.PUT_BACK] * len(inputs)

    def break_(self, lane: Lane, *, at_once: bool = False) -> None:
        """Forget what the lane took since its last known commit. Its producer goes when the lane is opened again."""
        if lane.state not in {LaneState.BROKEN, LaneState.CLOSED}:
            lane.fail(time.monotonic(), at_once=at_once)
            self._on_broken(lane)

    def let_go(self, lane: Lane) -> None:
        """Close the lane now, and its producer in the background."""
        opening = lane.opening
        lane.close()
        task = asyncio.create_task(self._close(lane, opening), name=f"close-lane-{lane.partition}")
        self._letting_go.add(task)
        task.add_done_callback(self._letting_go.discard)

    async def _close(self, lane: Lane, opening: asyncio.Task[None] | None) -> None:
        """Wait for a cancelled opening to clean up: cancelled once more, it would leave its producer unclosed."""
        if opening is not None:
            await asyncio.wait({opening})
        await self._sink.close(lane)

    async def settled(self) -> None:
        """Wait until every lane that was let go of is closed."""
        if self._letting_go:
            await asyncio.wait(self._letting_go)

    def _hold_against_memory(self, lane: Lane, committed: int | None) -> None:
        """Refuse an offset below one that this worker saw committed.

        Raises:
            InfrastructureError: a broker forgot, or somebody set the group back under a running worker.
        """
        reached = self._reached_in(lane)
        if (committed or 0) < reached:
            raise InfrastructureError(
                f"The group's offset of {lane.topic}-{lane.partition} is {committed}, but this worker committed "
                f"{reached}: a broker answered with an old state. If the group's offsets were reset by hand, "
                "restart the worker."
            )

    def _reached_in(self, lane: Lane) -> int:
        return self._reached.get((lane.partition, lane.topic_identity), 0)

    def _fail(self, lane: Lane, error: BaseException, *, doing: str) -> None:
        told = meaning(error, doing=doing)
        self._metrics.transactions.labels(told.code).inc()
        if isinstance(told, ConfigurationError):
            self.fatal = told
        if lane.state is not LaneState.CLOSED:
            lane.problem = str(told)
            lane.failing_since = lane.failing_since or time.monotonic()
            _log.warning("stream.lane_broken", partition=lane.partition, code=told.code, error=str(told))
        self.break_(lane)

    def _cut(self, record: Message, output: Message, times: int) -> Message:
        """Return what to write in place of an output that its topic has refused as too large so often.

        An event becomes a dead letter; a dead letter goes without its value, and then without the record's key and
        headers too, so that the partition goes on and a person finds the record where it lies.

        Raises:
            ConfigurationError: the dead-letter topic refuses even that. It would refuse every letter for ever.
        """
        topics = self._settings.topics
        letter = output
        if output.topic != topics.dead_letter:
            rejected = Rejected(code=TooLargeError.code, message="The event is over the size limit of its topic.")
            letter = dead_letter.bury(record, rejected, topic=topics.dead_letter, group=self._settings.group)
        stripped = dead_letter.strip(letter)
        forms = [output, letter, stripped, dead_letter.reduce(stripped)][letter is output :]
        if times >= len(forms):
            raise ConfigurationError(
                f"The topic {topics.dead_letter} takes no dead letter, not even one without the record: raise its "
                "max.message.bytes, or run `claimwire topics ensure`."
            )
        return forms[times]


def _start(lane: Lane, committed: int | None, oldest: int, end: int) -> int:
    """Return where to begin: at the committed offset, or at the oldest record where that one is gone.

    Raises:
        InfrastructureError: the committed offset lies beyond the end. Beginning anywhere else could process
            a whole partition twice, so an operator must confirm by resetting the group's offsets.
    """
    if committed is None:
        return oldest
    if committed > end:
        raise InfrastructureError(
            f"The group's offset {committed} of {lane.topic}-{lane.partition} is beyond the log's end {end}: the log "
            "was truncated, or the topic was created again before offsets recorded its id. Reset the group's offsets."
        )
    if committed < oldest:
        _log.error("stream.records_expired", partition=lane.partition, missed=oldest - committed)
    return max(committed, oldest)
