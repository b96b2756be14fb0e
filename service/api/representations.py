"""Rows in the form that the Accept header asks for (RFC 9110, section 12.5.1): JSON, CSV or NDJSON."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import orjson

from service.api.problems import ProblemError

Form = Literal["application/json", "text/csv", "application/x-ndjson"]

FORMS: Final[tuple[Form, ...]] = ("application/json", "text/csv", "application/x-ndjson")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that spreadsheets run: OWASP, "CSV Injection"


def form_for(accept: str | None) -> Form:
    """Return the form that the caller likes best; of those liked equally, the first of `FORMS`.

    Raises:
        ProblemError: `not-acceptable`.

    """
    if not accept or not accept.strip():
        return FORMS[0]
    ranges = [_range(each) for each in accept.split(",")]
    best = max(FORMS, key=lambda form: (_quality(form, ranges), -FORMS.index(form)))
    if _quality(best, ranges) <= 0:
        raise ProblemError("not-acceptable", f"The forms of this answer are: {', '.join(FORMS)}.")
    return best


def as_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """Return rows as CSV (RFC 4180) with a line of names. Text that a spreadsheet would run gets a `'` in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return out.getvalue().encode()


def as_ndjson(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a line of JSON for each row."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z) for row in rows)


def as_json(value: object) -> bytes:
    """Return one JSON text; times in UTC."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return "; ".join(f"{each['label']} {each['target'] or each['target_id']}" for each in value)
    return value


def _range(text: str) -> tuple[str, float]:
    """Return a media range and its weight; one that cannot be read weighs nothing."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return kind, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return kind, 0.0


def _quality(form: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most specific range that the form is in."""
    for wanted in (form, f"{form.partition('/')[0]}/*", "*/*"):
        found = [weight for kind, weight in ranges if kind == wanted]
        if found:
            return max(found)
    return 0.0
