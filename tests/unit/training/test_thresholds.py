"""Thresholds of stances, chosen by the F1 of what remains."""

import pytest

from service.core.model import Where
from training.measure.thresholds import GRID, Answer, Answers, _settle


def answer(confidence: float, *, right: bool, where: Where = Where.CONTENT, author: bool = False) -> Answer:
    """Return a possible stance."""
    return Answer(where=where, author=author, confidence=confidence, right=right)


SAID = Answers(
    given=(answer(0.9, right=True), answer(0.6, right=True), answer(0.3, right=False), answer(0.2, right=False)),
    gold=3,
)


@pytest.mark.parametrize(("least", "f1"), [(0.0, 4 / 7), (0.25, 4 / 6), (0.5, 4 / 5), (0.7, 2 / 4), (1.01, 0.0)])
def test_only_what_is_sure_enough_counts(least: float, f1: float) -> None:
    """Precision is over predicted stances, recall over all gold stances."""
    assert SAID.f1({"stance_content": least}) == pytest.approx(f1)


def test_each_place_has_its_own_threshold_and_the_author_a_floor() -> None:
    """The threshold for targets in the content does not affect targets beside it; the author's is higher."""
    near = Answers(given=(answer(0.8, right=True, where=Where.NEAR), answer(0.8, right=True, author=True)), gold=2)
    assert near.f1({"stance_content": 0.9, "stance_near": 0.5, "stance_author": 0.7}) == pytest.approx(2 / 3)
    assert near.f1({"stance_content": 0.5, "stance_near": 0.9, "stance_author": 0.9}) == 0.0


def test_the_middle_of_the_best_stretch_is_taken() -> None:
    """Of thresholds that are as good, neither the lowest nor the highest is chosen: few articles decide."""
    found: dict[str, float] = {}
    _settle(found, "stance_content", GRID, lambda name, value: SAID.f1({name: value}))
    assert found == {"stance_content": 0.5}
