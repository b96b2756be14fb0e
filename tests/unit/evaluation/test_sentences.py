"""The measurement of where sentences end."""

import json
from pathlib import Path

from evaluation.sentences import measured


def test_a_boundary_is_right_where_a_line_ends(tmp_path: Path) -> None:
    """Of three lines, the two boundaries between them are wanted; a line of two sentences gives one too many."""
    folder = tmp_path / "data/parallel"
    folder.mkdir(parents=True)
    lines = ["Мост цел.", "Его закрыли. Никто не пострадал.", "Мэрия молчит."]
    (folder / "ntrex.ru.jsonl").write_text(json.dumps({"id": "a", "lines": lines}) + "\n", encoding="utf-8")
    assert measured(tmp_path, "ru", "ru") == (2, 3, 2)
