"""What is found in an article: entities, claims, stances, topics. Offsets are code points, end exclusive.

The terms are the field's own: an attribution has a source, a cue and a content (Pareti, 2015); a stance is favor,
against or neutral (SemEval-2016 task 6).
"""

from dataclasses import dataclass
from enum import StrEnum

AUTHOR = "author"  # the holder of what the article says in its own voice


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Code points `start` to `end`, end exclusive."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse an empty or reversed span: every span in an event shows something."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}, {self.end}")

    def of(self, text: str) -> str:
        """Return the text under the span."""
        return text[self.start : self.end]

    def covers(self, other: "Span") -> bool:
        """Tell whether `other` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share a code point."""
        return self.start < other.end and other.start < self.end


class EntityType(StrEnum):
    """What an entity is."""

    PERSON = "person"
    ORGANIZATION = "organization"
    LOCATION = "location"
    GROUP = "group"
    OTHER = "other"


class SpeakerKind(StrEnum):
    """What a speaker is. An unnamed speaker is described by a noun phrase; a document has no known owner."""

    PERSON = "person"
    ORGANIZATION = "organization"
    UNNAMED = "unnamed"
    DOCUMENT = "document"
    AUTHOR = "author"


class ClaimKind(StrEnum):
    """How the claim is put; an author's statement has no source but the article itself."""

    DIRECT_QUOTE = "direct_quote"
    INDIRECT_QUOTE = "indirect_quote"
    MIXED_QUOTE = "mixed_quote"
    AUTHOR_STATEMENT = "author_statement"


class StanceLabel(StrEnum):
    """The position of a holder toward a target."""

    FAVOR = "favor"
    AGAINST = "against"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Somebody or something that the article names, with every mention of it, in order."""

    id: str
    name: str
    type: EntityType
    mentions: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who says it. `entity` is None only for the author; `span` is the source as written near the claim, if any."""

    kind: SpeakerKind
    name: str
    entity: str | None
    span: Span | None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStance:
    """The speaker's position toward the entity `target` in one claim."""

    target: str
    label: StanceLabel
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement: its pieces (several when the cue interrupts it), who makes it, and how."""

    id: str
    spans: tuple[Span, ...]
    kind: ClaimKind
    speaker: Speaker
    cue: Span | None
    check_worthiness: float
    confidence: float
    stances: tuple[ClaimStance, ...] = ()

    @property
    def hull(self) -> Span:
        """The smallest span that covers every piece."""
        return Span(self.spans[0].start, self.spans[-1].end)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderStance:
    """A holder's position toward a target over the whole article. `holder` is an entity id or `author`."""

    holder: str
    target: str
    label: StanceLabel
    confidence: float
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicHolder:
    """A holder's position toward a topic that the caller gave."""

    holder: str
    label: StanceLabel
    confidence: float
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicStance:
    """The article's position toward a topic that the caller gave, and each holder's."""

    topic: str
    label: StanceLabel
    confidence: float
    holders: tuple[TopicHolder, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """Everything found in one article."""

    entities: tuple[Entity, ...] = ()
    claims: tuple[Claim, ...] = ()
    stances: tuple[HolderStance, ...] = ()
    topics: tuple[TopicStance, ...] = ()
