"""Spans to attributions: which content goes with which cue and source, and what quotation marks say about borders.

The model finds spans and scores links; this stage joins them, one attribution for each content or for several pieces
of one, and adds what typography tells beyond doubt: a quote that the tagger cut short, a quoted paragraph after
"… responded:", a quote that goes on in the next paragraph.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from service.core.frames import Span
from service.core.ports import Links, Scored, Tagged
from service.core.quotes import Quote, quotes_over, trimmed
from service.core.segment import Document
from service.core.subjects import Subjects
from service.core.utterances import MARKS, Attribution, is_barred, nests, with_missed

_LINKED = 0.5  # links are calibrated probabilities
_SNAP = 0.8  # share of a quote that a content must cover, and be covered by, to be that quote
_BOILERPLATE = 0.5


def attributions(document: Document, tagged: Tagged, links: Links) -> list[Attribution]:
    """Join the tagged spans of a document to attributions, in order of position."""
    contents = [_snapped(document, scored) for scored in tagged.contents]
    barred = _barred(document, tagged.boilerplate)
    groups = _groups(contents, links, barred)
    found = [_joined(tagged, contents, links, group) for group in groups]
    found = _deduplicated(found)
    found = _sourced(document, tagged, found)
    found = with_missed(document, tagged, found, barred)
    found.sort(key=lambda item: (item.hull.start, -item.hull.end))
    return _merged_over_paragraphs(document, found)


def _sourced(document: Document, tagged: Tagged, found: Sequence[Attribution]) -> list[Attribution]:
    """Give a source, by word order, to attributions that no link gave one."""
    subjects = Subjects(document, tagged)
    sourced: list[Attribution] = []
    for item in found:
        source = item.source
        if source is None:
            hit = subjects.of(item.cue, item.contents) if item.cue else subjects.beside(item.contents, tagged)
            source = hit
        sourced.append(item if source is item.source else replace(item, source=source))
    return sourced


def _barred(document: Document, scored: Iterable[Scored]) -> list[Span]:
    spans = [*document.boilerplate, *(item.span for item in scored if item.confidence >= _BOILERPLATE)]
    return sorted(spans)


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
    if end - start > 2 and text[start] in MARKS and not any(mark in inside for mark in MARKS[:8]):  # noqa: PLR2004
        start += 1
        end -= text[end - 1] in MARKS
    return trimmed(text, start, end) or span


def _groups(contents: Sequence[Scored], links: Links, barred: Sequence[Span]) -> list[list[int]]:
    """Partition the contents into pieces of one attribution; boilerplate is left out."""
    kept = [i for i, content in enumerate(contents) if not is_barred(content.span, barred)]
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
