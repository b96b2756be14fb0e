"""The weights of the second look at stances, fitted through the whole pipeline on articles not used in training.

On its training articles the stance head is more confident than on new ones, and weights fitted there would trust it too
much. So some of the articles in `annotations/` are kept apart (`annotated.unseen`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evaluation import frames
from service.analysis.pipeline import Pipeline
from service.analysis.stances.of_claims import LABELS
from service.core.article import Enriched
from service.core.frames import ClaimKind
from service.core.model import Candidate, Floats
from service.inference.heads import softmax
from service.inference.model import ClaimwireModel
from service.inference.weighing import FEATURES, features, weigh
from training.data import annotated

if TYPE_CHECKING:
    from service.analysis.entities.actor import Actor
    from service.core.span import Span

_PENALTY = 1.0  # on squared distance from weights that leave the answers as they are
_NEUTRAL = 2
_STEPS = 25


class _Listening:
    """A model that records the candidates of each article, in the order in which they are weighed."""

    def __init__(self, model: ClaimwireModel) -> None:
        self.model = model
        self.heard: list[Sequence[Candidate]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        self.heard.append(candidates)
        return weigh(candidates, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Features, shape (n, 2, features), and labels in the order of `LABELS`, shape (n,)."""

    features: Floats
    labels: np.ndarray


def stance_weights(model: ClaimwireModel, data: Path) -> dict[str, float]:
    """Return the weights by feature, for the manifest.

    Args:
        model: opened, with its calibration.
        data: the data folder.
    """
    articles, gold = annotated.unseen(data)
    return fit(examples(model, [(articles[name], gold[name]) for name in gold]))


def examples(model: ClaimwireModel, rows: Sequence[tuple[frames.Row, frames.Row]]) -> Examples:
    """Send articles through the pipeline; label each candidate of each claim by the annotator's frames.

    Args:
        model: opened, with its calibration.
        rows: articles with the spans of their attributions, and their frames.
    """
    found: list[Floats] = []
    labels: list[int] = []
    for article, gold in rows:
        listening = _Listening(model)
        ((_, outcome),) = frames.enriched(Pipeline(model=listening), {article["id"]: article}, [article["id"]])
        for candidates in listening.heard:  # empty, where there is no possible target
            known = list(_labels(article, gold, outcome, candidates))
            found.append(features(candidates)[[label is not None for label in known]])
            labels += [label for label in known if label is not None]
    return Examples(features=np.concatenate(found), labels=np.asarray(labels))


def _labels(
    article: frames.Row, gold: frames.Row, outcome: Enriched, candidates: Sequence[Candidate]
) -> Iterator[int | None]:
    """Yield the annotator's label of each candidate.

    A claim that matches no attribution has no stance; the author's own statements were not annotated, so their labels
    are unknown.
    """
    hulls = frames.hulls_of(article)
    claims = [claim for claim in outcome.enrichment.claims if claim.kind is not ClaimKind.AUTHOR_STATEMENT]
    golds = [row for row in gold["attributions"] if row["id"] in hulls]
    stances: dict[Span, Sequence[frames.Row]] = {claim.hull: () for claim in claims}
    stances |= {
        claim.hull: row["stances"]
        for row, claim in frames.matches(golds, claims, hulls)
        if frames.right_speaker(row, claim)
    }
    sides = [label.value for label in LABELS]
    for candidate in candidates:
        if candidate.claim not in stances:
            yield None
            continue
        held = [
            stance["label"]
            for stance in stances[candidate.claim]
            if frames.same(stance["target"], cast("Actor", candidate.target).name)
        ]
        yield sides.index(held[0]) if held else _NEUTRAL


def fit(given: Examples) -> dict[str, float]:
    """Return the maximum-likelihood weights, regularized towards those that change nothing, by Newton's method."""
    x = given.features.astype(np.float64)
    truth = np.eye(3)[given.labels][:, :2]
    plain = np.asarray([float(name == "answer") for name in FEATURES])
    weights = plain.copy()
    for _ in range(_STEPS):
        sides = softmax(np.concatenate([x @ weights, np.zeros((len(x), 1))], axis=1))[:, :2]
        mean = np.einsum("ns,nsk->nk", sides, x)
        slope = np.einsum("ns,nsk->k", truth - sides, x) - 2 * _PENALTY * (weights - plain)
        curve = np.einsum("ns,nsk,nsl->kl", sides, x, x) - mean.T @ mean + 2 * _PENALTY * np.eye(len(plain))
        weights = weights + np.linalg.solve(curve, slope)
    return {name: round(float(value), 4) for name, value in zip(FEATURES, weights, strict=True)}
