"""Frames over any spans that a model may return: offsets exact, claims apart or nested, nothing raised."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.document import Document
from service.core.frames import ClaimKind, EntityType
from service.core.model import (
    Candidate,
    Floats,
    Ints,
    Links,
    ModelInfo,
    Named,
    Pairs,
    Reading,
    Scored,
    StanceQuestion,
    Tagged,
    Tokens,
)
from service.core.span import Span
from service.inference import windows
from service.inference.weighing import weigh
from service.inference.windows import Encoded
from tests.referees import Literal

WORDS = [
    "Jane Roe", "John Doe", "Mr. Doe", "the analyst", "she", "he", "they", "who", "said", "added", "that", "“", "”",
    "the mill", "The Mill Board (TMB)", "TMB", "failed", "won", "40", ".", ",", ":", "\n", "- ", "the statement",
    '"', "issued",
    "\U0001f469\u200d\U0001f467", "e\u0301", "שלום", "\u200f", "his wife", "officials", "and", "’s",
]  # fmt: skip


@dataclass
class AnyModel:
    """A model that returns the spans it was given, whatever they are."""

    tagged: Tagged
    numbers: Floats
    info: ModelInfo = field(default_factory=lambda: ModelInfo(name="any", version="1", sha256="0" * 64))
    window: int = 32

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut at white space."""
        words = [list(re.finditer(r"\S+", text)) for text in texts]
        return [
            Tokens(
                ids=np.arange(len(row), dtype=np.int64),
                start=np.array([word.start() for word in row], dtype=np.int64),
                end=np.array([word.end() for word in row], dtype=np.int64),
            )
            for row in words
        ]

    def encode(self, windows: Sequence[Ints]) -> list[Encoded]:
        """Return zeros."""
        return [
            Encoded(hidden=np.zeros((len(w), 1), np.float32), tags=np.zeros((len(w), 1), np.float32)) for w in windows
        ]

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Read by windows, as the real model does."""
        return windows.read(self, documents)

    def spans(self, reading: Reading) -> Tagged:
        """Return the spans that lie in what is read, which lacks the invisible characters of what was sent."""
        length = len(reading.document.text)
        tagged = self.tagged
        return Tagged(
            sources=tuple(one for one in tagged.sources if one.span.end <= length),
            cues=tuple(one for one in tagged.cues if one.span.end <= length),
            contents=tuple(one for one in tagged.contents if one.span.end <= length),
            boilerplate=tuple(one for one in tagged.boilerplate if one.span.end <= length),
            entities=tuple(one for one in tagged.entities if one.span.end <= length),
        )

    def _matrix(self, rows: int, columns: int) -> Floats:
        return np.resize(self.numbers, (rows, columns)).astype(np.float32)

    def link(self, reading: Reading, tagged: Tagged) -> Links:  # noqa: ARG002 the port
        """Link at random."""
        sources, cues, contents = len(tagged.sources), len(tagged.cues), len(tagged.contents)
        return Links(
            content_cue=Pairs.of_table(self._matrix(contents, cues)),
            content_source=Pairs.of_table(self._matrix(contents, sources)),
            source_cue=Pairs.of_table(self._matrix(sources, cues)),
            content_content=Pairs.of_table(self._matrix(contents, contents)),
        )

    def references(self, reading: Reading) -> Literal:
        """Take sources at their word."""
        return Literal(reading.document.text)

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:  # noqa: ARG002 the port
        """Score at random."""
        return np.resize(self.numbers, len(spans)).astype(np.float32)

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:  # noqa: ARG002 the port
        """Score at random."""
        return self._matrix(sum(len(question.targets) for question in questions), 3)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Leave the answers as they are."""
        return weigh(candidates, {})

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Score at random."""
        return self._matrix(len(pairs), 3)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, AnyModel]:
    """A text and a model that tags any spans of it."""
    parts = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=60))
    text = " ".join(parts)
    edges = st.integers(0, len(text) - 1)

    def spans(most: int) -> list[Span]:
        pairs = draw(st.lists(st.tuples(edges, st.integers(1, 40)), max_size=most))
        return sorted({Span(start, min(len(text), start + length)) for start, length in pairs})

    def scored(most: int) -> tuple[Scored, ...]:
        return tuple(Scored(span=span, confidence=draw(st.floats(0, 1))) for span in spans(most))

    kinds = st.sampled_from(list(EntityType))
    tagged = Tagged(
        sources=scored(6),
        cues=scored(6),
        contents=scored(8),
        boilerplate=scored(1),
        entities=tuple(Named(span=span, type=draw(kinds), confidence=0.9) for span in spans(8)),
    )
    numbers = draw(st.lists(st.floats(0, 1, width=32), min_size=7, max_size=31))
    return text, AnyModel(tagged=tagged, numbers=np.array(numbers, dtype=np.float32))


def frames(text: str, model: AnyModel) -> Enriched | None:
    """Send a text through the pipeline; None where there was nothing to read."""
    article = Article(id=ArticleId("urn:test:1"), body=text, language="en", topics=("the mill",))
    (outcome,) = Pipeline(model=model).process([article])
    return outcome if isinstance(outcome, Enriched) else None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_offsets_are_exact_and_references_hold(case: tuple[str, AnyModel]) -> None:
    """Every span lies in the text, every id that is named exists, pieces are in order and apart."""
    outcome = frames(*case)
    if outcome is None:
        return
    enrichment = outcome.enrichment
    length = len(outcome.text)
    entities = {entity.id for entity in enrichment.entities}
    claims = {claim.id for claim in enrichment.claims}
    assert len(claims) == len(enrichment.claims)
    for entity in enrichment.entities:
        assert entity.mentions
        assert all(span.end <= length for span in entity.mentions)
    for claim in enrichment.claims:
        assert all(span.end <= length for span in claim.spans)
        assert all(a.end <= b.start for a, b in zip(claim.spans, claim.spans[1:], strict=False))
        assert (claim.speaker.entity in entities) is (claim.speaker.kind != "author")
        assert all(stance.target in entities for stance in claim.stances)
        numbers = [claim.confidence, claim.check_worthiness, claim.speaker.confidence]
        assert all(0 <= number <= 1 and round(number, 3) == number for number in numbers)
    for summed in enrichment.stances:
        assert set(summed.claims) <= claims
        assert summed.holder in entities | {"author"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_claims_are_apart_or_nested(case: tuple[str, AnyModel]) -> None:
    """No claim crosses another one's border, and no author's statement takes in what somebody says."""
    outcome = frames(*case)
    if outcome is None:
        return
    claims = outcome.enrichment.claims
    for number, one in enumerate(claims):
        for other in claims[number + 1 :]:
            crossing = [
                (a, b) for a in one.spans for b in other.spans if a.overlaps(b) and not a.covers(b) and not b.covers(a)
            ]
            assert crossing == []
            hulls = (one.hull, other.hull)
            assert not hulls[0].overlaps(hulls[1]) or hulls[0].covers(hulls[1]) or hulls[1].covers(hulls[0])
            if ClaimKind.AUTHOR_STATEMENT in {one.kind, other.kind}:
                assert not any(a.overlaps(b) for a in one.spans for b in other.spans)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_frames_are_deterministic(case: tuple[str, AnyModel]) -> None:
    """The same article and the same model give the same frames."""
    assert frames(*case) == frames(*case)
