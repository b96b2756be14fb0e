"""What stands around a name: the noun that governs it, the title before it, the one that it is joined with."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from service.analysis.english import role_nouns
from service.analysis.english.noun_phrase import is_person_role, singular
from service.analysis.english.prepositions import COMPARING, PREPOSITIONS, one_of
from service.analysis.english.titles import TITLES
from service.analysis.entities.actor import Actor
from service.core.frames import EntityType
from service.core.span import Span

_CLAUSE = 60  # code points that may stand between a noun and what refers to it in the same clause
_PREPOSITION = re.compile(  # not "by": the agent of what is done is as likely meant as a subject
    rf"{one_of(PREPOSITIONS - {'by', 'near', 'through', 'within'} | COMPARING)}\s(?:[A-Z][a-z]+\.?\s)?$"
)
_TITLE_WORD = re.compile(
    rf"(?i:{'|'.join(sorted(re.escape(word) for word in TITLES | role_nouns.PERSON_ROLES))}|of)|[A-Z][\w.’'-]*"
)
_MODIFIER = re.compile(r"\s([a-z]+)")
_JOINED = re.compile(r"(?:,[^.!?;]{1,40},)?\s(?:and|&)\s(?:[\w.-]+\s){0,4}")


def is_governed(text: str, span: Span) -> bool:
    """Return whether a mention only tells of another noun: behind a preposition, or before it ("a Roe supporter")."""
    noun = _MODIFIER.match(text, span.end)
    modifies = noun is not None and (is_person_role(singular(noun[1])) or noun[1] in role_nouns.COLLECTIVES)
    return modifies or _PREPOSITION.search(text, max(0, span.start - 24), span.start) is not None


def untitled(opening: str) -> str:
    """Drop from the opening of a sentence the title of the name that follows."""
    words = opening.split(" ")
    while len(words) > 1 and _TITLE_WORD.fullmatch(words[-2]):
        words.pop(-2)
    return " ".join(words)


def joined_people(
    text: str, named: Sequence[tuple[Span, Actor]]
) -> Iterator[tuple[tuple[Span, Actor], tuple[Span, Actor]]]:
    """Yield every two people of those named in a sentence that "and" joins."""
    people = [item for item in named if item[1].type is EntityType.PERSON]
    for first, second in pairwise(people):
        between = text[first[0].end : second[0].start]
        if first[1] is not second[1] and len(between) <= _CLAUSE and _JOINED.fullmatch(between):
            yield first, second
