"""What an input record should give: one function for the workers that do it, and for the judge who holds it against.

It is the real codec and pipeline under a model that answers at once and finds nothing, so an event differs from the
next by its article alone: a record that is mixed up with another, cut or altered has another digest.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from service.analysis.pipeline import Pipeline
from service.core.article import Article, Enriched, Rejected, Retracted, Skipped
from service.core.document import Document
from service.core.message import Message
from service.core.model import (
    Candidate,
    Floats,
    Ints,
    Links,
    ModelInfo,
    Pairs,
    Reading,
    StanceQuestion,
    Tagged,
    Tokens,
)
from service.core.span import Span
from service.inference import windows
from service.inference.artifact import load_model
from service.inference.weighing import weigh
from service.inference.windows import Encoded
from service.settings import Settings
from service.wire import codec, dead_letter
from tests.chaos.checker import Content, Place
from tests.referees import Author

FROM: Final = "chaos-from"  # header of an event: partition and offset of the record that it came of
TOO_LARGE: Final = "TOO LARGE"  # in a title: the event grows beyond what the broker takes
POISON: Final = "POISON"  # in a title: processing raises, each time
_LARGE_BYTES: Final = 700_000


class InstantModel:
    """A model that finds nothing, at once: what is under test is everything around it."""

    def __init__(self) -> None:
        self.info = ModelInfo(name="instant", version="1", sha256="0" * 64)
        self.window = 512

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """One token a text."""
        return [
            Tokens(ids=_ints(1), start=_ints(0), end=_ints(len(text)))
            if text
            else Tokens(ids=_ints(), start=_ints(), end=_ints())
            for text in texts
        ]

    def encode(self, windows: Sequence[Ints]) -> Sequence[Encoded]:
        """Nothing but zeros."""
        return [Encoded(hidden=_zeros(len(window), 4), tags=_zeros(len(window), 4)) for window in windows]

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Read by windows, as the real model does."""
        return windows.read(self, documents)

    def spans(self, reading: Reading) -> Tagged:
        """Find no span."""
        del reading
        return Tagged(sources=(), cues=(), contents=(), boilerplate=(), entities=())

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Link nothing."""
        del reading, tagged
        none = Pairs.of_table(_zeros(0, 0))
        return Links(content_cue=none, content_source=none, source_cue=none, content_content=none)

    def references(self, reading: Reading) -> Author:
        """Nobody is asked for: there is no claim."""
        del reading
        return Author()

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Find nothing worth checking."""
        del reading
        return np.zeros(len(spans), dtype=np.float32)

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Take no side."""
        del reading
        return _zeros(sum(len(question.targets) for question in questions), 3)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Leave the answers as they are."""
        return weigh(candidates, {})

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Take no side."""
        return _zeros(len(pairs), 3)


def _ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def _zeros(*shape: int) -> Floats:
    return np.zeros(shape, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Makes outcomes of articles, and says which one a record should have."""

    settings: Settings
    pipeline: Pipeline
    model: ModelInfo

    @classmethod
    def of(cls, settings: Settings, *, real: bool) -> "Outcomes":
        """Load the model of the settings, or use the instant one."""
        model = load_model(settings.model.directory) if real else InstantModel()
        return cls(settings=settings, pipeline=Pipeline(model=model), model=model.info)

    def decode(self, message: Message) -> Article | Rejected:
        """Read a record."""
        return codec.decode(message, max_bytes=self.settings.kafka.max_message)

    def encode(self, outcome: Enriched | Retracted | Skipped, message: Message) -> Message:
        """Write an event, with a header that says where it came from; too large where the title says so."""
        topic = self.settings.kafka.topics.enriched
        written = codec.encode(outcome, cause=message, models=[self.model], topic=topic)
        if outcome.article.title == TOO_LARGE:
            written = replace(written, value=secrets.token_bytes(_LARGE_BYTES))
        origin = (FROM, f"{message.partition}:{message.offset}".encode())
        return replace(written, headers=(*written.headers, origin))

    def expected(self, message: Message) -> Content:
        """Return what a record of the input should give."""
        article = self.decode(message)
        code = article.code if isinstance(article, Rejected) else None
        if isinstance(article, Article) and article.title == TOO_LARGE:
            code = "event-too-large"
        elif isinstance(article, Article) and article.title == POISON:
            code = "processing-failed"
        elif isinstance(article, Article):
            (outcome,) = self.pipeline.process([article])
            if not isinstance(outcome, Rejected):
                return _of_event(self.encode(outcome, message))
            code = outcome.code
        buried = dead_letter.exhume(
            dead_letter.bury(message, Rejected(code=code or "", message=""), topic="", group="")
        )
        if buried is None:
            raise ValueError("what was buried cannot be read back")
        return Content(kind=buried.code, digest=_digest(buried.original))


def found(record: Message) -> tuple[Place, Content]:
    """Return which input record a record of an output topic came of, and what it says.

    Raises:
        ValueError: it names no source.
    """
    if (origin := record.header(FROM)) is not None and record.header(dead_letter.CODE) is None:
        partition, _, offset = origin.decode().partition(":")
        return (int(partition), int(offset)), _of_event(record)
    letter = dead_letter.exhume(record)
    if letter is None:
        raise ValueError("a record that names no source")
    return (letter.partition, letter.offset), Content(kind=letter.code, digest=_digest(letter.original))


def said(article: Article | Rejected) -> str:
    """Return a digest of what an article says, however it was sent."""
    return hashlib.sha256(codec.canonical(article)).hexdigest() if isinstance(article, Article) else ""


def _of_event(record: Message) -> Content:
    return Content(kind="event", digest=_digest(record))


def _digest(record: Message) -> str:
    """Return a digest of key, value and headers."""
    digest = hashlib.sha256()
    headers = [part for name, value in record.headers for part in (name.encode(), value)]
    for part in (record.key, record.value, *headers):
        digest.update(b"-" if part is None else b"%d:" % len(part) + part)
    return digest.hexdigest()
