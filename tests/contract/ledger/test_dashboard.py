"""The Grafana dashboard of who stands where: each panel's SQL on a real PostgreSQL, as one who may only read."""

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.settings.ledger import LedgerSettings
from tests.ledger import LOG, enriched, records
from tests.postgres import Postgres

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD = json.loads((DEPLOY / "dashboards/stances.json").read_text())
PANELS: dict[str, str] = {panel["title"]: panel["targets"][0]["rawSql"] for panel in DASHBOARD["panels"]}
NATO = ("NATO", "organization")


@pytest.fixture(scope="module")
def reader() -> Iterator[psycopg.Connection[Any]]:
    """A reader's connection to a ledger that compose's script and the migrations made, with two articles in it."""
    with Postgres() as server:
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute((DEPLOY / "trying/ledger-readers.sql").read_text())
        database = Database(LedgerSettings(url=SecretStr(server.url)))
        migrate(database)
        told = [
            enriched(
                "a", {"speaker": "Ann Lee", "stances": {NATO: "favor"}, "text": "The door of it stands wide open."}
            ),
            enriched(
                "b", {"speaker": "Bob Ray", "stances": {NATO: "against"}, "text": "Nobody there asked any of us."}
            ),
        ]
        Store(database).write(LOG, after=None, position=2, messages=records(*told))
        database.close()
        with psycopg.connect(server.url.replace("claimwire@", "reader@"), autocommit=True) as connection:
            yield connection


def ask(reader: psycopg.Connection[Any], sql: str, **variables: str) -> list[tuple[Any, ...]]:
    """Run a panel's SQL as Grafana would, with its macros and variables filled in."""
    sql = re.sub(r"\$__timeFilter\((.*?)\)", r"\1 BETWEEN '2026-01-01' AND '2026-12-31'", sql)
    filled = re.sub(
        r"\$\{(\w+):sqlstring\}", lambda name: "'" + variables.get(name[1], "").replace("'", "''") + "'", sql
    )
    return reader.execute(filled.encode()).fetchall()


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Who stands where over time", [(1, -1)]),
        ("Most quoted", [("Ann Lee", 1, 1), ("Bob Ray", 1, 1)]),
        ("Most disputed", [("NATO", 1, 1)]),
        ("Holders and targets", [("Ann Lee", "NATO", "favor", 1), ("Bob Ray", "NATO", "against", 1)]),
        ("Claims", [("Bob Ray", "Nobody there asked any of us."), ("Ann Lee", "The door of it stands wide open.")]),
    ],
)
def test_a_panel_shows_what_the_articles_say(reader: Any, title: str, found: list[tuple[Any, ...]]) -> None:
    """Each panel's query runs for a reader, and finds what is there."""
    rows = ask(reader, PANELS[title])
    if title == "Who stands where over time":
        rows = [row[1:] for row in rows]
    if title == "Claims":
        rows = [row[1:3] for row in rows]
    assert rows == found


def test_every_panel_is_tried() -> None:
    """No panel is left out above."""
    assert len(PANELS) == 5


def test_variables_narrow_and_break_nothing(reader: Any) -> None:
    """A holder or target narrows the panels that name it; a quotation mark in a name is a mark."""
    over_time = PANELS["Who stands where over time"]
    assert [row[1:] for row in ask(reader, over_time, holder="Ann Lee", target="NATO")] == [(1, 0)]
    assert ask(reader, over_time, holder="O'Neil' OR 1=1 --") == []
    assert ask(reader, PANELS["Holders and targets"], target="Nobody") == []


def test_a_reader_cannot_change_anything(reader: Any) -> None:
    """The role may look at the tables alone, even where it switches its own safeguard off."""
    reader.execute("SET default_transaction_read_only = off")
    for statement in (
        "DELETE FROM claims",
        "INSERT INTO counters VALUES ('x', 1)",
        f"CREATE TABLE t{uuid.uuid4().hex} (a int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)
