"""Language detection: ordinary words decide, names do not."""

import json
from pathlib import Path

import pytest

from service.analysis.text.language import detect, fits

SAMPLES = Path(__file__).parents[3] / "evaluation" / "samples" / "languages.jsonl"
TEXTS = [json.loads(line) for line in SAMPLES.read_text().splitlines()]


def test_english_full_of_foreign_names_is_read() -> None:
    """Of a hundred English briefs with names from twenty languages, at most one is taken for another language."""
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


def test_the_title_is_evidence() -> None:
    """A brief that is too short is decided by its headline; a headline alone does not make a text foreign."""
    brief = "Gündoğdu: Çağlayan Eskişehir'de."
    assert (
        detect(
            brief, title="Bakan partinin bölünmeyeceğini ve seçimin erken olmayacak dedi ve bunu söyledi", expected="en"
        )
        == "tr"
    )
    assert detect("The party would not split, he said.", title="Gündem Gazetesi: Çağlayan", expected="en") == "en"


@pytest.mark.parametrize(
    ("code", "text", "believed"),
    [
        ("en", "The council met on Monday.", True),
        ("de", "The council met on Monday.", True),
        ("en", "Совет собрался в понедельник.", False),
        ("de", "Совет собрался в понедельник.", False),
        ("ru", "Совет собрался в понедельник.", True),
        ("sr", "Совет собрался в понедельник.", True),
        ("sr", "Veće se sastalo u ponedeljak.", True),
        ("ru", "The council met on Monday.", False),
        ("ja", "議会は月曜日に会合を開き、予算を採決した。", True),
        ("zh", "议会星期一开会对明年的预算进行表决。", True),
        ("ko", "The council met on Monday.", False),
        ("en", "Ağaoğlu, Çağlayan, Öztürk, Gündoğdu", True),
        ("ru", "12. 13.", True),
    ],
)
def test_a_stated_language_is_believed_in_its_own_script(code: str, text: str, *, believed: bool) -> None:
    """A stated language that does not match the script is ignored."""
    assert fits(code, text) is believed
