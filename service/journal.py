"""What the log says of the work: one line a batch, and a request's id on every line that is written for it.

A line names records by partition and offset and events by their ids, never by what is in them.
"""

import re
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from service.core.article import Message
from service.streaming.batches import Batch
from service.telemetry import logger

REQUEST_ID: Final = "X-Request-Id"
_SOUND: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # of others' ids: nothing that could break or forge a log line

_log = logger(__name__)


class Stream(Protocol):
    """Where records come from and their outcomes go; see `service.worker`."""

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Return the next records."""
        ...

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> int:
        """Commit one output for each record."""
        ...

    async def abandon(self, batch: Batch) -> None:
        """Put the batch back."""
        ...

    async def idle(self) -> None:
        """Stay in the group."""
        ...


class JournaledStream:
    """Wraps a stream: a line for each batch that is committed, and the ids of its events at level DEBUG."""

    def __init__(self, inner: Stream) -> None:
        self._inner = inner

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Take; a batch is told of when it is settled."""
        return await self._inner.take(most=most, size=size)

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> int:
        """Settle, and tell what became of the batch."""
        committed = await self._inner.settle(batch, outputs)
        say = _log.info if committed == len(outputs) else _log.warning  # its partitions have told why
        say(
            "batch.committed" if committed == len(outputs) else "batch.committed_in_part",
            articles=len(outputs),
            committed=committed,
            offsets={run.lane.partition: [run.messages[0].offset, run.messages[-1].offset] for run in batch.runs},
            topics=dict(Counter(output.topic for output in outputs)),
            seconds=round(time.monotonic() - batch.taken_at, 3),
        )
        _log.debug("batch.events", events=[_id(output) for output in outputs])
        return committed

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


class RequestIds:
    """Middleware: every answer and every log line of a request has its id: the caller's, where it sent a sound one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with the id at hand."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = next((value for name, value in scope["headers"] if name == REQUEST_ID.lower().encode()), b"")
        request_id = own.decode("ascii") if _SOUND.fullmatch(own) else uuid.uuid4().hex

        async def with_id(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, with_id)
