"""What holds of an article, of all that was said: the highest version; of two events of one version, the later one.

Within one partition later is what lies behind. Two events of one article lie in two partitions where the topic has
grown or was made anew; then the time of writing tells, as it does whether an erasure came after. Pure: it knows no
database.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.enriched import EnrichedArticle, RetractedArticle
from service.ledger.events import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the tables hold of an article: of which version, and from which log, time and event."""

    version: int
    log_id: int
    written_at: datetime
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The last erasure of an article."""

    log_id: int
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is to be done.

    Attributes:
        latest: What holds now of each article that changes, by its id; an erasure has no data.
        erasures: Rows of the table of that name.
        counts: Events by kind, and `outdated` where a later one holds.
    """

    latest: Mapping[str, Told]
    erasures: Sequence[dict[str, Any]]
    counts: Mapping[str, int]


def digest(article_id: str) -> str:
    """Return what is kept of the id of an article that was erased."""
    return hashlib.sha256(article_id.encode()).hexdigest()


def decide(
    told: Sequence[Told], *, log_id: int, states: Mapping[str, State], erasures: Mapping[str, Erasure]
) -> Decided:
    """Return what holds after the events of one log, in order.

    Args:
        told: The events.
        log_id: Their log.
        states: What the tables hold of their articles.
        erasures: Those of their articles, by digest.
    """
    now: dict[str, State | None] = dict(states)
    erased = dict(erasures)
    latest: dict[str, Told] = {}
    written: dict[str, dict[str, Any]] = {}
    counts: Counter[str] = Counter()
    for each in told:
        state, key = now.get(each.article_id), digest(each.article_id)
        before = erased.get(key)
        if each.data is None:
            if before is None or before.log_id == log_id or before.erased_at < each.written_at:
                erased[key] = Erasure(log_id=log_id, erased_at=each.written_at)
                written[key] = {"article_sha256": key, "log_id": log_id, "erased_at": each.written_at}
            if state is not None and state.log_id != log_id and state.written_at > each.written_at:
                counts["outdated"] += 1
                continue
        elif (state is not None and not _replaces(each, state, log_id)) or (
            before is not None and before.log_id != log_id and each.written_at <= before.erased_at
        ):
            counts["outdated"] += 1
            continue
        counts[_kind(each)] += 1
        latest[each.article_id] = each
        now[each.article_id] = (
            None if each.data is None else State(version=each.version, log_id=log_id, written_at=each.written_at)
        )
    return Decided(latest=latest, erasures=tuple(written.values()), counts=dict(counts))


def _replaces(told: Told, state: State, log_id: int) -> bool:
    if told.version != state.version:
        return told.version > state.version
    return state.log_id == log_id or told.written_at >= state.written_at


def _kind(told: Told) -> str:
    if told.data is None:
        return "erased"
    if isinstance(told.data, EnrichedArticle):
        return "enriched"
    return "retracted" if isinstance(told.data, RetractedArticle) else "skipped"
