"""Spans to attributions: which content goes with which cue and source, and what quotation marks say about borders.

The model finds spans and scores links; this stage joins them, one attribution for each content or for several pieces
of one, and adds what typography tells beyond doubt: a quote that the tagger cut short, a quoted paragraph after
"… responded:", a quote that goes on in the next paragraph.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.core.frames import Span
from service.core.lexicon import REPORTING, words
from service.core.ports import Links, Scored, Tagged
from service.core.quotes import Quote, is_speech, quotes_over, trimmed
from service.core.segment import Document

_LINKED = 0.5  # links are calibrated probabilities
_SNAP = 0.8  # share of a quote that a content must cover, and be covered by, to be that quote
_BOILERPLATE = 0.5
_RULE_CONFIDENCE = 0.7  # measured precision on training articles of quotes that rules alone found
_MARKS = "\"“”„«»‹›‘’'`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Contents, cue and source of one statement; `follows` is the quote (or lead-in) that it carries on."""

    contents: tuple[Span, ...]
    cue: Span | None
    source: Span | None
    confidence: float
    follows: bool = False

    @property
    def hull(self) -> Span:
        """The smallest span that covers all pieces of the content."""
        return Span(self.contents[0].start, self.contents[-1].end)


def attributions(document: Document, tagged: Tagged, links: Links) -> list[Attribution]:
    """Join the tagged spans of a document to attributions, in order of position."""
    contents = [_snapped(document, scored) for scored in tagged.contents]
    barred = _barred(document, tagged.boilerplate)
    groups = _groups(contents, links, barred)
    found = [_joined(tagged, contents, links, group) for group in groups]
    found = _deduplicated(found)
    found += _missed_quotes(document, tagged, found, barred)
    found.sort(key=lambda item: (item.hull.start, -item.hull.end))
    return _merged_over_paragraphs(document, found)


def _barred(document: Document, scored: Iterable[Scored]) -> list[Span]:
    spans = [*document.boilerplate, *(item.span for item in scored if item.confidence >= _BOILERPLATE)]
    return sorted(spans)


def _is_barred(span: Span, barred: Sequence[Span]) -> bool:
    """Tell whether half of `span` or more lies in boilerplate."""
    at = bisect_right(barred, span, key=lambda one: one) - 1
    covered = 0
    for one in barred[max(0, at - 2) : at + 3]:
        covered += max(0, min(one.end, span.end) - max(one.start, span.start))
    return covered * 2 >= span.end - span.start


def _snapped(document: Document, scored: Scored) -> Scored:
    """Give a content the borders of the quote that it nearly is."""
    span = scored.span
    for quote in quotes_over(document.quotes, span):
        inner = quote.inner
        common = min(inner.end, span.end) - max(inner.start, span.start)
        if common > 0 and common >= _SNAP * max(inner.end - inner.start, span.end - span.start):
            return Scored(span=inner, confidence=scored.confidence)
    stripped = _without_marks(document.text, span)
    return Scored(span=stripped, confidence=scored.confidence)


def _without_marks(text: str, span: Span) -> Span:
    """Drop a pair of quotation marks around the whole, or a lone one at either end."""
    start, end = span.start, span.end
    inside = text[start + 1 : end - 1]
    if end - start > 2 and text[start] in _MARKS and not any(mark in inside for mark in _MARKS[:8]):  # noqa: PLR2004
        start += 1
        end -= text[end - 1] in _MARKS
    return trimmed(text, start, end) or span


def _groups(contents: Sequence[Scored], links: Links, barred: Sequence[Span]) -> list[list[int]]:
    """Partition the contents into pieces of one attribution; boilerplate is left out."""
    kept = [i for i, content in enumerate(contents) if not _is_barred(content.span, barred)]
    parent = {i: i for i in kept}

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for at, i in enumerate(kept):
        for j in kept[at + 1 : at + 9]:  # the pieces of one attribution are neighbours
            apart = not contents[i].span.overlaps(contents[j].span)
            if apart and float(links.content_content[i, j]) >= _LINKED:
                parent[root(j)] = root(i)
    groups: dict[int, list[int]] = {}
    for i in kept:
        groups.setdefault(root(i), []).append(i)
    return [sorted(group, key=lambda i: contents[i].span) for group in groups.values()]


def _joined(tagged: Tagged, contents: Sequence[Scored], links: Links, group: Sequence[int]) -> Attribution:
    cue_scores = links.content_cue[group].max(axis=0) if len(tagged.cues) else np.zeros(0, dtype=np.float32)
    cue_at = _best(cue_scores)
    source_scores = links.content_source[group].max(axis=0) if len(tagged.sources) else np.zeros(0, dtype=np.float32)
    if cue_at is not None and len(tagged.sources):
        source_scores = np.maximum(source_scores, links.source_cue[:, cue_at])
    source_at = _best(source_scores)
    hull = [contents[i].span for i in group]
    source = tagged.sources[source_at].span if source_at is not None else None
    cue = tagged.cues[cue_at].span if cue_at is not None else None
    return Attribution(
        contents=_disjoint(hull),
        cue=cue,
        source=source,
        confidence=float(np.mean([contents[i].confidence for i in group])),
    )


