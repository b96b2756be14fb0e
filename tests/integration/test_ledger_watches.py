"""Matches on a real broker, real databases and a real receiver: delivered once each, whatever happens on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from service.bootstrap.ledger import build_ledger
from service.core.questions import Filters
from service.core.watches import NewWatch
from service.ledger.database import Database
from service.ledger.rebuild import rebuild
from service.ledger.schema import migrate
from service.ledger.watches import Watches
from service.settings.ledger import LedgerSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.telemetry.metrics import Metrics
from tests.committed import committed
from tests.integration.test_ledger_stream import Shelf
from tests.ledger import enriched, retracted
from tests.progress import Progress
from tests.receiver import SECRET, Receiver

pytestmark = pytest.mark.anyio

ARTICLE = (Path(__file__).parents[2] / "schemas/examples/article.json").read_bytes()


class Newsroom(Shelf):
    """A shelf whose ledgers deliver too."""

    def __init__(self, kafka: Any, ledger: LedgerSettings) -> None:
        super().__init__(kafka, ledger)
        self.watches = Watches(self.database)
        self.metrics = Metrics()
        self._running = AsyncExitStack()

    async def deliver(self, count: int = 1) -> None:
        """Start ledgers with their couriers."""
        tasks = await self._running.enter_async_context(asyncio.TaskGroup())
        for _ in range(count):
            self.metrics = Metrics()
            parts = build_ledger(self.settings, self.metrics, essential=True)
            await self._running.enter_async_context(parts.running(tasks, drain=20.0))

    async def rest(self) -> None:
        """Drain and end them."""
        await self._running.aclose()

    def watch(self, *, url: str | None = None, **filters: Any) -> str:
        """Make a watch, and return its id."""
        return self.watches.add(NewWatch(name="A watch", filters=Filters(**filters), url=url)).id

    async def emptied(self) -> None:
        """Wait until everything was read and delivered."""
        await self.caught_up()
        progress = Progress()
        while left := sum(each.waiting for each in self.watches.all()):
            progress.check(left, "everything is delivered")
            await asyncio.sleep(0.1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that takes everything."""
    with Receiver() as made:
        yield made


@pytest.fixture
async def newsroom(
    bench: Any, ledger: Database, ledger_settings: LedgerSettings, receiver: Receiver
) -> AsyncIterator[Newsroom]:
    """Over empty tables, on each database in turn."""
    del ledger
    topic = bench.kafka.topics.enriched.replace("out-", "matches-")
    settings = ledger_settings.model_copy(
        update={
            "webhook_origins": (receiver.origin,),
            "webhook_secret": SecretStr(SECRET),
            "matches_topic": topic,
            "max_events": 10,
        }
    )
    await ensure_topics(bench.kafka, partitions=3, matches=topic)
    made = Newsroom(bench.kafka, settings)
    yield made
    await made.rest()
    await made.close()


def said(number: int) -> dict[str, Any]:
    """An article with a claim about a bridge, and one that is not."""
    bridge = {"speaker": "Ann Lee", "text": f"The bridge with the number {number} over the river is safe."}
    return enriched(f"urn:article:{number}", bridge, {"speaker": "Bob Ray"})


def articles(receiver: Receiver) -> list[str]:
    """Return the articles of what arrived, in order."""
    return sorted(json.loads(each.body)["data"]["claim"]["article_id"] for each in receiver.received)


async def test_each_match_arrives_once_by_either_way(newsroom: Newsroom, receiver: Receiver) -> None:
    """Two ledgers share the outbox; one that answers 503 at times gets what it refused again."""
    refused: set[str] = set()

    def answer(request: Any) -> tuple[int, dict[str, str]]:
        if len(refused) < 2 and request.id not in refused:
            refused.add(request.id)
            return 503, {}
        return 204, {}

    receiver.answer = answer
    newsroom.watch(url=f"{receiver.origin}/bridges", text="bridge")
    newsroom.watch(speaker="Bob Ray")
    await newsroom.deliver(2)
    await newsroom.publish(*(said(number) for number in range(40)))
    await newsroom.emptied()
    ids = [each.id for each in receiver.received]
    assert len(set(ids)) == 40
    assert len(ids) == 40 + len(refused)
    assert sorted(set(articles(receiver))) == sorted(f"urn:article:{number}" for number in range(40))
    assert all(each.is_signed() for each in receiver.received)
    settings = newsroom.settings
    records = await committed(settings.ledger.matches_topic, 40, **connection(settings.kafka))
    assert sorted(each.key.decode() for each in records) == sorted(set(articles(receiver)))
    headers = [dict(each.headers) for each in records]
    assert {each["ce_type"] for each in headers} == {b"claimwire.claim.matched.v1"}
    assert len({each["ce_id"] for each in headers}) == 40
    assert {json.loads(each.value)["claim"]["speaker"] for each in records} == {"Bob Ray"}
    assert [(each.delivered, each.given_up) for each in newsroom.watches.all()] == [(40, 0), (40, 0)]
    await newsroom.rest()


