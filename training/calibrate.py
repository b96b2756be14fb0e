"""Scores to probabilities that mean what they say: fitted on half the development data, measured on the other half."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from service.inference.manifest import Binary, Choice
from training import metrics
from training.measure import Pick, Yes

_EDGE = 1e-6
_PULL = 1e-3  # keeps a fit on a few hundred items from running away
_STEPS = np.round(np.arange(-1.5, 1.51, 0.15), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted calibration, and the expected calibration error on the half that it was not fitted on."""

    error: float
    error_before: float


def fit_binary(said: Yes) -> tuple[Binary, Fit]:
    """Fit Platt's scaling to probabilities that were given without any."""
    probability = np.clip(np.asarray(said.probability, dtype=np.float64), _EDGE, 1 - _EDGE)
    logits, truth = np.log(probability / (1 - probability)), np.asarray(said.truth, dtype=np.float64)
    fitted, held_out = _halves(len(truth))

    def loss(parameters: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
        z = parameters[0] * logits[rows] + parameters[1]
        return float(np.mean(np.logaddexp(0.0, z) - truth[rows] * z)) + _PULL * float((parameters[0] - 1) ** 2)

    def error(scale: float, shift: float) -> float:
        z = scale * logits[held_out] + shift
        return metrics.calibration_error(1 / (1 + np.exp(-z)), truth[held_out] > 0)

    scale, shift = minimize(loss, [1.0, 0.0], args=(fitted,), method="Nelder-Mead").x
    return Binary(scale=round(float(scale), 4), shift=round(float(shift), 4)), Fit(
        error=error(scale, shift), error_before=error(1.0, 0.0)
    )


def fit_choice(said: Pick, *, decide: bool = True) -> tuple[Choice, Fit]:
    """Fit one temperature and a shift by label, then the decision that gives the best macro-F1."""
    scores, truth = np.asarray(said.scores, dtype=np.float64), np.asarray(said.truth)
    labels = scores.shape[1]
    fitted, held_out = _halves(len(truth))

    def log_probabilities(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
        z = scores * parameters[0] + parameters[1:]
        return z - np.logaddexp.reduce(z, axis=1, keepdims=True)

    def loss(parameters: NDArray[np.float64]) -> float:
        chosen = log_probabilities(parameters)[rows, truth[rows]]
        return -float(chosen.mean()) + _PULL * float(((parameters - start) ** 2).sum())

    def error(parameters: NDArray[np.float64]) -> float:
        probabilities = np.exp(log_probabilities(parameters))[held_out]
        best = probabilities.argmax(axis=1)
        return metrics.calibration_error(probabilities.max(axis=1), best == truth[held_out])

    rows = np.flatnonzero(fitted)
    start = np.asarray([1.0, *[0.0] * labels])
    found = minimize(loss, start, method="L-BFGS-B").x
    found[1:] -= found[-1]
    decision = _decision(log_probabilities(found), truth) if decide else np.zeros(labels)
    choice = Choice(
        scale=round(float(found[0]), 4),
        shift=tuple(round(float(value), 4) for value in found[1:]),
        decision=tuple(float(value) for value in decision),
    )
    return choice, Fit(error=error(found), error_before=error(start))


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


def _decision(log_probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Climb by one label at a time. A label moves only for a clear gain: the data are few and the noise is not."""
    labels = log_probabilities.shape[1]
    shift = np.zeros(labels)

    def figure(candidate: NDArray[np.float64]) -> float:
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


def _halves(count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Split in two by blocks of 20 rows, so that neighbours (the sentences of one article) stay together."""
    even = (np.arange(count) // 20) % 2 == 0
    return even, ~even
