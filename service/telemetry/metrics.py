"""Prometheus metrics: base units, `_total` for counters.

All live in one registry of their own, so that two services in one test process do not share numbers.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from service.core.health import Part, Probe
from service.telemetry.stream_metrics import StreamMetrics

_SLOW = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)  # seconds
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds


class Metrics(StreamMetrics):
    """Every metric of the service, those of the worker's stream among them; made by `bootstrap`, given to the parts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        super().__init__(registry, "claimwire")
        ProcessCollector(registry=registry)
        self.articles = Counter("claimwire_articles", "Articles by committed outcome.", ["outcome"], registry=registry)
        self.dead_letters = Counter(
            "claimwire_dead_letters", "Dead letters by error code.", ["code"], registry=registry
        )
        self.read_articles = Counter(
            "claimwire_read_articles", "Articles read, by the model that read them.", ["model"], registry=registry
        )
        self.extractions = Counter(
            "claimwire_extractions", "Articles of HTML by the way their text was found.", ["method"], registry=registry
        )
        self.published = Counter(
            "claimwire_published", "Articles taken over HTTP, by result of the publish.", ["result"], registry=registry
        )
        self.article_seconds = Histogram(
            "claimwire_article_seconds",
            "From an article's append to the input topic to the commit of its outcome.",
            buckets=_SLOW,
            registry=registry,
        )
        self.http_requests = Counter(
            "claimwire_http_requests",
            "Requests by method, route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.http_seconds = Histogram(
            "claimwire_http_request_seconds",
            "Time until the answer began.",
            ["method", "route"],
            buckets=_FAST,
            registry=registry,
        )
        self.stage_seconds = Histogram(
            "claimwire_stage_seconds",
            "Time in one stage: of one article, of `segment`, `batch` and `settle` one batch.",
            ["stage"],
            buckets=_FAST,
            registry=registry,
        )
        self.model_seconds = Histogram(
            "claimwire_model_seconds",
            "Time in one call of the model, by its method.",
            ["call"],
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
        self.entity_list_refused = Gauge(
            "claimwire_entity_list_refused",
            "1 while the file of entities on disk is refused, and the list before it in use.",
            registry=registry,
        )
        self._begin()

    def _begin(self) -> None:
        """Let the usual series exist at zero: the first increase of one that does not is seen by no `rate`."""
        for outcome in ("enriched", "skipped", "retracted", "dead_letter"):
            self.articles.labels(outcome)
        for result in ("accepted", "overloaded", "broker-unavailable", "publish-unknown", "too-large"):
            self.published.labels(result)
        for kind in ("real", "padded"):
            self.tokens.labels(kind)
        for method in ("fragment", "main-text", "widened", "recall", "body"):
            self.extractions.labels(method)

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Time one stage of one batch, over a `with` block."""
        timer: AbstractContextManager[object] = self.stage_seconds.labels(name).time()
        return timer

    def model_call(self, name: str) -> AbstractContextManager[object]:
        """Time one call of the model, over a `with` block."""
        timer: AbstractContextManager[object] = self.model_seconds.labels(name).time()
        return timer

    def follow_readiness(self, parts: Sequence[Part]) -> None:
        """From now on, let `claimwire_ready` ask the parts at each scrape, probes or not."""
        self.ready.set_function(
            lambda: float(not any(Probe.READY in check.fails for part in parts for check in part.checks()))
        )


class LedgerMetrics(StreamMetrics):
    """What a ledger does; registered by a process that runs one.

    Args:
        registry: That of `Metrics`.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry, "claimwire_ledger")
        self.events = Counter(
            "claimwire_ledger_events", "Events by what became of them in the tables.", ["result"], registry=registry
        )
        self.rows = Counter("claimwire_ledger_rows", "Rows inserted, by table.", ["table"], registry=registry)
        self.batch_events = Histogram(
            "claimwire_ledger_batch_events",
            "Events in one batch.",
            buckets=(1, 4, 16, 64, 256, 1024),
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "claimwire_ledger_batch_seconds",
            "Time to write one batch, all its partitions together.",
            buckets=_FAST,
            registry=registry,
        )
        self.deliveries = Counter(
            "claimwire_ledger_deliveries",
            "Attempts to deliver a match, by way and result.",
            ["way", "result"],
            registry=registry,
        )
        self.deliveries_waiting = Gauge(
            "claimwire_ledger_deliveries_waiting",
            "Matches that are not delivered yet, of all ledgers.",
            ["way"],
            registry=registry,
        )
        self.deliveries_oldest_seconds = Gauge(
            "claimwire_ledger_deliveries_oldest_seconds",
            "For how long the oldest of them has waited.",
            ["way"],
            registry=registry,
        )
        self.expired = Counter(
            "claimwire_ledger_expired", "Rows deleted because of their age, by table.", ["table"], registry=registry
        )
        for result in ("enriched", "skipped", "retracted", "erased", "outdated", "dead_letter"):
            self.events.labels(result)
        for way in ("webhook", "topic"):
            for result in ("delivered", "failed", "given_up"):
                self.deliveries.labels(way, result)
        for table in ("articles", "erasures"):
            self.expired.labels(table)

    def wrote(self, *, rows: Mapping[str, int], events: Mapping[str, int]) -> None:
        """Count what one batch did: rows inserted by table, and events by what became of them."""
        for table, count in rows.items():
            self.rows.labels(table).inc(count)
        for result, count in events.items():
            self.events.labels(result).inc(count)
