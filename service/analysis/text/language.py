"""Which language a text is in, told offline by py3langid (BSD-3-Clause; 4.6 MB, no network, milliseconds a text).

A brief from Warsaw is full of Polish names, and names must not decide. So a text is taken for a foreign one only where
its ordinary words are foreign too: those without a capital and without letters beyond ASCII.
"""

import re
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 5000  # code points; more change nothing
_LETTERS = 12  # fewer show no language
_POSSIBLE = 0.1  # a text that is this likely to be in the expected language is not refused for another one
_ORDINARY = re.compile(r"(?<![\w'’-])[a-z]+(?:['’][a-z]+)?(?![\w'’-])")
_FUNCTION_SHARE = 0.2  # of the ordinary words, from which the text is English
_FEW_WORDS = 4  # ordinary words; fewer show no language
_BEYOND_LATIN = "\u0250"  # the first letter after Latin with its accents

# Small words of English news that are hardly any other language's.
_FUNCTION_WORDS = frozenset(
    """
    the and that this which with would could should will not from were are been being had has have who whom whose when
    where what they them their there she his he him it its by to for of on at as is was into about after before than
    then but if an said says both more most no nobody because over under while against
    """.split()  # noqa: SIM905  # thirty lines otherwise
)


@cache
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str, *, expected: str) -> str:
    """Return the ISO 639-1 code of the language of a text; `expected` where the text does not rule it out."""
    sample = text[:_SAMPLE]
    letters = [letter for letter in sample if letter.isalpha()]
    if len(letters) < _LETTERS:
        return expected
    found = _likeliest(sample, expected)
    if found == expected:
        return expected
    ordinary = _ORDINARY.findall(sample)
    known = sum(word in _FUNCTION_WORDS for word in ordinary)
    if expected == "en" and ordinary and known >= _FUNCTION_SHARE * len(ordinary):
        return expected
    if len(ordinary) < _FEW_WORDS:
        return expected if all(letter.isascii() for letter in letters) else found
    latin = sum(letter < _BEYOND_LATIN for letter in letters) * 2 > len(letters)
    return expected if latin and _likeliest(" ".join(ordinary), expected) == expected else found


def _likeliest(text: str, expected: str) -> str:
    ranking = [(str(code), float(probability)) for code, probability in _identifier().rank(text)]
    return expected if dict(ranking).get(expected, 0.0) > _POSSIBLE else ranking[0][0]


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 language tag ("en-GB" gives "en")."""
    return tag.replace("_", "-").split("-", 1)[0].casefold()
