"""The service as the page sees it: the real application over a model and a broker that tests command."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx
import uvicorn

from service.api.app import create_app
from service.api.live_view import LiveView
from service.api.ports import Ask
from service.core.article import Article, BodyType, Enriched, Outcome, Retracted, Status
from service.core.errors import BrokerUnavailableError
from service.core.frames import Enrichment
from service.core.health import Check, HealthStatus, Probe
from service.core.message import Message
from service.core.model import ModelInfo
from service.settings import Settings
from service.telemetry.metrics import Metrics
from service.wire import codec
from tests.progress import STILL, eventually

MODEL = ModelInfo(name="claimwire-en-test", version="0.0.1", sha256="5e" * 32)
MULTILINGUAL = ModelInfo(name="claimwire-multi-test", version="0.0.1", sha256="6e" * 32, languages=("ru", "hy"))
ENRICHED = "articles.enriched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the model is to find in a text."""

    text: str
    found: Enrichment


class Broker:
    """A topic pair in memory: what is published is read, encoded and given to the live view, as the worker would."""

    def __init__(self, newsroom: "Newsroom") -> None:
        """See the class."""
        self.up = True
        self.log: list[Message] = []
        self._newsroom = newsroom

    async def publish(self, message: Message) -> tuple[int, int]:
        """Take an article, and soon have its event."""
        if not self.up:
            raise BrokerUnavailableError("No broker answers.")
        article = codec.decode(message, max_bytes=10_000_000)
        assert isinstance(article, Article)
        (outcome,) = await self._newsroom.process([article])
        event = codec.encode(outcome, cause=message, models=[MODEL], topic=ENRICHED, time=datetime.now(UTC))
        placed = replace(event, partition=0, offset=len(self.log))
        self.log.append(placed)
        asyncio.get_running_loop().call_later(0.05, self._newsroom.commit, placed)
        return 0, len(self.log) - 1

    def checks(self) -> Sequence[Check]:
        """Say whether the broker answers, as the worker's part does."""
        return (
            Check(
                name="kafka:consumer",
                status=HealthStatus.PASS if self.up else HealthStatus.FAIL,
                fails=frozenset() if self.up else frozenset({Probe.READY}),
                detail=None if self.up else "No broker answers.",
                observed={"positions": {"0": len(self.log)}},
            ),
        )


@dataclass
class Newsroom:
    """The service on a port of its own. `reports` tells the model what to find in which body, `ask` is a ledger."""

    settings: Settings = field(default_factory=Settings)
    reports: dict[str, Report] = field(default_factory=dict)
    ask: Ask | None = None
    multilingual: bool = False  # a second model is loaded
    port: int = 0

    def __post_init__(self) -> None:
        """Choose port and broker once, so that the service can stop and come back as it was."""
        self.broker = Broker(self)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve in a thread, until `stop`."""
        self.live = LiveView(max_articles=1_000, max_bytes=100_000_000)
        self.live.caught_up = True
        for message in self.broker.log:
            self.live.add(message)
        self.metrics = Metrics()
        self.metrics.lag.labels("0").set(0)
        app = create_app(
            settings=self.settings,
            metrics=self.metrics,
            parts=(self.broker,),
            publisher=self.broker,
            process=self.process,
            models=lambda: [MODEL, MULTILINGUAL] if self.multilingual else [MODEL],
            live=self.live,
            ask=self.ask,
        )
        config = uvicorn.Config(app, port=self.port, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        eventually(lambda: self._server.started, "the start of the service", pause=0.02)

    def stop(self) -> None:
        """End every stream and the server."""
        self._server.should_exit = True
        self.live.close()
        self._thread.join(timeout=STILL)
        assert not self._thread.is_alive(), "the service does not stop"

    def commit(self, event: Message) -> None:
        """Show an event to those who follow the stream, and count it."""
        self.live.add(event)
        self.metrics.articles.labels("enriched").inc()

    async def process(self, articles: Sequence[Article]) -> Sequence[Outcome]:
        """Read as the pipeline does, but find what the reports say, and nothing in a text without one."""
        return [self._read(article) for article in articles]

    def post(self, body: str | None, **fields: object) -> None:
        """Send an article over HTTP, as a system would, and wait until Kafka has it."""
        article = {"id": "urn:test:1", **({"body": body} if body else {}), **fields}
        httpx.post(f"{self.url}/v1/articles", json=article, timeout=10).raise_for_status()

    def _read(self, article: Article) -> Outcome:
        if article.status is not Status.USABLE:
            return Retracted(article=article)
        report = self.reports.get(article.body)
        if report is None:
            report = Report(text=article.body, found=Enrichment())
        text = report.text if article.body_type is BodyType.HTML else article.body
        topics = {topic.topic: topic for topic in report.found.topics}
        asked = tuple(topics[topic] for topic in article.topics if topic in topics)
        found = report.found
        found = Enrichment(entities=found.entities, claims=found.claims, stances=found.stances, topics=asked)
        language = article.language or "en"
        return Enriched(article=article, text=text, language=language, model=MODEL, enrichment=found)
