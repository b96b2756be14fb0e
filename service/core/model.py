"""The ports: what the stages need of the world, owned by the side that calls. None has more than four methods.

A text goes through the model in three steps. `Encoder.tokenize` gives tokens with code-point offsets; `packing` cuts
them into windows; `Encoder.encode` runs the transformer once over each window. Windows are merged again to
one `Reading` a text, and everything else (`Heads`) is small arithmetic on that reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from service.core.frames import EntityType, SpeakerKind
from service.core.span import Span

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """Which model spoke. `sha256` is the digest of the artifact's manifest, hence of every file in it.

    `thresholds` are probabilities fitted on development data, by name (`author_statement`, `speaker`, `stance` …).
    """

    name: str
    version: str
    sha256: str
    languages: tuple[str, ...] = ("en",)
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The n tokens of one text, without special tokens: vocabulary ids and code-point offsets, each of shape (n,)."""

    ids: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        """Return n."""
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What the encoder gives for one window of n tokens (special tokens removed again).

    `hidden` has shape (n, width). `tags` holds the raw scores of every tagging head, shape (n, tags); only `Heads`
    knows which column means what.
    """

    hidden: Floats
    tags: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One whole text as the encoder saw it, windows merged: row i belongs to token i."""

    tokens: Tokens
    hidden: Floats
    tags: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A span and the calibrated probability that it is one."""

    span: Span
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A span that names or describes an entity."""

    span: Span
    type: EntityType
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """What the tagging heads found, each in order of position. Contents may lie inside one another, fully nested."""

    sources: tuple[Scored, ...]
    cues: tuple[Scored, ...]
    contents: tuple[Scored, ...]
    boilerplate: tuple[Scored, ...]
    entities: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Which spans of `Tagged` belong to one attribution, as calibrated probabilities.

    `content_cue` has shape (contents, cues), `content_source` (contents, sources), `source_cue` (sources, cues) and
    `content_content` (contents, contents, symmetric: two pieces of one attribution).
    """

    content_cue: Floats
    content_source: Floats
    source_cue: Floats
    content_content: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceQuery:
    """What does the holder, in this claim, think of the target?

    `claim` holds the claim's pieces; `holder` is the source near it, None for the author; `target` is a mention.
    """

    claim: tuple[Span, ...]
    holder: Span | None
    target: Span


class Where(StrEnum):
    """How a claim and a possible target meet."""

    CONTENT = "content"  # named in the claim's words
    ANAPHOR = "anaphor"  # meant by a pronoun or a description in the claim's words
    NEAR = "near"  # named beside the claim, in its sentence or just before


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A possible target of a claim, with the stance head's answer and what stands around both.

    Attributes:
        claim: from the claim's first character to its last.
        holder: who speaks: an entity's id, or a name.
        kind: what kind of speaker that is.
        target: the entity's id.
        mentions: of the target in the article.
        words: of the claim.
        where: how claim and target meet.
        answer: probabilities of favor, against, neutral, the mean over the mentions asked about, shape (3,).
    """

    claim: Span
    holder: str
    kind: SpeakerKind
    target: str
    mentions: int
    words: int
    where: Where
    answer: Floats


class Encoder(Protocol):
    """The transformer. Both methods block; `encode` releases the GIL while it runs."""

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        ...

    @property
    def window(self) -> int:
        """The most tokens that one window may hold, special tokens not counted."""
        ...

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """Tokenize whole texts of any length. Offsets are code points; white space is in no token."""
        ...

    def encode(self, windows: Sequence[Ints]) -> Iterable[Encoded]:
        """Run windows of token ids (without special tokens), each by itself.

        The answers come in order, each as soon as it is there; the windows after it may be worked on meanwhile.
        """
        ...


class Heads(Protocol):
    """The small heads over a reading. All are deterministic and independent of what else was in the batch."""

    def spans(self, text: str, reading: Reading) -> Tagged:
        """Decode the tagging heads to spans, trimmed of white space and outer quotation marks."""
        ...

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Score which sources, cues and contents belong together."""
        ...

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Return the check-worthiness of each span, a calibrated probability, shape (spans,)."""
        ...

    def stance(self, reading: Reading, queries: Sequence[StanceQuery]) -> Floats:
        """Return calibrated probabilities of favor, against, neutral (in that order), shape (queries, 3)."""
        ...


class StanceWeigher(Protocol):
    """The second look at stances, over all that one article has."""

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Return probabilities of favor, against, neutral, shape (candidates, 3)."""
        ...


class TopicScorer(Protocol):
    """The only pairwise pass: a claim's text against a topic that the caller gave."""

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Return probabilities of favor, against, neutral for each (claim text, topic), shape (pairs, 3)."""
        ...


class Model(Encoder, Heads, StanceWeigher, TopicScorer, Protocol):
    """All that an artifact can do."""
