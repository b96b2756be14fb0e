"""The figures are what their definitions say."""

import numpy as np
import pytest

from training.data import readers
from training.measure import metrics


def test_span_f1_counts_exact_matches_over_all_texts() -> None:
    """Hits, predictions and gold items are summed over texts before the one division."""
    counts = metrics.Counts()
    counts.add({(0, 3), (5, 9)}, {(0, 3)})
    counts.add(set(), {(1, 2)})
    assert (counts.precision, counts.recall) == (0.5, 0.5)
    assert counts.f1 == 0.5
    assert metrics.Counts().f1 == 0.0


def test_macro_f1_weighs_labels_alike() -> None:
    """A rare label counts as much as a frequent one; a label that nowhere occurs does not count."""
    gold, predicted = [0, 0, 0, 0, 1], [0, 0, 0, 1, 1]
    assert metrics.macro_f1(predicted, gold, 3) == pytest.approx((6 / 7 + 2 / 3) / 2)
    assert metrics.macro_f1(gold, gold, 3) == 1.0


def test_area_under_the_curve() -> None:
    """Against figures worked out by hand, a tie included."""
    assert metrics.area_under_curve([0.9, 0.8, 0.7, 0.6], [True, False, True, False]) == 0.75
    assert metrics.area_under_curve([0.5, 0.5], [True, False]) == 0.5


def test_calibration_error_is_the_gap_of_confidence_and_accuracy() -> None:
    """Sure and always right is 0; sure and half the time right is a half."""
    sure = np.full(10, 0.999)
    assert metrics.calibration_error(sure, np.ones(10, dtype=bool)) == pytest.approx(0.001)
    assert metrics.calibration_error(sure, np.arange(10) % 2 == 0) == pytest.approx(0.499)


def test_words_are_set_as_running_text_and_found_again() -> None:
    """Each word is at its offsets, and punctuation is joined as in print."""
    words = ["He", "said", ":", '"', "No", ",", "never", '"', "(", "in", "Oslo", ")", "."]
    text, places = readers.joined(words)
    assert text == 'He said: "No, never" (in Oslo).'
    assert [text[start:end] for start, end in places] == words


def test_a_row_that_starts_inside_a_name_still_has_the_name() -> None:
    """An inside tag after nothing begins a span, and one of another type ends the span before."""
    row = readers.TaggedRow(
        doc="d",
        tokens=("York", "and", "Bo", "Li", "Ltd", "today"),
        tags=("I-Location", "O", "B-Person", "I-Person", "I-Organization", "B-Date"),
    )
    assert readers.tagged_spans(row, readers.WORLDWIDE_TYPES) == [
        (0, 0, "location"),
        (2, 3, "person"),
        (4, 4, "organization"),
    ]
