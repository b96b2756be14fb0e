"""The figures, each defined once: F1 of sets, macro-F1, average precision, area under the curve, calibration error."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10  # of equal width (Naeini et al., AAAI 2015); more bins would measure noise where items are few


@dataclass(slots=True)
class Counts:
    """True positives, predicted and gold items, summed over texts."""

    hit: int = 0
    predicted: int = 0
    gold: int = 0

    def add(self, predicted: Collection[Hashable], gold: Collection[Hashable]) -> None:
        """Count one text's items."""
        one, other = set(predicted), set(gold)
        self.hit += len(one & other)
        self.predicted += len(one)
        self.gold += len(other)

    @property
    def precision(self) -> float:
        """Return the share of predicted items that are right."""
        return self.hit / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Return the share of gold items that are found."""
        return self.hit / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of the two."""
        total = self.predicted + self.gold
        return 2 * self.hit / total if total else 0.0


def label_f1(predicted: Sequence[int], gold: Sequence[int], label: int) -> float:
    """Return the F1 of one label."""
    one, other = np.asarray(predicted) == label, np.asarray(gold) == label
    total = int(one.sum() + other.sum())
    return 2 * int((one & other).sum()) / total if total else 0.0


def macro_f1(predicted: Sequence[int], gold: Sequence[int], labels: int) -> float:
    """Return the mean F1 of the labels 0 to `labels` - 1 that occur in gold or prediction."""
    present = sorted({*predicted, *gold})
    return float(np.mean([label_f1(predicted, gold, label) for label in present if label < labels]))


def area_under_curve(scores: Sequence[float], gold: Sequence[bool]) -> float:
    """Return the chance that a true item scores above a false one; a tie counts half."""
    values, truth = np.asarray(scores, dtype=float), np.asarray(gold, dtype=bool)
    if truth.all() or not truth.any():
        return float("nan")
    _, ranks_of = np.unique(values, return_inverse=True)
    counts = np.bincount(ranks_of)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[ranks_of]
    positives = int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


def calibration_error(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: the mean gap of confidence and accuracy over bins, by their size."""
    bins = reliability(confidence, correct)
    return sum(abs(mean - share) * count for mean, share, count in bins) / len(confidence) if len(confidence) else 0.0


def reliability(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Return mean confidence, accuracy and size of each bin that is not empty."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (float(confidence[bins == b].mean()), float(correct[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]
