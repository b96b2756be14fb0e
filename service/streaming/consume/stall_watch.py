"""Whether records come: what waits in each partition, and whether the client has died in silence."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final

from service.streaming.consume.group_member import Membership
from service.streaming.consume.partition import Lane, LaneState, Partition
from service.streaming.topic_identity import recreated
from service.telemetry.stream_metrics import StreamMetrics

_LAG_EVERY: Final = 10.0  # seconds between two looks at the log ends
_STALLED: Final = 60.0  # seconds of empty polls while a partition has records, after which the session is replaced


class Watch:
    """Compares positions with log ends now and then, over one session.

    Args:
        metrics: Where the lag is reported.
        deadline: Seconds that the brokers have to answer.
    """

    def __init__(self, metrics: StreamMetrics, *, deadline: float) -> None:
        self._metrics = metrics
        self._deadline = deadline
        self._looked_at = 0.0
        self._empty_since: float | None = None
        self._held_up: frozenset[Partition] = frozenset()

    def polled(self, *, empty: bool) -> None:
        """A poll came to its end."""
        if not empty:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = time.monotonic()

    def held_up(self) -> str | None:
        """Say which partitions wait for the end of a transaction in the input; None where none does."""
        if not self._held_up:
            return None
        return (
            f"Records of partitions {', '.join(map(str, sorted(self._held_up)))} wait for an unfinished transaction of "
            "whoever wrote them; the broker aborts it after that writer's transaction timeout."
        )

    def idle(self) -> None:
        """Nobody polls for records: that none come says nothing."""
        self._empty_since = None

    async def look(self, membership: Membership, lanes: Iterable[Lane]) -> None:
        """Look, unless the last look was a short time ago.

        aiokafka's fetch task can die in silence, and an empty poll says nothing: when polls stay empty although a
        partition has records, the session is broken. The client's position is compared, not the last record's, since
        the end of a transaction takes an offset too.

        The lag reaches to the high watermark: records of a transaction that is still open, and those behind it, cannot
        be read yet, and wait all the same.

        A topic that was deleted and created anew has another log, of which the client may have missed the beginning.

        A partition that the group gives to nobody has no lane, and is looked for first.

        Raises:
            RuntimeError: polls stayed empty for too long, or the topic is another one than its lanes were opened for.
        """
        now = time.monotonic()
        if now - self._looked_at < _LAG_EVERY:
            return
        self._looked_at = now
        await membership.look_for_partitions()
        opened = [lane for lane in lanes if lane.flows]
        async with asyncio.timeout(self._deadline):
            ends = await membership.ends(lane.partition for lane in opened)
            identity = await membership.topic_identity()
            positions = {lane.partition: await membership.position(lane.partition) for lane in opened}
        waiting: set[Partition] = set()
        silent = self._empty_since is not None and now - self._empty_since > _STALLED
        if any(recreated(lane.topic_identity, identity) for lane in opened):
            raise RuntimeError("the input topic was deleted and created anew")
        for lane in opened:
            position = positions[lane.partition]
            end = ends.get(lane.partition, position)
            skipped = max(0, position - lane.fetched)
            last = max(end, membership.high_watermark(lane.partition))
            if lane.state is not LaneState.CLOSED:  # revoked meanwhile: its new owner reports it
                self._metrics.lag.labels(str(lane.partition)).set(max(0, last - lane.position - skipped))
                if last > end <= position:
                    waiting.add(lane.partition)
            if silent and end > position:
                raise RuntimeError(f"partition {lane.partition} has records up to {end}, none came since {position}")
        self._held_up = frozenset(waiting)
