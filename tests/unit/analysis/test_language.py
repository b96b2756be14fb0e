"""Languages: names decide nothing, ordinary words do."""

import json
from pathlib import Path

import pytest

from service.analysis.text.language import detect

SAMPLES = Path(__file__).parents[3] / "evaluation" / "samples" / "languages.jsonl"
TEXTS = [json.loads(line) for line in SAMPLES.read_text().splitlines()]


def test_english_full_of_foreign_names_is_read() -> None:
    """Of a hundred English briefs with names of twenty languages, at most one is taken for foreign."""
    english = [row["text"] for row in TEXTS if row["language"] == "en"]
    skipped = [text for text in english if detect(text, expected="en") != "en"]
    assert len(english) == 100
    assert len(skipped) <= 1, skipped


def test_other_languages_are_skipped() -> None:
    """Of a hundred briefs in twelve other languages, at most two are taken for English."""
    others = [row["text"] for row in TEXTS if row["language"] != "en"]
    taken = [text for text in others if detect(text, expected="en") == "en"]
    assert len(others) == 100
    assert len(taken) <= 2, taken


@pytest.mark.parametrize("text", ["Hallek: dam stays shut.", "Dam row", "OK. 12.", "Mill to shut, says Roe"])
def test_a_headline_in_doubt_is_read(text: str) -> None:
    """A few plain words show no other language."""
    assert detect(text, expected="en") == "en"
