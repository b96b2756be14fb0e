"""The one composition root: here, and only here, settings become parts and parts are put together."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Literal

import uvicorn

from service.api.app import create_app
from service.api.info import own_version
from service.api.live import LiveView
from service.api.ports import Publisher
from service.api.server import uvicorn_options
from service.core import codec, dead_letter
from service.core.article import Article, Enriched, Message, ModelInfo, Outcome, Retracted, Skipped
from service.core.errors import ConfigurationError
from service.core.health import Check, HealthStatus, Part, Probe
from service.core.ports import Model
from service.inference.artifact import load_model
from service.journal import JournaledStream, RequestIds
from service.measured import MeasuredModel
from service.pipeline import Pipeline
from service.settings import Settings
from service.streaming.ingress import Ingress
from service.streaming.stream import Stream
from service.streaming.tail import Tail
from service.telemetry import LoopMonitor, Metrics, logger
from service.tracing import TracedPublisher, TracedRequests, TracedStream, Tracing, open_tracing
from service.worker import Worker

Role = Literal["all", "api", "worker"]

LEFT_AT_ONCE: Final = 130  # the exit code after a second signal, as a shell gives it
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

log = logger("claimwire")


def open_model(settings: Settings) -> Model:
    """Verify and load the model that the settings name. Blocks for seconds.

    Raises:
        ArtifactError: a file of the model is absent, changed or of another format.

    """
    chosen = settings.model
    return load_model(chosen.directory, engine=chosen.engine, threads=chosen.threads, cache_dir=chosen.cache_dir)


def open_pipeline(settings: Settings, model: Model, metrics: Metrics | None = None) -> Pipeline:
    """Return the pipeline over a loaded model; with metrics, model and stages are measured."""
    if metrics is None:
        return Pipeline(model=model, batch_tokens=settings.worker.batch_tokens)
    measured = MeasuredModel(model, metrics)
    return Pipeline(model=measured, batch_tokens=settings.worker.batch_tokens, stage=metrics.stage)


class Reader:
    """The model and the pipeline, in a thread of their own, so that the event loop never waits for arithmetic.

    One thread, since the engine itself spreads a batch over all cores: a second one would halve both.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._pipeline: Pipeline | None = None

    async def start(self) -> None:
        """Verify, load and warm the model.

        Raises:
            ArtifactError: a file of the model is absent, changed or of another format.

        """
        self._pipeline = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        info = self._pipeline.model.info
        self._metrics.model_info.labels(info.name, info.version, info.sha256).set(1)
        log.info("model.ready", model=info.name, version=info.version, sha256=info.sha256)

    def _load(self) -> Pipeline:
        return open_pipeline(self._settings, open_model(self._settings), self._metrics)

    @property
    def info(self) -> ModelInfo | None:
        """Which model is loaded; None before `start` is through."""
        return None if self._pipeline is None else self._pipeline.model.info

    async def process(self, articles: Sequence[Article]) -> list[Outcome]:
        """Read articles in the thread: one outcome for each, in order."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._started.process, articles)

    def encode(self, outcome: Enriched | Retracted | Skipped, cause: Message) -> Message:
        """Write an outcome as the event for the output topic."""
        return codec.encode(
            outcome,
            cause=cause,
            model=self._started.model.info,
            topic=self._settings.kafka.topics.enriched,
            quotes=self._settings.output.quotes,
            engine=self._settings.model.engine,
        )

    @property
    def _started(self) -> Pipeline:
        if self._pipeline is None:
            raise RuntimeError("the reader was asked before it was started")
        return self._pipeline

    def close(self) -> None:
        """Let the thread end after the batch in hand."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def checks(self) -> Sequence[Check]:
        """Tell whether the model is verified and warm."""
        loaded = self._pipeline is not None
        return (
            Check(
                name="model",
                status=HealthStatus.PASS if loaded else HealthStatus.FAIL,
                fails=frozenset() if loaded else frozenset({Probe.STARTUP, Probe.READY}),
                detail=None if loaded else "The model is being verified and warmed.",
            ),
        )


