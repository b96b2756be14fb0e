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

from service.api.problems import ProblemError
from service.core.article import Article, Rejected
from service.core.message import Message
from service.wire.cloudevents import media_type
from service.wire.codec import decode

_CARRIED: Final = ("content-type", "traceparent", "tracestate")
_MAX_LENGTH_DIGITS: Final = 18


class HeaderLimits:
    """Refuses requests with too many header fields, and bodies that say that they are compressed.

    Their sizes are limited before, by the server's own parser (`server.uvicorn_options`).
    """

    def __init__(self, app: ASGIApp, *, max_headers: int) -> None:
        self._app = app
        self._max_headers = max_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then run the application."""
        if scope["type"] == "http":
            headers = scope["headers"]
            encoding = next((value for name, value in headers if name == b"content-encoding"), b"identity")
            if len(headers) > self._max_headers:
                await ProblemError("too-many-headers").response()(scope, receive, send)
                return
            if encoding.strip().lower() not in (b"identity", b""):
                refusal = ProblemError("content-encoding", headers={"Accept-Encoding": "identity"})
                await refusal.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


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
        raise ProblemError("body-timeout", "The client left.") from error
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
