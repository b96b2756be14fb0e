"""A file of entities, as JSON lines or CSV, to a list of them; or the line that is wrong, and how."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from service.analysis.entities.listed import EntityList, Listed
from service.core.errors import ConfigurationError
from service.core.frames import EntityType

_JSON_LINES: Final = frozenset({".jsonl", ".ndjson", ".json"})
_BETWEEN: Final = "|"  # aliases in one cell of CSV
_RESERVED: Final = "author"  # whom questions to the ledger mean by it

_Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x20]+$")]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"\w")]


class _Entry(BaseModel):
    """One line. The notes are the user's own: nothing reads them."""

    model_config = ConfigDict(extra="forbid")

    id: _Id
    name: _Name
    type: EntityType | None = None
    aliases: list[_Name] = Field(default_factory=list)
    notes: str | None = None


FIELDS: Final = tuple(_Entry.model_fields)


def read_list(file: Path) -> EntityList:
    """Return the list in a file. Blocks: 100,000 lines take seconds.

    Raises:
        ConfigurationError: the file cannot be read, or a line of it is wrong; the sentence has the line's number only.
    """
    suffix = file.suffix.lower()
    if suffix not in _JSON_LINES | {".csv"}:
        raise ConfigurationError(f"The entity list {file} must end with .jsonl (JSON lines) or .csv.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"The entity list {file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _wrong(file, line, "it is not UTF-8") from None
    return EntityList(_entries(file, _csv(file, text) if suffix == ".csv" else _json_lines(file, text)))


def _entries(file: Path, rows: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[Listed]:
    lines: dict[str, int] = {}
    for line, row in rows:
        try:
            entry = _Entry.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            place = "/".join(str(part) for part in first["loc"])
            raise _wrong(file, line, f"{place}: {first['msg']}") from None
        if entry.id == _RESERVED:
            raise _wrong(file, line, f"the id {_RESERVED} stands for the author of an article")
        if (before := lines.setdefault(entry.id, line)) != line:
            raise _wrong(file, line, f"its id is that of line {before}")
        yield Listed(id=entry.id, names=(entry.name, *entry.aliases), type=entry.type)


def _json_lines(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise _wrong(file, number, "it is not JSON") from None
        if not isinstance(row, dict):
            raise _wrong(file, number, "it is not a JSON object")
        yield number, row


def _csv(file: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read rows under a head of field names; a cell holds several aliases with a bar between them."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    head: list[str] | None = None
    line = 1  # in which the row begins: a quoted cell may hold several
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _wrong(file, line, f"it is not CSV ({error})") from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if head is None:
            head = [cell.strip().lower() for cell in cells]
            if not {"id", "name"} <= set(head) or not set(head) <= set(FIELDS) or len(set(head)) < len(head):
                what = f"the first row must name its columns: id, name and, if wanted, {', '.join(FIELDS[2:])}"
                raise _wrong(file, line, what)
            continue
        if len(cells) != len(head):
            raise _wrong(file, line, f"it has {len(cells)} cells under {len(head)} columns")
        row: dict[str, Any] = {name: cell.strip() or None for name, cell in zip(head, cells, strict=True)}
        given = row.pop("aliases", None) or ""
        yield line, row | {"aliases": [each for each in given.split(_BETWEEN) if each.strip()]}


def _wrong(file: Path, line: int, what: str) -> ConfigurationError:
    return ConfigurationError(f"The entity list {file} is wrong in line {line}: {what}.")
