"""Who signs a letter: on a page of letters, or of what readers wrote on a network, each piece ends in such a line.

It holds nothing but a name or a handle.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from service.core.document import Document
from service.core.span import Span

_LONGEST = 300  # code points of a line on the writer
_NAME = re.compile(r"[—–-]{0,2}\s?((?:[A-Z][\w'’-]*\.?\s){1,3}[A-Z][\w'’-]+)\.?")
_HANDLE = re.compile(r"[—–-]{0,2}\s?(@\w{2,30})\.?")
_PLACE = re.compile(r"[A-Z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){0,3}(?:,\s[A-Z][\w.]*(?:\s[A-Z][\w.]*){0,2})?\.?")
_HEADING = re.compile(r"[A-Z\s&]{2,40}\.?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A stretch of the text, and the name of whoever signs it with its place."""

    span: Span
    name: str
    at: Span


def letters(document: Document) -> list[Signed]:
    """Return the pieces of a page of letters in order; none where fewer than two are signed."""
    text = document.text
    words = Counter(re.findall(r"@?\w+", text))
    found: list[Signed] = []
    begun: Span | None = None  # the first and last paragraph of the piece at hand, as one span
    beside: Span | None = None  # the paragraph before, of the same piece
    placed = True  # nothing is signed, or the place of the last signature has come
    for number, paragraph in enumerate(document.paragraphs):
        line = paragraph.of(text) if paragraph.end - paragraph.start <= _LONGEST else ""
        handle, name = _HANDLE.fullmatch(line), _NAME.fullmatch(line)
        if begun is not None and beside is not None and handle and words[handle[1]] == 1:
            found.append(Signed(span=beside, name=handle[1], at=paragraph))  # what is posted is one paragraph
            begun = None
        elif begun is not None and name and words[re.findall(r"\w+", name[1])[-1]] == 1:
            found.append(Signed(span=begun, name=name[1], at=paragraph))
            begun, placed = None, False
        elif number == 0 or _HEADING.fullmatch(line):
            begun = None
        elif not placed and begun is None and _PLACE.fullmatch(line):
            placed = True
        else:
            begun, beside, placed = Span((begun or paragraph).start, paragraph.end), paragraph, True
    return found if len(found) > 1 else []


def letter_around(found: Sequence[Signed], span: Span) -> Signed | None:
    """Return the piece of `letters` that covers a span."""
    at = bisect_right(found, span.start, key=lambda letter: letter.span.start) - 1
    return found[at] if at >= 0 and found[at].span.covers(span) else None
