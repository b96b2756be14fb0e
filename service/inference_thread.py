"""The pipeline as the event loop sees it: asynchronous, and absent until its models are verified and warm."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from service.analysis.pipeline import Pipeline
from service.core.article import Article, Enriched, Outcome, Retracted, Skipped
from service.core.deadline import limited
from service.core.health import Check, HealthStatus, Probe
from service.core.message import Message
from service.core.model import ModelInfo
from service.settings import Settings
from service.telemetry.logs import logger
from service.telemetry.metrics import Metrics
from service.wire import codec

_log = logger("claimwire")


class Reader:
    """The models and the pipeline, in a thread of their own, so that the event loop never waits for arithmetic.

    One thread, since the engine itself spreads a batch over all cores: a second one would halve both.

    Args:
        settings: What events hold, and where they go.
        metrics: Where the models' names are reported.
        load: Verifies and warms the models, and returns the pipeline over them. Blocks for seconds.
    """

    def __init__(self, settings: Settings, metrics: Metrics, *, load: Callable[[], Pipeline]) -> None:
        self._settings = settings
        self._metrics = metrics
        self._load = load
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._pipeline: Pipeline | None = None

    async def start(self) -> None:
        """Verify, load and warm the models.

        Raises:
            ArtifactError: a file of a model is absent, changed or of another format.

        """
        self._pipeline = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        for info in self.infos:
            self._metrics.model_info.labels(info.name, info.version, info.sha256).set(1)
            self._metrics.read_articles.labels(info.name)  # at zero, so that the first article is an increase
            _log.info(
                "model.ready",
                model=info.name,
                version=info.version,
                sha256=info.sha256,
                languages=",".join(info.languages),
                engine=info.engine,
                reason=info.engine_reason,
            )

    @property
    def infos(self) -> Sequence[ModelInfo]:
        """Which models are loaded, the main one first; none before `start` is through."""
        return () if self._pipeline is None else self._pipeline.models.infos

    async def process(self, articles: Sequence[Article]) -> list[Outcome]:
        """Read articles in the thread: one outcome for each, in order.

        Raises:
            TooSlowError: together they took longer than `article_timeout`.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._process, articles)

    def _process(self, articles: Sequence[Article]) -> list[Outcome]:
        with limited(self._settings.worker.article_timeout):
            return self._started.process(articles)

    def encode(self, outcome: Enriched | Retracted | Skipped, cause: Message) -> Message:
        """Write an outcome as the event for the output topic."""
        return codec.encode(
            outcome,
            cause=cause,
            models=self._started.models.infos,
            topic=self._settings.kafka.topics.enriched,
            quotes=self._settings.output.quotes,
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
        """Return whether every model is verified and warm."""
        loaded = self._pipeline is not None
        return (
            Check(
                name="model",
                status=HealthStatus.PASS if loaded else HealthStatus.FAIL,
                fails=frozenset() if loaded else frozenset({Probe.STARTUP, Probe.READY}),
                detail=None if loaded else "The model is being verified and warmed.",
            ),
        )
