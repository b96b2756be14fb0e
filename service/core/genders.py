"""The gender of people whose given name tells none, from the pronouns that follow them in the text itself.

The counts of pronouns close behind a name tell its gender better than any list (Ge, Hale & Charniak, 1998); one article
has few of them, so that they must nearly all agree.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from service.core.frames import Span
from service.core.lexicon import FEMALE_ROLES, MALE_ROLES, Gender

_PRONOUN = re.compile(r"\b(?:(he|him|his|himself)|(she|her|hers|herself))\b", re.IGNORECASE)
_END = re.compile(r"[\n“”«»\"]")  # a pronoun in a quote may stand for anybody
_ROLE = re.compile(r"([a-z]+),?\s$")
_REACH = 160  # code points behind a name
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
    for (start, end, at), following in zip(starts, [*(start for start, _, _ in starts[1:]), len(text)], strict=False):
        if people[at].gender is not None:
            continue
        role = _ROLE.search(text, max(0, start - 24), start)
        if role is not None and role[1] in MALE_ROLES | FEMALE_ROLES:
            votes[at][role[1] in FEMALE_ROLES] += _VOTES
        stop = _END.search(text, end, min(following, end + _REACH))
        pronoun = _PRONOUN.search(text, end, stop.start() if stop else min(following, end + _REACH))
        if pronoun is not None:
            votes[at][pronoun[2] is not None] += 1
    for person, (he, she) in zip(people, votes, strict=True):
        if person.gender is None and max(he, she) >= max(_VOTES, _AGREE * (he + she)):
            person.gender = Gender.MALE if he > she else Gender.FEMALE
