"""Calibration: scores to probabilities, fitted on development data.

The reported error is cross-fitted: each fifth of the data is measured with a calibration fitted on the rest.
What ships is fitted on all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from service.inference.manifest import Binary, Choice
from training.measure import metrics
from training.measure.measure import Pick, Yes

Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]

FOLDS = 5
_BLOCK = 20  # rows that stay in one fold: neighbours are sentences of one article
_EDGE = 1e-6
_PULL = 1e-3  # regularizes a fit on a few hundred items
_STEPS = np.round(np.arange(-1.5, 1.51, 0.15), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The quality of a calibration: expected calibration error with and without it, and its reliability diagram."""

    error: float
    error_before: float
    bins: list[tuple[float, float, int]]

    def row(self) -> dict[str, object]:
        """Return it in the form of the manifest; a bin is its mean confidence, its accuracy and its size."""
        return {
            "ece": round(self.error, 4),
            "ece_uncalibrated": round(self.error_before, 4),
            "bins": [[round(mean, 3), round(share, 3), count] for mean, share, count in self.bins],
        }


def fit_binary(said: Yes) -> tuple[Binary, Fit]:
    """Fit Platt scaling to uncalibrated probabilities."""
    probability = np.clip(np.asarray(said.probability, dtype=np.float64), _EDGE, 1 - _EDGE)
    logits, truth = np.log(probability / (1 - probability)), np.asarray(said.truth, dtype=np.float64)

    def fitted(rows: Rows) -> Doubles:
        def loss(parameters: Doubles) -> float:
            z = parameters[0] * logits[rows] + parameters[1]
            return float(np.mean(np.logaddexp(0.0, z) - truth[rows] * z)) + _PULL * float((parameters[0] - 1) ** 2)

        found: Doubles = minimize(loss, [1.0, 0.0], method="Nelder-Mead").x
        return found

    def answers(parameters: Doubles, rows: Rows) -> tuple[Doubles, NDArray[np.bool_]]:
        return 1 / (1 + np.exp(-(parameters[0] * logits[rows] + parameters[1]))), truth[rows] > 0

    whole = fitted(np.arange(len(truth)))
    return (
        Binary(scale=round(float(whole[0]), 4), shift=round(float(whole[1]), 4)),
        _fit(len(truth), fitted, answers, np.asarray([1.0, 0.0])),
    )


def fit_choice(said: Pick) -> tuple[Choice, Fit]:
    """Fit one temperature and a shift by label, then the decision that gives the best macro-F1."""
    scores, truth = np.asarray(said.scores, dtype=np.float64), np.asarray(said.truth)
    start = np.asarray([1.0, *[0.0] * scores.shape[1]])

    def log_probabilities(parameters: Doubles, rows: Rows) -> Doubles:
        z = scores[rows] * parameters[0] + parameters[1:]
        result: Doubles = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
        return result

    def fitted(rows: Rows) -> Doubles:
        def loss(parameters: Doubles) -> float:
            chosen = log_probabilities(parameters, rows)[np.arange(len(rows)), truth[rows]]
            return -float(chosen.mean()) + _PULL * float(((parameters - start) ** 2).sum())

        found: Doubles = minimize(loss, start, method="L-BFGS-B").x
        found[1:] -= found[-1]
        return found

    def answers(parameters: Doubles, rows: Rows) -> tuple[Doubles, NDArray[np.bool_]]:
        probabilities = np.exp(log_probabilities(parameters, rows))
        return probabilities.max(axis=1), probabilities.argmax(axis=1) == truth[rows]

    every = np.arange(len(truth))
    whole = fitted(every)
    choice = Choice(
        scale=round(float(whole[0]), 4),
        shift=tuple(round(float(value), 4) for value in whole[1:]),
        decision=tuple(float(value) for value in _decision(log_probabilities(whole, every), truth)),
    )
    return choice, _fit(len(truth), fitted, answers, start)


def apply_binary(said: Yes, binary: Binary) -> Yes:
    """Return uncalibrated answers calibrated."""
    probability = np.clip(np.asarray(said.probability), _EDGE, 1 - _EDGE)
    z = binary.scale * np.log(probability / (1 - probability)) + binary.shift
    return Yes(probability=(1 / (1 + np.exp(-z))).tolist(), truth=said.truth)


def apply_choice(said: Pick, choice: Choice) -> Pick:
    """Return uncalibrated answers calibrated."""
    z = np.asarray(said.scores) * choice.scale + np.asarray(choice.shift)
    return Pick(scores=(z - np.logaddexp.reduce(z, axis=1, keepdims=True)).tolist(), truth=said.truth)


def best_threshold(calibrated: Yes) -> float:
    """Return the calibrated probability at which the F1 of yes is best, the middle of the best stretch."""
    probability, truth = np.asarray(calibrated.probability), [int(label) for label in calibrated.truth]
    grid = np.round(np.arange(0.05, 0.96, 0.01), 2)
    figures = np.asarray([metrics.label_f1((probability >= t).astype(int).tolist(), truth, 1) for t in grid])
    return float(np.round(grid[figures >= figures.max() - 0.002].mean(), 2))


def _fit(
    count: int,
    fitted: Callable[[Rows], Doubles],
    answers: Callable[[Doubles, Rows], tuple[Doubles, NDArray[np.bool_]]],
    start: Doubles,
) -> Fit:
    fold = np.arange(count) // _BLOCK % FOLDS
    parts = [
        answers(fitted(np.flatnonzero(fold != number)), np.flatnonzero(fold == number))
        for number in range(min(FOLDS, int(fold.max()) + 1 if count else 0))
        if (fold != number).any()
    ]
    if not parts:
        return Fit(error=0.0, error_before=0.0, bins=[])
    confidence, correct = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Fit(
        error=metrics.calibration_error(confidence, correct),
        error_before=metrics.calibration_error(*answers(start, np.arange(count))),
        bins=metrics.reliability(confidence, correct),
    )


def _decision(log_probabilities: Doubles, truth: Rows) -> Doubles:
    """Hill climbing, one label at a time. A label moves only for a clear gain, since the data are few and noisy."""
    labels = log_probabilities.shape[1]
    shift = np.zeros(labels)

    def figure(candidate: Doubles) -> float:
        return metrics.macro_f1((log_probabilities + candidate).argmax(axis=1).tolist(), truth.tolist(), labels)

    best = figure(shift)
    for _ in range(3):
        for label in range(labels):
            around: list[tuple[float, float]] = []
            for step in _STEPS:
                candidate = shift.copy()
                candidate[label] = step
                around.append((figure(candidate), float(step)))
            values = np.asarray([value for value, _ in around])
            smooth = np.convolve(np.pad(values, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
            top = int(smooth.argmax())
            if smooth[top] > best + 0.002:
                best, shift[label] = float(smooth[top]), around[top][1]
    return np.round(shift, 2)
