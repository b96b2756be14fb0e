"""Utterances in quotation marks, or in lines of dialogue, that the tagger missed and beside which it saw a cue.

`untagged_quotes` does that for English with a list of reporting verbs; here the tagged cues say what reports.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from service.analysis.attributions.asides import without_asides
from service.analysis.attributions.attribution import Attribution, is_barred
from service.analysis.languages.lookup import language_of
from service.analysis.text.quotes import is_speech
from service.core.document import Document, Quote
from service.core.model import Tagged
from service.core.span import Span

_CONFIDENCE = 0.7
_WORDS = 4  # fewer in quotation marks are a title or a term more often than an utterance
_AFTER = 80  # code points after a quote in which its cue may stand
_BEFORE = 60
_BESIDE = 40  # between a cue and its source


def with_cued(
    document: Document, tagged: Tagged, found: Sequence[Attribution], barred: Sequence[Span]
) -> list[Attribution]:
    """Return the attributions, and those of utterances that no content covers, where a cue or a colon is at hand.

    An utterance beside the cue of an attribution is a further piece of that one, and so is what the tagger missed of a
    quote that the writer's words interrupt.
    """
    known = list(found)
    by_cue = {item.cue: at for at, item in enumerate(known) if item.cue is not None}
    covered = sorted(piece for item in found for piece in item.contents)
    beside = _Beside(document, tagged)
    for number, quote in enumerate(beside.quotes):
        if not _utters(document.text, quote) or is_barred(quote.span, barred):
            continue
        inside, outside = beside.cues(number)
        whole = without_asides(document.text, quote.inner, inside)
        own = [cue for cue in inside if not any(piece.overlaps(cue) for piece in whole)]
        cue = next(iter([*own, *outside]), None)
        pieces = tuple(piece for piece in whole if not _overlapped(covered, piece))
        if pieces != tuple(whole) and not (own and cue in by_cue):
            continue
        if not pieces or (cue is None and not beside.introduced(quote) and not quote.continues):
            continue
        if cue in by_cue:
            owner = known[by_cue[cue]]
            known[by_cue[cue]] = replace(owner, contents=tuple(sorted([*owner.contents, *pieces])))
            continue
        source = beside.source(cue, quote, pieces) if cue is not None else None
        known.append(Attribution(contents=pieces, cue=cue, source=source, confidence=_CONFIDENCE))
        if cue is not None:
            by_cue[cue] = len(known) - 1
    return known


def _utters(text: str, quote: Quote) -> bool:
    """Return whether a quote is an utterance: a sentence of several words, or one that a dash follows."""
    if quote.is_dialogue:
        return True
    enough = quote.inner.of(text).count(" ") + 1 >= _WORDS or quote.continues
    dash = text[quote.span.end : quote.span.end + 3].lstrip(" ,.")[:1] in {"—", "–", "-"}
    return enough and (dash or is_speech(text, quote))


def _overlapped(spans: Sequence[Span], span: Span) -> bool:
    """Return whether one of some sorted spans, which nest a few deep, overlaps a span."""
    at = bisect_left(spans, span)
    return any(one.overlaps(span) for one in spans[max(0, at - 3) : at + 1])


class _Beside:
    """What stands beside the quotes of one document: cues, sources, colons."""

    def __init__(self, document: Document, tagged: Tagged) -> None:
        self.quotes = [quote for quote in document.quotes if quote.depth == 0]
        self._document = document
        self._language = language_of(document.language)
        self._cues = sorted(item.span for item in tagged.cues)
        self._sources = sorted(item.span for item in tagged.sources)
        self._names = sorted(item.span for item in tagged.entities)
        self._starts = [sentence.span.start for sentence in document.sentences]

    def cues(self, number: int) -> tuple[list[Span], list[Span]]:
        """Return the cues inside a quote, and those of its sentence with no quote between, behind it and before it."""
        quote = self.quotes[number]
        first, last = (self._sentence(place) for place in (quote.span.start, quote.span.end - 1))
        start = max(first.start, quote.span.start - _BEFORE)
        end = min(last.end, quote.span.end + _AFTER)
        if number:
            start = max(start, self.quotes[number - 1].span.end)
        if number + 1 < len(self.quotes):
            end = min(end, self.quotes[number + 1].span.start)
        inside = _within(self._cues, quote.inner.start, quote.inner.end)
        after = _within(self._cues, quote.span.end, end)
        before = _within(self._cues, start, quote.span.start)
        return inside, [*after, *reversed(before)]

    def introduced(self, quote: Quote) -> bool:
        """Return whether a quote opens its paragraph and the paragraph before leads it in."""
        paragraphs = self._document.paragraphs
        if quote.paragraph == 0 or quote.span.start != paragraphs[quote.paragraph].start:
            return False
        return self._document.text[paragraphs[quote.paragraph - 1].end - 1] in self._language.leads_in

    def source(self, cue: Span, quote: Quote, pieces: Sequence[Span]) -> Span | None:
        """Return the tagged source, else the name, next to a cue and outside of what is said; often nobody is named."""
        paragraph = self._document.paragraphs[quote.paragraph]
        start, end = max(paragraph.start, cue.start - 2 * _BESIDE), min(paragraph.end, cue.end + 2 * _BESIDE)
        for spans in (self._sources, self._names):
            near = [
                span
                for span in _within(spans, start, end)
                if _gap(span, cue) <= _BESIDE and not any(piece.overlaps(span) for piece in pieces)
            ]
            if near:
                return min(near, key=lambda span: (_gap(span, cue), span))
        return None

    def _sentence(self, place: int) -> Span:
        return self._document.sentences[bisect_right(self._starts, place) - 1].span


def _within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """Return those of some sorted spans that lie between two places."""
    if start >= end:
        return []
    first, last = (bisect_left(spans, place, key=lambda span: span.start) for place in (start, end))
    return [span for span in spans[first:last] if span.end <= end]


def _gap(a: Span, b: Span) -> int:
    return max(a.start - b.end, b.start - a.end, 0)