def _disjoint(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Merge pieces that touch or overlap after snapping."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _best(scores: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int | None:
    """Return the index of the likeliest link, if it is likely enough."""
    if not scores.size:
        return None
    at = int(scores.argmax())
    return at if float(scores[at]) >= _LINKED else None


def _deduplicated(found: Sequence[Attribution]) -> list[Attribution]:
    """Keep one attribution of those whose contents are the same, and cut those that cross another one's border."""
    best: dict[tuple[Span, ...], Attribution] = {}
    for item in found:
        known = best.get(item.contents)
        if known is None or item.confidence > known.confidence:
            best[item.contents] = item
    kept: list[Attribution] = []
    for item in sorted(best.values(), key=lambda one: (one.hull.start, -one.hull.end)):
        inside = [one for one in kept[-8:] if one.hull.overlaps(item.hull)]
        crossing = next((one for one in inside if not nests(one, item)), None)
        if crossing is None:
            kept.append(item)
        elif item.confidence > crossing.confidence:
            kept[kept.index(crossing)] = item
    return kept


def nests(a: Attribution, b: Attribution) -> bool:
    """Tell whether two attributions are apart, or one lies wholly within one piece (or between pieces) of the other."""
    if not a.hull.overlaps(b.hull):
        return True
    return _within(a, b) or _within(b, a)


def _within(outer: Attribution, inner: Attribution) -> bool:
    return all(
        any(piece.covers(part) for piece in outer.contents) or not any(piece.overlaps(part) for piece in outer.contents)
        for part in inner.contents
    ) and outer.hull.covers(inner.hull)


def _missed_quotes(
    document: Document, tagged: Tagged, found: Sequence[Attribution], barred: Sequence[Span]
) -> list[Attribution]:
    """Return attributions for utterances in quotation marks that no content covers, where a voice is at hand.

    A voice is at hand when the sentence around the quote has a reporting verb outside it, when the sentence before
    ends in a colon, or when the quote carries on one that has a speaker.
    """
    covered = sorted(piece for item in found for piece in item.contents)
    added: list[Attribution] = []
    for quote in document.quotes:
        inner = quote.inner
        if quote.depth or not is_speech(document.text, quote) or _is_barred(quote.span, barred):
            continue
        if any(piece.overlaps(inner) for piece in _around(covered, inner)):
            continue
        introduced = _introduced(document, quote)
        cue = None if introduced else _reporting_verb(document, quote)
        if cue is None and not introduced and not quote.continues:
            continue
        source = None if cue is None else _source_beside(document, tagged, cue, quote)
        if cue is not None and source is None:
            continue
        added.append(
            Attribution(
                contents=(inner,),
                cue=cue,
                source=source,
                confidence=_RULE_CONFIDENCE,
                follows=introduced or quote.continues,
            )
        )
    return added


def _around(spans: Sequence[Span], span: Span) -> Sequence[Span]:
    at = bisect_left(spans, span)
    return spans[max(0, at - 3) : at + 3]


def _introduced(document: Document, quote: Quote) -> bool:
    """Tell whether the quote opens its paragraph and the paragraph before ends in a colon."""
    paragraph = document.paragraphs[quote.paragraph]
    if quote.paragraph == 0 or quote.span.start != paragraph.start:
        return False
    before = document.paragraphs[quote.paragraph - 1]
    return document.text[before.end - 1] == ":"


def _reporting_verb(document: Document, quote: Quote) -> Span | None:
    """Return a reporting verb close outside the quote, in its paragraph."""
    paragraph = document.paragraphs[quote.paragraph]
    text = document.text
    after = _first_verb(text, quote.span.end, min(paragraph.end, quote.span.end + 80), forward=True)
    if after is not None:
        return after
    return _first_verb(text, max(paragraph.start, quote.span.start - 60), quote.span.start, forward=False)


def _first_verb(text: str, start: int, end: int, *, forward: bool) -> Span | None:
    piece = text[start:end]
    if forward:
        stop = min((at for mark in _MARKS[:8] if (at := piece.find(mark)) > 0), default=len(piece))
        stop = min(stop, next((at for at, c in enumerate(piece) if c in ".!?"), len(piece)))
        piece = piece[:stop]
    else:
        for mark in (*_MARKS[:8], ". ", "! ", "? "):
            at = piece.rfind(mark)
            if at >= 0:
                start += at + len(mark)
                piece = piece[at + len(mark) :]
    offset = 0
    hits: list[Span] = []
    for word in piece.split():
        at = piece.index(word, offset)
        offset = at + len(word)
        plain = word.strip(",.:;—–-")
        if plain.casefold() in REPORTING:
            hits.append(Span(start + at, start + at + len(plain)))
    if not hits:
        return None
    return hits[0] if forward else hits[-1]


def _source_beside(document: Document, tagged: Tagged, cue: Span, quote: Quote) -> Span | None:
    """Return the tagged source or entity next to a reporting verb, in the quote's paragraph and outside the quote."""
    paragraph = document.paragraphs[quote.paragraph]
    spans = [item.span for item in tagged.sources] + [item.span for item in tagged.entities]
    near = [
        span
        for span in spans
        if paragraph.covers(span) and not quote.span.overlaps(span) and _gap(span, cue) <= 40  # noqa: PLR2004
    ]
    if near:
        return min(near, key=lambda span: (_gap(span, cue), span))
    before = document.text[max(paragraph.start, cue.start - 8) : cue.start].split()
    after = document.text[cue.end : min(paragraph.end, cue.end + 8)].split()
    if before and words(before[-1]) and words(before[-1])[0] in {"he", "she", "they", "it"}:
        start = document.text.rindex(before[-1], 0, cue.start)
        return Span(start, start + len(before[-1]))
    if after and words(after[0]) and words(after[0])[0] in {"he", "she", "they", "it"}:
        start = document.text.index(after[0], cue.end)
        return trimmed(document.text, start, start + len(after[0].rstrip(",.;:")))
    return None


def _gap(a: Span, b: Span) -> int:
    return max(a.start - b.end, b.start - a.end, 0)


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
    """Tell whether an attribution ends with the paragraph before the quote that carries it on."""
    if quote is None or quote.paragraph == 0:
        return False
    before = document.paragraphs[quote.paragraph - 1]
    return before.end - 2 <= item.hull.end <= before.end
