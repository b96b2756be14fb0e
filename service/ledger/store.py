"""Writes batches of events, each with the offset that it ends at, in one transaction of the database."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from service.core.article import Rejected
from service.core.errors import FencedError, InfrastructureError
from service.core.message import Message
from service.ledger import versions
from service.ledger.corrections import read_corrections
from service.ledger.database import Database
from service.ledger.events import Told, read
from service.ledger.groups import assign_groups
from service.ledger.matches import event_key, forget, match
from service.ledger.names import insert_entities, show_names
from service.ledger.removal import forget_corrections, forget_unused, take_away
from service.ledger.rows import Rows, rows_of
from service.ledger.tables import (
    article_stances,
    articles,
    claim_bands,
    claims,
    counters,
    erasures,
    logs,
    mentions,
    stances,
    topics,
)
from service.streaming.consume.stored_sink import Log, RefusedError

_AT_ONCE: Final = 1_000  # ids in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a batch did: rows inserted, by table, and events by what became of them."""

    rows: Mapping[str, int]
    events: Mapping[str, int]


class Store:
    """The tables of one database, as the ledger writes them. Blocks; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self, log: Log) -> int | None:
        """Return the offset of the log's next record; None where nothing of it is in the tables."""
        with self._database.transaction() as connection:
            found = _find(connection, log)
            return None if found is None else found[1]

    def write(self, log: Log, *, after: int | None, position: int, messages: Sequence[Message]) -> Written:
        """Store what the records say, and `position`, in one transaction.

        1. Read the records; nothing of the batch is written where one cannot be read.
        2. Keep other writers out, and look that the log still stands at `after`: another ledger that holds the
           partition too, as in a rebalance, may have written the batch.
        3. Decide what holds of each article; see `versions`.
        4. Take away what held before.
        5. Insert what holds now.
        6. Take away entities that no article names any more.
        7. Decide what matches watches; see `matches`.
        8. Move the offset, and commit.

        Raises:
            RefusedError: some records cannot be read, or the database refuses what they say.
            FencedError: the log does not stand at `after`.
            LedgerUnavailableError: the database does not answer.
            ConfigurationError: the database refuses us.
        """
        read_ones = [read(message, index) for index, message in enumerate(messages)]
        refused = {index: each for index, each in enumerate(read_ones) if isinstance(each, Rejected)}
        if refused:
            raise RefusedError(refused)
        told = [each for each in read_ones if isinstance(each, Told)]
        try:
            with self._database.writing() as connection:
                log_id = _advance(connection, log, after=after, position=position)
                return _apply(connection, told, log_id)
        except (StatementError, OverflowError) as error:
            raise self._culprits(log, after=after, position=position, told=told) from error

    def _culprits(self, log: Log, *, after: int | None, position: int, told: Sequence[Told]) -> Exception:
        """Find the events that the database refuses, each tried alone; nothing stays written."""
        refused: dict[int, Rejected] = {}
        for each in told:
            try:
                with self._database.writing() as connection:
                    _apply(connection, [each], _advance(connection, log, after=after, position=position))
                    raise _EnoughError  # noqa: TRY301  # rolls back
            except _EnoughError:
                continue
            except (StatementError, OverflowError) as error:
                code = type(getattr(error, "orig", None) or error).__name__
                message = f"The ledger's database refuses what the event says ({code})."
                refused[each.index] = Rejected(code="not-storable", message=message)
        if refused:
            return RefusedError(refused)
        return InfrastructureError("The ledger's database refuses a batch, but each of its events alone it takes.")


class _EnoughError(Exception):
    """The trial is over."""


