"""Who signs a text in the first person: below a letter, in the line on its writer, or in a byline.

"Jane Roe is the mayor of Riverton." as the last line says who "I" is, if the article names her nowhere else. On a page
of letters, or of what readers wrote on a network, each piece ends in a line that holds nothing but a name or a handle.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from service.analysis.english.titles import TITLES
from service.analysis.entities.actor import Actor
from service.core.document import Document
from service.core.frames import EntityType
from service.core.span import Span

_BYLINE = re.compile(r"\s*by\s+$", re.IGNORECASE)
_ABOUT = re.compile(
    r",?\s(?:(?:[^.!?]|\.(?=[,\w])){0,80},\s)?(?:is|was|are|serve[sd]?|teaches|writes|work(?:s|ed)|covers|represents|lives"
    r"|chairs|leads|heads|directs|edits|runs|hosts|founded)\b"
)
_HEAD = 2  # paragraphs that may hold a byline
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


def signatory(document: Document, actors: Sequence[Actor]) -> Actor | None:
    """Return the person who signs the article, if one does."""
    if not document.paragraphs:
        return None
    last = document.paragraphs[-1]
    for actor in actors:
        if actor.type is not EntityType.PERSON or actor.unnamed or len(actor.words) < 2:  # noqa: PLR2004
            continue
        first = actor.mentions[0]
        for paragraph in document.paragraphs[:_HEAD]:
            if paragraph.covers(first) and _BYLINE.fullmatch(document.text, paragraph.start, first.start):
                return actor
        ends = len(document.paragraphs) > 1 and last.end - last.start <= _LONGEST
        opens = all(word.casefold() in TITLES for word in document.text[last.start : first.start].split())
        if ends and first.start >= last.start and opens and _ABOUT.match(document.text, first.end, last.end):
            return actor
    return None


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
