"""The tables made anew from the topic, beside those that are in use, and then put in their place at once.

PostgreSQL: into a schema of its own, which is renamed in one transaction. SQLite: into a file of its own, whose pages
are copied over the other in one transaction (its backup API), since renaming a database that is open destroys it.
Ledgers that run meanwhile go on: they are refused at their next batch, since the offsets are no longer those that they
wrote, and begin again at the new ones.

Watches, and what waits for them, are carried over. So is how far matches were decided: what the old tables had decided
is not decided again, and what only the new ones have read is decided then.
"""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from sqlalchemy import Connection, func, inspect, or_, select, text, update

from service.core.errors import ConfigurationError
from service.core.message import Message
from service.ledger.correct import carry
from service.ledger.database import Database
from service.ledger.matches import match
from service.ledger.schema import migrate, revisions
from service.ledger.store import Store
from service.ledger.tables import articles, claims, corrections, logs, watches
from service.ledger.watches import carry_over
from service.settings import KafkaSettings
from service.settings.ledger import LedgerSettings
from service.streaming.admin.topic_contents import TopicFacts, parts, topic_facts
from service.streaming.consume.stored_sink import Log, RefusedError

_BESIDE: Final = "_rebuild"  # behind the name of the schema, or of the file
_BEFORE: Final = "_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was read: records, and those that cannot be kept, by code."""

    records: int
    refused: Mapping[str, int]


async def rebuild(settings: LedgerSettings, kafka: KafkaSettings, *, forget_expired: bool) -> Rebuilt:
    """Make the tables anew from all that the topic holds.

    1. Look whether the tables hold what the topic no longer does; that would be lost.
    2. Make empty tables beside those in use.
    3. Read the topic into them.
    4. Take over what was corrected of who is who.
    5. Put them in place.

    Args:
        settings: The ledger's.
        kafka: The cluster, whose output topic is read.
        forget_expired: Go on where articles would be lost.

    Raises:
        ConfigurationError: articles would be lost, or a newer version made the tables.
        LedgerUnavailableError: the database does not answer.
        InfrastructureError: the topic cannot be read.
    """
    with contextlib.closing(Database(settings)) as database:
        topic = await topic_facts(kafka, kafka.topics.enriched)
        expired = await asyncio.to_thread(_expired, database, topic)
        if expired and not forget_expired:
            raise ConfigurationError(
                f"{expired} articles of the ledger are of records that the topic does not hold any more, and would be "
                "lost: say --forget-expired if they may be."
            )
        with contextlib.closing(_beside(settings, database)) as fresh:
            await asyncio.to_thread(_empty, fresh)
            done = await _read(Store(fresh), topic, parts(kafka, kafka.topics.enriched, most=settings.max_events))
            await asyncio.to_thread(_swap, database, fresh)
        return done


async def _read(store: Store, topic: TopicFacts, contents: AsyncIterator[Sequence[Message]]) -> Rebuilt:
    records = 0
    refused: Counter[str] = Counter()
    positions: dict[int, int | None] = {}
    async for messages in contents:
        partition, position = messages[0].partition or 0, (messages[-1].offset or 0) + 1
        log, after = Log(topic=topic.identity, partition=partition), positions.get(partition)
        refused += Counter(await asyncio.to_thread(_write, store, log, after, position, messages))
        positions[partition] = position
        records += len(messages)
    return Rebuilt(records=records, refused=dict(refused))


def _write(store: Store, log: Log, after: int | None, position: int, messages: Sequence[Message]) -> list[str]:
    """Write a part; return the codes of what cannot be kept, whose dead letters the ledger has written before."""
    try:
        store.write(log, after=after, position=position, messages=messages)
    except RefusedError as error:
        kept = [each for index, each in enumerate(messages) if index not in error.refused]
        store.write(log, after=after, position=position, messages=kept)
        return [why.code for why in error.refused.values()]
    return []


def _expired(database: Database, topic: TopicFacts) -> int:
    """Return how many articles come of records that the topic does not hold any more."""
    with database.transaction() as connection:
        stand = revisions(connection)
        if stand.found is None:
            return 0
        if not stand.known:
            raise ConfigurationError(
                f"The ledger's database is at revision {stand.found}, which this version does not know: a newer "
                "claimwire made it."
            )
        gone = [
            (logs.c.partition == partition) & (articles.c.log_offset < oldest)
            for partition, oldest in topic.oldest.items()
        ]
        count = select(func.count()).select_from(articles.join(logs, logs.c.id == articles.c.log_id))
        return int(connection.execute(count.where(or_(logs.c.topic != topic.identity, *gone))).scalar_one())


def _beside(settings: LedgerSettings, database: Database) -> Database:
    if database.is_postgres:
        return Database(settings, schema=f"{database.schema}{_BESIDE}")
    url = database.url.set(database=f"{database.url.database}{_BESIDE}")
    return Database(settings.model_copy(update={"url": SecretStr(url.render_as_string(hide_password=False))}))


def _empty(fresh: Database) -> None:
    """Remove what a rebuild that was broken off left, and make the tables."""
    if fresh.is_postgres:
        with fresh.transaction(writes=True) as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {fresh.schema} CASCADE"))
    else:
        _remove(fresh)
    migrate(fresh)


def _swap(database: Database, fresh: Database) -> None:
    if not database.is_postgres:
        # A watch or a correction that is made between these two is lost: SQLite copies over no file that is locked.
        with database.transaction() as old, fresh.writing() as new:
            _keep(old, new)
        fresh.close()
        with _opened(fresh) as source, _opened(database) as target:
            source.backup(target)
        _remove(fresh)
        return
    with database.writing() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        found = connection.execute(
            text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": database.schema}
        ).one_or_none()
        if found is not None:
            with fresh.writing() as new:
                new.execute(text("SET LOCAL statement_timeout = 0"))
                _keep(connection, new)
            connection.execute(text(f"ALTER SCHEMA {database.schema} RENAME TO {database.schema}{_BEFORE}"))
        connection.execute(text(f"ALTER SCHEMA {fresh.schema} RENAME TO {database.schema}"))
        if found is not None:
            connection.execute(text(f"DROP SCHEMA {database.schema}{_BEFORE} CASCADE"))


def _keep(old: Connection, new: Connection) -> None:
    """Carry over what people made: what they corrected, and then what they watch, whom they name by it."""
    if inspect(old).has_table(corrections.name):
        carry(old, new)
    _keep_watches(old, new)


def _keep_watches(old: Connection, new: Connection) -> None:
    """Carry watches over, and hold against them what only the new tables have read."""
    if not inspect(old).has_table(watches.name):
        return
    matched = {(row.topic, row.partition): row.matched for row in old.execute(select(logs))}
    carry_over(old, new)
    for row in new.execute(select(logs).order_by(logs.c.id)).all():
        before = matched.get((row.topic, row.partition), 0)
        new.execute(update(logs).where(logs.c.id == row.id).values(matched=before))
        unseen = (
            select(func.min(claims.c.id), func.max(claims.c.id))
            .join(articles)
            .where(articles.c.log_id == row.id, articles.c.log_offset >= before)
        )
        first, last = new.execute(unseen).one()
        match(new, log_id=row.id, numbers=(first or 0, last or 0), decided=(), upto=row.position)


@contextlib.contextmanager
def _opened(database: Database) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(_file(database))) as connection:
        yield connection


def _file(database: Database) -> Path:
    return Path(str(database.url.database))


def _remove(database: Database) -> None:
    for ending in ("", "-wal", "-shm"):
        _file(database).with_name(_file(database).name + ending).unlink(missing_ok=True)
