"""Where the weights of the second look come from: candidates labelled by annotated frames, and a fit."""

import numpy as np
import pytest

from service.inference.weighing import FEATURES
from tests.unit.analysis.test_pipeline import Script, ScriptedModel
from training.measure.weighing import Examples, examples, fit

TRUE = {"answer": 0.7, "near": -1.0, "elsewhere": 0.4}


def drawn(count: int) -> Examples:
    """Draw features, and labels from a logit with the weights `TRUE`."""
    chance = np.random.default_rng(3)
    features = chance.normal(size=(count, 2, len(FEATURES))).astype(np.float32)
    utility = np.concatenate([features @ [TRUE.get(name, 0.0) for name in FEATURES], np.zeros((count, 1))], axis=1)
    odds = np.exp(utility)
    cuts = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    return Examples(features=features, labels=(chance.random((count, 1)) > cuts).sum(axis=1).clip(max=2))


def test_a_fit_finds_the_weights_that_made_the_labels() -> None:
    """On ten thousand drawn examples every weight comes back within a twentieth or so."""
    found = fit(drawn(10_000))
    assert found == pytest.approx({name: TRUE.get(name, 0.0) for name in FEATURES}, abs=0.06)


def test_few_examples_change_little() -> None:
    """Without any evidence the answers stand as they are."""
    nothing = Examples(features=np.zeros((3, 2, len(FEATURES)), np.float32), labels=np.asarray([0, 1, 2]))
    assert fit(nothing) == {name: float(name == "answer") for name in FEATURES}


def test_candidates_are_labelled_by_the_annotator() -> None:
    """A claim by the right speaker has the annotator's stance toward its target; by another speaker it has none.

    What the author says himself teaches nothing.
    """
    script = Script.of("[s1 [person Jane Roe]] [c1 said] [q1 the [organization Mill Board] failed everyone].")
    content = script.text.index("the Mill Board")
    spans = {"id": "E1", "content": [[content, script.text.index(".", content)]]}
    article = {"id": "a", "text": script.text, "attributions": [spans]}
    frame = {"id": "E1", "speaker": "Jane Roe", "stances": [{"target": "Mill Board", "label": "against"}]}
    model = ScriptedModel(script)
    right = examples(model, [(article, {"attributions": [frame]})])  # type: ignore[arg-type]
    own = Script.of("The [organization Mill Board] failed 400 workers in May.")
    nobody = examples(ScriptedModel(own), [({"id": "b", "text": own.text, "attributions": []}, {"attributions": []})])
    wrong = examples(model, [(article, {"attributions": [frame | {"speaker": "Paul Lind"}]})])  # type: ignore[arg-type]
    assert right.features.shape == (1, 2, len(FEATURES))
    assert right.labels.tolist() == [1]
    assert wrong.labels.tolist() == [2]
    assert not nobody.labels.size
