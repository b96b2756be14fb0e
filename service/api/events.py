"""GET /v1/events: the output topic as server-sent events (WHATWG HTML, section 9.2).

The id of an event is how far its stream has come in every partition, `0:41,1:17`. It names only offsets of the output
topic, so any replica can go on from it: from its own view, or from the topic where that does not reach.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from service.api.auth import Principal, Scope, require
from service.api.live import Entry, Filter, LiveView
from service.api.ports import History
from service.api.problems import ProblemError, responses
from service.settings import Settings

HEARTBEAT: Final = 15.0  # seconds; below the idle timeout of common proxies, 30 to 60
_MAX_ID: Final = 4_096  # characters: some hundreds of partitions
_MAX_OFFSET_DIGITS: Final = 19
_MAX_PARTITION_DIGITS: Final = 10
_STREAM: Final = "text/event-stream"
_RESPONSE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A stream that does not end.", "content": {_STREAM: {"schema": {"type": "string"}}}}
}


def router(*, settings: Settings, live: LiveView | None, history: History | None) -> APIRouter:
    """Return the route of GET /v1/events."""
    routes = APIRouter(tags=["events"])

    @routes.get(
        "/v1/events",
        summary="Every event as it is committed",
        response_class=StreamingResponse,
        responses=_RESPONSE
        | responses("bad-parameter", "no-live-view", "overloaded", "unauthorized", "forbidden", "rate-limited"),
    )
    async def events(
        _key: Annotated[Principal, Depends(require(Scope.READ))],
        entity: Annotated[
            str | None, Query(min_length=1, max_length=300, description="Words of an entity's name.")
        ] = None,
        stance: Annotated[
            str | None, Query(pattern="^(favor|against|neutral)$", description="Toward `entity`, or toward any.")
        ] = None,
        check_worthiness: Annotated[
            float | None, Query(ge=0, le=1, description="At least one claim that is so much worth checking.")
        ] = None,
        last_event_id: Annotated[
            str | None, Header(max_length=_MAX_ID, description="Go on behind this event.", pattern=r"^[0-9:,]*$")
        ] = None,
    ) -> StreamingResponse:
        if live is None:
            raise ProblemError("no-live-view")
        if live.subscribers >= settings.api.subscribers:
            raise ProblemError("overloaded", "Too many streams are open.")
        wanted = Filter(entity=entity, stance=stance, check_worthiness=check_worthiness)
        after = positions(last_event_id) if last_event_id else None
        return StreamingResponse(
            stream(live, wanted=wanted, after=after, history=history),
            media_type=_STREAM,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


def positions(event_id: str) -> dict[int, int]:
    """Read an event id.

    Raises:
        ProblemError: `bad-parameter`, when it is none of ours.

    """
    found: dict[int, int] = {}
    for part in event_id.split(","):
        partition, colon, offset = part.partition(":")
        if not (
            colon
            and partition.isdigit()
            and offset.isdigit()
            and len(partition) <= _MAX_PARTITION_DIGITS
            and len(offset) <= _MAX_OFFSET_DIGITS
        ):
            raise ProblemError("bad-parameter", "The id is not of the form 0:41,1:17.", field="Last-Event-ID")
        found[int(partition)] = int(offset)
    return found


async def stream(
    live: LiveView,
    *,
    wanted: Filter,
    after: Mapping[int, int] | None,
    history: History | None,
    heartbeat: float = HEARTBEAT,
) -> AsyncIterator[bytes]:
    """Give the stream's bytes.

    1. Subscribe, so that nothing falls between what is replayed and what is new.
    2. Replay what lies behind `after`: from the topic where the view let it go, then from the view.
    3. Go on with what comes, a comment in every silence.
    """
    subscription = live.subscribe()
    try:
        reached = dict(live.positions if after is None else after)
        yield b"retry: 2000\n" + _frame(
            "ready", reached, {"positions": {str(p): o for p, o in sorted(reached.items())}}
        )
        if after is not None:
            async for entry in _replay(live, reached, history):
                if isinstance(entry, Entry):
                    reached[entry.partition] = max(entry.offset, reached.get(entry.partition, -1))
                    if wanted.passes(entry):
                        yield _event(entry, reached)
                else:
                    yield entry
        while True:
            try:
                async with asyncio.timeout(heartbeat):
                    entry_or_end = await subscription.queue.get()
            except TimeoutError:
                # An id without data moves the client's position on, past events that its filter kept from it.
                yield b": waiting\n" + _id_line(reached) + b"\n"
                continue
            if entry_or_end is None:
                return
            if entry_or_end.offset <= reached.get(entry_or_end.partition, -1):
                continue
            reached[entry_or_end.partition] = entry_or_end.offset
            if wanted.passes(entry_or_end):
                yield _event(entry_or_end, reached)
    finally:
        live.unsubscribe(subscription)


async def _replay(live: LiveView, after: Mapping[int, int], history: History | None) -> AsyncIterator[Entry | bytes]:
    """Give what lies behind `after`; a `gap` where nothing reaches that far back."""
    gap = live.gap(after)
    if gap and history is not None:
        async for message in history.replay({partition: after[partition] for partition in gap}, gap):
            entry = Entry.of(message)
            if entry is not None:
                yield entry
    elif gap:
        yield b"event: gap\ndata: " + orjson.dumps({"until": {str(p): o for p, o in sorted(gap.items())}}) + b"\n\n"
    for entry in live.since(after):
        yield entry


def _event(entry: Entry, reached: Mapping[int, int]) -> bytes:
    """Return the event in the JSON format of CloudEvents, its data unparsed."""
    attributes = {
        name[3:]: value.decode(errors="replace") for name, value in entry.message.headers if name.startswith("ce_")
    }
    attributes["datacontenttype"] = "application/json"
    if parent := entry.message.header("traceparent"):
        attributes["traceparent"] = parent.decode(errors="replace")
    members: dict[str, object] = {**attributes, "partition": entry.partition, "offset": entry.offset}
    return _frame(entry.kind, reached, {**members, "data": orjson.Fragment(entry.message.value or b"null")})


def _frame(kind: str, reached: Mapping[int, int], data: object) -> bytes:
    return b"event: " + kind.encode() + b"\n" + _id_line(reached) + b"data: " + orjson.dumps(data) + b"\n\n"


def _id_line(reached: Mapping[int, int]) -> bytes:
    known = sorted((partition, offset) for partition, offset in reached.items() if offset >= 0)
    return b"id: " + ",".join(f"{partition}:{offset}" for partition, offset in known).encode() + b"\n" if known else b""