class Lifecycle:
    """Whether the process was told to stop. The first signal asks it to drain, the second ends it at once."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT; needs the running event loop."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            # What is in hand is in no committed transaction: the next owner of its partitions takes it again.
            log.warning("service.left_at_once")
            os._exit(LEFT_AT_ONCE)
        log.info("service.draining")
        self._stopping.set()

    async def wait(self) -> None:
        """Return once a signal came."""
        await self._stopping.wait()

    def checks(self) -> Sequence[Check]:
        """Tell load balancers to look elsewhere while the process drains."""
        draining = self._stopping.is_set()
        return (
            Check(
                name="lifecycle",
                status=HealthStatus.WARN if draining else HealthStatus.PASS,
                fails=frozenset({Probe.READY}) if draining else frozenset(),
                detail="The service drains and will leave." if draining else None,
            ),
        )


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: HTTP must stay up until the worker has drained."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings, *, role: Role = "all") -> None:
    """Run one role's parts until a signal, then drain.

    1. HTTP answers first, so that probes see a start that takes long, and why.
    2. The model is verified and warmed before the group is joined: building a session holds the GIL for seconds.
    3. Kafka's parts start, and go on trying where no broker answers yet.
    4. A signal turns `ready` off and drains the worker; HTTP stays until the last batch is committed.

    Raises:
        ConfigurationError: the settings do not fit each other or the machine.
        ArtifactError: the model cannot be used.

    """
    metrics = Metrics()
    monitor, lifecycle, reader = LoopMonitor(metrics), Lifecycle(), Reader(settings, metrics)
    parts: list[Part] = [monitor, lifecycle, reader]
    ingress = Ingress(settings=settings.kafka, queue=settings.api.queue, metrics=metrics) if role != "worker" else None
    live = LiveView(max_articles=settings.api.live_articles, max_bytes=settings.api.live_bytes)
    tail = Tail(settings.kafka, view=live, history=settings.api.live_articles)
    stream = Stream(settings=settings.kafka, limits=settings.worker, metrics=metrics) if role != "api" else None
    tracing = open_tracing(settings.tracing, version=own_version(), instance=settings.kafka.instance_id)
    worker = _worker(settings, metrics, reader, stream, tracing) if stream is not None else None
    if ingress is not None:
        parts += [ingress, tail]
    if worker is not None and stream is not None:
        parts += [worker, stream]
    metrics.follow_readiness(parts)
    app = create_app(
        settings=settings,
        metrics=metrics,
        parts=parts,
        publisher=_traced(ingress, tracing, settings),
        process=reader.process if ingress is not None else None,
        model=lambda: reader.info,
        live=live if ingress is not None else None,
        history=tail if ingress is not None else None,
    )
    if tracing is not None:
        app.add_middleware(TracedRequests, tracer=tracing.tracer)
    app.add_middleware(RequestIds)
    server = _Server(uvicorn.Config(app, **uvicorn_options(settings.api)))
    with _listening(settings.api.host, settings.api.port) as listener:
        try:
            async with asyncio.TaskGroup() as tasks, contextlib.AsyncExitStack() as stack:
                lifecycle.listen()
                stack.callback(reader.close)
                if tracing is not None:
                    stack.push_async_callback(asyncio.to_thread, tracing.close)
                await stack.enter_async_context(_background(tasks, monitor.run()))
                await stack.enter_async_context(_serving(tasks, server, listener, live))
                await reader.start()
                if ingress is not None:
                    stack.push_async_callback(ingress.stop)
                    await ingress.start()
                    await stack.enter_async_context(_background(tasks, tail.run()))
                if worker is not None and stream is not None:
                    stack.push_async_callback(stream.close)
                    await stack.enter_async_context(_working(tasks, worker))
                log.info("service.started", role=role, host=settings.api.host, port=listener.getsockname()[1])
                await lifecycle.wait()
        except BaseExceptionGroup as group:
            raise _first(group) from None
    log.info("service.stopped")


def _traced(ingress: Ingress | None, tracing: Tracing | None, settings: Settings) -> Publisher | None:
    if ingress is None or tracing is None:
        return ingress
    return TracedPublisher(ingress, tracer=tracing.tracer, settings=settings.kafka)


def _worker(settings: Settings, metrics: Metrics, reader: Reader, stream: Stream, tracing: Tracing | None) -> Worker:
    kafka, source = settings.kafka, JournaledStream(stream)
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
            f"Nothing can listen on {host} port {port} ({error.strerror}); stop what does, or set CLAIMWIRE_API__PORT."
        ) from None
    with listener:
        yield listener


async def _supervised(work: Coroutine[None, None, None]) -> None:
    """Run what must not end unnoticed. A task group takes a cancellation that nobody asked for as a quiet end.

    Raises:
        RuntimeError: a library's own CancelledError came out of the work.

    """
    try:
        await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError("a part of the service was cancelled, and nobody had asked for it") from error


@asynccontextmanager
async def _background(tasks: asyncio.TaskGroup, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` beside the block. It never ends by itself: an error in it ends the service."""
    task = tasks.create_task(_supervised(work))
    try:
        yield
    finally:
        task.cancel()


@asynccontextmanager
async def _working(tasks: asyncio.TaskGroup, worker: Worker) -> AsyncIterator[None]:
    """Run the worker beside the block, and drain it at the block's end."""
    task = tasks.create_task(_supervised(worker.run()))
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