def _find(connection: Connection, log: Log) -> tuple[int, int] | None:
    row = connection.execute(
        select(logs.c.id, logs.c.position).where(logs.c.topic == log.topic, logs.c.partition == log.partition)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _advance(connection: Connection, log: Log, *, after: int | None, position: int) -> int:
    """Move the log's position from `after`; return the log's id."""
    found = _find(connection, log)
    if (None if found is None else found[1]) != after:
        raise FencedError(
            f"The ledger's tables are at offset {found and found[1]} of partition {log.partition}, not at {after}: "
            "another ledger wrote meanwhile."
        )
    if found is None:
        made = insert(logs).values(topic=log.topic, partition=log.partition, position=position).returning(logs.c.id)
        return int(connection.execute(made).scalar_one())
    connection.execute(update(logs).where(logs.c.id == found[0]).values(position=position))
    return found[0]


def _apply(connection: Connection, told: Sequence[Told], log_id: int) -> Written:
    states = _states(connection, {each.article_id for each in told})
    decided = versions.decide(
        told,
        log_id=log_id,
        states=states,
        erasures=_erasures(connection, {versions.digest(each.article_id) for each in told}),
    )
    orphans: set[str] = set()
    renamed: set[str] = set()  # canonical entities that lost or gained a name
    for ids in _parts(sorted(decided.latest)):
        named, lost = take_away(connection, ids)
        orphans |= named
        renamed |= lost
    for erasure in decided.erasures:
        _remember(connection, erasure)
    erased = {key: each.written_at for key, each in decided.latest.items() if each.data is None}
    forget_corrections(connection, erased)
    said = read_corrections(connection)
    new = [rows_of(each, log_id=log_id, corrections=said) for each in decided.latest.values() if each.data is not None]
    counts, numbers, gained = _insert(connection, new)
    kept = {row["id"] for rows in new for row in rows.entities}
    show_names(connection, renamed | gained | forget_unused(connection, _parts(sorted(orphans - kept))))
    held = {
        key: None if each.data is None else event_key(key, each.version, each.event_id)
        for key, each in decided.latest.items()
    }
    for ids in _parts(sorted(held)):
        forget(connection, {key: held[key] for key in ids})
    again = {key for key, state in states.items() if event_key(key, state.version, state.event_id) == held.get(key)}
    upto = max((each.offset + 1 for each in told), default=0)
    counts["deliveries"] = match(connection, log_id=log_id, numbers=numbers, decided=again, upto=upto)
    return Written(rows=counts, events=decided.counts)


def _states(connection: Connection, ids: Iterable[str]) -> dict[str, versions.State]:
    found: dict[str, versions.State] = {}
    for part in _parts(sorted(ids)):
        for row in connection.execute(
            select(
                articles.c.id, articles.c.version, articles.c.log_id, articles.c.recorded_at, articles.c.event_id
            ).where(articles.c.id.in_(part))
        ):
            found[row.id] = versions.State(
                version=row.version, log_id=row.log_id, written_at=row.recorded_at, event_id=row.event_id
            )
    return found


def _erasures(connection: Connection, digests: Iterable[str]) -> dict[str, versions.Erasure]:
    found: dict[str, versions.Erasure] = {}
    for part in _parts(sorted(digests)):
        for row in connection.execute(select(erasures).where(erasures.c.article_sha256.in_(part))):
            found[row.article_sha256] = versions.Erasure(log_id=row.log_id, erased_at=row.erased_at)
    return found


def _insert(connection: Connection, new: Sequence[Rows]) -> tuple[Counter[str], tuple[int, int], set[str]]:
    """Insert the rows of articles that have none.

    Returns:
        how many, by table; the first and the last claim; and the canonical entities that may have gained a name.
    """
    own_claims = [row for rows in new for row in rows.claims]
    first = _next_claim(connection, len(own_claims))
    for claim_id, row in enumerate(own_claims, start=first):
        row["id"] = claim_id
    bands = assign_groups(connection, own_claims, [speaker for rows in new for speaker in rows.speakers])
    known = {(row["article_id"], row["claim"]): row for row in own_claims}
    own_stances = [
        {name: value for name, value in row.items() if name != "claim"}
        | {"claim_id": of["id"], "group_id": of["group_id"]}
        for rows in new
        for row in rows.stances
        for of in (known[rows.article["id"], row["claim"]],)
    ]
    own_entities = {row["id"]: row for rows in new for row in rows.entities}
    parts: list[tuple[Table, list[dict[str, Any]]]] = [
        (mentions, [row for rows in new for row in rows.mentions]),
        (claims, own_claims),
        (claim_bands, list(bands)),
        (stances, own_stances),
        (article_stances, [row for rows in new for row in rows.article_stances]),
        (topics, [row for rows in new for row in rows.topics]),
    ]
    if new:
        connection.execute(insert(articles), [rows.article for rows in new])
    gained = insert_entities(connection, list(own_entities.values()))
    counts = Counter({"articles": len(new)})
    for table, rows_ in parts:
        if rows_:
            connection.execute(insert(table), rows_)
            counts[table.name] += len(rows_)
    return counts, (first, first + len(own_claims) - 1), gained


def _next_claim(connection: Connection, count: int) -> int:
    """Return the first of `count` numbers that no claim ever had."""
    if not count:
        return 0
    raised = (
        update(counters)
        .where(counters.c.name == "claims")
        .values(value=counters.c.value + count)
        .returning(counters.c.value)
    )
    return int(connection.execute(raised).scalar_one()) - count + 1


def _remember(connection: Connection, erasure: dict[str, Any]) -> None:
    statement: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(erasures)
    others = {name: statement.excluded[name] for name in erasure if name != "article_sha256"}
    connection.execute(statement.on_conflict_do_update(index_elements=["article_sha256"], set_=others), erasure)


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
