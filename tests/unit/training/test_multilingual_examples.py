"""Examples in other languages than English."""

import json
from pathlib import Path

import pytest

from service.analysis.entities.actor import Actor
from service.analysis.languages.lookup import language_of
from service.core.frames import EntityType
from training.data import readers
from training.data.multilingual_examples import asked, neutral_queries
from training.data.readers import Attribution, AttributionArticle, Frame, MarkedArticle
from training.data.reference_examples import aligned

TEXT = "Мэр Анна Орлова раскритиковала Водоканал и похвалила Марину Котову. Об Ильине она не говорила."


def place(part: str) -> tuple[int, int]:
    """Return where `part` stands in the text."""
    return TEXT.index(part), TEXT.index(part) + len(part)


@pytest.fixture
def row(tmp_path: Path) -> readers.OpinionRow:
    """Return a sentence with opinions of a named holder, of the author and of somebody unnamed."""
    opinions = [
        {"holder": [place("Анна Орлова")], "target": [place("Водоканал")], "expression": [], "label": "against"},
        {"holder": [place("Анна Орлова")], "target": [place("Марину Котову")], "expression": [], "label": "favor"},
        {"holder": "author", "target": [place("Анна Орлова")], "expression": [], "label": "favor"},
        {"holder": [], "target": [place("Ильине")], "expression": [], "label": "against"},
    ]
    file = tmp_path / "opinions.jsonl"
    file.write_text(json.dumps({"id": "a", "text": TEXT, "opinions": opinions}), encoding="utf-8")
    (found,) = readers.opinion_rows(file)
    return found


def test_each_holder_is_asked_about_every_target(row: readers.OpinionRow) -> None:
    """A target of somebody else's opinion is neutral, nobody is asked about himself, and an unnamed holder is not."""
    article, queries = asked(row)
    speakers = {item.id: item.frame.speaker for item in article.attributions if item.frame}
    said = {(speakers[one.attribution], one.name): one.label for one in queries}
    assert said == {
        ("Анна Орлова", "Водоканал"): "against",
        ("Анна Орлова", "Марину Котову"): "favor",
        ("author", "Анна Орлова"): "favor",
        ("author", "Водоканал"): "neutral",
        ("author", "Марину Котову"): "neutral",
    }


def test_nothing_is_said_of_what_was_not_annotated(row: readers.OpinionRow) -> None:
    """An opinion is no attribution: neither its place nor its check-worthiness is learned."""
    article, _ = asked(row)
    assert article.found
    assert all(item.frame and item.frame.check_worthy is None for item in article.attributions)


def test_a_name_in_a_content_without_a_stance_is_neutral() -> None:
    """Of the known names of a content those are asked about toward which the speaker takes no side, in any case."""
    content = place("Водоканал и похвалила Марину Котову")
    frame = Frame(
        speaker="Анна Орлова", speaker_kind="person", stances=(("Марина Котова", "favor"),), check_worthy=False
    )
    article = AttributionArticle(
        id="a",
        text=TEXT,
        discard=(),
        attributions=(Attribution(id="E1", source=(), cue=(), content=(content,), frame=frame),),
        language="ru",
    )
    names = [(*place("Водоканал"), "organization"), (*place("Марину Котову"), "person"), (*place("Ильине"), "person")]
    marked = MarkedArticle(id="a", text=TEXT, sentences=((0, len(TEXT)),), entities=tuple(names))
    assert [(one.name, one.label) for one in neutral_queries(article, marked)] == [("Водоканал", "neutral")]


def test_a_speaker_is_recognised_in_another_case() -> None:
    """An actor whom the text names in the genitive alone is the annotator's speaker in the nominative."""
    frame = Frame(speaker="Марина Котова", speaker_kind="person", stances=(), check_worthy=False)
    other = Actor(name="Анны Орловой", type=EntityType.PERSON)
    actor = Actor(name="Марины Котовой", type=EntityType.PERSON)
    assert aligned(frame, [other, actor], language_of("ru")) is actor
    assert aligned(frame, [other], language_of("ru")) is None
