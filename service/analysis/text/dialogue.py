"""Speech that dashes mark, and the writer's words in it: «Мост цел, — сказал он. — Никто не пострадал».

Russian, Armenian, Georgian and Azerbaijani set both so: the writer's words stand between dashes inside quotation marks,
and a paragraph that a dash opens is speech. A pair of dashes may set off anything, so the writer's words are taken for
such only where a cue was tagged in them; and a list has dashes too, so lines are dialogue only where one of the lines
beside them has such words, or asks.
"""

import re
from collections.abc import Iterator, Sequence

from service.analysis.languages.language import is_small
from service.core.span import Span

LINE_DASH = re.compile(r"[—–-]{1,2}\s?(?=[^\W\d_]|[«„“\"])")
_LONGEST = 160  # code points of an aside that speech follows
_OPENS = re.compile(r"[,.!?…:։՝՞՜»”“\"]\s?(?P<dash>[—–-]{1,2})\s?(?=(?P<letter>[^\W\d_]))")
_CLOSES = re.compile(r"[,.:։…]\s?[—–-]{1,2}\s?(?=\S)")
_ENDS = re.compile(r"[.!?…։:»”“\"]\s*\Z")
_ASKS = re.compile(r"[?՞]")
_TAIL = 8  # code points


def dialogue(text: str, paragraphs: Sequence[Span]) -> frozenset[int]:
    """Return the numbers of the paragraphs that are lines of dialogue."""
    found: set[int] = set()
    run: list[int] = []
    for number, paragraph in enumerate(paragraphs):
        if _may_be_line(text, paragraph):
            run.append(number)
        if run and (run[-1] != number or number == len(paragraphs) - 1):
            if any(_is_line(text, paragraphs[one]) for one in run):
                found.update(run)
            run = []
    return frozenset(found)


def _may_be_line(text: str, paragraph: Span) -> bool:
    """Return whether a paragraph is a sentence that a dash opens."""
    dash = LINE_DASH.match(text, paragraph.start, paragraph.end)
    if dash is None or is_small(text[dash.end()]):
        return False
    return _ENDS.search(text, max(paragraph.start, paragraph.end - _TAIL), paragraph.end) is not None


def _is_line(text: str, paragraph: Span) -> bool:
    """Return whether a line that a dash opens asks, or has room for the writer's words."""
    dash = LINE_DASH.match(text, paragraph.start, paragraph.end)
    start = dash.end() if dash else paragraph.start
    asks = _ASKS.search(text, start, paragraph.end) is not None
    return asks or next(possible_asides(text, Span(start, paragraph.end)), None) is not None


def possible_asides(text: str, span: Span) -> Iterator[Span]:
    """Yield what may be the writer's words in a stretch of speech, dashes taken in; the last one may end it."""
    at = span.start
    while (opens := _OPENS.search(text, at, span.end)) is not None:
        if opens["letter"].isupper():  # a new utterance: "— Да. — Нет."
            at = opens.end()
            continue
        closes = _CLOSES.search(text, opens.end(), min(span.end, opens.end() + _LONGEST))
        end = closes.end() if closes is not None else span.end
        yield Span(opens.start("dash"), end)
        at = end
