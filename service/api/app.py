"""The application: routes, middleware and errors, put together out of what `bootstrap` hands over."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from service.api import problems
from service.api.access.auth import Gate, KeyRing, Principal, Scope, Verifier, require
from service.api.access.oidc import OidcVerifier
from service.api.access.rates import Rates
from service.api.docs import files, openapi, reference
from service.api.intake import BodyBudget, HeaderLimits
from service.api.live_view import LiveView
from service.api.middleware import HeadRequests, TimedRequests
from service.api.parameters import refuse_unknown
from service.api.ports import Ask, History, LoadedModels, Process, Publisher, Watching
from service.api.problems import LastResort, ProblemError
from service.api.routes import analysis, answers, articles, batch, events, health, info, watches
from service.api.server import HEADER_BYTES, has_auth
from service.core.errors import ConfigurationError
from service.core.health import Part
from service.core.version import own_version
from service.settings import Settings
from service.telemetry.metrics import Metrics

_TAGS: Final = [
    {"name": "articles", "description": "Articles into the input topic, and the last event of one."},
    {"name": "analysis", "description": "One article read at once, without Kafka."},
    {"name": "events", "description": "The output topic as a stream."},
    {"name": "ledger", "description": "What all events said: claims and stances, searched and counted."},
    {"name": "health", "description": "What this process is, and how it is."},
]
WEB: Final = Path(__file__).parent / "web"
_LOCAL_HOSTS: Final = frozenset((b"localhost", b"127.0.0.1", b"[::1]", b"::1"))
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PAGE_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DATA_POLICY: Final = b"default-src 'none'; frame-ancestors 'none'"
_PAGE_FILES: Final = (".html", ".css", ".js", ".json", ".svg", ".png", ".woff2")


def create_app(
    *,
    settings: Settings,
    metrics: Metrics,
    parts: Sequence[Part],
    publisher: Publisher | None,
    process: Process | None,
    models: LoadedModels,
    live: LiveView | None = None,
    history: History | None = None,
    ask: Ask | None = None,
    watching: Watching | None = None,
    clock: Callable[[], float] | None = None,
) -> FastAPI:
    """Return the application.

    Args:
        settings: Read for limits, keys and the topics' names.
        metrics: Counted into, and served.
        parts: Asked for their health, on every probe.
        publisher: Puts articles into the input topic; None where this process does not.
        process: Reads articles at once; None where this process runs no model.
        models: Which models are loaded, as of now.
        live: The last events; None where this process keeps none.
        history: Reads older events for streams that resume; without it they get a `gap`.
        ask: Answers questions from the ledger; None where none is configured.
        watching: Keeps the ledger's watches; None where none is configured.
        clock: A monotonic clock for rate limits; the system's by default.

    Raises:
        ConfigurationError: keys cannot be read, or an issuer is set without an audience.

    """
    api = settings.api
    app = FastAPI(
        title="claimwire",
        version=own_version(),
        description="News articles in, who claims what about whom out. Errors are problem details (RFC 9457).",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "This service."}],
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if api.docs else None,
        redirect_slashes=False,
    )
    app.state.gate = gate(settings, clock=clock)
    problems.install(app)
    openapi.install(app, has_keys=has_auth(api))
    app.include_router(health.router(parts, metrics))
    intake = articles.Intake(settings=settings, publisher=publisher, models=models)
    for router in (
        analysis.router(settings=settings, process=process, models=models, metrics=metrics),
        batch.router(settings=settings, intake=intake),
        articles.router(settings=settings, intake=intake, live=live),
        events.router(settings=settings, live=live, history=history),
        answers.router(ask=ask),
        watches.router(watching=watching, origins=settings.ledger.webhook_origins, patience=api.body_timeout),
        info.router(settings=settings, models=models, roles=_roles(publisher, process, live, ask)),
    ):
        app.include_router(router, dependencies=[Depends(refuse_unknown)])
    watches.add_webhook(app)
    _add_metrics(app, metrics)
    if api.docs:
        files.install(app)
        reference.install(app)
    _add_page(app)

    # The last added is the outermost.
    app.add_middleware(BodyBudget, limit=max(api.max_bodies, api.max_batch, api.max_body))
    app.add_middleware(HeaderLimits, max_headers=api.max_headers, max_bytes=HEADER_BYTES)
    if api.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(api.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
    app.add_middleware(Envelope, local_only=not has_auth(api))
    app.add_middleware(LastResort)
    app.add_middleware(TimedRequests, metrics=metrics)
    app.add_middleware(HeadRequests)
    return app


def gate(settings: Settings, *, clock: Callable[[], float] | None = None) -> Gate:
    """Return what decides on callers.

    Raises:
        ConfigurationError: see `create_app`.

    """
    auth = settings.api.auth
    verifiers: list[Verifier] = []
    if auth.keys or auth.keys_file:
        verifiers.append(KeyRing(text=auth.keys.get_secret_value() if auth.keys else "", file=auth.keys_file))
    if auth.oidc_issuer:
        if not auth.oidc_audience:
            raise ConfigurationError(
                "CLAIMWIRE_API__AUTH__OIDC_ISSUER needs CLAIMWIRE_API__AUTH__OIDC_AUDIENCE beside it."
            )
        verifiers.append(
            OidcVerifier(issuer=auth.oidc_issuer, audience=auth.oidc_audience, scope_prefix=auth.oidc_scope_prefix)
        )
    rates = Rates(rate=auth.rate, burst=auth.burst, daily=auth.daily_articles, monotonic=clock or time.monotonic)
    return Gate(tuple(verifiers), rates)


class Envelope:
    """Security headers on every answer; and where no keys are set, only requests to localhost.

    A page on any site can make its own name point to 127.0.0.1 and then speak to a service that trusts loopback (DNS
    rebinding); its requests still carry its own name as host.
    """

    def __init__(self, app: ASGIApp, *, local_only: bool) -> None:
        self._app = app
        self._local_only = local_only

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Run the application; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *_HEADERS]
                is_page = any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
                headers.append((b"content-security-policy", _PAGE_POLICY if is_page else _DATA_POLICY))
                message["headers"] = headers
            await send(message)

        if self._local_only and _host(scope) not in _LOCAL_HOSTS:
            await ProblemError("misdirected").response()(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def _host(scope: AsgiScope) -> bytes:
    """Return the Host header without its port."""
    host: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"")
    head, colon, port = host.rpartition(b":")
    return (head if colon and port.isdigit() else host).lower()


def _roles(publisher: object, process: object, live: object, ask: object) -> list[str]:
    parts = (("publish", publisher), ("analyze", process), ("live", live), ("search", ask))
    return [name for name, part in parts if part is not None]


def _add_page(app: FastAPI) -> None:
    """Serve the page's files, each by its own route: a mount at `/` would answer for every wrong path and method."""
    for file in sorted(WEB.glob("*")):
        if file.suffix in _PAGE_FILES:
            app.router.add_route(
                "/" if file.name == "index.html" else f"/{file.name}", files.serving(file), methods=["GET"]
            )


def _add_metrics(app: FastAPI, metrics: Metrics) -> None:
    responses: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' text format."}
    }

    @app.get(
        "/metrics",
        operation_id="getMetrics",
        tags=["health"],
        summary="For Prometheus",
        response_class=Response,
        responses=responses | problems.responses("unauthorized", "forbidden", "rate-limited"),
    )
    async def serve_metrics(_key: Annotated[Principal, Depends(require(Scope.METRICS))]) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
