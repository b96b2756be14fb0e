"""What callers ask of the ledger and what they are answered, as the OpenAPI document has it."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, Field

from service.api.parameters import Time
from service.core.questions import MOST_ROWS, Bucket, Filters, Label, Order

NUMBER: Final = r"-?[0-9]{1,12}(\.[0-9]{1,17})?"  # seconds since 1970, or a check-worthiness
CLAIM_PLACE: Final = f"^{NUMBER}:[0-9]{{1,18}}$"
STANCE_PLACE: Final = f"^{NUMBER}:[0-9]{{1,18}}:[0-9a-f]{{20}}$"
_TOLD: Final = r"^[^\x00]+$"  # no table holds the character NUL

Name = Annotated[str, Field(min_length=1, max_length=300, pattern=_TOLD)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _About(BaseModel):
    """What every question may be narrowed to."""

    source: Name | None = Field(default=None, description="The publisher, as the article states it.")
    language: Name | None = Field(default=None, description="As the article states it.")
    since: Time | None = Field(default=None, description="Said then or later: a day, or a time.")
    until: Time | None = Field(default=None, description="Said before then: a day, or a time.")


class FilterParameters(_About):
    """The filters of claims and of stances."""

    target: Name | None = Field(default=None, description="Full name or id of whom a stance in it is toward.")
    label: Label | None = Field(default=None, description="Of such a stance, toward `target` or anybody.")
    text: Annotated[str, Field(min_length=1, max_length=500, pattern=_TOLD)] | None = Field(
        default=None, description="Words that are all in the claim, in any form that stems alike in English."
    )
    worth: Share | None = Field(default=None, description="Check-worthiness at least.")
    confidence: Share | None = Field(default=None, description="Of the claim, or of the stance, at least.")

    def filters(self, speaker: str | None) -> Filters:
        """Return them as the ledger takes them."""
        return Filters(speaker=speaker, **{name: getattr(self, name) for name in FilterParameters.model_fields})


class PageParameters(FilterParameters):
    """And how the rows are ordered and cut into pages."""

    order: Order = Field(default="time", description="Latest first, or most worth checking first.")
    limit: int = Field(default=50, ge=1, le=MOST_ROWS, description="Rows at most.")


class ClaimParameters(PageParameters):
    """Of GET /v1/claims."""

    speaker: Name | None = Field(default=None, description="Full name or id of who says it; `author` for the author.")
    after: str | None = Field(default=None, pattern=CLAIM_PLACE, description="`next` of the page before.")


class StanceParameters(PageParameters):
    """Of GET /v1/stances."""

    holder: Name | None = Field(default=None, description="Full name or id of whose it is; `author` for the author.")
    after: str | None = Field(default=None, pattern=STANCE_PLACE, description="`next` of the page before.")


class SeriesParameters(_About):
    """Of GET /v1/series."""

    target: Name = Field(description="Full name or id of whom the stances are toward.")
    holder: Name | None = Field(default=None, description="Full name or id of whose they are; `author` for the author.")
    bucket: Bucket = Field(default="day", description="Count by day (UTC), or by week from Monday on.")
    repeats: bool = Field(default=False, description="Count every copy; else a claim counts once, when first said.")


class EntityParameters(BaseModel):
    """Of GET /v1/entities."""

    prefix: Name = Field(description="How the words of the name begin: `vlad put`. Case and accents do not matter.")
    type: Name | None = Field(default=None, description="person, organization, location, group or other.")
    limit: int = Field(default=20, ge=1, le=100, description="Entities at most.")


class RankingParameters(FilterParameters):
    """Of GET /v1/rankings/…."""

    speaker: Name | None = Field(default=None, description="Full name or id of who says it; `author` for the author.")
    limit: int = Field(default=10, ge=1, le=100, description="Entities at most.")


class HeldStance(BaseModel):
    """A stance in a claim."""

    target_id: str
    target: str | None
    label: Label
    confidence: float


class FoundClaim(BaseModel):
    """A claim with its speaker, its article and its stances."""

    id: int = Field(description="Its number in this ledger; a rebuild gives new ones.")
    article_id: str
    claim: str = Field(description="Its id within the article's event.")
    title: str | None
    url: str | None
    source: str | None
    language: str | None
    said_at: datetime = Field(description="When the article was published, or else when its event was written.")
    text: str | None
    kind: str
    speaker_id: str | None = Field(description="null for the author.")
    speaker: str | None
    speaker_kind: str
    cue: str | None
    check_worthiness: float
    confidence: float
    group_id: int = Field(description="The same for claims of one speaker that repeat one another.")
    start: int = Field(description="Where it begins in the article's text, in code points.")
    end: int
    stances: list[HeldStance]


class FoundStance(BaseModel):
    """A stance with its claim."""

    holder_id: str | None = Field(description="null for the author.")
    holder: str | None
    target_id: str
    target: str | None
    label: Label
    confidence: float
    said_at: datetime
    text: str | None
    check_worthiness: float
    claim_id: int
    claim: str
    article_id: str
    title: str | None
    url: str | None
    source: str | None
    language: str | None
    group_id: int


class SeriesPoint(BaseModel):
    """How many voices were for and against on a day, or in a week; `claims` counts neutral ones too."""

    start: str = Field(description="The day, or the week's Monday.")
    favor: int
    against: int
    claims: int


class FoundEntity(BaseModel):
    """An entity that several articles may name."""

    id: str
    type: str
    name: str | None


class QuotedEntity(FoundEntity):
    """Who is quoted, and how often."""

    claims: int = Field(description="Repeats count once.")
    printed: int = Field(description="Every copy counts.")
    of: int = Field(description="How many claims were looked at: the latest, 5,000 at most.")


class DisputedEntity(FoundEntity):
    """Who is favored and opposed, and how often."""

    favor: int
    against: int
    of: int = Field(description="How many stances were looked at: the latest, 5,000 at most.")


class ClaimPage(BaseModel):
    """Some claims. `next` is the next page's `after`; null where this is the last."""

    items: list[FoundClaim]
    next: str | None


class StancePage(BaseModel):
    """Some stances. `next` is the next page's `after`; null where this is the last."""

    items: list[FoundStance]
    next: str | None


class Series(BaseModel):
    """The buckets that hold a stance, oldest first."""

    items: list[SeriesPoint]


class EntityList(BaseModel):
    """Entities, the nearest names first."""

    items: list[FoundEntity]


class QuotedList(BaseModel):
    """Those who are quoted most first."""

    items: list[QuotedEntity]


class DisputedList(BaseModel):
    """Those with the most on both sides first."""

    items: list[DisputedEntity]
