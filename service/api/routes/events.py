"""GET /v1/events: the output topic as server-sent events (WHATWG HTML, section 9.2).

The id of an event is how far its stream has come in every partition, `9f2c41d0@0:41,1:17`, behind the first digits of
the topic's id, where brokers tell one. It names only places in the output topic, so any replica can go on from it:
from its own view, or from the topic where that does not reach.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from service.api.access.auth import Principal, Scope, require
from service.api.live_view import Entry, Filter, LiveView, Subscription
from service.api.ports import History
from service.api.problems import ProblemError, responses
from service.settings import Settings

MAX_RECENT: Final = 200
HEARTBEAT: Final = 15.0  # seconds; below the idle timeout of common proxies, 30 to 60
_MAX_ID: Final = 4_096  # characters: some hundreds of partitions
_GAP: Final = b"event: gap\ndata: %s\n\n"
_STREAM: Final = "text/event-stream"
_PAIR: Final = "[0-9]{1,10}:[0-9]{1,19}"
_DIGITS: Final = 8  # of the topic's id
_EVENT_ID: Final = f"([0-9a-f]{{{_DIGITS}}}@)?{_PAIR}(,{_PAIR})*"
_EVENT: Final = {
    "type": "object",
    "description": "One event of the stream: its fields, by the standard's names.",
    "properties": {
        "event": {"enum": ["ready", "enriched", "retracted", "skipped", "gap", "other"]},
        "id": {"type": "string", "pattern": f"^{_EVENT_ID}$"},
        "data": {"type": "string", "description": "A CloudEvent in its JSON format, on one line."},
        "retry": {"type": "integer"},
    },
}
_RESPONSE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A stream that does not end.", "content": {_STREAM: {"schema": _EVENT}}}
}


def router(*, settings: Settings, live: LiveView | None, history: History | None) -> APIRouter:
    """Return the route of GET /v1/events."""
    routes = APIRouter(tags=["events"])

    @routes.get(
        "/v1/events",
        operation_id="streamEvents",
        summary="Every event as it is committed",
        response_class=StreamingResponse,
        responses=_RESPONSE
        | responses(
            "unknown-parameter",
            "bad-parameter",
            "no-live-view",
            "overloaded",
            "unauthorized",
            "forbidden",
            "rate-limited",
        ),
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
            float | None, Query(ge=0, le=1, description="At least one claim of at least this check-worthiness.")
        ] = None,
        recent: Annotated[
            int, Query(ge=0, le=MAX_RECENT, description="Begin with that many of the last events, oldest first.")
        ] = 0,
        last_event_id: Annotated[
            str, Header(max_length=_MAX_ID, description="Resume after this event.", pattern=f"^({_EVENT_ID})?$")
        ] = "",
    ) -> StreamingResponse:
        if live is None:
            raise ProblemError("no-live-view")
        if live.subscribers >= settings.api.subscribers:
            raise ProblemError("overloaded", "Too many streams are open.")
        wanted = Filter(entity=entity, stance=stance, check_worthiness=check_worthiness)
        after = positions(last_event_id) if last_event_id else None
        lost = after is not None and is_of_another_topic(last_event_id, live)
        return StreamingResponse(
            aiter(EventStream(live, wanted=wanted, after=after, lost=lost, recent=recent, history=history)),
            media_type=_STREAM,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


def positions(event_id: str) -> dict[int, int]:
    """Read an event id.

    Raises:
        ProblemError: `bad-parameter`, when it is none of ours.

    """
    if not re.fullmatch(_EVENT_ID, event_id):
        raise ProblemError("bad-parameter", "The id is not of the form 0:41,1:17.", field="Last-Event-ID")
    pairs = (part.split(":") for part in event_id.rpartition("@")[2].split(","))
    return {int(partition): int(offset) for partition, offset in pairs}


def is_of_another_topic(event_id: str, live: LiveView) -> bool:
    """Return whether the id counts in a topic that was deleted since; its offsets mean nothing in the one of now."""
    topic = event_id.rpartition("@")[0]
    return bool(topic and live.topic) and topic != _short(live)


def _short(live: LiveView) -> str:
    return live.topic.rpartition("/")[2][:_DIGITS]


class EventStream:
    """One reader's stream, as bytes.

    Args:
        live: Where events come from.
        wanted: Which of them.
        after: Where the reader left off, by partition; None for one that begins anew.
        lost: The topic in which the reader stopped no longer exists: it gets a gap event, and then all there is.
        recent: How many past events a reader that begins anew is given.
        history: Where events come from that the view let go.
        heartbeat: Seconds of silence after which a comment is sent.
    """

    def __init__(
        self,
        live: LiveView,
        *,
        wanted: Filter,
        after: Mapping[int, int] | None = None,
        lost: bool = False,
        recent: int = 0,
        history: History | None = None,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._live = live
        self._wanted = wanted
        self._resumes = after is not None
        self._lost = lost
        self._reached = dict(live.positions if after is None else after)
        if lost:
            self._reached = dict.fromkeys(live.positions, -1)
        self._recent = recent
        self._history = history
        self._heartbeat = heartbeat

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the stream's bytes.

        1. Subscribe, so that nothing falls between what is past and what is new.
        2. Give what is past: what lies behind `after`, or else the `recent` last events.
        3. Go on with what comes, until the view closes or this reader is too slow.
        """
        subscription = self._live.subscribe()
        try:
            positions = {str(partition): offset for partition, offset in sorted(self._reached.items())}
            yield b"retry: 2000\n" + _frame("ready", self._id_line(), {"positions": positions})
            if self._lost:
                yield _GAP % orjson.dumps({"until": {}})
            if self._resumes:
                async for chunk in self._missed():
                    yield chunk
            for entry in self._live.recent(self._wanted, 0 if self._resumes else self._recent):
                yield _event(entry, self._id_line())
            async for chunk in self._coming(subscription):
                yield chunk
        finally:
            self._live.unsubscribe(subscription)

    async def _missed(self) -> AsyncIterator[bytes]:
        """Give what lies behind where the reader left off; a `gap` where nothing reaches that far back."""
        gap = self._live.gap(self._reached)
        if gap and self._history is not None:
            async for message in self._history.replay({number: self._reached[number] for number in gap}, gap):
                if entry := Entry.of(message):
                    for chunk in self._advance(entry):
                        yield chunk
        elif gap:
            until = {str(partition): offset for partition, offset in sorted(gap.items())}
            yield _GAP % orjson.dumps({"until": until})
        for entry in self._live.since(self._reached):
            for chunk in self._advance(entry):
                yield chunk

    async def _coming(self, subscription: Subscription) -> AsyncIterator[bytes]:
        """Give what comes.

        Where the view has not come to where the reader left off after `heartbeat` seconds, it never will: the log was
        cut, or is that of another topic. The reader is told, and given all there is.
        """
        clock = asyncio.get_running_loop().time
        began, ahead = clock(), self._ahead()
        while True:
            if ahead and self._live.caught_up and clock() - began >= self._heartbeat:
                lost, ahead = dict.fromkeys(ahead & self._ahead(), -1), frozenset()
                if lost:
                    self._reached |= lost
                    yield _GAP % orjson.dumps({"until": {}})
                    for held in self._live.since(self._reached):
                        for chunk in self._advance(held):
                            yield chunk
            try:
                async with asyncio.timeout(self._heartbeat):
                    entry = await subscription.queue.get()
            except TimeoutError:
                # An id without data moves the reader on, past events that its filter kept from it.
                yield b": waiting\n" + self._id_line() + b"\n"
                continue
            if entry is None:
                return
            for chunk in self._advance(entry):
                yield chunk

    def _ahead(self) -> frozenset[int]:
        """Return the partitions whose events the view has not read up to where the reader left off."""
        read = self._live.positions
        return frozenset(number for number, offset in self._reached.items() if offset > read.get(number, -1))

    def _advance(self, entry: Entry) -> Iterator[bytes]:
        """Move on to the event, and give it if it is wanted and was not given before."""
        if entry.offset > self._reached.get(entry.partition, -1):
            self._reached[entry.partition] = entry.offset
            if self._wanted.passes(entry):
                yield _event(entry, self._id_line())

    def _id_line(self) -> bytes:
        known = sorted((partition, offset) for partition, offset in self._reached.items() if offset >= 0)
        if not known:
            return b""
        topic = f"{_short(self._live)}@" if self._live.topic else ""
        return f"id: {topic}{','.join(f'{partition}:{offset}' for partition, offset in known)}\n".encode()


def _event(entry: Entry, id_line: bytes) -> bytes:
    """Return the event in the JSON format of CloudEvents, its data unparsed."""
    attributes = {
        name[3:]: value.decode(errors="replace")
        for name, value in entry.message.headers
        if name.startswith("ce_") and value is not None
    }
    attributes["datacontenttype"] = "application/json"
    if parent := entry.message.header("traceparent"):
        attributes["traceparent"] = parent.decode(errors="replace")
    members: dict[str, object] = {**attributes, "partition": entry.partition, "offset": entry.offset}
    return _frame(entry.kind, id_line, {**members, "data": orjson.Fragment(entry.message.value or b"null")})


def _frame(kind: str, id_line: bytes, data: object) -> bytes:
    return b"event: " + kind.encode() + b"\n" + id_line + b"data: " + orjson.dumps(data) + b"\n\n"
