"""Logs and metrics. No article text, name or secret goes into either.

Logs are structured lines on stderr. Metrics follow Prometheus' naming: base units, `_total` for counters. All live in
one registry of their own, so that two services in one test process do not share numbers.
"""

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from service.core.health import Check, HealthStatus, Part, Probe

_LIBRARIES = ("aiokafka", "uvicorn", "httpx", "trafilatura", "asyncio")
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def configure_logging(*, level: str = "INFO", form: Literal["auto", "json", "console"] = "auto") -> None:
    """Send every log line, ours and the libraries', to stderr in one form."""
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if form == "console"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_places),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in _LIBRARIES:
        # What they call information is of use to those who look for a fault in them. Their DEBUG is for nobody:
        # aiokafka logs keys and values of records there.
        logging.getLogger(library).setLevel({"DEBUG": "INFO", "ERROR": "ERROR"}.get(level, "WARNING"))


def _places(exc_info: structlog.typing.ExcInfo) -> str:
    """Render an exception and its causes by type and place, without its words: they may quote an article."""
    found: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        frames = traceback.StackSummary.from_list(traceback.extract_tb(error.__traceback__))
        found.append("".join(frames.format()) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused ".join(reversed(found))


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger called `name`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


class Metrics:
    """Every metric of the service, made by `bootstrap` and handed to the parts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)
        self.articles = Counter("claimwire_articles", "Articles by committed outcome.", ["outcome"], registry=registry)
        self.dead_letters = Counter(
            "claimwire_dead_letters", "Dead letters by error code.", ["code"], registry=registry
        )
        self.published = Counter(
            "claimwire_published", "Articles taken over HTTP, by result of the publish.", ["result"], registry=registry
        )
        self.stage_seconds = Histogram(
            "claimwire_stage_seconds",
            "Time in one stage for what it takes at a time.",
            ["stage"],
            buckets=_FAST,
            registry=registry,
        )
        self.batch_articles = Histogram(
            "claimwire_batch_articles",
            "Articles in one batch.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=registry,
        )
        self.tokens = Counter(
            "claimwire_tokens", "Tokens through the encoder; padded counts the waste too.", ["kind"], registry=registry
        )
        self.transactions = Counter("claimwire_transactions", "Transactions by result.", ["result"], registry=registry)
        self.rebalances = Counter(
            "claimwire_rebalances", "Rebalances that this worker took part in.", registry=registry
        )
        self.lag = Gauge(
            "claimwire_lag_records", "Records between the commit and the log's end.", ["partition"], registry=registry
        )
        self.committed_offset = Gauge(
            "claimwire_committed_offset",
            "The committed offset; its rate is the progress.",
            ["partition"],
            registry=registry,
        )
        self.in_hand = Gauge(
            "claimwire_in_hand_articles", "Articles taken from Kafka and not committed yet.", registry=registry
        )
        self.queue_depth = Gauge("claimwire_queue_depth", "Waiting requests by queue.", ["queue"], registry=registry)
        self.loop_lag_seconds = Histogram(
            "claimwire_event_loop_lag_seconds", "How late the event loop wakes.", buckets=_FAST, registry=registry
        )
        self.model_info = Gauge(
            "claimwire_model_info",
            "Always 1; the labels say which model.",
            ["name", "version", "sha256"],
            registry=registry,
        )
        self.ready = Gauge("claimwire_ready", "1 when ready for work.", registry=registry)

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Time one stage of one batch, over a `with` block."""
        timer: AbstractContextManager[object] = self.stage_seconds.labels(name).time()
        return timer

    def follow_readiness(self, parts: Sequence[Part]) -> None:
        """From now on, let `claimwire_ready` ask the parts at each scrape, probes or not."""
        self.ready.set_function(
            lambda: float(not any(Probe.READY in check.fails for part in parts for check in part.checks()))
        )


class LoopMonitor:
    """Measures how late the event loop wakes: a blocked loop stops heartbeats, probes and answers alike."""

    PERIOD = 0.5  # seconds between two looks; a stall shorter than this costs nobody anything
    STUCK = 30.0  # seconds without a look after which only a restart helps; far above the longest batch's own work

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen = time.monotonic()
        self._lag = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(self.PERIOD)
            self._seen = time.monotonic()
            self._lag = max(0.0, self._seen - before - self.PERIOD)
            self._metrics.loop_lag_seconds.observe(self._lag)

    def checks(self) -> Sequence[Check]:
        """Tell whether the loop still turns, and how late it was when it last woke."""
        silent = time.monotonic() - self._seen
        stuck = silent > self.STUCK
        return (
            Check(
                name="event-loop",
                status=HealthStatus.FAIL if stuck else HealthStatus.PASS,
                fails=frozenset({Probe.LIVE, Probe.READY}) if stuck else frozenset(),
                detail=f"The event loop has not turned for {silent:.0f} s." if stuck else None,
                observed={"lag_seconds": round(self._lag, 4)},
            ),
        )
