"""Which language a text is in, told offline by py3langid (BSD-3-Clause; 4.6 MB, no network, milliseconds a text)."""

from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 5000  # code points; more change nothing
_SURE = 0.9  # below, the text is too short or too mixed to be refused for its language


@cache
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str, *, expected: str) -> str:
    """Return the ISO 639-1 code of the language of a text; `expected` where the text does not show it."""
    code, probability = _identifier().classify(text[:_SAMPLE])
    return str(code) if float(probability) >= _SURE else expected


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 language tag ("en-GB" gives "en")."""
    return tag.replace("_", "-").split("-", 1)[0].casefold()
