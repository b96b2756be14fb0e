"""Middleware around the application: ids, times and spans of requests, and HEAD wherever there is GET."""

import asyncio
import re
import time
import uuid
from typing import Final

import structlog
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.telemetry.metrics import Metrics

REQUEST_ID: Final = "X-Request-Id"
_SOUND: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")  # of others' ids: nothing that could break or forge a log line
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CARRIER: Final = TraceContextTextMapPropagator()


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

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, with_id)


class HeadRequests:
    """Middleware: HEAD is answered as GET is, without the body (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application as for GET, until its answer begins: that of an event stream would never end."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        begun = asyncio.Event()

        async def head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                begun.set()

        answering = asyncio.ensure_future(self._app(dict(scope, method="GET"), receive, head))
        watching = asyncio.ensure_future(begun.wait())
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, watching):
                task.cancel()
            await asyncio.wait({answering, watching})
        if not answering.cancelled() and (error := answering.exception()) is not None:
            raise error


class TimedRequests:
    """Middleware: how many requests each route had, with which status, and how long until the answer began."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # By the route's pattern, never by the path: anybody can ask for a million paths.
                labels = (_method(scope), getattr(scope.get("route"), "path", "other"), str(message["status"]))
                self._metrics.http_requests.labels(*labels).inc()
                self._metrics.http_seconds.labels(*labels[:2]).observe(time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, counted)


def _method(scope: Scope) -> str:
    return str(scope["method"]) if scope["method"] in _METHODS else "other"


class TracedRequests:
    """Middleware: a server span for each POST. Other requests have none: an event stream's would never end."""

    def __init__(self, app: ASGIApp, *, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application within a span that continues the caller's trace."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        caller = _CARRIER.extract({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})
        attributes: dict[str, str | int] = {"http.request.method": "POST", "url.scheme": scope["scheme"]}
        with self._tracer.start_as_current_span("POST", caller, SpanKind.SERVER, attributes) as span:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _end_request(span, scope, message["status"])
                await send(message)

            await self._app(scope, receive, watched)


def _end_request(span: Span, scope: Scope, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if (route := getattr(scope.get("route"), "path", None)) is not None:
        span.update_name(f"POST {route}")
        span.set_attribute("http.route", route)
    if status >= 500:  # noqa: PLR2004  # a client's error is none of ours
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)
