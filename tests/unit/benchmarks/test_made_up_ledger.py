"""The contents that the ledger is measured with are such as events would have left."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from benchmarks.made_up import ledger as contents
from service.core.questions import ClaimsQuestion, EntitiesQuestion, Filters
from service.ledger.answers import Answers
from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.ledger.tables import articles, claim_bands, claims
from service.settings.ledger import LedgerSettings
from service.streaming.consume.stored_sink import Log


def test_the_tables_hold_as_many_claims_as_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims beyond those that are made up one by one are copies with other ids; all are found by name and word."""
    monkeypatch.setattr(contents, "_MADE", 500)
    database = Database(LedgerSettings(url=SecretStr(f"sqlite:///{tmp_path}/ledger.db")))
    migrate(database)
    world = contents.world(people=200)
    with database.writing() as connection:
        contents.fill(connection, world, count=2_000, seed=1)
        counts = [
            connection.execute(select(func.count()).select_from(each)).scalar_one() for each in (claims, articles)
        ]
        assert counts == [2_000, 200]
        assert connection.execute(select(func.count()).select_from(claim_bands)).scalar_one() == 2_000 * 8
    answers = Answers(database)
    most_quoted = world.people[0]
    rows = answers.answer(ClaimsQuestion(filters=Filters(speaker=most_quoted), most=1_000)).rows
    assert len(rows) > 100
    assert {row["speaker"] for row in rows} == {most_quoted}
    assert answers.answer(ClaimsQuestion(filters=Filters(text=world.words[0]))).rows
    assert answers.answer(EntitiesQuestion(prefix=most_quoted[:3])).rows
    database.close()


def test_the_events_are_taken_by_the_ledger(tmp_path: Path) -> None:
    """Made-up events are of the schema, and each gives its ten claims."""
    database = Database(LedgerSettings(url=SecretStr(f"sqlite:///{tmp_path}/ledger.db")))
    migrate(database)
    messages = list(contents.events(contents.world(people=200), count=20, seed=2, topic="articles.enriched"))
    log = Log(topic="made/up", partition=0)
    written = Store(database).write(log, after=None, position=20, messages=messages)
    assert (written.rows["articles"], written.rows["claims"]) == (20, 200)
    database.close()
