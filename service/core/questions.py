"""What can be asked of a ledger, and the form of an answer. A filter that is None asks nothing.

Names are full names, in any case, or ids of entities; `author` stands for the author of an article.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

AUTHOR: Final = "author"
MOST_ROWS: Final = 1_000  # of one page

Label = Literal["favor", "against", "neutral"]
Order = Literal["time", "worth"]
Bucket = Literal["day", "week"]
Ranking = Literal["quoted", "disputed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which claims are wanted, or the stances in which claims.

    Attributes:
        speaker: who makes the claim, and so holds the stances in it.
        target: whom a stance in the claim is toward.
        label: of such a stance, toward `target` or anybody.
        text: all of these words are in the claim, in any form that stems alike.
        source: the publisher, as written.
        language: as the article states it.
        since: said then or later.
        until: said before then.
        worth: check-worthiness at least.
        confidence: of the claim at least; of the stance, where stances are asked for.
    """

    speaker: str | None = None
    target: str | None = None
    label: Label | None = None
    text: str | None = None
    source: str | None = None
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    worth: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: what its last row is ordered by.

    Attributes:
        value: when it was said, or how worth checking it is.
        claim: its number in the ledger.
        target: id of a stance's target; None of a claim.
    """

    value: datetime | float
    claim: int
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuestion:
    """One page of what passes the filters: latest first, or most worth checking first, from behind `after` on."""

    filters: Filters = Filters()
    order: Order = "time"
    after: Place | None = None
    most: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsQuestion(PageQuestion):
    """Claims, each with its stances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StancesQuestion(PageQuestion):
    """Stances, each with its claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuestion:
    """How often a target is favored and opposed, by day or by week, by one holder or by all.

    Attributes:
        target: whom the stances are toward.
        holder: who holds them.
        bucket: a day of UTC, or a week from Monday on.
        repeats: count every copy of a claim. Otherwise it counts once, when it was said first.
    """

    target: str
    holder: str | None = None
    bucket: Bucket = "day"
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    language: str | None = None
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesQuestion:
    """Entities that several articles may name, with a name whose words begin so."""

    prefix: str
    type: str | None = None
    most: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuestion:
    """Who is quoted most, or favored and opposed most, among the latest that pass the filters."""

    by: Ranking
    filters: Filters = Filters()
    most: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows, and where the next page begins behind; None where there is none."""

    rows: Sequence[Mapping[str, Any]]
    last: Place | None = None


Question = ClaimsQuestion | StancesQuestion | SeriesQuestion | EntitiesQuestion | RankingQuestion
