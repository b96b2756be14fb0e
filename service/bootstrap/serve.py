"""The service: HTTP, Kafka and the model put together, from their start to their end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal

import uvicorn

from service.analysis.entities.listed import EntityList
from service.analysis.pipeline import Pipeline
from service.api.app import create_app
from service.api.live_view import LiveView
from service.api.middleware import RequestIds, TracedRequests
from service.api.ports import Publisher
from service.api.server import uvicorn_options
from service.bootstrap.answers import AskLedger
from service.bootstrap.entities import followed_list, following
from service.bootstrap.ledger import LedgerParts, build_ledger
from service.bootstrap.model import open_models
from service.bootstrap.watching import KeepWatches
from service.core.errors import ConfigurationError
from service.core.health import Part, Probe
from service.core.model import Model
from service.core.version import own_version
from service.inference_thread import Reader
from service.instrument.logged_stream import LoggedStream
from service.instrument.timed_model import TimedModel
from service.instrument.tracing import TracedPublisher, TracedStream, Tracing, open_tracing
from service.settings import ModelSettings, Settings
from service.shutdown import Lifecycle, background, supervised
from service.streaming.consume.stream import Stream
from service.streaming.http.publisher import Ingress
from service.streaming.http.tail import Tail
from service.streaming.schema_registry.framing import as_it_is
from service.streaming.schema_registry.registry import SchemaRegistry
from service.telemetry.event_loop import LoopMonitor
from service.telemetry.logs import logger
from service.telemetry.metrics import Metrics
from service.telemetry.outage_log import OutageLog
from service.wire import codec, dead_letter
from service.worker.worker import Worker

Role = Literal["all", "api", "worker", "ledger"]

_READY_LOOK = 0.05  # seconds between two looks at whether the parts are ready

log = logger("claimwire")


def measured_pipeline(
    models: Sequence[Model], metrics: Metrics, listed: Callable[[], EntityList] = EntityList
) -> Pipeline:
    """Return the pipeline over loaded models, the main one first; all are measured."""
    main, *others = (TimedModel(model, metrics) for model in models)
    return Pipeline(model=main, others=others, stage=metrics.stage, listed=listed)


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: HTTP must stay up until the worker has drained."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    settings: Settings,
    lifecycle: Lifecycle,
    *,
    role: Role = "all",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Run one role's parts until a signal, then drain.

    1. HTTP answers first, so that probes see a start that takes long, and why.
    2. The schema registry, where there is one, is asked for the ids of the worker's schemas.
    3. The models are verified and warmed before the group is joined: building a session holds the GIL for seconds.
    4. Kafka's parts start, and go on trying where no broker answers yet; so does the ledger, and its database.
    5. A signal turns `ready` off and drains the worker; HTTP stays until the last batch is committed. One that comes
       before the parts have started ends their start.

    Args:
        settings: Of every part.
        lifecycle: Hears the signals.
        role: Which parts run.
        ready: Called with the address to open once every part is ready; without it the address is logged.

    Raises:
        ConfigurationError: the settings do not fit each other or the machine.
        ArtifactError: a model cannot be used.
        RegistryUnavailableError: a schema registry is configured, and does not answer.

    """
    metrics = Metrics()
    monitor = LoopMonitor(metrics)
    listed = followed_list(settings.entities, metrics, reads=role != "ledger")
    reader = Reader(settings, metrics, load=partial(_open_pipeline, settings.model, metrics, listed))
    ingress = _ingress(settings, metrics) if role in {"all", "api"} else None
    live = LiveView(max_articles=settings.api.live_articles, max_bytes=settings.api.live_bytes)
    tail = Tail(settings.kafka, view=live, history=settings.api.live_articles)
    registry = _registry(settings, role)
    stream = _stream(settings, metrics, registry) if role in {"all", "worker"} else None
    tracing = open_tracing(settings.tracing, version=own_version(), instance=settings.kafka.instance_id)
    worker = _worker(settings, metrics, reader, stream, tracing) if stream is not None else None
    ledger = _ledger(settings, metrics, role)
    ask, watching = _asked(settings, role)
    reads, tails = role != "ledger", ingress is not None
    parts = _present(
        *(monitor, lifecycle, reader if reads else None, listed, ingress, tail if tails else None, worker, stream),
        None if ledger is None else ledger.ledger,
    )
    metrics.follow_readiness(parts)
    app = create_app(
        settings=settings,
        metrics=metrics,
        parts=parts,
        publisher=_traced(ingress, tracing, settings),
        process=reader.process if ingress is not None else None,
        models=lambda: reader.infos,
        live=live if ingress is not None else None,
        history=tail if ingress is not None else None,
        ask=ask,
        watching=watching,
    )
    if tracing is not None:
        app.add_middleware(TracedRequests, tracer=tracing.tracer)
    app.add_middleware(RequestIds)
    server = _Server(uvicorn.Config(app, **uvicorn_options(settings.api)))
    with _listening(settings.api.host, settings.api.port) as listener:
        try:
            async with asyncio.TaskGroup() as tasks, contextlib.AsyncExitStack() as stack:
                lifecycle.follow()
                stack.push_async_callback(_close, tracing, reader, ask, watching)
                await stack.enter_async_context(background(tasks, monitor.run()))
                await stack.enter_async_context(background(tasks, OutageLog().run()))
                await stack.enter_async_context(_serving(tasks, server, listener, live))

                async def start() -> None:
                    await _loaded(registry, reader if reads else None)
                    await stack.enter_async_context(following(tasks, listed))
                    if ledger is not None:
                        await stack.enter_async_context(ledger.running(tasks, drain=settings.worker.drain_timeout))
                    if ingress is not None:
                        stack.push_async_callback(ingress.stop)
                        await ingress.start()
                        await stack.enter_async_context(background(tasks, tail.run()))
                    if worker is not None and stream is not None:
                        stack.push_async_callback(stream.close)
                        await stack.enter_async_context(_working(tasks, worker))

                if await lifecycle.unless_stopped(start()):
                    log.info("service.started", role=role, host=settings.api.host, port=listener.getsockname()[1])
                    if await lifecycle.unless_stopped(_ready(parts)):
                        (ready or _log_ready)(_address(settings.api.host, listener))
                    await lifecycle.wait()
        except BaseExceptionGroup as group:
            raise _first(group) from None
    log.info("service.stopped")


