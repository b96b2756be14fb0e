"""What a person corrects of identity: two entities are one, or one is two; and what there is to correct."""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from service.core.errors import ClaimwireError
from service.core.questions import EntitiesQuestion
from service.ledger.corrections import EVERYWHERE, Corrections, read_corrections, whom
from service.ledger.database import Database, row_of
from service.ledger.figures import entities_answer
from service.ledger.reconcile import reconcile
from service.ledger.removal import named_by
from service.ledger.schema import check
from service.ledger.tables import articles, corrections, entities, erasures
from service.ledger.versions import digest
from service.settings.ledger import LedgerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A canonical entity: the name that is shown for it, and the others that it goes by."""

    id: str
    type: str
    name: str | None
    others: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction, by ids, and by the name where there is one. `article_id` is None where it is of all articles."""

    entity_id: str
    into_id: str
    into_name: str | None
    article_id: str | None
    made_at: datetime


@contextlib.contextmanager
def opened(settings: LedgerSettings, *, writes: bool = False) -> Iterator[Connection]:
    """Give a connection to a ledger of this version, in a transaction.

    Raises:
        ConfigurationError, LedgerUnavailableError: see `schema.check`.
    """
    with contextlib.closing(Database(settings)) as database:
        check(database)
        with database.writing() if writes else database.transaction() as connection:
            yield connection


def merge(connection: Connection, keep: str, others: Sequence[str]) -> str:
    """Make the others one with an entity, whose id and name stay.

    Where articles had been told to mean another of them, that is taken back: all are one now.

    Args:
        connection: In a transaction that writes.
        keep: id of a canonical entity, or of one that was merged into it.
        others: ids of the same kind.

    Returns:
        the canonical id of the one.

    Raises:
        ClaimwireError: there is no such entity, they are one already, or only one article knows the one to keep.
    """
    said = read_corrections(connection)
    kept = _canonical(connection, keep)
    if _home(connection, kept) is not None:
        raise ClaimwireError(f"The entity {keep} is known to one article only: name one that several may know first.")
    into = dict(said.into)
    for other in others:
        merged = _canonical(connection, other)
        if merged == kept:
            raise ClaimwireError(f"The entities {keep} and {other} are one already.")
        into[merged, _home(connection, merged) or EVERYWHERE] = kept
    _store(connection, said, _without_rounds(into))
    return kept


def split(connection: Connection, entity: str, in_articles: Sequence[str] = ()) -> str:
    """Make an entity two: take back that it was merged into another, or set apart whom some articles mean by it.

    Args:
        connection: In a transaction that writes.
        entity: id of what was merged; with articles, of any canonical entity.
        in_articles: their ids.

    Returns:
        the id of what is another entity now.

    Raises:
        ClaimwireError: it was not merged, there is no such entity, or an article does not name it.
    """
    said = read_corrections(connection)
    into = dict(said.into)
    if not in_articles:
        merged = [key for key in into if key[0] == entity and key[1] in {EVERYWHERE, _home(connection, entity)}]
        if not merged:
            raise ClaimwireError(
                f"The entity {entity} was not merged into another; to set it apart in some articles, name them with "
                "--article."
            )
        for key in merged:
            del into[key]
        _store(connection, said, into)
        return entity
    whole, apart = _canonical(connection, entity), uuid.uuid4().hex[:20]
    for article in in_articles:
        named = select(entities.c.id).where(
            entities.c.id.in_(named_by(connection, [article])), entities.c.canonical_id == whole
        )
        if connection.execute(named.limit(1)).one_or_none() is None:
            raise ClaimwireError(f"The ledger has no article {article} that names the entity {entity}.")
        into[whole, article] = apart
    _store(connection, said, _without_rounds(into))
    return apart


def found(connection: Connection, words: str, *, most: int) -> list[Listed]:
    """Return canonical entities with a name whose words begin so, the nearest names first."""
    rows = entities_answer(connection, EntitiesQuestion(prefix=words, most=most)).rows
    return list(_listed(connection, [str(row["id"]) for row in rows]))


