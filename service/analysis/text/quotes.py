"""Quotation marks to quotes: which stretch of a paragraph, or of several, stands in another's voice.

One left-to-right pass with a bounded stack, so time is linear whatever the marks. A mark is read by its kind and by
its neighbours: an apostrophe is not a quotation mark, a straight mark opens after white space and closes before it.
A quote over several paragraphs has an opening mark on each and a closing one on the last (Chicago Manual of Style
13.32): `Quote.continues` marks its later parts. In other languages than English, such a quote often has one pair of
marks around all of it, marks are mixed („…", "…”), and lines of dialogue begin with a dash (`dialogue`).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.analysis.text.dialogue import LINE_DASH, dialogue
from service.core.document import Quote
from service.core.quotation_marks import DOUBLE, SINGLE
from service.core.span import Span

_MARKS = re.compile(rf"''|``|[{DOUBLE}{SINGLE}]")
_SMALL = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
_DEPTH = 8  # quotes nest two or three deep in prose; what nests deeper is noise and costs time
_PARAGRAPHS = 8  # after one that leaves a quote open, in which its mark may be closed
_BRACKETS = "([{—–-/"
_OPENERS = {"“": "double", "„": "double", "‟": "double", "«": "guillemet", "‹": "single-guillemet", "``": "typed"}
_CLOSERS = {"”": "double", "»": "guillemet", "›": "single-guillemet"}
_SINGLE_OPENERS = {"‘", "‚", "‛"}
_MIXED = '"“”„‟'  # outside of English, each of them may close what another one opens
_BEHIND = ".,;:!?)…։"  # what follows a mark that closes
_LEADS_IN = ":,;"  # what stands before a quote that is speech and not a scare quote


@dataclass(slots=True)
class _Open:
    family: str
    start: int
    after: int  # where the quoted text begins


def find_quotes(text: str, paragraphs: Sequence[Span], language: Language = ENGLISH) -> tuple[Quote, ...]:
    """Return every quote of `text`, in order of start; those of one paragraph are disjoint or nested."""
    found: list[Quote] = []
    carried: str | None = None  # the kind of mark that the paragraph before left open
    last = -1  # the paragraph in which that mark is closed, where no other one opens before
    speech = frozenset() if language.has_grammar else dialogue(text, paragraphs)
    for number, paragraph in enumerate(paragraphs):
        inside = carried if number <= last else None
        continued = carried is not None and (inside or _opening_family(text, paragraph, language)) == carried
        quotes, carried, last = _scan(text, paragraphs, number, language, continued=continued, inside=inside)
        if number in speech:
            quotes = [_line_of_dialogue(text, paragraph, number), *(_deeper(quote) for quote in quotes)]
        found.extend(quotes)
    return tuple(found)


def _line_of_dialogue(text: str, paragraph: Span, number: int) -> Quote:
    dash = LINE_DASH.match(text, paragraph.start, paragraph.end)
    inner = Span(dash.end() if dash else paragraph.start, paragraph.end)
    return Quote(span=paragraph, inner=inner, paragraph=number, is_dialogue=True)


def _deeper(quote: Quote) -> Quote:
    return replace(quote, depth=quote.depth + 1)


def _opening_family(text: str, paragraph: Span, language: Language) -> str | None:
    mark = _MARKS.match(text, paragraph.start, paragraph.end)
    if mark is None:
        return None
    return _family(mark.group(), language)


def _family(mark: str, language: Language) -> str:
    if not language.has_grammar and mark in _MIXED:
        return "double"
    if mark in _OPENERS:
        return _OPENERS[mark]
    if mark in _CLOSERS:
        return _CLOSERS[mark]
    return {'"': "straight", "''": "typed"}.get(mark, "single")


def _closed_in(text: str, paragraphs: Sequence[Span], number: int, family: str, language: Language) -> int:
    """Return the number of the paragraph that closes what one leaves open, -1 where none near does or repeats it."""
    for later in range(number + 1, min(number + _PARAGRAPHS, len(paragraphs))):
        paragraph = paragraphs[later]
        if _opening_family(text, paragraph, language) == family:
            return -1
        depth = 1
        for mark, before, after in _marks(text, paragraph):
            role, kind = _role(mark.group(), before, after, {family}, language)
            depth += {"open": 1, "close": -1}.get(role or "", 0) if kind == family else 0
            if not depth:
                return later
    return -1


def _marks(text: str, paragraph: Span) -> Iterator[tuple[re.Match[str], str, str]]:
    """Yield each mark of a paragraph with what stands before and behind it."""
    for mark in _MARKS.finditer(text, paragraph.start, paragraph.end):
        before = text[mark.start() - 1] if mark.start() > paragraph.start else " "
        after = text[mark.end()] if mark.end() < paragraph.end else " "
        yield mark, before, after


def _scan(
    text: str, paragraphs: Sequence[Span], number: int, language: Language, *, continued: bool, inside: str | None
) -> tuple[list[Quote], str | None, int]:
    """Return the quotes of a paragraph, the kind of mark that it leaves open, and where that is closed (or -1).

    Args:
        text: what is read.
        paragraphs: all of it.
        number: which of them.
        language: of the text.
        continued: the paragraph carries on the quote of the one before.
        inside: the kind of mark that is open at its beginning, and closed in it or behind it.
    """
    paragraph = paragraphs[number]
    stack = [_Open(inside, paragraph.start, paragraph.start)] if inside else []
    closed: list[tuple[int, int, int, int]] = []  # start, end, inner start, inner end
    for mark, before, after in _marks(text, paragraph):
        role, family = _role(mark.group(), before, after, {item.family for item in stack}, language)
        if role == "open":
            if len(stack) < _DEPTH:
                stack.append(_Open(family, mark.start(), mark.end()))
        elif role == "close":
            at = next(i for i in range(len(stack) - 1, -1, -1) if stack[i].family == family)
            item = stack[at]
            del stack[at:]
            closed.append((item.start, mark.end(), item.after, mark.start()))
    carried, last = None, -1
    for item in stack:  # what no mark closes
        if item.family == "single":
            continue
        later = -1 if language.has_grammar else _closed_in(text, paragraphs, number, item.family, language)
        if later >= 0 or item.start == paragraph.start or _leads_in(text, paragraph.start, item.start, language):
            closed.append((item.start, paragraph.end, item.after, paragraph.end))
            carried, last = item.family, later
            break
    return _nest(text, closed, number, paragraph.start if continued else None), carried, last


def _role(mark: str, before: str, after: str, opened: set[str], language: Language) -> tuple[str | None, str]:
    """Return whether a mark opens, closes or is not a quotation mark at all, and of which kind it is."""
    starts = (before.isspace() or before in _BRACKETS or _MARKS.match(before) is not None) and not after.isspace()
    family = _family(mark, language)
    if not language.has_grammar and mark in _MIXED and mark != "„":
        closes = family in opened and (not starts or after in _BEHIND)
        return ("close" if closes else "open" if starts else None), family
    return _role_by_kind(mark, before, after, opened, starts=starts), family


def _role_by_kind(mark: str, before: str, after: str, opened: set[str], *, starts: bool) -> str | None:
    family = _family(mark, ENGLISH)
    if mark in _SINGLE_OPENERS:
        return "open" if starts else None
    if family == "single":  # ’ and ': apostrophes for the most part
        if "single" in opened and not before.isspace() and not after.isalnum():
            return "close"
        return "open" if mark == "'" and starts and after.isalpha() else None
    if mark == "“" and "double" in opened and not starts:
        return "close"  # the German way: „…“
    if mark in _OPENERS:
        return "open"
    if mark in _CLOSERS:
        if family in opened:
            return "close"
        return "open" if mark == "”" and starts else None
    if family in opened and not (starts and not before.isspace()):
        # Straight marks close what is open, except where one must open: after a space and before a word.
        return "open" if starts else "close"
    return "open" if starts else "close" if family in opened else None


def _leads_in(text: str, start: int, at: int, language: Language) -> bool:
    before = text[start:at].rstrip()
    return before.endswith(tuple(_LEADS_IN + language.leads_in))


def _nest(text: str, closed: list[tuple[int, int, int, int]], number: int, continued: int | None) -> list[Quote]:
    quotes: list[Quote] = []
    ends: list[int] = []
    for start, end, inner_start, inner_end in sorted(closed, key=lambda item: (item[0], -item[1])):
        while ends and ends[-1] <= start:
            ends.pop()
        depth = len(ends)
        ends.append(end)
        inner = trimmed(text, inner_start, inner_end)
        if inner is not None:
            quotes.append(
                Quote(span=Span(start, end), inner=inner, paragraph=number, depth=depth, continues=start == continued)
            )
    return quotes


def trimmed(text: str, start: int, end: int) -> Span | None:
    """Return the span `start` to `end` without white space at its edges, or None if nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def quotes_over(quotes: Sequence[Quote], span: Span) -> list[Quote]:
    """Return the quotes of `find_quotes` that share a code point with a span, in order."""
    first = bisect_left(quotes, span.start, key=_start)
    while first > 0 and quotes[first - 1].depth:
        first -= 1
    last = bisect_left(quotes, span.end, key=_start)
    return [quote for quote in quotes[max(0, first - 1) : last] if quote.span.overlaps(span)]


