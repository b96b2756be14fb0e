"""JSON text to Python values, with limits that hold before a parser sees the text.

A parser builds one object for each bracket and comma, so a few megabytes of `[[[[…` or `[],[],…` cost far more memory
than their size shows, and depth costs stack. Both are counted here first, in one linear pass outside of strings.
"""

import codecs
import json
import re
from typing import Final

import orjson

from service.core.article import Rejected

MAX_DEPTH: Final = 32  # an article is 2 deep, a ninjs document in a CloudEvents envelope about 7
MAX_VALUES: Final = 20_000  # members and elements; an article has some hundreds at the very most

# A string, closed or not, or one structural character. Possessive quantifiers keep it linear: with backtracking, a
# megabyte of `\"` would take hours. The string that never ends is one token too, up to the end of the text.
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{,]|[\]}]', re.DOTALL)


def parse(text: bytes, *, max_depth: int = MAX_DEPTH, max_values: int = MAX_VALUES) -> object | Rejected:
    """Return the value of the JSON text (RFC 8259, UTF-8), or why it has none.

    Codes: `not-utf8`, `lone-surrogate`, `too-deep`, `too-many-values`, `not-json`.
    """
    if refused := _count(text, max_depth=max_depth, max_values=max_values):
        return refused
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _why(text)
    return value


def _count(text: bytes, *, max_depth: int, max_values: int) -> Rejected | None:
    """Refuse what nests too deep or holds too many values."""
    openings = text.count(b"[") + text.count(b"{")
    if openings <= max_depth and openings + text.count(b",") <= max_values:
        return None  # even if none of them stood in a string
    depth = values = 0
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in b"[{":
            depth += 1
            values += 1
            if depth > max_depth:
                return Rejected(code="too-deep", message=f"The JSON nests deeper than {max_depth} levels.")
        elif mark in b"]}":
            depth -= 1
        elif mark == ord(","):
            values += 1
        if values > max_values:
            return Rejected(code="too-many-values", message=f"The JSON holds more than {max_values} values.")
    return None


def _why(text: bytes) -> Rejected:
    """Return what is wrong with a text that does not parse."""
    if text.startswith(codecs.BOM_UTF8):
        return Rejected(
            code="not-json", message="The JSON begins with a byte order mark, which RFC 8259 forbids: send it without."
        )
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        # Three bytes from ED A0 80 to ED BF BF would be a surrogate: CESU-8, or a careless encoder.
        if text[error.start : error.start + 1] == b"\xed" and text[error.start + 1 : error.start + 2] >= b"\xa0":
            return _lone_surrogate()
        return Rejected(code="not-utf8", message=f"The bytes are not UTF-8 at byte {error.start}.")
    try:
        json.loads(decoded, parse_int=_ignore, parse_float=_ignore, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Rejected(code="not-json", message="The text is not JSON (RFC 8259).")
    if r"\u" in decoded:  # the standard library takes half of a surrogate pair where orjson does not
        return _lone_surrogate()
    return Rejected(code="not-json", message="The JSON holds a number that does not fit a double.")


def _lone_surrogate() -> Rejected:
    return Rejected(code="lone-surrogate", message="A string holds half of a surrogate pair, which is not a character.")


def _ignore(_number: str) -> int:
    return 0


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
