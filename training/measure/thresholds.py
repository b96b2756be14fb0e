"""How sure of a stance is sure enough: fitted on the gold development articles, through the whole pipeline.

What is fitted is what readers get: the F1 of stance triples (speaker, target, favor or against) on the model's own
claims and speakers, the mean of three sets: both gold ones and the annotated articles that are kept from training. The
gold sets hold few stances, so each threshold is moved alone, on a coarse grid, and the middle of the best stretch is
taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evaluation import frames
from service.analysis.pipeline import Pipeline
from service.analysis.stances.of_claims import SURE
from service.core.document import Document
from service.core.model import Floats, Reading, StanceQuestion, Where
from service.inference.model import ClaimwireModel
from training.data import annotated

GRID = tuple(round(float(value), 2) for value in np.arange(0.15, 1.0, 0.05))
NEVER = 1.01  # above every probability: nothing is said of such a target
_CLOSE = 0.005  # F1 within which two thresholds are as good


class _Remembering:
    """A model that reads each text once, and answers each question about it once."""

    def __init__(self, model: ClaimwireModel) -> None:
        self.model = model
        self._seen: dict[str, Reading] = {}
        self._answers: dict[tuple[str, tuple[StanceQuestion, ...]], Floats] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        new = {document.text: document for document in documents if document.text not in self._seen}
        self._seen |= zip(new, self.model.read(list(new.values())), strict=True)
        return iter([self._seen[document.text] for document in documents])

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        key = reading.document.text, tuple(questions)
        if key not in self._answers:
            self._answers[key] = self.model.stance(reading, questions)
        return self._answers[key]


def stance_thresholds(model: ClaimwireModel, folder: Path) -> dict[str, float]:
    """Return the threshold for each place of a target, by its name in the manifest.

    Args:
        model: opened, with its calibration.
        folder: holds `gold/` and `data/attribution/`.
    """
    sets = [
        tuple(frames.rows_of(folder / path.format(split="dev")) for path in paths) for paths in frames.SETS.values()
    ]
    sets.append(annotated.unseen(folder / "data"))
    pipeline = Pipeline(model=_Remembering(model))
    measure = frames.MEASURES["stance triples F1"]
    known = dict(model.manifest.thresholds)
    found = {f"stance_{where}": sure for where, sure in SURE.items()}

    def figure(name: str, value: float) -> float:
        model.manifest = replace(model.manifest, thresholds={**known, **found, name: value})
        return float(np.mean([measure(frames.total(frames.measured(pipeline, *rows))) for rows in sets]))

    for where in Where:
        _settle(found, f"stance_{where}", [*GRID, NEVER] if where is not Where.CONTENT else GRID, figure)
    return found


def _settle(found: dict[str, float], name: str, grid: Sequence[float], figure: Callable[[str, float], float]) -> None:
    figures = np.asarray([figure(name, value) for value in grid])
    best = np.flatnonzero(figures >= figures.max() - _CLOSE)
    found[name] = grid[int(best[len(best) // 2])]
