"""The gender of people whose given name shows none, from the pronouns that follow them in the text itself.

The counts of pronouns close behind a name show its gender better than any list (Ge, Hale & Charniak, 1998); one article
has few of them, so that they must nearly all agree, and those that may be somebody else's do not count. Tested on the
318 people of the annotated articles whose given names show the gender: it decides for 33, and is right about all.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from service.analysis.english.gender import Gender
from service.analysis.english.role_nouns import FEMALE_ROLES, MALE_ROLES
from service.core.quotation_marks import DOUBLE
from service.core.span import Span

_PRONOUN = re.compile(r"\b(?:(he|him|his|himself)|(she|her|hers|herself))\b", re.IGNORECASE)
_END = re.compile(rf"[\n{DOUBLE}]")  # a pronoun in a quote may stand for anybody
_ROLE = re.compile(r"([a-z]+),?\s$")
_REACH = 160  # code points behind a name
_RIVALS = 400  # code points in which nobody of the pronoun's gender may stand before: it could be theirs
_FEW = 20  # mentions that are looked through for one
_VOTES = 2
_AGREE = 0.75


class Person(Protocol):
    """Somebody with mentions."""

    gender: Gender | None
    mentions: list[Span]


def learn(text: str, people: Sequence[Person]) -> None:
    """Give people of unknown gender the one that the words around their mentions show."""
    starts = sorted((span.start, span.end, at) for at, person in enumerate(people) for span in person.mentions)
    votes = [[0, 0] for _ in people]
    for number, (start, end, at) in enumerate(starts):
        if people[at].gender is not None:
            continue
        role = _ROLE.search(text, max(0, start - 24), start)
        if role is not None and role[1] in MALE_ROLES | FEMALE_ROLES:
            votes[at][role[1] in FEMALE_ROLES] += _VOTES
        following = starts[number + 1][0] if number + 1 < len(starts) else len(text)
        reach = min(following, end + _REACH)
        stop = _END.search(text, end, reach)
        pronoun = _PRONOUN.search(text, end, stop.start() if stop else reach)
        if pronoun is None:
            continue
        gender = Gender.FEMALE if pronoun[2] else Gender.MALE
        rivals = [other for place, _, other in starts[max(0, number - _FEW) : number] if start - place <= _RIVALS]
        if not any(people[other].gender is gender for other in rivals):
            votes[at][gender is Gender.FEMALE] += 1
    for person, (he, she) in zip(people, votes, strict=True):
        if person.gender is None and max(he, she) >= max(_VOTES, _AGREE * (he + she)):
            person.gender = Gender.MALE if he > she else Gender.FEMALE
