"""Where a text mentions a name in whatever case or with whatever ending the sentence gives it."""

import re
from collections.abc import Iterable

from service.analysis.languages.lookup import language_of
from training.data.readers import Offsets

_WORD = re.compile(r"[^\W_]+")
_SAYS_MUCH = 4  # letters: a shorter word of several does not mention the name alone


def inflected_mentions(text: str, pieces: Iterable[Offsets], name: str, language: str) -> list[Offsets]:
    """Return where the pieces of a content mention `name`: as a whole, or by its longest run of words.

    Words are held to be forms of one word as the service holds them to be: by the language's endings.
    """
    facts = language_of(language)
    words = _WORD.findall(name)
    written = [[match.span() for match in _WORD.finditer(text, *piece)] for piece in pieces]

    def alike(word: str, other: str) -> bool:
        capital = word[0].isupper() <= other[0].isupper()
        return capital and facts.one_word(facts.folded(word), facts.folded(other))

    for size in range(len(words), 0, -1):
        found: set[Offsets] = set()
        for at in range(len(words) - size + 1):
            run = words[at : at + size]
            if size < len(words) and not any(len(word) >= _SAYS_MUCH or word.isupper() for word in run):
                continue
            for places in written:
                for first in range(len(places) - size + 1):
                    stretch = places[first : first + size]
                    if all(alike(word, text[a:b]) for word, (a, b) in zip(run, stretch, strict=True)):
                        found.add((stretch[0][0], stretch[-1][1]))
        if found:
            return sorted(found)
    return []
