"""Claims and stances in pages, answered from the tables.

A page begins behind the last row of the one before (keyset pagination): a deep page costs what the first does, and rows
that come in between shift nothing. The rows of a page are chosen first, and only they are joined with names and titles.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, func, literal, select, tuple_

from service.core.questions import (
    Answer,
    ClaimsQuestion,
    EntitiesQuestion,
    Place,
    Question,
    RankingQuestion,
    SeriesQuestion,
    StancesQuestion,
)
from service.ledger.conditions import conditions, stance_conditions
from service.ledger.database import Database, row_of
from service.ledger.figures import entities_answer, ranking_answer, series_answer
from service.ledger.tables import articles, claims, entities, stances

_SHOWN: Final = (  # of a claim
    claims.c.id,
    claims.c.article_id,
    claims.c.claim,
    claims.c.start_char.label("start"),
    claims.c.end_char.label("end"),
    claims.c.text,
    claims.c.kind,
    claims.c.speaker_id,
    claims.c.speaker_name,
    claims.c.speaker_kind,
    claims.c.cue,
    claims.c.check_worthiness,
    claims.c.confidence,
    claims.c.group_id,
    claims.c.said_at,
    claims.c.source,
    claims.c.language,
)


class Answers:
    """Answers from one database, opened for reading. Blocks; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(self, question: Question) -> Answer:
        """Return the answer, all of it from one moment.

        Raises:
            LedgerUnavailableError: the database does not answer.
            ConfigurationError: it refuses us.
        """
        with self._database.transaction() as connection:
            match question:
                case ClaimsQuestion():
                    return _claims(connection, question)
                case StancesQuestion():
                    return _stances(connection, question)
                case SeriesQuestion():
                    return series_answer(connection, question)
                case EntitiesQuestion():
                    return entities_answer(connection, question)
                case RankingQuestion():
                    return ranking_answer(connection, question)


def _claims(connection: Connection, question: ClaimsQuestion) -> Answer:
    key = claims.c.said_at if question.order == "time" else claims.c.check_worthiness
    chosen = select(*_SHOWN).where(*conditions(connection, question.filters))
    if question.after is not None:
        chosen = chosen.where(
            tuple_(key, claims.c.id) < tuple_(literal(question.after.value, key.type), question.after.claim)
        )
    found = _with_names(connection, chosen.order_by(key.desc(), claims.c.id.desc()).limit(question.most + 1), key.name)
    rows = found[: question.most]
    _add_stances(connection, rows)
    last = Place(value=rows[-1][key.name], claim=rows[-1]["id"]) if len(found) > question.most else None
    return Answer(rows=rows, last=last)


def claim_rows(connection: Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return claims of these numbers in the form of an answer, the latest first."""
    rows = _with_names(connection, select(*_SHOWN).where(claims.c.id.in_(numbers)), "said_at")
    _add_stances(connection, rows)
    return rows


def _with_names(connection: Connection, chosen: Select[Any], key: str) -> list[dict[str, Any]]:
    """Return rows of `_SHOWN` with the names of their speakers and articles, ordered by a column and their number."""
    page = chosen.subquery()
    named = (
        select(
            *(column for column in page.c if column.name != "speaker_id"),
            entities.c.canonical_id.label("speaker_id"),
            func.coalesce(entities.c.canonical_name, page.c.speaker_name).label("speaker"),
            articles.c.title,
            articles.c.url,
        )
        .join(articles, articles.c.id == page.c.article_id)
        .outerjoin(entities, entities.c.id == page.c.speaker_id)
        .order_by(page.c[key].desc(), page.c.id.desc())
    )
    return [row_of(row) for row in connection.execute(named)]


def _add_stances(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    held: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    toward = (
        select(
            stances.c.claim_id,
            entities.c.canonical_id.label("target_id"),
            entities.c.canonical_name.label("target"),
            stances.c.label,
            stances.c.confidence,
        )
        .join(entities, entities.c.id == stances.c.target_id)
        .where(stances.c.claim_id.in_(held))
        .order_by(stances.c.claim_id, entities.c.canonical_id, stances.c.confidence.desc(), stances.c.target_id)
    )
    for each in connection.execute(toward):
        stance = row_of(each)
        of_claim = held[stance.pop("claim_id")]
        if not of_claim or of_claim[-1]["target_id"] != stance["target_id"]:  # of two that are one, the surer counts
            of_claim.append(stance)
    for row in rows:
        row["stances"] = held[row["id"]]


def _stances(connection: Connection, question: StancesQuestion) -> Answer:
    key = stances.c.said_at if question.order == "time" else claims.c.check_worthiness
    chosen = (
        select(
            stances.c.claim_id, stances.c.target_id, stances.c.holder_id, stances.c.label, stances.c.confidence,
            stances.c.said_at, claims.c.check_worthiness, claims.c.text, claims.c.article_id, claims.c.claim,
            claims.c.group_id, claims.c.source, claims.c.language,
        )
        .join(claims, claims.c.id == stances.c.claim_id)
        .where(*stance_conditions(connection, question.filters))
    )  # fmt: skip
    if (after := question.after) is not None:
        place = tuple_(literal(after.value, key.type), after.claim, after.target or "")
        chosen = chosen.where(tuple_(key, stances.c.claim_id, stances.c.target_id) < place)
    keys = (key.desc(), stances.c.claim_id.desc(), stances.c.target_id.desc())
    page = chosen.order_by(*keys).limit(question.most + 1).subquery()
    holder, target = entities.alias("holder"), entities.alias("target")
    named = (
        select(
            page, articles.c.title, articles.c.url,
            holder.c.canonical_id.label("holder"), holder.c.canonical_name.label("holder_name"),
            target.c.canonical_id.label("target"), target.c.canonical_name.label("target_name"),
        )
        .join(articles, articles.c.id == page.c.article_id)
        .join(target, target.c.id == page.c.target_id)
        .outerjoin(holder, holder.c.id == page.c.holder_id)
        .order_by(page.c[key.name].desc(), page.c.claim_id.desc(), page.c.target_id.desc())
    )  # fmt: skip
    found = connection.execute(named).all()
    rows = [row_of(row) for row in found[: question.most]]
    end = rows[-1] if len(found) > question.most else None
    last = end and Place(value=end[key.name], claim=end["claim_id"], target=end["target_id"])
    return Answer(rows=[_shown(row) for row in rows], last=last or None)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of stances with canonical entities in the place of the rows that the page is ordered by."""
    who = {f"{part}_id": row[part] for part in ("holder", "target")}
    names = {part: row[f"{part}_name"] for part in ("holder", "target")}
    return {name: value for name, value in row.items() if not name.endswith("_name")} | who | names
