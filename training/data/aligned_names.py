"""Names of a line in its translation: by which words of the two lines are nearest, and only where that is sure.

A word goes with the word of the translation whose vector is nearest, as by SimAlign (Jalili Sabet et al., Findings of
EMNLP 2020). A name is found where its words lead to an unbroken place in the translation and the words of that place
lead back to the name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")
_FUNCTION_LETTERS = 3  # a longer or capitalised word of a name must have a counterpart
_CASED = frozenset({"person", "organization", "location"})  # types whose names begin with a capital where there are any

Name = tuple[int, int, str]  # start, end, type


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, where its words stand in it, and the unit vector of each, shape (words, width)."""

    text: str
    words: tuple[tuple[int, int], ...]
    vectors: NDArray[np.float32]


def words_of(text: str) -> list[tuple[int, int]]:
    """Return where words stand: runs of letters and digits."""
    return [match.span() for match in _WORD.finditer(text)]


def names_in_translation(names: Iterable[Name], line: Line, other: Line) -> list[Name] | None:
    """Return the names in the translation `other` of a line, or None where one of them is not surely found."""
    if not line.words or not other.words:
        return []
    likeness = line.vectors @ other.vectors.T
    forth, back = likeness.argmax(axis=1), likeness.argmax(axis=0)
    found: list[Name] = []
    for start, end, kind in names:
        inside = {at for at, word in enumerate(line.words) if start <= word[0] < end}
        main = [at for at in inside if _is_main(line.text[slice(*line.words[at])])]
        reached = {int(forth[at]) for at in main}
        if not any(back[forth[at]] == at for at in main):
            return None
        first, last = min(reached), max(reached)
        if last - first > len(inside) or any(back[at] not in inside for at in range(first, last + 1)):
            return None
        place = (other.words[first][0], other.words[last][1])
        letter = other.text[place[0]]
        if kind in _CASED and letter != letter.title():  # Georgian has no capitals
            return None
        if any(place[0] < b and a < place[1] for a, b, _ in found):
            return None
        found.append((*place, kind))
    return sorted(found)


def _is_main(word: str) -> bool:
    return len(word) > _FUNCTION_LETTERS or word[0].isupper() or word[0].isdigit()
