"""What was made of articles, printed to stdout in one of three forms: for programs, for people, for spreadsheets."""

import csv
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

import orjson

from service.core.article import Outcome, Rejected, Skipped
from service.core.model import ModelInfo
from service.wire import codec

Form = Literal["table", "json", "csv"]

COLUMNS: Final = (
    "article",
    "version",
    "claim",
    "kind",
    "speaker",
    "speaker_kind",
    "start",
    "end",
    "cue",
    "check_worthiness",
    "confidence",
    "stances",
    "text",
)


def printer(form: Form, models: Sequence[ModelInfo], *, quotes: bool) -> Callable[[Outcome, int | None], None]:
    """Return a function that prints an outcome, given the line of the input that it came from.

    JSON is one line for each article, rejected ones included; a table and rows of claims are of those that were read.
    """
    if form == "csv":
        _write_row(COLUMNS)
    write = {"json": _json, "table": _table, "csv": _rows}[form]
    return partial(write, models, quotes)


def _json(models: Sequence[ModelInfo], quotes: bool, outcome: Outcome, line: int | None) -> None:  # noqa: FBT001
    """Print one line. A rejected article's has `article.id` and `error`; a skipped one's has empty lists."""
    if isinstance(outcome, Rejected):
        error = {"code": outcome.code, "message": outcome.message, "field": outcome.field, "line": line}
        value = orjson.dumps({"article": {"id": outcome.article_id}, "error": error})
    else:
        value = _event(outcome, models, quotes=quotes)
        if isinstance(outcome, Skipped):
            lists: dict[str, Any] = {"entities": [], "claims": [], "stances": [], "topics": []}
            value = orjson.dumps(orjson.loads(value) | lists)
    sys.stdout.buffer.write(value + b"\n")
    sys.stdout.buffer.flush()


def _table(models: Sequence[ModelInfo], quotes: bool, outcome: Outcome, line: int | None) -> None:  # noqa: FBT001
    from service.commands.tables import print_event  # noqa: PLC0415 - only people need a library for tables

    del line
    if not isinstance(outcome, Rejected):
        print_event(orjson.loads(_event(outcome, models, quotes=quotes)))


def _rows(models: Sequence[ModelInfo], quotes: bool, outcome: Outcome, line: int | None) -> None:  # noqa: FBT001
    del line
    if isinstance(outcome, Rejected):
        return
    event = orjson.loads(_event(outcome, models, quotes=quotes))
    names = {each["id"]: each["name"] or each["id"] for each in event.get("entities", [])}
    for claim in event.get("claims", []):
        _write_row(_row(event["article"], claim, names))


def _row(article: Mapping[str, Any], claim: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Any, ...]:
    speaker = claim["speaker"]
    stances = (f"{each['label']} {names[each['target']]} ({each['confidence']})" for each in claim["stances"])
    return (
        article["id"],
        article["version"],
        claim["id"],
        claim["kind"],
        names.get(speaker["entity"], speaker["name"]),
        speaker["kind"],
        claim["start"],
        claim["end"],
        (claim["cue"] or {}).get("text"),
        claim["check_worthiness"],
        claim["confidence"],
        "; ".join(stances),
        claim["text"],
    )


def _write_row(row: tuple[Any, ...]) -> None:
    """Write one line as RFC 4180 has it, but for its end, which is that of the other lines on this system."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    sys.stdout.buffer.write(text.getvalue().encode())
    sys.stdout.buffer.flush()


def _event(outcome: Any, models: Sequence[ModelInfo], *, quotes: bool) -> bytes:
    return codec.encode(outcome, cause=None, models=models, topic="", quotes=quotes).value or b""
