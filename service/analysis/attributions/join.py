"""Spans to attributions: which content goes with which cue and source, and what quotation marks say about borders.

The model finds spans and scores links; this stage joins them, one attribution for each content or for several pieces
of one, and adds what typography shows beyond doubt: a quote that the tagger cut short, a quoted paragraph after
"… responded:", a quote that goes on in the next paragraph.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from service.analysis.attributions.asides import without_asides
from service.analysis.attributions.attribution import Attribution, is_barred, is_stray, nests
from service.analysis.attributions.cued_quotes import with_cued
from service.analysis.attributions.fixed_phrases import with_phrases, with_sayings
from service.analysis.attributions.source_extent import whole
from service.analysis.attributions.subject_of_verb import Subjects
from service.analysis.attributions.untagged_quotes import with_missed
from service.analysis.english.function_words import PRONOUNS
from service.analysis.english.words import words
from service.analysis.languages.lookup import language_of
from service.analysis.text.quotes import quotes_over, trimmed
from service.core.deadline import in_time
from service.core.document import Document, Quote
from service.core.model import Floats, Ints, Links, Scored, Tagged
from service.core.quotation_marks import DOUBLE, MARKS
from service.core.span import Span

_LINKED = 0.5  # links are calibrated probabilities
_SNAP = 0.8  # share of a quote that a content must cover, and be covered by, to be that quote
_LOOSE = 0.5  # confidence that an unquoted content without cue and source needs
_BOILERPLATE = 0.5


def attributions(document: Document, tagged: Tagged, links: Links) -> list[Attribution]:
    """Join the tagged spans of a document to attributions, in order of position."""
    barred = _barred(document, tagged.boilerplate)
    found = _deduplicated(_Joiner(document, tagged, links, barred).join())
    complete = _by_grammar if language_of(document.language).has_grammar else with_cued
    found = complete(document, tagged, found, barred)
    found.sort(key=lambda item: (item.hull.start, -item.hull.end))
    return _deduplicated(_merged_over_paragraphs(document, found))


def _by_grammar(
    document: Document, tagged: Tagged, found: Sequence[Attribution], barred: Sequence[Span]
) -> list[Attribution]:
    """Return the attributions with what the words of an English text show beside the tags."""
    found = with_sayings(document, with_phrases(document, found, barred), barred)
    found = _sourced(document, tagged, found)
    return [item for item in with_missed(document, tagged, found, barred) if not _says_nothing(document.text, item)]


def _sourced(document: Document, tagged: Tagged, found: Sequence[Attribution]) -> list[Attribution]:
    """Give a source, by word order, to attributions that no link gave one."""
    subjects = Subjects(document, tagged)
    sourced: list[Attribution] = []
    for item in found:
        source = item.source
        if item.cue is not None and subjects.asks(item.cue, source):
            source = subjects.agent(item.cue, item.contents)
        elif source is None:
            hit = subjects.of(item.cue, item.contents) if item.cue else subjects.beside(item.contents)
            source = hit
        source = whole(document.text, source) if source is not None else None
        sourced.append(item if source is item.source else replace(item, source=source))
    return sourced


def _says_nothing(text: str, item: Attribution) -> bool:
    """Return whether a content without a source is but a pronoun or two: "Nobody believed him"."""
    return item.source is None and all(word in PRONOUNS for piece in item.contents for word in words(piece.of(text)))


def _barred(document: Document, scored: Iterable[Scored]) -> list[Span]:
    spans = [*document.boilerplate, *(item.span for item in scored if item.confidence >= _BOILERPLATE)]
    return sorted(spans)


def _snapped(document: Document, span: Span) -> Span:
    """Give a content the borders of the quote that it nearly is."""
    for quote in quotes_over(document.quotes, span):
        inner = quote.inner
        common = min(inner.end, span.end) - max(inner.start, span.start)
        if common > 0 and common >= _SNAP * max(inner.end - inner.start, span.end - span.start):
            return inner
    return _without_marks(document.text, span)


def _without_marks(text: str, span: Span) -> Span:
    """Drop a pair of quotation marks around the whole, or a lone one at either end."""
    start, end = span.start, span.end
    inside = text[start + 1 : end - 1]
    if end - start > 2 and text[start] in MARKS and not any(mark in inside for mark in DOUBLE):  # noqa: PLR2004
        start += 1
        end -= text[end - 1] in MARKS
    return trimmed(text, start, end) or span


class _Joiner:
    """Contents to attributions: which pieces are one statement's, which cue and which source are theirs."""

    def __init__(self, document: Document, tagged: Tagged, links: Links, barred: Sequence[Span]) -> None:
        self._document = document
        self._tagged = tagged
        self._links = links
        self._by_cue = links.source_cue.turned()
        self._starts = [paragraph.start for paragraph in document.paragraphs]
        self._language = language_of(document.language)
        self._pieces = [self._split(_snapped(document, scored.span), barred) for scored in tagged.contents]
        self._cues = np.asarray([self._place(scored.span, barred) for scored in tagged.cues], dtype=np.int64)
        self._sources = np.asarray([self._place(scored.span, barred) for scored in tagged.sources], dtype=np.int64)

    def join(self) -> list[Attribution]:
        """Return an attribution for each group of contents."""
        found = (self._attribution(group) for group in self._groups())
        return [item for item in found if not self._is_loose(item)]

    def _is_loose(self, item: Attribution) -> bool:
        """Return whether a content has no support: low confidence, in no quote, and no cue or source linked to it."""
        linked = item.cue is not None or item.source is not None
        return not linked and item.confidence < _LOOSE and not quotes_over(self._document.quotes, item.hull)

    def _paragraph(self, position: int) -> int:
        return max(0, bisect_right(self._starts, position) - 1)

    def _split(self, span: Span, barred: Sequence[Span]) -> list[Span]:
        """Cut a content at paragraphs' borders and drop what is boilerplate."""
        pieces: list[Span] = []
        for number in range(self._paragraph(span.start), self._paragraph(span.end - 1) + 1):
            paragraph = self._document.paragraphs[number]
            piece = trimmed(self._document.text, max(span.start, paragraph.start), min(span.end, paragraph.end))
            if piece is not None and not is_barred(piece, barred):
                pieces += [piece] if self._language.has_grammar else self._said(piece)
        return pieces

    def _said(self, piece: Span) -> list[Span]:
        """Cut the writer's words out of a content: «Мост цел, — сказал он. — Никто не пострадал»."""
        cues = [item.span for item in self._tagged.cues if piece.covers(item.span)]
        return without_asides(self._document.text, piece, cues) if cues else [piece]

    def _place(self, span: Span, barred: Sequence[Span]) -> int:
        """Return the paragraph of a cue or source; -1 for a stray letter, and in boilerplate or over a border."""
        number = self._paragraph(span.start)
        apart = self._paragraph(span.end - 1) != number or is_barred(span, barred)
        return -1 if apart or is_stray(self._document.text, span, self._language) else number

    def _groups(self) -> list[list[int]]:
        """Partition the contents into pieces of one attribution."""
        kept = [i for i, pieces in enumerate(self._pieces) if pieces]
        parent = {i: i for i in kept}

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for at, i in enumerate(kept):
            for j in kept[at + 1 : at + 9]:  # the pieces of one attribution are neighbours
                apart = not any(a.overlaps(b) for a in self._pieces[i] for b in self._pieces[j])
                if apart and self._links.content_content.at(i, j) >= _LINKED:
                    parent[root(j)] = root(i)
        groups: dict[int, list[int]] = {}
        for i in kept:
            groups.setdefault(root(i), []).append(i)
        return list(groups.values())

    def _attribution(self, group: Sequence[int]) -> Attribution:
        in_time()
        pieces = _disjoint([piece for i in group for piece in self._pieces[i]])
        near = self._reach(pieces)
        cue_at = _best([self._links.content_cue.row(i) for i in group], self._cues, near)
        if cue_at is None:
            cue_at = self._leading_in(pieces[0])
        rows = [self._links.content_source.row(i) for i in group]
        if cue_at is not None:
            rows.append(self._by_cue.row(cue_at))
        source_at = _best(rows, self._sources, near)
        return Attribution(
            contents=pieces,
            cue=self._tagged.cues[cue_at].span if cue_at is not None else None,
            source=self._tagged.sources[source_at].span if source_at is not None else None,
            confidence=float(np.mean([self._tagged.contents[i].confidence for i in group])),
        )

    def _leading_in(self, piece: Span) -> int | None:
        """Return the cue whose colon ends the paragraph before a quote: "… responded:" needs no link."""
        number = self._paragraph(piece.start)
        paragraph, before = self._document.paragraphs[number], self._document.paragraphs[number - 1]
        opens = piece.start - paragraph.start <= 1 and quotes_over(self._document.quotes, piece)
        if not number or not opens or self._document.text[before.end - 1] not in self._language.leads_in:
            return None
        ends = (at for at, cue in enumerate(self._tagged.cues) if before.end - 1 <= cue.span.end <= before.end)
        return next((at for at in ends if self._cues[at] == number - 1), None)

    def _reach(self, pieces: Sequence[Span]) -> list[int]:
        """Return the paragraphs in which cue and source can stand: the content's own, and one that leads it in."""
        own = {self._paragraph(piece.start) for piece in pieces}
        first = min(own)
        paragraph = self._document.paragraphs[first]
        opens = pieces[0].start - paragraph.start <= 1
        if (first and opens and quotes_over(self._document.quotes, pieces[0])) or (
            first
            and opens
            and self._document.text[self._document.paragraphs[first - 1].end - 1] in self._language.leads_in
        ):
            own.add(first - 1)
        return sorted(own)


