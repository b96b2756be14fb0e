"""Which language a text is in, detected offline by py3langid (BSD-3-Clause; 4.6 MB, no network, milliseconds a text).

A brief from Warsaw is full of Polish names, and names must not decide. So a text is taken for a foreign one only where
its ordinary words are foreign too: those without a capital and without letters beyond ASCII.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 5000  # code points; more change nothing
_SCRIPT_SAMPLE = 500  # the same, of the script
_LETTERS = 12  # fewer show no language
_POSSIBLE = 0.1  # a text that is this likely to be in the expected language is not refused for another one
_ORDINARY = re.compile(r"(?<![\w'’-])[a-z]+(?:['’][a-z]+)?(?![\w'’-])")
_FUNCTION_SHARE = 0.2  # of the ordinary words, from which the text is English
_FEW_WORDS = 4  # ordinary words; fewer show no language
_LATIN = "LATIN"

# Small words of English news that are hardly any other language's.
_FUNCTION_WORDS = frozenset(
    """
    the and that this which with would could should will not from were are been being had has have who whom whose when
    where what they them their there she his he him it its by to for of on at as is was into about after before than
    then but if an said says both more most no nobody because over under while against
    """.split()  # noqa: SIM905  # thirty lines otherwise
)

# The languages that news is written in with other letters than Latin ones, by the first word of their letters' names in
# Unicode; then those that are written in several scripts.
_SCRIPTS = {
    language: script
    for script, languages in {
        "ARABIC": "ar ckb dv fa ps sd ug ur",
        "ARMENIAN": "hy",
        "BENGALI": "as bn",
        "CJK": "zh ja",
        "CYRILLIC": "be bg ky mk ru tg uk",
        "DEVANAGARI": "hi mr ne sa",
        "ETHIOPIC": "am ti",
        "GEORGIAN": "ka",
        "GREEK": "el",
        "GUJARATI": "gu",
        "GURMUKHI": "pa",
        "HANGUL": "ko",
        "HEBREW": "he iw yi",
        "KANNADA": "kn",
        "KHMER": "km",
        "LAO": "lo",
        "MALAYALAM": "ml",
        "MYANMAR": "my",
        "ORIYA": "or",
        "SINHALA": "si",
        "TAMIL": "ta",
        "TELUGU": "te",
        "THAI": "th",
    }.items()
    for language in languages.split()
}
_SEVERAL = frozenset("az bs kk ku mn sh sr tk tt uz".split())  # noqa: SIM905  # as above
_KANA = frozenset({"HIRAGANA", "KATAKANA"})


@cache
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str, *, expected: str, title: str | None = None) -> str:
    """Return the ISO 639-1 code of the language of a text; `expected` where the text does not rule it out.

    The title is read with the text: of a brief it is a good part.
    """
    sample = (f"{title}\n{text}" if title else text)[:_SAMPLE]
    letters = [letter for letter in sample if letter.isalpha()]
    if len(letters) < _LETTERS:
        return expected
    ordinary = _ORDINARY.findall(sample)
    known = sum(word in _FUNCTION_WORDS for word in ordinary)
    if expected == "en" and ordinary and known >= _FUNCTION_SHARE * len(ordinary):
        return expected  # without opening the identifier, which takes half a second
    found = _likeliest(sample, expected)
    if found == expected:
        return expected
    if len(ordinary) < _FEW_WORDS:
        return expected if all(letter.isascii() for letter in letters) else found
    return (
        expected
        if _script(sample[:_SCRIPT_SAMPLE]) == _LATIN and _likeliest(" ".join(ordinary), expected) == expected
        else found
    )


def fits(code: str, text: str) -> bool:
    """Return whether a text is in a script of the language `code`, so that a sender who states it can be believed."""
    script = _script(text[:_SCRIPT_SAMPLE])
    return script is None or code in _SEVERAL or script == _SCRIPTS.get(code, _LATIN)


def _likeliest(text: str, expected: str) -> str:
    ranking = [(str(code), float(probability)) for code, probability in _identifier().rank(text)]
    return expected if dict(ranking).get(expected, 0.0) > _POSSIBLE else ranking[0][0]


def _script(text: str) -> str | None:
    """Return the script of most letters of a text, None where it has few letters."""
    scripts = Counter(unicodedata.name(letter, "?").partition(" ")[0] for letter in text if letter.isalpha())
    if scripts.total() < _LETTERS:
        return None
    script = scripts.most_common(1)[0][0]
    return "CJK" if script in _KANA else script


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 language tag ("en-GB" gives "en")."""
    return tag.replace("_", "-").split("-", 1)[0].casefold()
