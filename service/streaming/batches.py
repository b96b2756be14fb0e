"""Records that were taken from the client and not handed out yet, and the batches that are cut from them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.article import Message
from service.core.errors import InfrastructureError
from service.streaming.lanes import Lane


@dataclass(frozen=True, slots=True)
class Batch:
    """Records taken and not settled yet, by lane, each lane's in order."""

    parts: tuple[tuple[Lane, tuple[Message, ...]], ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """All of them; outputs are handed back in this order."""
        return tuple(message for _, messages in self.parts for message in messages)


class Backlog:
    """What one poll brought and no batch has taken yet: never more than one poll's worth."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[Message]] = {}

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self._waiting)

    def keep(self, lane: Lane, messages: Sequence[Message]) -> None:
        """Add a lane's next records.

        Raises:
            InfrastructureError: a record came that had come before; the client is not to be trusted any more.
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
        parts: list[tuple[Lane, tuple[Message, ...]]] = []
        taken = size = 0
        full = False
        for lane in list(self._waiting):
            queue = self._waiting[lane]
            run: list[Message] = []
            while queue and not full:
                next_size = len(queue[0].value or b"")
                if taken == most or (taken and size + next_size > max_bytes):
                    full = True
                    break
                run.append(queue.popleft())
                taken += 1
                size += next_size
            if run:
                parts.append((lane, tuple(run)))
            if not queue:
                del self._waiting[lane]
            if full:
                break
        return Batch(tuple(parts))