def _disjoint(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Merge pieces that touch or overlap after snapping."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _best(rows: Sequence[tuple[NDArray[np.int32], Floats]], paragraphs: Ints, near: Sequence[int]) -> int | None:
    """Return the span with the likeliest link of some rows, if it is likely enough and in a paragraph that is near."""
    spans, scores = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    kept = np.flatnonzero((scores >= _LINKED) & np.isin(paragraphs[spans], near))
    if not len(kept):
        return None
    return int(spans[kept[np.lexsort((spans[kept], -scores[kept]))[0]]])


def _deduplicated(found: Sequence[Attribution]) -> list[Attribution]:
    """Keep one attribution of those whose contents are the same, and cut those that cross another one's border."""
    best: dict[tuple[Span, ...], Attribution] = {}
    for item in found:
        known = best.get(item.contents)
        if known is None or item.confidence > known.confidence:
            best[item.contents] = item
    kept: list[Attribution] = []
    active: list[Attribution] = []  # those that reach as far as the next one begins
    for item in sorted(best.values(), key=lambda one: (one.hull.start, -one.hull.end)):
        active = [one for one in active if one.hull.end > item.hull.start]
        crossing = [one for one in active if not nests(one, item)]
        if any(one.confidence >= item.confidence for one in crossing):
            continue
        for one in crossing:
            active.remove(one)
            kept.remove(one)
        active.append(item)
        kept.append(item)
    return kept


def _merged_over_paragraphs(document: Document, found: Sequence[Attribution]) -> list[Attribution]:
    """Join to a quote the paragraphs that carry it on."""
    carried = {quote.inner.start: quote for quote in document.quotes if quote.continues}
    merged: list[Attribution] = []
    for item in found:
        quote = carried.get(item.contents[0].start)
        before = (
            next((one for one in reversed(merged[-6:]) if _ends_open(document, one, quote)), None) if quote else None
        )
        if before is None or (item.source is not None and before.source is not None and item.source != before.source):
            merged.append(item)
            continue
        merged[merged.index(before)] = replace(
            before,
            contents=_disjoint([*before.contents, *item.contents]),
            cue=before.cue or item.cue,
            source=before.source or item.source,
            confidence=(before.confidence + item.confidence) / 2,
        )
    return merged


def _ends_open(document: Document, item: Attribution, quote: Quote | None) -> bool:
    """Return whether an attribution ends with the paragraph before the quote that carries it on."""
    if quote is None or quote.paragraph == 0:
        return False
    before = document.paragraphs[quote.paragraph - 1]
    return before.end - 2 <= item.hull.end <= before.end
