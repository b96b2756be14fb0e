"""From an HTTP request to the record it stands for, within limits that hold before anything is parsed.

CloudEvents' HTTP binding puts attributes into `ce-…` headers, percent-encoded (section 3.1.3); on Kafka they are
`ce_…`, as they are. Everything behind this module sees the Kafka form.
"""

import asyncio
import time
from typing import Final
from urllib.parse import unquote

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Received

from service.api.problems import ProblemError
from service.core.article import Article, Rejected
from service.core.message import Message
from service.wire.cloudevents import media_type
from service.wire.codec import decode

_CARRIED: Final = ("content-type", "traceparent", "tracestate")
_MAX_LENGTH_DIGITS: Final = 18


class HeaderLimits:
    """Refuses requests with too many or too long header fields, with two lengths, and with compressed bodies.

    The server's parser bounds a head only while it is incomplete: one that comes at once is measured here.
    """

    def __init__(self, app: ASGIApp, *, max_headers: int, max_bytes: int) -> None:
        self._app = app
        self._max_headers = max_headers
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then run the application."""
        if scope["type"] == "http":
            headers = scope["headers"]
            encoding = next((value for name, value in headers if name == b"content-encoding"), b"identity")
            size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(n) + len(v) + 4 for n, v in headers)
            if len(headers) > self._max_headers or size > self._max_bytes:
                await ProblemError("too-many-headers").response()(scope, receive, send)
                return
            if {b"content-length", b"transfer-encoding"} <= {name for name, _ in headers}:
                await ProblemError("conflicting-length", headers={"Connection": "close"}).response()(
                    scope, receive, send
                )
                return
            if encoding.strip().lower() not in (b"identity", b""):
                refusal = ProblemError("content-encoding", headers={"Accept-Encoding": "identity"})
                await refusal.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


class BodyBudget:
    """Bounds the bytes of all bodies in hand together: each counts until its request is answered."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and count what it receives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = 0

        async def counted() -> Received:
            nonlocal own
            message = await receive()
            size = len(message.get("body", b""))
            if self._held + size > self._limit:
                raise ProblemError(
                    "overloaded", "The memory for request bodies is full.", headers={"Connection": "close"}
                )
            own += size
            self._held += size
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held -= own


async def read_body(request: Request, *, limit: int, patience: float) -> bytes:
    """Return the whole body.

    Args:
        request: Whose body.
        limit: The most bytes that are held.
        patience: Seconds from now until the last byte.

    Raises:
        ProblemError: `too-large`, by Content-Length or by counting, or `body-timeout`.

    """
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and (len(length) > _MAX_LENGTH_DIGITS or int(length) > limit):
        raise ProblemError("too-large", f"The limit is {limit} bytes.", headers={"Connection": "close"})
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise ProblemError("too-large", f"The limit is {limit} bytes.", headers={"Connection": "close"})
                chunks.append(chunk)
    except TimeoutError as error:
        raise ProblemError("body-timeout", headers={"Connection": "close"}) from error
    except ClientDisconnect as error:
        raise ProblemError("body-timeout", "The client disconnected.") from error
    return b"".join(chunks)


def to_message(request: Request, body: bytes, *, topic: str) -> Message:
    """Return the request as the Kafka record that it stands for, stamped with the time of now."""
    headers: list[tuple[str, bytes]] = []
    for name, value in request.headers.items():
        if name in _CARRIED:
            headers.append((name, value.encode("latin-1")))
        elif name.startswith("ce-"):
            headers.append((f"ce_{name[3:]}", unquote(value, errors="replace").encode(errors="replace")))
    return Message(topic=topic, key=None, value=body, headers=tuple(headers), timestamp=int(time.time() * 1_000))


def article_in(message: Message, *, limit: int) -> Article:
    """Return the article in the message.

    Raises:
        ProblemError: there is none, and why.

    """
    if not media_type(_header(message, "content-type")):
        # Without a content type a browser would send the request from any site, unasked (a "simple request").
        raise ProblemError("unsupported-content-type", "The request names no content type.")
    found = decode(message, max_bytes=limit)
    if isinstance(found, Rejected):
        raise ProblemError.of(found)
    return found


def _header(message: Message, name: str) -> str | None:
    value = message.header(name)
    return None if value is None else value.decode("latin-1")