def with_both_marks(text: str, span: Span, quotes: Sequence[Quote]) -> Span:
    """Return a span with the mark that it lacks of a quote that it holds, where only that mark was cut off.

    In "the plan “a farce.”" a span to "farce" gets what closes the quote, and "a farce” from the start" what opens it.
    """
    start, end = span.start, span.end
    for quote in quotes_over(quotes, span):
        inner = quote.inner
        if span.start == inner.start and quote.span.end < span.end:
            start = min(start, quote.span.start)
        if span.start <= quote.span.start and inner.start < span.end < quote.span.end:
            left = text[span.end : inner.end]
            end = max(end, quote.span.end) if not left.strip(".,;!?…") else end
    return Span(start, end)


def _start(quote: Quote) -> int:
    return quote.span.start


def is_speech(text: str, quote: Quote) -> bool:
    """Return whether a quote reads as an utterance and not as a term, a title or a scare quote.

    It has several words and is a sentence of its own, or is led in by punctuation, or ends in punctuation.
    """
    inner = quote.inner.of(text)
    words = inner.count(" ") + 1
    if _is_titled(inner):
        return quote.continues
    if words < 4:  # noqa: PLR2004
        return quote.continues or (words > 1 and inner[-1] in ".!?,")
    before = text[max(0, quote.span.start - 2) : quote.span.start].rstrip()
    return quote.continues or inner[-1] in ".!?,…;" or before.endswith(tuple(_LEADS_IN)) or inner[0].isupper()


def _is_titled(inner: str) -> bool:
    """Return whether a quote is the title of a work: all words but the small ones capitalised, no full stop."""
    words = inner.rstrip(",").split()
    capitals = all(word[0].isupper() or word in _SMALL for word in words)
    return len(words) > 1 and capitals and inner[-1] not in ".!?…" and words[-1][0].isupper()
