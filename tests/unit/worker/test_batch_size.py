"""How much text makes one batch."""

from hypothesis import example, given
from hypothesis import strategies as st

from service.worker.batch_size import Pace


def test_nothing_is_known_at_first() -> None:
    """Until a batch was read, only the fixed bounds hold."""
    pace = Pace(0.5)
    pace.note(0, 1.0)
    assert pace.size is None


def test_a_slower_model_gets_smaller_batches() -> None:
    """The size follows the seconds that a byte takes."""
    pace = Pace(0.5)
    pace.note(10_000, 0.1)
    assert pace.size == 50_000
    for _ in range(9):
        pace.note(10_000, 1.0)
    assert pace.size == 5_000


def test_one_batch_that_was_held_up_changes_nothing() -> None:
    """An article that was tried three times, or a moment without a processor, is not a measure of the model."""
    pace = Pace(0.5)
    for _ in range(5):
        pace.note(1_000, 0.1)
    pace.note(1_000, 60.0)
    assert pace.size == 5_000


@example([(1, 5e-324)], 0.1)
@example([(10**7, 5e-324)], 0.1)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.floats(0, 1e6)), max_size=30), st.floats(0.001, 100))
def test_something_is_always_asked_for(batches: list[tuple[int, float]], seconds: float) -> None:
    """Whatever was measured, the next batch may hold at least a byte, hence one record."""
    pace = Pace(seconds)
    for size, took in batches:
        pace.note(size, took)
    assert pace.size is None or pace.size >= 1
