"""The accuracy gate: its corpus is sound, and a rule that breaks makes it fail."""

import json
from dataclasses import replace

import pytest

from evaluation import accuracy
from evaluation.frames import Row
from service.analysis.pipeline import Pipeline
from service.analysis.text.html import extract
from service.core.references import Reference, ReferenceQuestion
from service.inference.artifact import load_model
from service.inference.references import ArticleReferences
from tests.models import SMALL

CORPUS = dict(accuracy.corpus())


@pytest.mark.parametrize("row", CORPUS.values(), ids=CORPUS)
def test_every_annotation_is_in_its_text(row: Row) -> None:
    """Contents, sources, cues and entities are words of the text, and fields hold what they may."""
    text = row["article"]["body"]
    text = extract(text)[0] if row["article"]["body_type"] == "text/html" else text
    accuracy.located(row, text)
    for item in row["attributions"]:
        assert item["kind"] in {"direct", "indirect", "mixed"}
        assert item["speaker_kind"] in {"person", "organization", "unnamed", "document", "author"}
        assert all(words in text for words in (item["source"], item["cue"]) if words is not None)
        assert all(stance["label"] in {"favor", "against"} for stance in item["stances"])
    assert all(entity["name"] in text for entity in row["entities"])


def test_each_shipped_model_has_a_floor_for_each_figure() -> None:
    """No figure is left without a floor."""
    floors = json.loads(accuracy.FLOORS.read_text(encoding="utf-8"))
    assert {name: set(figures) for name, figures in floors.items()} == {
        name: set(accuracy.FIGURES) for name in accuracy.SHIPPED
    }


def test_a_broken_part_falls_below_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources that mean the wrong candidate are noticed; the gate is green without that."""
    pipeline = Pipeline(model=load_model(SMALL))
    floors = json.loads(accuracy.FLOORS.read_text(encoding="utf-8"))[SMALL.name]
    assert accuracy.shortfalls(accuracy.figures(accuracy.measured(pipeline)), floors) == []
    refer = ArticleReferences.refer

    def turned_round(self: ArticleReferences, question: ReferenceQuestion) -> Reference:
        answer = refer(self, question)
        return replace(answer, candidates=answer.candidates[::-1])

    monkeypatch.setattr(ArticleReferences, "refer", turned_round)
    (short,) = accuracy.shortfalls(accuracy.figures(accuracy.measured(pipeline)), {"speakers": floors["speakers"]})
    assert short.startswith("speakers F1 is ")
