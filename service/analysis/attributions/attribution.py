"""An attribution: the contents, the cue and the source of one statement (Pareti, 2015)."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from service.analysis.languages.language import Language
from service.core.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Contents, cue and source of one statement; `spoken` says that it is speech without quotation marks."""

    contents: tuple[Span, ...]
    cue: Span | None
    source: Span | None
    confidence: float
    spoken: bool = False

    @property
    def hull(self) -> Span:
        """The smallest span that covers all pieces of the content."""
        return Span(self.contents[0].start, self.contents[-1].end)


def nests(a: Attribution, b: Attribution) -> bool:
    """Return whether two attributions are apart, or one lies within one piece (or between pieces) of the other."""
    if not a.hull.overlaps(b.hull):
        return True
    return _within(a, b) or _within(b, a)


def _within(outer: Attribution, inner: Attribution) -> bool:
    return all(
        any(piece.covers(part) for piece in outer.contents) or not any(piece.overlaps(part) for piece in outer.contents)
        for part in inner.contents
    ) and outer.hull.covers(inner.hull)


def is_stray(text: str, span: Span, language: Language) -> bool:
    """Return whether a span is a lone letter that is no word: what became of a bullet, say."""
    return span.end - span.start == 1 and span.of(text) not in language.lone_letters


def is_barred(span: Span, barred: Sequence[Span]) -> bool:
    """Return whether half of `span` or more lies in boilerplate."""
    at = bisect_right(barred, span, key=lambda one: one) - 1
    covered = 0
    for one in barred[max(0, at - 2) : at + 3]:
        covered += max(0, min(one.end, span.end) - max(one.start, span.start))
    return covered * 2 >= span.end - span.start
