"""Prepositions, and what they govern."""

import re
from collections.abc import Collection

from service.analysis.english.words import word_set

ATTACHING = word_set("of for from at in with")  # join a name to the noun before it: "the mayor of Riverton"
PREPOSITIONS = ATTACHING | word_set("by on to about against over under behind near through within")
COMPARING = word_set("than like")


def one_of(prepositions: Collection[str]) -> str:
    """Return a regular expression of any of some prepositions, as group 1."""
    return rf"\b({'|'.join(sorted(prepositions))})\b"


_BEFORE = re.compile(rf"{one_of(PREPOSITIONS)}\s+(?:the\s+|an?\s+)?$")


def governing(text: str, start: int, end: int) -> re.Match[str] | None:
    """Return the preposition that governs what begins at `end`: group 1, with its article. None before `start`."""
    return _BEFORE.search(text, start, end)
