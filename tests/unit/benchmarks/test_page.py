"""The page of the comparison takes its tables from the report, and its prose stays."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.comparison.page import fill
from benchmarks.comparison.quotations import FIGURES

PAGE = "Prose.\n\n<!-- quotations -->\nold\n<!-- /quotations -->\n\n<!-- speed -->\n<!-- /speed -->\nMore.\n"
OURS = Path(__file__).parents[3] / "docs" / "peers.md"


def report(**more: Any) -> dict[str, Any]:
    """Return a report of one program on one set."""
    figures = {figure: [0.5, 0.25, 1.0] for figure in FIGURES}
    sets = {"worldwide": {"articles": 2, "quotations": 7, "returned": 9, "figures": figures}}
    speed = {"articles_a_second": 1.5, "processor_seconds_an_article": 0.25, "peak_mib": 1234}
    return {"programs": [{"program": "one 1.0", "sets": sets} | speed]} | more


def test_tables_stand_between_their_marks(tmp_path: Path) -> None:
    """What stood there goes, the rest stays, and writing again changes nothing."""
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    fill(report(), page)
    once = page.read_text()
    assert "old" not in once
    assert "| worldwide: 2 articles, 7 quotations | one 1.0 | 9 | .50 [.25, 1.00] |" in once
    assert "| one 1.0 | 1.50 | 0.25 | 1,234 MiB |" in once
    assert once.startswith("Prose.")
    assert once.endswith("More.\n")
    fill(report(), page)
    assert page.read_text() == once


def test_a_page_without_a_place_is_refused(tmp_path: Path) -> None:
    """Nothing is written beside a table that is missing."""
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    stances = {"asked": {"PolNeAR": {"favor": 1}}, "sets": {"PolNeAR": {}}}
    with pytest.raises(ValueError, match="<!-- stances -->"):
        fill(report(stances=stances), page)
    assert page.read_text() == PAGE


def test_our_page_has_a_place_for_every_table(tmp_path: Path) -> None:
    """`make peers` ends by filling it, after some minutes of work."""
    page = tmp_path / "peers.md"
    page.write_text(OURS.read_text(encoding="utf-8"), encoding="utf-8")
    scores = {"macro_f1": 0.25, "accuracy": 0.5, "favor_against_f1": 0.1}
    stances = {"asked": {"PolNeAR": {"favor": 1, "neutral": 2}}, "sets": {"PolNeAR": {"bag of words": scores}}}
    fill(report(stances=stances), page, "peers.svg")
    assert "](peers.svg)" in page.read_text(encoding="utf-8")
    assert "| PolNeAR: 3 (1 favor, 2 neutral) | bag of words | .50 | .25 | .10 |" in page.read_text(encoding="utf-8")
