"""The bonus for opening a span: the one parameter of a tag layer that is tuned, for the best F1 on development data.

Likelihood training makes a tagger cautious: in doubt it stays outside, so precision exceeds recall. A bonus
for each opened span, added to the transitions into begin and single, balances the two; it is stored in the artifact.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.core.model import Reading
from service.core.span import Span
from service.inference.crf import Layer, characters, decode
from service.inference.model import ClaimwireModel
from service.inference.tagged_spans import breaks
from training.data import readers
from training.data.entity_examples import documents, entity_text
from training.measure import measure, metrics

GRID = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
ROLES = ("source", "cue", "content")

Labelled = tuple[str, Reading, dict[str, set[tuple[Span, str]]], Sequence[tuple[int, int]]]


def eased(layer: Layer, bonus: float) -> Layer:
    """Return the layer with a bonus on every opening."""
    return replace(layer, transitions=eased_table(layer.transitions, bonus))


def eased_table(transitions: NDArray[np.float64], bonus: float) -> NDArray[np.float64]:
    """Return transitions with a bonus on every step into a begin or single state."""
    table = transitions.copy()
    states = np.arange(1, table.shape[1])
    table[:, states[((states - 1) % 4 == 0) | ((states - 1) % 4 == 3)]] += bonus  # noqa: PLR2004 - four states a type
    return table


def best_bonuses(model: ClaimwireModel, attribution: Path, entities: Path) -> dict[str, float]:
    """Return the bonus of each layer at which exact F1 is best, smoothed over its neighbours on the grid."""
    found = _best(model, _articles(model, attribution), ROLES)
    return found | _best(model, _documents(model, entities), ("entity",))


def _best(model: ClaimwireModel, texts: Sequence[Labelled], names: Sequence[str]) -> dict[str, float]:
    figures = np.zeros((len(names), len(GRID)))
    for column, bonus in enumerate(GRID):
        layers = [eased(model.manifest.layers[name], bonus) for name in names]
        counts = [metrics.Counts() for _ in names]
        for text, reading, gold, discard in texts:
            for name, spans, count in zip(names, decode(reading.tags, layers, breaks(reading)), counts, strict=True):
                said = {
                    (place, span.type)
                    for span in spans
                    if (place := characters(text, reading.tokens, span.first, span.last))
                    and not measure.touches(place, discard)
                }
                count.add(said, gold[name])
        figures[:, column] = [count.f1 for count in counts]
    smooth = np.stack([np.convolve(np.pad(row, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid") for row in figures])
    return {name: GRID[int(row.argmax())] for name, row in zip(names, smooth, strict=True)}


def _articles(model: ClaimwireModel, path: Path) -> list[Labelled]:
    articles = readers.attribution_articles(path)
    return [
        (
            article.text,
            reading,
            {role: {(span, role) for span in measure.gold_spans(article, role)} for role in ROLES},
            article.discard,
        )
        for article, reading in zip(articles, measure.read(model, [a.text for a in articles]), strict=True)
    ]


def _documents(model: ClaimwireModel, path: Path) -> list[Labelled]:
    texts = [entity_text(document, lambda: "\n") for document in documents(readers.tagged_rows(path))]
    readings = measure.read(model, [text for text, _, _ in texts], [sentences for _, _, sentences in texts])
    return [
        (text, reading, {"entity": {(Span(start, end), kind) for start, end, kind in spans}}, ())
        for (text, spans, _), reading in zip(texts, readings, strict=True)
    ]
