"""Which batch comes next in training."""

from dataclasses import dataclass

import pytest

from service.inference.windows import padded_length
from training.data.schedule import Task, pick


@dataclass(frozen=True)
class Row:
    """An example that has nothing but a length."""

    length: int


def task(name: str = "one", share: float = 1.0, seed: int = 7) -> Task:
    """Return a task of 300 rows of many lengths."""
    return Task(name, [Row(5 + index * 7 % 250) for index in range(300)], share, 768, seed)


def test_each_epoch_has_every_example_once() -> None:
    """Batches of one epoch hold all examples, none twice, and keep the budget of padded tokens."""
    rows = task()
    seen: list[int] = []
    while rows.epoch == 0 and len(seen) < 300:
        batch = rows.next()
        assert len(batch) * max(padded_length(rows.examples[index].length) for index in batch) <= 768
        seen.extend(batch)
    assert sorted(seen) == list(range(300))


def test_a_restored_task_goes_on_as_if_nothing_had_happened() -> None:
    """From a saved state on, the same batches follow, over the end of an epoch too."""
    rows = task()
    for _ in range(17):
        rows.next()
    state = rows.state()
    following = [rows.next() for _ in range(120)]
    again = task()
    again.restore(state)
    assert rows.epoch > 0
    assert [again.next() for _ in range(120)] == following


def test_the_seed_decides_the_order() -> None:
    """The same seed gives the same batches, another seed others."""
    one, same, other = task(), task(), task(seed=8)
    first = [one.next() for _ in range(30)]
    assert [same.next() for _ in range(30)] == first
    assert [other.next() for _ in range(30)] != first


def test_shares_are_kept() -> None:
    """After some hundred picks each task has had its share of padded tokens."""
    tasks = [task("much", 0.7), task("some", 0.2), task("little", 0.1)]
    for _ in range(500):
        pick(tasks).next()
    total = sum(each.tokens for each in tasks)
    assert [each.tokens / total for each in tasks] == pytest.approx([0.7, 0.2, 0.1], abs=0.01)
