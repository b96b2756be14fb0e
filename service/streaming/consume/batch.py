"""Records that were taken from the client and not handed out yet, and the batches that are cut from them."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from service.core.errors import InfrastructureError
from service.core.message import Message
from service.streaming.consume.partition import Lane


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Records of one lane, in order. `begins` is the offset behind the last one that was handed out before them.

    A transaction must begin where the lane's last one ended: a run that was handed out before its lane broke, and is
    settled after it was opened again, would leave out what has to be done once more in between.
    """

    lane: Lane
    begins: int
    messages: tuple[Message, ...]


class Settled(StrEnum):
    """What became of one record of a batch, and of the output that was made of it."""

    WRITTEN = "written"  # both are committed
    TOO_LARGE = "event-too-large"  # the record is committed; its topic took no output that large, so it was buried
    PUT_BACK = "put-back"  # nothing is committed: the record comes again


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Records taken and not settled yet, by lane, each lane's in order. `taken_at` is of the monotonic clock."""

    runs: tuple[Run, ...] = ()
    taken_at: float = field(default_factory=time.monotonic)

    @property
    def messages(self) -> tuple[Message, ...]:
        """All of them; outputs are handed back in this order."""
        return tuple(message for run in self.runs for message in run.messages)


class Backlog:
    """What one poll brought and no batch has taken yet: never more than one poll's worth."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[Message]] = {}

    def __bool__(self) -> bool:
        """Return whether anything waits."""
        return bool(self._waiting)

    def keep(self, lane: Lane, messages: Sequence[Message]) -> None:
        """Add a lane's next records.

        Raises:
            InfrastructureError: a record came that had come before; the client can no longer be trusted.
        """
        for message in messages:
            if message.offset is None or message.offset < lane.fetched:
                raise InfrastructureError(f"Offset {message.offset} of {lane.topic}-{lane.partition} came twice.")
            lane.fetched = message.offset + 1
        self._waiting.setdefault(lane, deque()).extend(messages)

    def drop(self, lane: Lane) -> None:
        """Forget a lane's records: they will be fetched again, by whoever has the partition then."""
        self._waiting.pop(lane, None)

    def cut(self, *, most: int, max_bytes: int) -> Batch:
        """Take records off, lane by lane: at most `most`, and at most `max_bytes` unless a single one is larger."""
        runs: list[Run] = []
        taken = size = 0
        full = False
        for lane in list(self._waiting):
            queue = self._waiting[lane]
            messages: list[Message] = []
            while queue and not full:
                next_size = len(queue[0].value or b"")
                if taken == most or (taken and size + next_size > max_bytes):
                    full = True
                    break
                messages.append(queue.popleft())
                taken += 1
                size += next_size
            if messages:
                runs.append(Run(lane, lane.handed, tuple(messages)))
                lane.handed = (messages[-1].offset or 0) + 1
            if not queue:
                del self._waiting[lane]
            if full:
                break
        return Batch(tuple(runs))
