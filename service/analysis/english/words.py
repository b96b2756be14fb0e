"""Words: a text cut into them, and lists of them."""

import re

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*\.?")


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list written as running text."""
    return frozenset(text.split())


def words(text: str) -> list[str]:
    """Return the words of a phrase in lower case, a clitic 's cut off."""
    return [re.sub(r"['’]s?$", "", word).casefold() for word in _WORD.findall(text)]
