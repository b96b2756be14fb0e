"""Who signs an article in the first person: an opinion piece ends in a line on its writer, or begins with a byline.

"Jane Roe is the mayor of Riverton." as the last line says who "I" is, if the article names her nowhere else.
"""

import re
from collections.abc import Sequence

from service.core.actors import Actor
from service.core.frames import EntityType
from service.core.segment import Document

_BYLINE = re.compile(r"\s*by\s+$", re.IGNORECASE)
_ABOUT = re.compile(r",?\s(?:[^.!?]{0,80},\s)?(?:is|was|are|serves?|teaches|writes|works|covers|represents|lives)\b")
_HEAD = 2  # paragraphs that may hold a byline
_LONGEST = 300  # code points of a line on the writer


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
        if ends and first.start == last.start and _ABOUT.match(document.text, first.end, last.end):
            return actor
    return None
