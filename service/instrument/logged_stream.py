"""One log line for each batch that is committed or put back.

A line names records by partition and offset and events by their ids, never by what is in them.
"""

import time
from collections import Counter
from collections.abc import Sequence

from service.core.message import Message
from service.streaming.consume.batch import Batch, Settled
from service.telemetry.logs import logger
from service.worker.ports import Stream

_log = logger(__name__)


class LoggedStream:
    """Wraps a stream: a line for each batch that is committed, and the ids of its events at level DEBUG."""

    def __init__(self, inner: Stream) -> None:
        self._inner = inner

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Take; a batch is logged when it is settled."""
        return await self._inner.take(most=most, size=size)

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Settle, and log what became of the batch."""
        settled = await self._inner.settle(batch, outputs)
        committed = len(outputs) - settled.count(Settled.PUT_BACK)
        say = _log.info if committed == len(outputs) else _log.warning  # its partitions have logged the reason
        say(
            "batch.committed" if committed == len(outputs) else "batch.committed_in_part",
            articles=len(outputs),
            committed=committed,
            too_large=settled.count(Settled.TOO_LARGE),
            offsets={run.lane.partition: [run.messages[0].offset, run.messages[-1].offset] for run in batch.runs},
            topics=dict(Counter(output.topic for output in outputs)),
            seconds=round(time.monotonic() - batch.taken_at, 3),
        )
        _log.debug("batch.events", events=[_id(output) for output in outputs])
        return settled

    async def abandon(self, batch: Batch) -> None:
        """Put the batch back, and say so."""
        _log.warning("batch.put_back", articles=len(batch.messages))
        await self._inner.abandon(batch)

    async def idle(self) -> None:
        """Stay in the group."""
        await self._inner.idle()


def _id(output: Message) -> str | None:
    found = output.header("ce_id")
    return None if found is None else found.decode("ascii", errors="replace")
