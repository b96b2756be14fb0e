"""Thresholds of stances, fitted on the gold development articles through the whole pipeline.

The objective is the F1 of stance triples (speaker, target, favor or against) on the model's own
claims and speakers, the mean of three sets: both gold ones and the annotated articles that are kept from training. The
gold sets hold few stances, so each threshold is tuned separately on a coarse grid, and the middle of the best range is
taken. The pipeline runs once: thresholds only choose among the answers that it weighed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evaluation import frames
from service.analysis.pipeline import Pipeline
from service.analysis.stances import of_claims
from service.analysis.stances.of_claims import LABELS, SURE
from service.core.article import Enriched
from service.core.frames import ClaimKind, SpeakerKind
from service.core.model import Candidate, Floats, Where
from service.inference.model import ClaimwireModel
from training.data import annotated

if TYPE_CHECKING:
    from service.analysis.entities.actor import Actor

GRID = tuple(round(float(value), 2) for value in np.arange(0.15, 1.0, 0.05))
NEVER = 1.01  # above every probability: no stance toward such a target is given
_CLOSE = 0.005  # F1 within which two thresholds are as good

Weighed = tuple[Sequence[Candidate], Floats]


class _Listening:
    """A model that records the candidates of each article and their weighed probabilities."""

    def __init__(self, model: ClaimwireModel) -> None:
        self.model = model
        self.heard: list[Weighed] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        weighed = self.model.weigh(candidates)
        self.heard.append((candidates, weighed))
        return weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One possible stance of a claim: the probability of its likelier side, and whether that side is right."""

    where: Where
    author: bool
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The possible stances toward named targets in one set of articles, and how many gold stances there are."""

    given: tuple[Answer, ...]
    gold: int

    def f1(self, thresholds: dict[str, float]) -> float:
        """Return the F1 of the stances above the thresholds."""
        least = {author: of_claims.least(thresholds, author=author) for author in (False, True)}
        said = [one for one in self.given if one.confidence >= least[one.author][one.where]]
        return frames.f1(sum(one.right for one in said), len(said), self.gold)


def stance_thresholds(model: ClaimwireModel, folder: Path) -> dict[str, float]:
    """Return the threshold for each place of a target, by its name in the manifest.

    Args:
        model: opened, with its calibration and its weights of stances.
        folder: holds `gold/` and `data/attribution/`.
    """
    sets = [
        tuple(frames.rows_of(folder / path.format(split="dev")) for path in paths) for paths in frames.SETS.values()
    ]
    sets.append(annotated.unseen(folder / "data"))
    answers = [_answers(model, *rows) for rows in sets]
    found = {f"stance_{where}": sure for where, sure in SURE.items()}

    def figure(name: str, value: float) -> float:
        thresholds = {**model.manifest.thresholds, **found, name: value}
        return float(np.mean([one.f1(thresholds) for one in answers]))

    for where in Where:
        _settle(found, f"stance_{where}", [*GRID, NEVER] if where is not Where.CONTENT else GRID, figure)
    return found


def _answers(model: ClaimwireModel, articles: dict[str, frames.Row], gold: dict[str, frames.Row]) -> Answers:
    given: list[Answer] = []
    wanted = 0
    for name, row in gold.items():
        listening = _Listening(model)
        ((_, outcome),) = frames.enriched(Pipeline(model=listening), articles, [name])
        hulls = frames.hulls_of(articles[name])
        golds = [item for item in row["attributions"] if item["id"] in hulls]
        wanted += sum(frames.proper(stance["target"]) for item in golds for stance in item["stances"])
        for heard in listening.heard:  # empty, where there is no possible target
            given.extend(_of_article(outcome, golds, hulls, heard))
    return Answers(given=tuple(given), gold=wanted)


def _of_article(
    outcome: Enriched, golds: Sequence[frames.Row], hulls: dict[str, tuple[int, int]], heard: Weighed
) -> Iterator[Answer]:
    claims = [claim for claim in outcome.enrichment.claims if claim.kind is not ClaimKind.AUTHOR_STATEMENT]
    stances: dict[object, list[frames.Row]] = {claim.hull: [] for claim in claims}
    stances |= {
        claim.hull: list(row["stances"])
        for row, claim in frames.matches(golds, claims, hulls)
        if frames.right_speaker(row, claim)
    }
    for candidate, row in zip(*heard, strict=True):
        target = cast("Actor", candidate.target).name
        if candidate.claim not in stances or not frames.proper(target):
            continue
        side = int(np.argmax(row[:2]))
        yield Answer(
            where=candidate.where,
            author=candidate.kind is SpeakerKind.AUTHOR,
            confidence=float(row[side]),
            right=any(
                stance["label"] == LABELS[side].value and frames.same(stance["target"], target)
                for stance in stances[candidate.claim]
            ),
        )


def _settle(found: dict[str, float], name: str, grid: Sequence[float], figure: Callable[[str, float], float]) -> None:
    figures = np.asarray([figure(name, value) for value in grid])
    best = np.flatnonzero(figures >= figures.max() - _CLOSE)
    found[name] = grid[int(best[len(best) // 2])]
