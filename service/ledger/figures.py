"""Counts over claims and stances, and names by the beginnings of their words, answered from the tables."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Select,
    case,
    cast,
    distinct,
    func,
    literal_column,
    or_,
    select,
    true,
)

from service.core.questions import Answer, Bucket, EntitiesQuestion, RankingQuestion, SeriesQuestion
from service.ledger.conditions import conditions, held_by, named, stance_conditions
from service.ledger.database import row_of
from service.ledger.identity import normalized, words_of
from service.ledger.tables import claims, entities, entity_words, stances

COUNTED: Final = 5_000  # latest claims, or stances, that a ranking counts: its cost does not grow with the tables
_BUCKETS: Final = 4_000  # of one series: eleven years of days
_LIKE: Final = 2_000  # names looked at for one prefix
_COUNTED_LABELS: Final = ("favor", "against")


def series_answer(connection: Connection, question: SeriesQuestion) -> Answer:
    """Return a row for each bucket with a stance, oldest first: favor, against, claims.

    A claim and its repeats count in the bucket in which it was said first, under each label that one of them has.
    """
    wanted: list[ColumnElement[bool]] = [stances.c.target_id.in_(named(connection, question.target))]
    if question.holder is not None:
        wanted.append(held_by(connection, question.holder))
    of_stance = ((question.since, stances.c.said_at.__ge__), (question.until, stances.c.said_at.__lt__))
    of_claim = ((question.source, claims.c.source.__eq__), (question.language, claims.c.language.__eq__))
    wanted += [compare(value) for value, compare in (*of_stance, *of_claim) if value is not None]
    voice = stances.c.claim_id if question.repeats else stances.c.group_id
    voices = select(
        func.min(stances.c.said_at).label("said_at"),
        *(func.max(case((stances.c.label == label, 1), else_=0)).label(label) for label in _COUNTED_LABELS),
    )
    if question.source is not None or question.language is not None:  # all else is in one index of stances
        voices = voices.join(claims, claims.c.id == stances.c.claim_id)
    firsts = voices.where(*wanted).group_by(voice).subquery()
    bucket = _bucket(connection, firsts.c.said_at, question.bucket)
    counted = (
        select(
            bucket.label("start"),
            *(func.sum(firsts.c[label]).label(label) for label in _COUNTED_LABELS),
            func.count().label("claims"),
        )
        .group_by(bucket)
        .order_by(bucket.desc())
        .limit(_BUCKETS)
    )
    rows = [row_of(row) for row in connection.execute(counted)]
    return Answer(rows=[row | {"start": str(row["start"])} for row in reversed(rows)])


def entities_answer(connection: Connection, question: EntitiesQuestion) -> Answer:
    """Return entities whose name has words that begin as those of the prefix, the nearest names first."""
    words = words_of(question.prefix)
    if not words:
        return Answer(rows=[])
    found: Select[Any] = select(
        entities.c.canonical_id, entities.c.type, entities.c.canonical_name, entities.c.normalized_name
    )
    for word in words:
        found = found.where(entities.c.id.in_(select(entity_words.c.entity_id).where(_begins(connection, word))))
    if question.type is not None:
        found = found.where(entities.c.type == question.type)
    near = found.limit(_LIKE).subquery()
    whole = near.c.normalized_name.startswith(normalized(question.prefix), autoescape=True)
    ordered = (
        select(
            near.c.canonical_id.label("id"), func.min(near.c.type).label("type"), near.c.canonical_name.label("name")
        )
        .group_by(near.c.canonical_id, near.c.canonical_name)
        .order_by(
            func.min(case((whole, 0), else_=1)),
            func.min(func.length(near.c.normalized_name)),
            func.min(near.c.normalized_name),
            near.c.canonical_id,
        )
    )
    rows = connection.execute(ordered.limit(question.most))
    return Answer(rows=[row_of(row) for row in rows])


def ranking_answer(connection: Connection, question: RankingQuestion) -> Answer:
    """Return entities with how often they are quoted, or favored and opposed, in the latest that pass the filters.

    A group of repeats counts once. `of` is how many claims, or stances, were looked at: at most `COUNTED`.
    """
    if question.by == "quoted":
        latest = (
            select(claims.c.speaker_id.label("entity"), claims.c.group_id)
            .where(*conditions(connection, question.filters))
            .order_by(claims.c.said_at.desc(), claims.c.id.desc())
            .limit(COUNTED)
            .cte("latest")  # once, although it is counted too
        )
        score: ColumnElement[Any] = func.count(distinct(latest.c.group_id))
        figures: list[ColumnElement[Any]] = [score.label("claims"), func.count().label("printed")]
        least: ColumnElement[bool] = true()
    else:
        filters = question.filters
        held = select(stances.c.target_id.label("entity"), stances.c.label, stances.c.group_id)
        if any(each is not None for each in (filters.source, filters.language, filters.worth, filters.text)):
            held = held.join(claims, claims.c.id == stances.c.claim_id)
        latest = (
            held.where(*stance_conditions(connection, filters), stances.c.label != "neutral")
            .order_by(stances.c.said_at.desc(), stances.c.claim_id.desc())
            .limit(COUNTED)
            .cte("latest")  # once, although it is counted too
        )
        favor, against = _labels(latest.c.label, latest.c.group_id)
        # A hundred against one is a common opinion: what is disputed most has the most on its smaller side.
        score = case((favor.element < against.element, favor.element), else_=against.element)
        figures = [favor, against]
        least = score > 0
    of = select(func.count()).select_from(latest).scalar_subquery()
    several = or_(entities.c.article_id.is_(None), entities.c.canonical_id != entities.c.id)
    ranked = (
        select(
            entities.c.canonical_id.label("id"),
            func.min(entities.c.type).label("type"),
            entities.c.canonical_name.label("name"),
            *figures,
            of.label("of"),
        )
        .select_from(latest)
        .join(entities, entities.c.id == latest.c.entity)
        .where(several)  # articles may know
        .group_by(entities.c.canonical_id, entities.c.canonical_name)
        .having(least)
        .order_by(score.desc(), entities.c.canonical_name, entities.c.canonical_id)
        .limit(question.most)
    )
    return Answer(rows=[row_of(row) for row in connection.execute(ranked)])


def _labels(label: ColumnElement[Any], voice: ColumnElement[Any]) -> list[Any]:
    """Return how many voices favor and how many oppose."""
    return [func.count(distinct(case((label == each, voice)))).label(each) for each in _COUNTED_LABELS]


def _begins(connection: Connection, word: str) -> ColumnElement[bool]:
    """Return that a word begins so, in a form that finds it by the index."""
    if connection.dialect.name == "postgresql":
        return entity_words.c.word.startswith(word, autoescape=True)
    return entity_words.c.word.between(word, word + "\U0010ffff")


def _bucket(connection: Connection, said_at: ColumnElement[Any], bucket: Bucket) -> ColumnElement[Any]:
    """Return the first day of the bucket that a time is in."""
    if connection.dialect.name == "postgresql":
        return cast(
            func.date_trunc(literal_column(f"'{bucket}'"), func.timezone(literal_column("'UTC'"), said_at)), Date
        )
    return func.date(said_at) if bucket == "day" else func.date(said_at, "weekday 0", "-6 days")
