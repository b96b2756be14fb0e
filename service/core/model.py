"""The model's ports, and what passes through them. None has more than four methods.

A `Reader` runs the transformer once over each document. Everything else is small arithmetic on its `Reading`: the
`Tagger` finds spans and links them, the `Judge` answers questions about the claims that were made of them. Only
topics are a second pass, over pairs of texts.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from service.core.document import Document
from service.core.frames import EntityType, SpeakerKind
from service.core.span import Span

if TYPE_CHECKING:
    from service.core.references import Referee

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

MAX_TOKENS: Final = 1 << 17  # of one text, which bounds the memory that reading takes; the longest reportage has 25,000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """Which model spoke. `sha256` is the digest of the artifact's manifest, hence of every file in it.

    `engine` is what runs it, and `engine_reason` a sentence that says why it was chosen.
    `thresholds` are probabilities fitted on development data, by name (`author_statement`, `speaker`, `stance` …).
    """

    name: str
    version: str
    sha256: str
    languages: tuple[str, ...] = ("en",)
    engine: str = ""
    engine_reason: str = ""
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
class Reading:
    """A document as the encoder saw it: row i belongs to token i.

    Attributes:
        document: the text that was read.
        tokens: its n tokens.
        hidden: the encoder's states, shape (n, width).
        tags: raw scores of every tagging head, shape (n, tags); only the `Tagger` knows which column means what.
        encoded: how many tokens the encoder ran, with what its windows share and add.
        padded: the same with the padding of each window.
        too_long: the text has more than `MAX_TOKENS` tokens, and nothing of it was read.
    """

    document: Document
    tokens: Tokens
    hidden: Floats
    tags: Floats
    encoded: int
    padded: int
    too_long: bool = False


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
class Pairs:
    """Probabilities of pairs of spans, of which only near ones are held: those of all others are 0.

    A long text has many spans, and each has few neighbours (compressed sparse rows).

    Attributes:
        shape: how many spans of the first role and of the second one there are.
        starts: where each row begins in `columns` and `values`, and where the last one ends, shape (rows + 1,).
        columns: of each pair, ascending within a row.
        values: of each pair.
    """

    shape: tuple[int, int]
    starts: Ints
    columns: NDArray[np.int32]
    values: Floats

    @classmethod
    def of(cls, rows: NDArray[np.int32], columns: NDArray[np.int32], values: Floats, shape: tuple[int, int]) -> Self:
        """Return pairs given in any order, each once."""
        order = np.lexsort((columns, rows))
        starts = np.searchsorted(rows[order], np.arange(shape[0] + 1))
        return cls(shape=shape, starts=starts, columns=columns[order], values=values[order])

    @classmethod
    def of_table(cls, table: Floats) -> Self:
        """Return what a table of all pairs holds."""
        rows, columns = np.nonzero(table)
        return cls.of(rows.astype(np.int32), columns.astype(np.int32), table[rows, columns], table.shape[:2])

    def row(self, index: int) -> tuple[NDArray[np.int32], Floats]:
        """Return the columns and the values of one row."""
        within = slice(self.starts[index], self.starts[index + 1])
        return self.columns[within], self.values[within]

    def turned(self) -> "Pairs":
        """Return the same pairs with the second role's spans as rows."""
        rows = np.repeat(np.arange(self.shape[0], dtype=np.int32), np.diff(self.starts))
        return Pairs.of(self.columns, rows, self.values, self.shape[::-1])

    def at(self, row: int, column: int) -> float:
        """Return the probability of one pair."""
        columns, values = self.row(row)
        place = int(np.searchsorted(columns, column))
        return float(values[place]) if place < len(columns) and columns[place] == column else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Which spans of `Tagged` belong to one attribution, as calibrated probabilities.

    `content_cue` has shape (contents, cues), `content_source` (contents, sources), `source_cue` (sources, cues) and
    `content_content` (contents, contents: two pieces of one attribution, the earlier one first).
    """

    content_cue: Pairs
    content_source: Pairs
    source_cue: Pairs
    content_content: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceTarget:
    """Whom a claim may be about: the full name, and the spans by which the article names or means them there."""

    name: str
    mentions: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceQuestion:
    """What does the holder, in this claim, think of each of the targets?

    Attributes:
        claim: the claim's pieces.
        holder: the speaker's full name; None for the author.
        source: the span near the claim that says who speaks; None where nothing does.
        targets: whom the claim may be about.
    """

    claim: tuple[Span, ...]
    holder: str | None
    source: Span | None
    targets: tuple[StanceTarget, ...]


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
        holder: who speaks; two candidates are of one holder where these are equal.
        kind: what kind of speaker that is.
        target: whom it may be about; likewise.
        mentions: of the target in the article.
        words: of the claim.
        where: how claim and target meet.
        answer: probabilities of favor, against, neutral, the mean over the mentions asked about, shape (3,).
    """

    claim: Span
    holder: Hashable
    kind: SpeakerKind
    target: Hashable
    mentions: int
    words: int
    where: Where
    answer: Floats


class Reader(Protocol):
    """The transformer over whole texts. How it cuts them into windows is its own business."""

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        ...

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Yield the reading of each document in order, as soon as it is done.

        Blocks while it waits; the encoder releases the GIL and works ahead on the documents after it.
        """
        ...


class Tagger(Protocol):
    """The tagging and linking heads over one reading."""

    def spans(self, reading: Reading) -> Tagged:
        """Decode the tagging heads to spans, trimmed of white space and outer quotation marks."""
        ...

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Score which sources, cues and contents belong together."""
        ...


class References(Protocol):
    """The reference head over one reading."""

    def references(self, reading: Reading) -> "Referee":
        """Return who answers for this article."""
        ...


class Judge(Protocol):
    """What is asked about claims once it is known who makes them. Each answer depends on one article alone."""

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Return the check-worthiness of each span, a calibrated probability, shape (spans,)."""
        ...

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Return calibrated probabilities of favor, against, neutral (in that order), shape (n, 3).

        A row for each target of each question, in order.
        """
        ...

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Weigh the stances of one article together; return probabilities as `stance` does, shape (candidates, 3)."""
        ...

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Return probabilities of favor, against, neutral for each (claim text, topic), shape (pairs, 3)."""
        ...


class Model(Reader, Tagger, References, Judge, Protocol):
    """All that an artifact can do."""
