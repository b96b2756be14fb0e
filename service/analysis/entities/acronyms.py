"""Bodies introduced with their acronym: "the Harbour Workers' Union (HWU)".

The algorithm of Schwartz & Hearst (PSB 2003), simplified for names: each letter of the acronym must begin a word of
the long form, in order; small words in between may be left out.
"""

import re
from collections.abc import Iterator

from service.analysis.entities.names import CONNECTIVES
from service.core.span import Span

_BRACKETED = re.compile(r"\s\(([A-Z][A-Za-z]*[A-Z][A-Za-z]?)(?:['’]s)?\)")
_WORD = re.compile(r"[\w’'-]+")
_SMALL = CONNECTIVES | {"against", "to", "with", "a", "an"}
_REACH = 160  # code points before the bracket


def introduced(text: str) -> Iterator[tuple[Span, Span]]:
    """Yield the long form and the acronym of every body that the text introduces with both."""
    for match in _BRACKETED.finditer(text):
        line = text.rfind("\n", max(0, match.start() - _REACH), match.start()) + 1
        start = max(line, match.start() - _REACH)
        words = list(_WORD.finditer(text, start, match.start()))
        first = _first_word(words, match[1])
        if first is not None:
            yield Span(words[first].start(), match.start()), Span(*match.span(1))


def _first_word(words: list[re.Match[str]], acronym: str) -> int | None:
    """Return the index of the word in which the long form begins, read backwards from the bracket."""
    letters = [letter for letter in acronym if letter.isupper()]
    at = len(words)
    for letter in reversed(letters):
        at -= 1
        while at >= 0 and not _begins(words[at].group(), letter):
            if words[at].group().casefold() not in _SMALL:
                return None
            at -= 1
        if at < 0:
            return None
    return at if words[at].group()[0].isupper() else None


def _begins(word: str, letter: str) -> bool:
    return word[0].upper() == letter and (word[0].isupper() or word.casefold() in _SMALL)
