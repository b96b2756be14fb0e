"""POST /v1/analyze: the event itself, at once. A bounded number of requests waits; the rest get 503."""

import asyncio
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from service.api.access.auth import Scope, require
from service.api.docs.openapi import ARTICLE_BODY, EVENT_RESPONSE
from service.api.intake import article_in, read_body, to_message
from service.api.ports import LoadedModels, Process
from service.api.problems import ProblemError, responses
from service.core.article import Article, Outcome, Rejected
from service.core.errors import TooSlowError
from service.core.message import Message
from service.settings import Settings
from service.telemetry.metrics import Metrics
from service.wire import codec

# What the CloudEvents HTTP binding leaves as it is in a header (section 3.1.3.2): printable ASCII without `"` and `%`.
_PLAIN: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class Analyzer:
    """Runs articles through the model one by one, for callers that wait.

    At most `concurrency` are handed to the model and `waiting` more wait for that. A caller that gives up frees its
    place at once while it waits, but not while the model reads: that cannot be stopped, so the place stays taken.
    """

    def __init__(self, process: Process, *, concurrency: int, waiting: int, timeout: float, metrics: Metrics) -> None:
        self._process = process
        self._slots = asyncio.Semaphore(concurrency)
        self._places = concurrency + waiting
        self._inside = 0
        self._timeout = timeout
        self._depth = metrics.queue_depth.labels("analyze")
        self._tasks: set[asyncio.Task[Outcome]] = set()

    async def analyze(self, article: Article) -> Outcome:
        """Return what became of the article.

        Raises:
            ProblemError: `overloaded` when every place is taken, `analyze-timeout` when it took too long.

        """
        if self._inside >= self._places:
            raise ProblemError("overloaded", "Too many articles are being analyzed.")
        self._inside += 1
        self._depth.set(self._inside)
        task: asyncio.Task[Outcome] | None = None
        try:
            async with asyncio.timeout(self._timeout):
                await self._slots.acquire()
                task = asyncio.create_task(self._read(article))
                self._tasks.add(task)
                task.add_done_callback(self._done)
                return await asyncio.shield(task)
        except (TimeoutError, TooSlowError) as error:
            raise ProblemError("analyze-timeout") from error
        finally:
            if task is None:
                self._leave()

    async def _read(self, article: Article) -> Outcome:
        (outcome,) = await self._process([article])
        return outcome

    def _done(self, task: asyncio.Task[Outcome]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        self._leave()
        if not task.cancelled():
            task.exception()  # retrieved: the caller may have left

    def _leave(self) -> None:
        self._inside -= 1
        self._depth.set(self._inside)


def router(*, settings: Settings, process: Process | None, models: LoadedModels, metrics: Metrics) -> APIRouter:
    """Return the route of POST /v1/analyze."""
    routes = APIRouter(tags=["analysis"])
    api = settings.api
    analyzer = process and Analyzer(
        process,
        concurrency=api.analyze_concurrency,
        waiting=api.analyze_waiting,
        timeout=api.analyze_timeout,
        metrics=metrics,
    )

    @routes.post(
        "/v1/analyze",
        operation_id="analyze",
        summary="Read an article now and answer with its event",
        response_class=Response,
        openapi_extra=ARTICLE_BODY,
        responses=EVENT_RESPONSE
        | responses(
            "not-json", "unknown-parameter", "too-large", "body-timeout", "unsupported-content-type", "missing-field",
            "no-model", "starting", "overloaded", "analyze-timeout", "unauthorized", "forbidden", "rate-limited",
        ),
    )  # fmt: skip
    async def analyze(request: Request, _key: Annotated[None, Depends(require(Scope.WRITE))]) -> Response:
        if analyzer is None:
            raise ProblemError("no-model")
        body = await read_body(request, limit=api.max_body, patience=api.body_timeout)
        cause = to_message(request, body, topic=settings.kafka.topics.articles)
        article = article_in(cause, limit=api.max_body)
        loaded = models()
        if not loaded:
            raise ProblemError("starting")
        outcome = await analyzer.analyze(article)
        if isinstance(outcome, Rejected):
            raise ProblemError.of(outcome)
        return event_response(
            codec.encode(
                outcome,
                cause=cause,
                models=loaded,
                topic=settings.kafka.topics.enriched,
                quotes=settings.output.quotes,
            )
        )

    return routes


def event_response(event: Message) -> Response:
    """Return an event as HTTP: CloudEvents binary mode, attributes in `ce-…` headers."""
    headers = {
        f"ce-{name[3:]}" if name.startswith("ce_") else name: quote(value.decode(errors="replace"), safe=_PLAIN)
        for name, value in event.headers
        if value is not None and (name.startswith("ce_") or name in ("traceparent", "tracestate"))
    }
    return Response(event.value, media_type="application/json", headers=headers)
