"""What is older than the settings say is deleted, and nothing else, on each database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from service.core.questions import Filters
from service.core.watches import NewWatch
from service.ledger.database import Database
from service.ledger.retention import Retention, expire_articles, expire_erasures
from service.ledger.store import Store
from service.ledger.tables import erasures, watches
from service.ledger.watches import Watches
from service.settings.ledger import LedgerSettings
from service.telemetry.metrics import LedgerMetrics, Metrics
from tests.ledger import LOG, counts, enriched, everything, held, record

DAY = 86_400_000
NOW = datetime.now(UTC)
START = int(NOW.timestamp() * 1_000)


def fill(database: Database, *ages: float) -> None:
    """Write articles of so many days ago, each with a claim of its own speaker and of one whom all quote."""
    told = [
        record(
            enriched(f"a{number}", {"speaker": f"Ann Number{number}"}, {"speaker": "Bob Ray"}),
            offset=number,
            at=int(START - age * DAY),
        )
        for number, age in enumerate(ages)
    ]
    Store(database).write(LOG, after=None, position=len(told), messages=told)


def test_old_articles_go_with_all_that_hangs_on_them(ledger: Database) -> None:
    """Claims, names that no other article has, and what waits to be delivered; the rest stays whole."""
    Watches(ledger).add(NewWatch(name="n", filters=Filters(), url=None))
    with ledger.writing() as connection:
        connection.execute(update(watches).values(created_at=NOW - timedelta(days=1_000)))
    fill(ledger, 400, 366, 364, 1)
    assert expire_articles(ledger, before=NOW - timedelta(days=365)) == 2
    assert expire_articles(ledger, before=NOW - timedelta(days=365)) == 0
    with ledger.transaction() as connection:
        assert sorted(held(connection)) == ["a2", "a3"]
        left = everything(connection)
        assert counts(connection)["claims"] == 4
    assert "Number0" not in left
    assert '"a1"' not in left
    assert "Bob Ray" in left
    assert [each.waiting for each in Watches(ledger).all()] == [4]


def test_old_hashes_of_erased_ids_go(ledger: Database) -> None:
    """Those that are younger stay."""
    for number, (name, age) in enumerate((("old", 100), ("young", 10))):
        told = [record(name, offset=number, at=int(START - age * DAY))]
        store = Store(ledger)
        store.write(LOG, after=store.position(LOG), position=number + 1, messages=told)
    assert expire_erasures(ledger, before=NOW - timedelta(days=60)) == 1
    with ledger.transaction() as connection:
        assert len(connection.execute(select(erasures)).all()) == 1


@pytest.mark.parametrize("days", [30.0, None])
async def test_a_sweep_takes_all_in_small_parts(ledger: Database, monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """More than one transaction takes; off where no setting is given."""
    monkeypatch.setattr("service.ledger.retention._AT_ONCE", 2)
    fill(ledger, 90, 80, 70, 60, 50, 10)
    metrics = Metrics()
    retention = Retention(ledger, LedgerSettings(keep_articles_days=days), LedgerMetrics(metrics.registry))
    task = asyncio.create_task(retention.run())
    expired = 0.0
    while days is not None and expired < 5:
        await asyncio.sleep(0.01)
        expired = metrics.registry.get_sample_value("claimwire_ledger_expired_total", {"table": "articles"}) or 0.0
    retention.stop()
    await task
    with ledger.transaction() as connection:
        assert len(held(connection)) == (6 if days is None else 1)


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


pytestmark = pytest.mark.anyio
