"""Attributions that fixed words mark beyond doubt: "According to X, …", "…, according to X", "In her view, …".

"She added that …" is one too, where nothing else of its sentence is anybody's.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.analysis.attributions.attribution import Attribution, is_barred, nests
from service.analysis.text.quotes import trimmed
from service.core.document import Document
from service.core.quotation_marks import DOUBLE
from service.core.span import Span

_OPENING = re.compile(rf"(?P<cue>According to|As per)\s+(?P<source>[^,;:{DOUBLE}]{{2,120}}),\s+", re.IGNORECASE)
_APPOSITION = re.compile(rf"(?:who|an?|the|its|his|her)\s[^,;:{DOUBLE}]{{2,100}},\s+")
_VIEW = re.compile(
    rf"(?P<cue>In\s(?P<source>his|her|their|its|[A-Z][^,;:{DOUBLE}]{{1,60}}['’]s?)\s(?:own\s)?"
    r"(?:view|opinion|words|estimation|assessment|judge?ment|telling|eyes)),?\s+"
)
_CLOSING = re.compile(
    rf",\s+(?P<cue>according to)\s+(?P<source>[^,;:{DOUBLE}]{{2,160}}?)(?=[,.;]?\s*$|,)", re.IGNORECASE
)
_SAYING = re.compile(
    r"(?P<source>He|She|They)\s(?P<cue>(?:(?:has|have|had|also|then|later|further)\s){0,2}(?:said|says|say|added|adds|argued"
    r"|argues|claimed|claims|warned|warns|stressed|stresses|insisted|insists|explained|explains|alleged|alleges|announced"
    r"|declared|stated|noted|emphasi[sz]ed))\s(?=that\s)"
)
_CONFIDENCE = 0.75
_SAME = 0.6  # overlap from which a tagged content is the clause that the phrase attributes
_WORDS = 4


def with_phrases(document: Document, found: Sequence[Attribution], barred: Sequence[Span]) -> list[Attribution]:
    """Return the attributions, and those that a fixed phrase makes; tagged ones take cue and source from the phrase."""
    known = list(found)
    for phrase in _phrases(document):
        clause = phrase.contents[0]
        if is_barred(clause, barred):
            continue
        same = [at for at, item in enumerate(known) if _overlap(item.hull, clause) >= _SAME]
        if same:
            if len(same) == 1:
                known[same[0]] = _corrected(known[same[0]], phrase)
            continue
        near = [item for item in known if item.hull.overlaps(clause)]
        if all(nests(phrase, item) and clause.covers(item.hull) for item in near):
            known.append(phrase)
    return known


def with_sayings(document: Document, found: Sequence[Attribution], barred: Sequence[Span]) -> list[Attribution]:
    """Return the attributions, and those of sentences that hold none and begin with "She added that" or the like."""
    starts = [sentence.span.start for sentence in document.sentences]
    told: set[int] = set()
    for piece in (piece for item in found for piece in item.contents):
        told.update(range(bisect_right(starts, piece.start) - 1, bisect_right(starts, piece.end - 1)))
    sayings: list[Attribution] = []
    for number, sentence in enumerate(document.sentences):
        saying = _SAYING.match(document.text, sentence.span.start, sentence.span.end)
        if saying is not None and number not in told and not is_barred(sentence.span, barred):
            sayings.extend(_attribution(document.text, saying, saying.end(), sentence.span.end))
    return [*found, *sayings]


def _corrected(tagged: Attribution, phrase: Attribution) -> Attribution:
    """Return what the tagger made of a clause, corrected by the phrase that attributes the clause.

    "According to X, Y doubts Z" is X's, doubt and all: where cue or source were found inside the clause, the content
    is the clause.
    """
    clause = phrase.contents[0]
    inside = [span for span in (tagged.cue, tagged.source) if span is not None and clause.covers(span)]
    if inside:
        cut = any(not tagged.hull.covers(span) for span in inside)
        return replace(tagged, contents=(clause,) if cut else tagged.contents, cue=phrase.cue, source=phrase.source)
    return tagged if tagged.source is not None else replace(tagged, cue=phrase.cue, source=phrase.source)


def _overlap(a: Span, b: Span) -> float:
    common = min(a.end, b.end) - max(a.start, b.start)
    return common / (max(a.end, b.end) - min(a.start, b.start)) if common > 0 else 0.0


def _phrases(document: Document) -> Iterator[Attribution]:
    text = document.text
    for sentence in document.sentences:
        start, end = sentence.span.start, sentence.span.end
        opening = _OPENING.match(text, start, end) or _VIEW.match(text, start, end)
        if opening is not None:
            begin = opening.end()
            apposition = _APPOSITION.match(text, begin, end)
            if apposition is not None:
                begin = apposition.end()
            yield from _attribution(text, opening, begin, end)
            continue
        closing = _CLOSING.search(text, start, end)
        if closing is not None:
            yield from _attribution(text, closing, start, closing.start())


def _attribution(text: str, phrase: re.Match[str], start: int, end: int) -> Iterator[Attribution]:
    while end > start and text[end - 1] in ".:;, ":
        end -= 1
    clause = trimmed(text, start, end)
    source = trimmed(text, *phrase.span("source"))
    if clause is None or source is None or clause.of(text).count(" ") + 1 < _WORDS:
        return
    yield Attribution(contents=(clause,), cue=Span(*phrase.span("cue")), source=source, confidence=_CONFIDENCE)
