"""The command line of training: what it offers is what there is."""

from training.__main__ import TASK_NAMES
from training.measure.measure import TASKS


def test_every_task_that_is_offered_can_be_evaluated() -> None:
    """`evaluate --task` takes the tasks that can be measured, and no others."""
    assert set(TASK_NAMES) == set(TASKS)
