"""Which language a text is in, detected offline by py3langid (BSD-3-Clause; 4.6 MB, no network, milliseconds a text).

The script of most letters comes first: some show one language alone, and words in any other script are left out.

A brief from Warsaw is full of Polish names, and names must not decide. So a text is taken for a foreign one only where
its ordinary words are foreign too: those without a capital.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_SAMPLE = 5000  # code points; more change nothing
_PIECES = 10  # of a longer text, that make up the sample
_SCRIPT_SAMPLE = 500  # letters that show the script
_LETTERS = 12  # fewer show no language
_POSSIBLE = 0.1  # a text that is this likely to be in a language that is read is not refused for another one
_WORD = re.compile(r"(?<![\w'’-])(?<!\w‘)[^\W\d_]{2,}(?:['’][^\W\d_]+)?(?![\w'’-])")
_FUNCTION_SHARE = 0.25  # of the ordinary words, from which the text is English
_FEW_WORDS = 4  # ordinary words; fewer show no language
_LATIN = "LATIN"
_UNKNOWN = "und"  # of ISO 639-2, for what cannot be told

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
        "ARABIC": "ar ary arz ckb dv fa ps sd sdh ug ur",
        "ARMENIAN": "hy",
        "BENGALI": "as bn",
        "CJK": "zh ja wuu yue",
        "CYRILLIC": "ba be bg ky mk ru tg uk",
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
_THEIRS = frozenset({_LATIN, "CYRILLIC", "ARABIC"})
_KANA = frozenset({"HIRAGANA", "KATAKANA"})
_COUNTS = Counter(_SCRIPTS.values())
_ONLY = {script: language for language, script in _SCRIPTS.items() if _COUNTS[script] == 1}  # in that script


@cache
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def prepare() -> None:
    """Open the identifier, which takes half a second and 75 megabytes; otherwise the first text that needs it does."""
    _identifier()


def detect(text: str, *, read: Sequence[str] = ("en",), title: str | None = None) -> str:
    """Return the ISO 639-1 code of the language that most of a text is in, `und` where none is known in its script.

    Args:
        text: what is to be read, of any length.
        read: the languages that can be read. One of them is the answer wherever the text does not rule it out; the
            first, where it shows nothing.
        title: is read with the text: of a brief it is a good part.
    """
    main = read[0]
    sample = _sample(f"{title}\n{text}" if title else text)
    script = _script(sample)
    if script is None:
        return main
    if script in _ONLY:
        return _ONLY[script]
    sample = _in_script(sample, script)
    if script != _LATIN:
        return _likeliest(sample, script, read)
    words = _WORD.findall(sample)
    if sum(map(len, words)) < _LETTERS:
        return main
    ordinary = [word for word in words if word.islower()]
    known = sum(word in _FUNCTION_WORDS for word in ordinary)
    if main == "en" and ordinary and known >= _FUNCTION_SHARE * len(ordinary):
        return main  # without opening the identifier
    found = _likeliest(sample, script, read)
    if found == main:
        return main
    if len(ordinary) < _FEW_WORDS:
        return main if sample.isascii() else found
    return main if _likeliest(" ".join(ordinary), script, read) == main else found


def fits(code: str, text: str) -> bool:
    """Return whether a text is in a script of the language `code`, so that a sender who states it can be believed."""
    script = _script(_sample(text))
    return script is None or _may_be(code, script)


def _sample(text: str) -> str:
    """Return the text, of a long one pieces from its beginning to its end: it may begin with another language."""
    if len(text) <= _SAMPLE:
        return text
    step = len(text) // _PIECES
    return "\n".join(text[start : start + _SAMPLE // _PIECES] for start in range(0, _PIECES * step, step))


def _likeliest(text: str, script: str, read: Sequence[str]) -> str:
    """Return a language that is read, where one is possible, the first before the others; else the likeliest one."""
    ranking = {str(code): float(value) for code, value in _identifier().rank(text) if _may_be(str(code), script)}
    total = sum(ranking.values())
    possible = [code for code in ranking if code in read and ranking[code] > _POSSIBLE * total]
    if read[0] in possible:
        return read[0]
    return next(iter(possible or ranking), _UNKNOWN)


def _may_be(code: str, script: str) -> bool:
    return script in _THEIRS if code in _SEVERAL else script == _SCRIPTS.get(code, _LATIN)


def _script(text: str) -> str | None:
    """Return the script of most letters of a text, None where it has none; looks at some hundred of them."""
    letters = [letter for letter in text if letter.isalpha()]
    looked_at = Counter(map(_script_of, letters[:: len(letters) // _SCRIPT_SAMPLE + 1]))
    return looked_at.most_common(1)[0][0] if looked_at else None


def _in_script(text: str, script: str) -> str:
    """Blank the letters of other scripts: a Russian article that quotes English is not to be taken for English."""
    others = {ord(letter): " " for letter in set(text) if letter.isalpha() and _script_of(letter) != script}
    return text.translate(others)


@lru_cache(4096)
def _script_of(letter: str) -> str:
    script = unicodedata.name(letter, "?").partition(" ")[0]
    return "CJK" if script in _KANA else script


def primary(tag: str) -> str:
    """Return the primary subtag of a BCP 47 language tag ("en-GB" gives "en")."""
    return tag.replace("_", "-").split("-", 1)[0].casefold()
