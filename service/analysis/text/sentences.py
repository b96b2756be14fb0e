"""Paragraphs to sentences, by sentencex (MIT, Wikimedia; a Rust core, linear, offsets in code points).

Measured on PolNeAR's development articles, a boundary fell inside a source or cue, where none can be, 2 times in 4,258
(pysbd 6, syntok 26), at 18 million characters a second (0.2 and 1.3). It takes what stands in quotation marks or
brackets for one piece. English quotes are therefore split a second time; elsewhere a paragraph is split as if it had no
marks and brackets, and boundaries that they show to be none are dropped (`python -m evaluation sentences`).
"""

import re
from collections.abc import Sequence

import sentencex

from service.analysis.languages.language import Language, is_small
from service.analysis.text.quotes import trimmed
from service.core.document import Quote
from service.core.quotation_marks import CLOSING, DOUBLE, OPENING
from service.core.span import Span

_ENCLOSING = re.compile(rf"(?<!\w)['‘’]|['‘’](?!\w)|[{DOUBLE}‚‛‹›()\[\]]")
_OPENERS = re.compile(rf"(?:(?<=\s)|\A)[{OPENING}(\[]+\s?\Z")
_GOES_ON = re.compile(rf"[\s{CLOSING}“)\]]*(?:[,;:՝]|(?:[—–-]+\s?)?(?P<letter>\w))")
_DASH = re.compile(rf"[\s{CLOSING}“)\]]*[—–-]")
_LONGEST_OPENING = 4  # code points of marks that open, and the space among them


def sentence_spans(text: str, paragraph: Span, quotes: Sequence[Quote], language: Language) -> list[Span]:
    """Return the sentences of a paragraph, without white space at their edges.

    Args:
        text: what is read.
        paragraph: which stretch of it.
        quotes: the quotes in that paragraph.
        language: of the text.
    """
    edges = _with_quotes(text, paragraph, quotes) if language.has_grammar else _past_marks(text, paragraph, language)
    spans: list[Span] = []
    start = paragraph.start
    for end in sorted(edges | {paragraph.end}):
        span = trimmed(text, start, end)
        if span is not None:
            spans.append(span)
        start = end
    return spans


def _with_quotes(text: str, paragraph: Span, quotes: Sequence[Quote]) -> set[int]:
    """Return the boundaries in a paragraph, and in each long quote, which the splitter takes for one piece."""
    edges = _edges("en", text, paragraph)
    for quote in quotes:
        if quote.depth == 0:
            edges.update(edge for edge in _edges("en", text, quote.inner) if edge < quote.inner.end)
    return edges


def _past_marks(text: str, paragraph: Span, language: Language) -> set[int]:
    """Return the boundaries in a paragraph read without its quotation marks and brackets."""
    plain = _ENCLOSING.sub(" ", paragraph.of(text))
    for mark in language.accents:
        plain = plain.replace(mark, "x")
    for mark in language.pauses:
        plain = plain.replace(mark, ",")
    found: set[int] = set()
    for edge in _edges(language.code, plain, Span(0, len(plain))):
        at = paragraph.start + edge
        opening = _OPENERS.search(text, max(paragraph.start, at - _LONGEST_OPENING), at)
        if opening is not None:  # the marks that open the next sentence are that one's
            at = opening.start()
        if not _goes_on(text, at, paragraph.end):
            found.add(at)
    return found


def _goes_on(text: str, at: int, end: int) -> bool:
    """Return whether a sentence goes on behind a place: by a comma or a small letter, behind a dash or not.

    «Кто здесь?» — спросила она. In a script without capitals every dash leads in the writer's words.
    """
    following = _GOES_ON.match(text, at, end)
    if following is None:
        return False
    letter = following["letter"]
    if letter is None or is_small(letter):
        return True
    return letter.isalpha() and not letter.isupper() and _DASH.match(text, at, end) is not None


def _edges(code: str, text: str, span: Span) -> set[int]:
    return {
        span.start + int(boundary["end_index"])
        for boundary in sentencex.get_sentence_boundaries(code, span.of(text))
        if boundary["end_index"] < span.end - span.start
    }
