"""Which language a text is in, told offline by py3langid (BSD-3-Clause; 4.6 MB, no network, milliseconds a text)."""

from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 5000  # code points; more change nothing
_LETTERS = 12  # fewer show no language
_POSSIBLE = 0.1  # a text that is this likely to be in the expected language is not refused for another one


@cache
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str, *, expected: str) -> str:
    """Return the ISO 639-1 code of the language of a text; `expected` where the text does not rule it out."""
    sample = text[:_SAMPLE]
    if sum(letter.isalpha() for letter in sample) < _LETTERS:
        return expected
    ranking = [(str(code), float(probability)) for code, probability in _identifier().rank(sample)]
    return expected if dict(ranking).get(expected, 0.0) > _POSSIBLE else ranking[0][0]


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 language tag ("en-GB" gives "en")."""
    return tag.replace("_", "-").split("-", 1)[0].casefold()
