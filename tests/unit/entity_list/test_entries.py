"""Files of entities: both forms say the same, and whatever is wrong is refused with its line."""

import json
from pathlib import Path

import pytest

from service.analysis.entities.listed import EntityList
from service.core.errors import ConfigurationError
from service.entity_list.entries import FIELDS, read_list

DOCUMENT = (Path(__file__).parents[3] / "docs/entities.md").read_text()
JSON_LINES = """\
{"id": "Q1", "name": "Jane Roe", "type": "person", "aliases": ["Roe", "简罗伊"], "notes": "minister"}

{"id": "our-17", "name": "Harbour River Board"}
"""
CSV = """\
id,name,aliases,type,notes
Q1,Jane Roe,Roe|简罗伊,person,"minister,
since May"
our-17,Harbour River Board,,,
"""


def listed(tmp_path: Path, name: str, content: str | bytes) -> EntityList:
    """Read a file of this content."""
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_list(file)


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", JSON_LINES), ("a.ndjson", JSON_LINES), ("a.csv", CSV)])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_both_forms_are_read(tmp_path: Path, name: str, content: str, mark: str) -> None:
    """Empty lines, a byte order mark, quoted cells and absent fields included."""
    found = listed(tmp_path, name, mark + content)
    assert len(found) == 2
    assert {entry.names for entries in found._named.values() for entry in entries} == {
        ("Jane Roe", "Roe", "简罗伊"),
        ("Harbour River Board",),
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "Q2"}', "name"),
        ('{"id": "Q2", "name": "—"}', "name"),
        ('{"id": "Q 2", "name": "Ann"}', "id"),
        ('{"id": "Q2", "name": "Ann", "type": "planet"}', "type"),
        ('{"id": "Q2", "name": "Ann", "alias": "A"}', "alias"),
        ('{"id": "Q2", "name": "Ann", "aliases": ["ok", "?"]}', "aliases/1"),
        ('{"id": "Q1", "name": "Secret Name"}', "its id is that of line 1"),
        ('{"id": "author", "name": "Ann"}', "author"),
        ('{"id": "Q2", "name": "Secret', "not JSON"),
        ('["Q2"]', "not a JSON object"),
    ],
)
def test_a_wrong_line_is_told_by_its_number(tmp_path: Path, line: str, told: str) -> None:
    """The sentence has the line, what is wrong there, and no name."""
    with pytest.raises(ConfigurationError, match=rf"list\.jsonl is wrong in line 3: .*{told}") as caught:
        listed(tmp_path, "list.jsonl", '{"id": "Q1", "name": "Jane Roe"}\n\n' + line + "\n")
    assert "Secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("name\nAnn\n", 1),
        ("id,name,planet\n", 1),
        ("id,name,name\n", 1),
        ("id,name\nQ1,Ann,x\n", 2),
        ('id,name,notes\nQ1,Ann,"two\nlines"\nQ1,Bob,\n', 4),
        ('id,name\nQ1,"Ann\n', 2),
        ("id,name\n,Ann\n", 2),
        (b"id,name\nQ1,Ann\nQ2,\xe9\n", 3),
    ],
)
def test_a_wrong_row_is_told_by_the_line_it_begins_in(tmp_path: Path, content: str | bytes, line: int) -> None:
    """Rows may hold several lines; the number is what an editor shows."""
    with pytest.raises(ConfigurationError, match=rf"in line {line}: "):
        listed(tmp_path, "list.csv", content)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """One that is absent, and one of another kind."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_list(tmp_path / "absent.csv")
    with pytest.raises(ConfigurationError, match=r"must end with \.jsonl"):
        read_list(tmp_path / "list.txt")


def test_the_document_has_every_field() -> None:
    """Its table of fields is complete, and its examples are lists."""
    assert all(f"| `{name}` |" in DOCUMENT for name in FIELDS)
    examples = [line.strip() for line in DOCUMENT.splitlines() if line.strip().startswith('{"id"')]
    assert examples
    assert all(json.loads(line).keys() <= set(FIELDS) for line in examples)