async def test_what_was_retracted_meanwhile_does_not_arrive(newsroom: Newsroom, receiver: Receiver) -> None:
    """A receiver that comes back gets what still holds."""
    newsroom.watch(url=f"{receiver.origin}/", text="bridge")
    await newsroom.publish(*(said(number) for number in range(3)), retracted("urn:article:1"), "urn:article:2")
    await newsroom.deliver()
    await newsroom.emptied()
    assert articles(receiver) == ["urn:article:0"]


async def test_a_rebuild_keeps_watches_and_delivers_nothing_again(newsroom: Newsroom, receiver: Receiver) -> None:
    """What the old tables had decided stays decided, and what only the new ones have read is delivered."""
    newsroom.watch(url=f"{receiver.origin}/", text="bridge")
    await newsroom.publish(*(said(number) for number in range(20)))
    await newsroom.deliver()
    await newsroom.emptied()
    await rebuild(newsroom.settings.ledger, newsroom.settings.kafka, forget_expired=False)
    await newsroom.publish(*(said(number) for number in range(20, 25)))
    await newsroom.emptied()
    await newsroom.rest()
    assert articles(receiver) == sorted(f"urn:article:{number}" for number in range(25))
    await newsroom.publish(*(said(number) for number in range(25, 30)))
    await rebuild(newsroom.settings.ledger, newsroom.settings.kafka, forget_expired=False)
    (watch,) = newsroom.watches.all()
    assert (watch.waiting, watch.delivered) == (5, 25)
    await newsroom.deliver()
    await newsroom.emptied()
    assert articles(receiver) == sorted(f"urn:article:{number}" for number in range(30))
    await newsroom.rest()


async def test_figures_say_what_waits(newsroom: Newsroom) -> None:
    """A receiver that is not there is told by the watch and by the figures; the ledger goes on."""
    newsroom.watch(url="http://127.0.0.1:9/", text="bridge")
    await newsroom.deliver()
    await newsroom.publish(said(1))
    await newsroom.caught_up()
    registry = newsroom.metrics.registry
    failed = {"way": "webhook", "result": "failed"}
    await newsroom.eventually(
        lambda: (registry.get_sample_value("claimwire_ledger_deliveries_total", failed) or 0) > 0, "it is counted"
    )
    (watch,) = newsroom.watches.all()
    assert watch.problem == "Its origin is not on CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS."
    assert registry.get_sample_value("claimwire_ledger_deliveries_oldest_seconds", {"way": "webhook"}) is not None


def test_a_service_posts_what_a_watch_asks_for(
    start_service: Callable[..., Any], tmp_path: Path, receiver: Receiver
) -> None:
    """From `POST /v1/watches` and `POST /v1/articles` to the receiver, with settings as a user gives them."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    database = Database(LedgerSettings(url=SecretStr(url)))
    migrate(database)
    database.close()
    secret = tmp_path / "webhook-secret"
    secret.write_text(SECRET)
    service = start_service(
        CLAIMWIRE_LEDGER__URL=url,
        CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS=json.dumps([receiver.origin]),
        CLAIMWIRE_LEDGER__WEBHOOK_SECRET_FILE=str(secret),
    )
    body = json.dumps({"name": "Reservoir", "filters": {"text": "reservoir"}, "url": f"{receiver.origin}/r"}).encode()
    status, answer = service.ask("POST", "/v1/watches", body)
    assert status == 201, answer
    assert service.ask("POST", "/v1/articles", ARTICLE)[0] == 202
    service.eventually(lambda: receiver.received, "a match arrives")
    assert receiver.received[0].is_signed()
    assert "reservoir" in json.loads(receiver.received[0].body)["data"]["claim"]["text"].casefold()
    assert receiver.origin not in service.log.read_text()
    assert service.terminate() == 0
