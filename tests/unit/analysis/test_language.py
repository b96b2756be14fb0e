"""Language detection: ordinary words decide, names do not."""

import json
from pathlib import Path

import pytest

from service.analysis.text.language import detect, fits

SAMPLES = Path(__file__).parents[3] / "evaluation" / "samples" / "languages.jsonl"
SIX = ("en", "ru", "hy", "ka", "az", "tr")
TEXTS = [json.loads(line) for line in SAMPLES.read_text().splitlines()]


def test_english_full_of_foreign_names_is_read() -> None:
    """Of a hundred English briefs with names from twenty languages, at most one is taken for another language."""
    english = [row["text"] for row in TEXTS if row["language"] == "en"]
    skipped = [text for text in english if detect(text) != "en"]
    assert len(english) == 100
    assert len(skipped) <= 1, skipped


def test_other_languages_are_skipped() -> None:
    """Of the briefs in two dozen other languages, none is taken for English."""
    taken = [row["text"] for row in TEXTS if row["language"] != "en" and detect(row["text"]) == "en"]
    assert not taken


def test_languages_that_are_read_are_told_from_their_neighbours() -> None:
    """No brief in a language that is read is taken for another one, and none of a neighbour for one that is read."""
    wrong = [
        (row["language"], found, row["text"])
        for row in TEXTS
        if (found := detect(row["text"], read=SIX)) != row["language"] and {found, row["language"]} & {*SIX}
    ]
    assert not wrong


@pytest.mark.parametrize("text", ["Hallek: dam stays shut.", "Dam row", "OK. 12.", "Mill to shut, says Roe"])
def test_a_headline_in_doubt_is_read(text: str) -> None:
    """A few plain words show no other language."""
    assert detect(text) == "en"


def test_the_title_is_evidence() -> None:
    """A brief that is too short is decided by its headline; a headline alone does not make a text foreign."""
    brief = "Gündoğdu: Çağlayan Eskişehir'de."
    assert detect(brief, title="Bakan partinin bölünmeyeceğini ve seçimin erken olmayacak dedi ve bunu söyledi") == "tr"
    assert detect("The party would not split, he said.", title="Gündem Gazetesi: Çağlayan") == "en"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Он назвал книгу «The Best of the Rest» и уехал из страны в понедельник.", "ru"),
        ("Այդ գիրքը՝ “The Best of the Rest”, երեկ արգելվեց։", "hy"),
        ("The book, «Лучшее из остального», was banned on Monday, he said.", "en"),
        ("Kitap “The Best of the Rest” dün yasaklandı ve yazarı ülkeyi terk etti.", "tr"),
    ],
)
def test_a_quote_in_another_language_does_not_decide(text: str, code: str) -> None:
    """The language is that of most of the text, whatever is quoted in it."""
    assert detect(text, read=SIX) == code


def test_a_long_article_goes_by_its_main_language() -> None:
    """An English summary before a Russian article, longer than what is looked at, does not make it English."""
    summary = "The council met on Monday, and the mayor said that it would not vote. " * 80
    article = "Совет собрался в понедельник, и мэр сказала, что голосования не будет. " * 200
    assert detect(f"{summary}\n{article}", read=SIX) == "ru"
    assert detect(f"{article}\n{summary}", read=SIX) == "ru"


@pytest.mark.parametrize("text", ["Помните?", "Խոսե՛ք։", "გახსოვთ?"])
def test_few_letters_of_another_script_are_enough(text: str) -> None:
    """What is not in Latin letters is not English, however short it is."""
    assert detect(text, read=SIX) != "en"


def test_a_script_that_nobody_knows_is_undetermined() -> None:
    """There is no language to name for Cherokee letters."""
    assert detect("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᎴ ᏗᎧᏁᎢᏍᏙᏗ", read=SIX) == "und"


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
