"""Utterances in quotation marks, or in lines of dialogue, that the tagger missed and beside which it saw a cue.

`untagged_quotes` does that for English with a list of reporting verbs; here the tagged cues say what reports.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from service.analysis.attributions.asides import without_asides
from service.analysis.attributions.attribution import Attribution, is_barred, nests
from service.analysis.languages.language import Language
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
    """Return the attributions, and those of utterances that no content covers, where a cue or a colon is at hand."""
    language = language_of(document.language)
    cues = [item.span for item in tagged.cues]
    known = list(found)
    for quote in document.quotes:
        if quote.depth or not _utters(document.text, quote) or is_barred(quote.span, barred):
            continue
        pieces = tuple(without_asides(document.text, quote.inner, cues))
        covered = chain.from_iterable(item.contents for item in known)
        if not pieces or any(piece.overlaps(quote.inner) for piece in covered):
            continue
        cue = _cue(document, quote, pieces, cues)
        if cue is None and not _introduced(document, quote, language) and not quote.continues:
            continue
        owner = next((at for at, item in enumerate(known) if cue is not None and item.cue == cue), None)
        if owner is not None:
            longer = replace(known[owner], contents=tuple(sorted([*known[owner].contents, *pieces])))
            if all(nests(longer, item) for at, item in enumerate(known) if at != owner):
                known[owner] = longer
            continue
        source = _source(document, tagged, cue, quote, pieces) if cue is not None else None
        told = Attribution(contents=pieces, cue=cue, source=source, confidence=_CONFIDENCE)
        if all(nests(told, item) for item in known):
            known.append(told)
    return known


def _utters(text: str, quote: Quote) -> bool:
    """Return whether a quote is an utterance: a sentence of several words, or one that a dash follows."""
    if quote.is_dialogue:
        return True
    enough = quote.inner.of(text).count(" ") + 1 >= _WORDS or quote.continues
    dash = text[quote.span.end : quote.span.end + 3].lstrip(" ,.")[:1] in {"—", "–", "-"}
    return enough and (dash or is_speech(text, quote))


def _cue(document: Document, quote: Quote, pieces: Sequence[Span], cues: Sequence[Span]) -> Span | None:
    """Return the cue inside a quote's asides, else the next one behind it, else the last one before it."""
    paragraph = document.paragraphs[quote.paragraph]
    own = [cue for cue in cues if paragraph.covers(cue) and not any(piece.overlaps(cue) for piece in pieces)]
    inside = [cue for cue in own if quote.span.covers(cue)]
    others = [one.span for one in document.quotes if one.paragraph == quote.paragraph and one.span != quote.span]
    after = [
        cue
        for cue in own
        if 0 <= cue.start - quote.span.end <= _AFTER
        and not any(quote.span.end <= other.start < cue.start for other in others)
    ]
    before = [
        cue
        for cue in own
        if 0 <= quote.span.start - cue.end <= _BEFORE
        and not any(cue.end <= other.start < quote.span.start for other in others)
    ]
    return next(iter([*inside, *after, *reversed(before)]), None)


def _introduced(document: Document, quote: Quote, language: Language) -> bool:
    """Return whether the quote opens its paragraph and the paragraph before leads it in."""
    if quote.paragraph == 0 or quote.span.start != document.paragraphs[quote.paragraph].start:
        return False
    return document.text[document.paragraphs[quote.paragraph - 1].end - 1] in language.leads_in


def _source(document: Document, tagged: Tagged, cue: Span, quote: Quote, pieces: Sequence[Span]) -> Span | None:
    """Return the tagged source, else the entity, next to a cue and outside of what is said; often nobody is named."""
    paragraph = document.paragraphs[quote.paragraph]
    for spans in ([item.span for item in tagged.sources], [item.span for item in tagged.entities]):
        near = [
            span
            for span in spans
            if paragraph.covers(span) and _gap(span, cue) <= _BESIDE and not any(p.overlaps(span) for p in pieces)
        ]
        if near:
            return min(near, key=lambda span: (_gap(span, cue), span))
    return None


def _gap(a: Span, b: Span) -> int:
    return max(a.start - b.end, b.start - a.end, 0)
