"""Both engines behind their port: answers in order, work ahead within bounds, nothing left running."""

from collections.abc import Iterator

import numpy as np
import pytest

from service.core.model import Ints
from service.inference import encoder
from service.inference.artifact import load_model
from service.inference.engine_choice import choose
from service.inference.model import ClaimwireModel
from tests.models import SMALL


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def model(request: pytest.FixtureRequest) -> ClaimwireModel:
    """Open the small model with each engine, two threads."""
    return load_model(SMALL, engine=request.param, threads=2)


def windows(count: int) -> list[Ints]:
    """Return windows of many lengths, long and short ones side by side."""
    chance = np.random.default_rng(7)
    return [chance.integers(1000, 20000, size=size) for size in chance.integers(1, 250, size=count)]


def test_answers_come_in_order(model: ClaimwireModel) -> None:
    """More windows than are under way at a time come out in the order they went in, each as it comes out alone."""
    asked = windows(70)
    answers = list(model.encode(asked))
    assert [len(answer.hidden) for answer in answers] == [len(window) for window in asked]
    for at in (0, 1, 33, 69):
        (alone,) = model.encode([asked[at]])
        assert np.array_equal(alone.hidden, answers[at].hidden)
        assert np.array_equal(alone.tags, answers[at].tags)


def test_a_reader_that_gives_up_harms_nobody(model: ClaimwireModel) -> None:
    """After one answer of forty the next question is answered as ever."""
    asked = windows(40)
    expected = [answer.tags for answer in model.encode(asked[:3])]
    given_up = iter(model.encode(asked[::-1]))
    next(given_up)
    assert isinstance(given_up, Iterator)
    del given_up
    assert all(np.array_equal(a.tags, b) for a, b in zip(model.encode(asked[:3]), expected, strict=True))


def test_questions_inside_an_answer_are_answered(model: ClaimwireModel) -> None:
    """What is asked between two answers, as topics are, gets its own answer and disturbs no other."""
    asked = windows(40)
    expected = [answer.tags for answer in model.encode(asked)]
    found = []
    for answer in model.encode(asked):
        (inner,) = model.encode([asked[0]])
        assert np.array_equal(inner.tags, expected[0])
        found.append(answer.tags)
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_the_engine_that_suits_this_machine_is_opened() -> None:
    """`auto` opens the engine that the instruction set speaks for, and the model says which it is, and why."""
    opened = load_model(SMALL, engine="auto", threads=1, warm=False)
    wanted = choose("auto")
    kinds = {"openvino": encoder.OpenVinoEngine, "onnxruntime": encoder.OnnxRuntimeEngine}
    assert isinstance(opened._engine, kinds[wanted.name])
    assert (opened.info.engine, opened.info.engine_reason) == (wanted.name, wanted.reason)


def test_no_more_is_started_than_allowed() -> None:
    """With three ahead, the fourth row is started when the first answer is taken, and the rest likewise."""
    started: list[int] = []
    row = (np.zeros((1, 1), np.int64), np.zeros((1, 1), np.int64))

    def start(_: object) -> int:
        started.append(len(started))
        return started[-1]

    rows = encoder._ahead([row] * 6, start, lambda number: (number, number), 3)  # type: ignore[arg-type, return-value]
    taken = [(output[0], len(started)) for output in rows]
    assert taken == [(0, 4), (1, 5), (2, 6), (3, 6), (4, 6), (5, 6)]