async def _loaded(registry: SchemaRegistry | None, reader: Reader | None) -> None:
    """Start what everything else stands on."""
    if registry is not None:
        await registry.start()
    if reader is not None:
        await reader.start()


async def _ready(parts: Sequence[Part]) -> None:
    """Return once no part has anything against being given work."""
    while any(Probe.READY in check.fails for part in parts for check in part.checks()):  # noqa: ASYNC110  # parts are polled, they send no notice
        await asyncio.sleep(_READY_LOOK)


def _log_ready(address: str) -> None:
    log.info("service.ready", url=address)


def _address(host: str, listener: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"


def _open_pipeline(settings: ModelSettings, metrics: Metrics, listed: Callable[[], EntityList] | None) -> Pipeline:
    return measured_pipeline(open_models(settings, warm=True), metrics, listed or EntityList)


def _present(*parts: Part | None) -> list[Part]:
    return [part for part in parts if part is not None]


def _registry(settings: Settings, role: Role) -> SchemaRegistry | None:
    """Return the registry, if one is configured and this role writes events."""
    if settings.registry.url is None or role not in {"all", "worker"}:
        return None
    return SchemaRegistry(settings.registry, topic=settings.kafka.topics.enriched)


def _ingress(settings: Settings, metrics: Metrics) -> Ingress:
    return Ingress(settings=settings.kafka, queue=settings.api.queue, metrics=metrics)


def _ledger(settings: Settings, metrics: Metrics, role: Role) -> LedgerParts | None:
    """Return the ledger, where this role runs one: alone, or beside everything else where a database is named."""
    if role == "ledger" or (role == "all" and settings.ledger.url is not None):
        return build_ledger(settings, metrics, essential=role == "ledger")
    return None


def _asked(settings: Settings, role: Role) -> tuple[AskLedger, KeepWatches] | tuple[None, None]:
    """Return what answers from the ledger and keeps watches, where a database is named; workers answer nothing."""
    if settings.ledger.url is None or role == "worker":
        return None, None
    return AskLedger(settings.ledger), KeepWatches(settings.ledger)


async def _close(tracing: Tracing | None, reader: Reader, *others: AskLedger | KeepWatches | None) -> None:
    if tracing is not None:
        await asyncio.to_thread(tracing.close)
    reader.close()
    for each in others:
        if each is not None:
            each.close()


def _stream(settings: Settings, metrics: Metrics, registry: SchemaRegistry | None) -> Stream:
    frame = as_it_is if registry is None else registry.frame
    return Stream(settings=settings.kafka, limits=settings.worker, metrics=metrics, frame=frame)


def _traced(ingress: Ingress | None, tracing: Tracing | None, settings: Settings) -> Publisher | None:
    if ingress is None or tracing is None:
        return ingress
    return TracedPublisher(ingress, tracer=tracing.tracer, settings=settings.kafka)


def _worker(settings: Settings, metrics: Metrics, reader: Reader, stream: Stream, tracing: Tracing | None) -> Worker:
    kafka, source = settings.kafka, LoggedStream(stream)
    return Worker(
        stream=source if tracing is None else TracedStream(source, tracer=tracing.tracer, settings=kafka),
        process=reader.process,
        decode=partial(codec.decode, max_bytes=kafka.max_message),
        encode=reader.encode,
        bury=lambda message, rejected, attempts: dead_letter.bury(
            message, rejected, topic=kafka.topics.dead_letter, group=kafka.group, attempts=attempts
        ),
        settings=settings.worker,
        metrics=metrics,
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {host} port {port} ({error.strerror}); stop the program that does, or set "
            "CLAIMWIRE_API__PORT."
        ) from None
    with listener:
        yield listener


@asynccontextmanager
async def _working(tasks: asyncio.TaskGroup, worker: Worker) -> AsyncIterator[None]:
    """Run the worker beside the block, and drain it at the block's end."""
    task = tasks.create_task(supervised(worker.run()))
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait([task])


@asynccontextmanager
async def _serving(
    tasks: asyncio.TaskGroup, server: uvicorn.Server, listener: socket.socket, live: LiveView
) -> AsyncIterator[None]:
    """Answer HTTP beside the block; at its end, end open event streams and let requests in hand finish."""
    task = tasks.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        live.close()
        server.should_exit = True
        await asyncio.wait([task])


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong first; the rest of a task group's errors are its consequences."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