def of_article(connection: Connection, article: str) -> list[Listed]:
    """Return whom and what an article names, also those whom only it knows.

    Raises:
        ClaimwireError: there is no such article.
    """
    if connection.execute(select(articles.c.id).where(articles.c.id == article)).one_or_none() is None:
        raise ClaimwireError(f"The ledger has no article {article}.")
    own = select(entities.c.canonical_id).distinct().where(entities.c.id.in_(named_by(connection, [article])))
    return list(_listed(connection, sorted(connection.execute(own).scalars())))


def made(connection: Connection) -> list[Correction]:
    """Return all corrections, oldest first."""
    name = select(func.max(entities.c.canonical_name)).where(entities.c.canonical_id == corrections.c.into_id)
    rows = connection.execute(
        select(corrections, name.scalar_subquery().label("into_name")).order_by(
            corrections.c.made_at, corrections.c.entity_id, corrections.c.article_id
        )
    )
    return [
        Correction(
            entity_id=row.entity_id,
            into_id=row.into_id,
            into_name=row.into_name,
            article_id=row.article_id or None,
            made_at=row.made_at,
        )
        for row in rows
    ]


def carry(source: Connection, target: Connection) -> None:
    """Take the corrections of one ledger over into another that was made of the same topic, and apply them.

    Those of articles that were erased since stay behind.
    """
    erased = {row.article_sha256: row.erased_at for row in target.execute(select(erasures))}
    rows = [
        row_of(row)
        for row in source.execute(select(corrections))
        if row.article_id == EVERYWHERE or (at := erased.get(digest(row.article_id))) is None or at < row.made_at
    ]
    target.execute(delete(corrections))
    if rows:
        target.execute(insert(corrections), rows)
    reconcile(target, read_corrections(target), before=Corrections({}))


def _listed(connection: Connection, ids: Sequence[str]) -> Iterator[Listed]:
    known: dict[str, list[Any]] = {}
    for row in connection.execute(select(entities).where(entities.c.canonical_id.in_(ids))):
        known.setdefault(row.canonical_id, []).append(row)
    for each in ids:
        rows = known.get(each, [])
        shown = rows[0].canonical_name if rows else None
        others = sorted({row.name for row in rows if row.name} - {shown})
        yield Listed(id=each, type=min((row.type for row in rows), default=""), name=shown, others=others)


def _canonical(connection: Connection, entity: str) -> str:
    """Return the canonical entity of an id.

    Raises:
        ClaimwireError: no row has the id.
    """
    now = whom(connection, entity)
    rows = select(entities.c.canonical_id).where((entities.c.id == entity) | (entities.c.canonical_id == now))
    canonical = connection.execute(rows.order_by(entities.c.canonical_id != now).limit(1)).scalar_one_or_none()
    if canonical is None:
        raise ClaimwireError(f"The ledger has no entity {entity}: `claimwire entities list` shows their ids.")
    return str(canonical)


def _home(connection: Connection, entity: str) -> str | None:
    """Return the article that alone knows an entity; None where several may."""
    rows = select(entities.c.article_id).where(entities.c.id == entity)
    return connection.execute(rows).scalar_one_or_none()


def _without_rounds(into: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Take out what is said of one article where it leads round: a merge of the two came after it."""
    kept = dict(into)
    for entity, article in sorted(key for key in into if key[1] != EVERYWHERE):
        said = Corrections(kept)
        end = said.canonical(entity, article)
        step = kept.get((end, article), kept.get((end, EVERYWHERE)))
        if step is not None:
            del kept[entity, article]
    return kept


def _store(connection: Connection, before: Corrections, into: dict[tuple[str, str], str]) -> None:
    """Write the corrections that are others than before, and apply all."""
    gone = {key for key in before.into if before.into[key] != into.get(key)}
    for entity, article in sorted(gone):
        of_it = (corrections.c.entity_id == entity) & (corrections.c.article_id == article)
        connection.execute(delete(corrections).where(of_it))
    now = datetime.now(UTC)
    new = [
        {"entity_id": entity, "article_id": article, "into_id": target, "made_at": now}
        for (entity, article), target in sorted(into.items())
        if before.into.get((entity, article)) != target
    ]
    if new:
        connection.execute(insert(corrections), new)
    reconcile(connection, Corrections(into), before=before)
