"""The tables come to this version's revision, go back, and are refused where a newer version made them."""

import uuid

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import inspect, select

from service.core.errors import ConfigurationError
from service.ledger.database import Database
from service.ledger.schema import check, migrate
from service.ledger.status import status
from service.ledger.store import Store
from service.ledger.tables import claims, entities, entity_words, metadata, stances
from service.settings.ledger import LedgerSettings
from tests.ledger import LOG, enriched, records
from tests.postgres import Postgres

BESIDE = ("search", "alembic_version")  # full text, which differs with the database, and Alembic's own


def test_the_migrations_make_the_tables(ledger: Database) -> None:
    """What the migrations made is what the code has, in every table, column, key and index."""
    with ledger.transaction() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [each for each in found if not any(word in str(each) for word in BESIDE)] == []


def test_up_down_and_up_again(ledger: Database) -> None:
    """Every revision can be gone back from and come to once more, and nothing is left at the bottom."""
    assert migrate(ledger, to="base").wanted == "none"
    with ledger.transaction() as connection:
        left = set(inspect(connection).get_table_names()) | set(inspect(connection).get_view_names())
    assert left <= {"alembic_version"}
    migrate(ledger)
    check(ledger)


def test_a_migration_done_twice_changes_nothing(ledger: Database) -> None:
    """Migrating what is up to date keeps its rows."""
    Store(ledger).write(LOG, after=None, position=1, messages=records(enriched("a", {"speaker": "Ann Lee"})))
    migrate(ledger)
    assert status(ledger).rows == {"articles": 1, "claims": 1, "entities": 1}
    assert status(ledger).positions == {LOG: 1}


def test_an_absent_schema_is_told(ledger_settings: LedgerSettings) -> None:
    """Where no migration was run, the sentence names the command."""
    database = Database(ledger_settings)
    with pytest.raises(ConfigurationError, match="claimwire ledger migrate"):
        check(database)
    assert status(database).revisions.found is None
    database.close()


def test_a_newer_schema_is_refused(ledger: Database) -> None:
    """Tables of a revision that this version does not know are neither used nor changed."""
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for refused in (check, migrate):
        with pytest.raises(ConfigurationError, match="a newer claimwire made it"):
            refused(ledger)


@pytest.mark.parametrize("url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "what", "postgresql+asyncpg://h/d"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    """A URL that names no database of a supported kind is refused with the setting's name."""
    with pytest.raises(ConfigurationError, match="CLAIMWIRE_LEDGER__URL"):
        Database(LedgerSettings(url=SecretStr(url)))


def test_whoever_is_in_an_earlier_revision_is_who_the_name_says(ledger: Database) -> None:
    """Going down loses what was corrected, and coming up every row is its own canonical entity."""
    Store(ledger).write(LOG, after=None, position=1, messages=records(enriched("a", {"speaker": "Ann Lee"})))
    migrate(ledger, to="0004")
    migrate(ledger)
    with ledger.transaction() as connection:
        (row,) = connection.execute(select(entities)).all()
        assert (row.canonical_id, row.canonical_name, row.ref) == (row.id, "Ann Lee", None)
        shown = connection.exec_driver_sql("SELECT speaker, speaker_id FROM claims_readable").one()
        assert tuple(shown) == ("Ann Lee", row.id)


def test_a_migration_may_take_longer_than_a_statement(postgres: Postgres) -> None:
    """Rows that there are many of are rewritten in one statement, which the limit for a ledger's own would end."""
    settings = LedgerSettings(url=SecretStr(postgres.url), db_schema=f"t{uuid.uuid4().hex[:12]}")
    ledger = Database(settings)
    migrate(ledger, to="0005")
    with ledger.transaction(writes=True) as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2.5); RETURN NULL; END'"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER slow BEFORE UPDATE ON stances FOR EACH STATEMENT EXECUTE FUNCTION slow()"
        )
    hasty = Database(settings.model_copy(update={"timeout": 2.0}))
    migrate(hasty)
    check(hasty)
    hasty.close()
    ledger.close()


def test_stances_of_an_earlier_revision_have_the_groups_of_their_claims(ledger: Database) -> None:
    """Coming from tables where only claims have a group, repeats are still one voice."""
    said = {"speaker": "Ann Lee", "text": "The treaty is dead and buried for good.", "stances": {"Bob Ray": "favor"}}
    Store(ledger).write(LOG, after=None, position=2, messages=records(enriched("a", said), enriched("b", said)))
    migrate(ledger, to="0005")
    migrate(ledger)
    with ledger.transaction() as connection:
        groups = connection.execute(select(stances.c.group_id, claims.c.group_id).join(claims)).all()
        assert len(groups) == 2
        assert {tuple(row) for row in groups} == {(groups[0][0], groups[0][0])}


def test_names_of_an_earlier_revision_are_found(ledger: Database) -> None:
    """Coming from tables without the words of names, the words of the names that are there are added."""
    Store(ledger).write(
        LOG, after=None, position=1, messages=records(enriched("a", {"speaker": "Ann Lee"}, {"speaker": "Ray"}))
    )
    with ledger.transaction() as connection:
        before = sorted(connection.execute(select(entity_words.c.word)).scalars())
    migrate(ledger, to="0001")
    migrate(ledger)
    with ledger.transaction() as connection:
        assert sorted(connection.execute(select(entity_words.c.word)).scalars()) == before == ["ann", "lee"]
