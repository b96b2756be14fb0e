"""What is found in an article: entities, claims, stances, topics. Offsets are code points, end exclusive.

The terms are the field's own: an attribution has a source, a cue and a content (Pareti, 2015); a stance is favor,
against or neutral (SemEval-2016 task 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from service.core.quotation_marks import MARKS
from service.core.span import Span

AUTHOR = "author"  # the holder of what the article says in its own voice
_PARTING = " \t\r\n\xa0" + MARKS  # what stands between two paragraphs of one quote
_DECIMALS = 3  # of a probability: what int8 arithmetic can hold steady from one kind of CPU to the next


def rounded(probability: float) -> float:
    """Return a probability as frames hold it: from 0 to 1, with three decimals."""
    return round(min(1.0, max(0.0, float(probability))), _DECIMALS)


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
    """Somebody or something that the article names, with every mention of it, in order.

    `ref` is its id on the list of entities that the user keeps, if it is on one.
    """

    id: str
    name: str
    type: EntityType
    mentions: tuple[Span, ...]
    ref: str | None = None


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


def joined(text: str, pieces: Sequence[Span]) -> str:
    """Return the pieces of a statement as one text, with an ellipsis where words between them are left out."""
    parts = [pieces[0].of(text)]
    for before, piece in pairwise(pieces):
        between = text[before.end : piece.start].strip(_PARTING)
        parts += (" … " if between else " ", piece.of(text))
    return "".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement: its pieces (several when the cue interrupts it), who makes it, and how.

    `with_cue` says that it is not read without its cue, which stands right before it: "accused X of lying".
    """

    id: str
    spans: tuple[Span, ...]
    kind: ClaimKind
    speaker: Speaker
    cue: Span | None
    check_worthiness: float
    confidence: float
    stances: tuple[ClaimStance, ...] = ()
    with_cue: bool = False

    def wording(self, text: str) -> str:
        """Return the claim as it is read alone: its pieces, behind its cue where that belongs to them."""
        return joined(text, (self.cue, *self.spans) if self.cue is not None and self.with_cue else self.spans)

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
