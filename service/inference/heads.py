"""The heads in numpy: small networks over the rows of a reading. `training.network.network` holds their twins in torch.

Weights are named as in the network that was trained; a linear layer keeps the shape (outputs, inputs). Everything is
f32 and depends on one text alone.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from service.core.deadline import in_time
from service.core.model import Floats
from service.inference.pair_features import Places, pair_features
from service.inference.span_rows import Pieces, blocks_of, rows_of
from service.inference.tag_layers import CONTEXT_HEADS

SECOND = "second"  # the stance output for a claim that is read a second time; artifacts before 0.4.0 have none

Weights = Mapping[str, Floats]


class Linear:
    """An affine layer by name."""

    def __init__(self, weights: Weights, name: str) -> None:
        self.weight = np.ascontiguousarray(weights[f"{name}.weight"].T)
        self.bias = weights[f"{name}.bias"]

    def __call__(self, x: Floats) -> Floats:
        """Return x @ weight + bias, shape (..., outputs)."""
        result: Floats = x @ self.weight + self.bias
        return result


class SpanPooling:
    """Rows of a span to one vector: first, last, mean and attention-weighted mean (Lee et al., EMNLP 2017)."""

    def __init__(self, weights: Weights, name: str) -> None:
        self._score = Linear(weights, f"{name}.attention")

    def __call__(self, hidden: Floats, spans: Sequence[Pieces]) -> Floats:
        """Return shape (spans, 4 * width)."""
        width = hidden.shape[1]
        pooled = np.empty((len(spans), 4, width), dtype=np.float32)
        for block in blocks_of(rows_of(spans), width):
            in_time()
            rows = hidden[block.rows]
            weights = softmax(self._score(rows)[..., 0] + block.padding)
            pooled[block.spans, 0], pooled[block.spans, 1] = rows[:, 0], rows[:, -1]
            pooled[block.spans, 2:] = np.stack([block.shares, weights], axis=1) @ rows
            del rows  # a single span may be as large as the text: no two of them at once
        return pooled.reshape(len(spans), 4 * width)


class StanceHead:
    """What a holder thinks of a target in a claim: logits of favor, against, neutral, by task."""

    def __init__(self, weights: Weights) -> None:
        self._pool = SpanPooling(weights, "stance.pool")
        self._holder = Linear(weights, "stance.holder")
        self._target = Linear(weights, "stance.target")
        self._claim = Linear(weights, "stance.claim")
        self._nobody = weights["stance.nobody"]
        self._key = Linear(weights, "stance.key")
        self._value = Linear(weights, "stance.value")
        self._query = Linear(weights, "stance.query")
        self._hidden = Linear(weights, "stance.hidden")
        tasks = ("frame", "directed", "author", SECOND)
        self._output = {task: Linear(weights, f"stance.{task}") for task in tasks if f"stance.{task}.weight" in weights}

    def __call__(self, hidden: Floats, queries: Sequence[tuple[Pieces, Pieces | None, Pieces]], task: str) -> Floats:
        """Return logits, shape (queries, 3); a query is claim, holder (None: the author), target."""
        if not queries:
            return np.zeros((0, 3), dtype=np.float32)
        asked = {pieces for query in queries for pieces in query if pieces is not None}
        unique = {pieces: index for index, pieces in enumerate(sorted(asked))}
        pooled = self._pool(hidden, list(unique))
        c, h, t = (
            self._seen(pooled, layer, [-1 if pieces is None else unique[pieces] for pieces in column])
            for layer, column in zip((self._claim, self._holder, self._target), zip(*queries, strict=True), strict=True)
        )
        context = self._context(hidden, queries, self._query(np.concatenate([h, t, c], axis=1)))
        features = np.concatenate([h, t, c, context, h * t, c * t, context * t], axis=1)
        return self._output[task](gelu(self._hidden(features)))

    def _seen(self, pooled: Floats, layer: Linear, spans: Sequence[int]) -> Floats:
        """Return what a layer makes of spans, each looked at once, shape (spans, width); -1 stands for nobody."""
        needed, places = np.unique(spans, return_inverse=True)
        seen = gelu(layer(pooled[needed]))
        seen[needed < 0] = self._nobody
        return seen[places]

    def _context(
        self, hidden: Floats, queries: Sequence[tuple[Pieces, Pieces | None, Pieces]], asked: Floats
    ) -> Floats:
        """Let each query look at the tokens of its three spans, shape (queries, width of a span).

        The key and value layers are applied to the queries and to the weighted rows, not to every row: both are linear,
        and there are fewer of the former.
        """
        size = asked.shape[1] // CONTEXT_HEADS
        heads = asked.reshape(len(asked), CONTEXT_HEADS, size).transpose(1, 0, 2)
        heads = (heads / math.sqrt(size)).astype(np.float32)
        keys = self._key.weight.reshape(-1, CONTEXT_HEADS, size).transpose(1, 2, 0)
        values = self._value.weight.reshape(-1, CONTEXT_HEADS, size).transpose(1, 0, 2)
        context = np.empty_like(asked)
        spans = [tuple(piece for pieces in query if pieces is not None for piece in pieces) for query in queries]
        for block in blocks_of(rows_of(spans), hidden.shape[1]):
            in_time()
            rows = hidden[block.rows]
            wanted = (heads[:, block.spans] @ keys).transpose(1, 0, 2)  # a key's bias adds the same to every score
            weights = softmax(np.matmul(wanted, rows.transpose(0, 2, 1), dtype=np.float32) + block.padding[:, None])
            seen = (weights @ rows).transpose(1, 0, 2)
            context[block.spans] = (seen @ values).transpose(1, 0, 2).reshape(len(block.spans), -1) + self._value.bias
            del rows  # as above
        return context


class WorthHead:
    """Check-worthiness of spans."""

    def __init__(self, weights: Weights) -> None:
        self._pool = SpanPooling(weights, "worth.pool")
        self._hidden = Linear(weights, "worth.hidden")
        self._output = Linear(weights, "worth.output")

    def __call__(self, hidden: Floats, spans: Sequence[Pieces]) -> Floats:
        """Return a logit for each span in the first column, shape (spans, outputs)."""
        return self._output(gelu(self._hidden(self._pool(hidden, spans))))


class LinkHead:
    """Which spans of two roles belong to one attribution."""

    def __init__(self, weights: Weights) -> None:
        self._pool = SpanPooling(weights, "link.pool")
        self._role = {role: Linear(weights, f"link.role.{role}") for role in ("content", "source", "cue")}
        names = ("content_cue", "content_source", "source_cue", "content_content")
        self._hidden = {name: Linear(weights, f"link.hidden.{name}") for name in names}
        self._output = {name: Linear(weights, f"link.output.{name}") for name in names}

    def represent(self, hidden: Floats, spans: Sequence[Pieces], role: str) -> Floats:
        """Return the spans of one role as that role sees them, shape (spans, width)."""
        return gelu(self._role[role](self._pool(hidden, spans)))

    def __call__(
        self,
        seen: tuple[Floats, Floats],
        places: tuple[Places, Places],
        pairs: tuple[Places, Places],
        breaks: Places,
        kind: tuple[str, str],
    ) -> Floats:
        """Return logits of pairs of spans, shape (pairs,).

        Args:
            seen: spans of both roles as `represent` gives them, shapes (n, width) and (m, width).
            places: first and last token of each, shapes (n, 2) and (m, 2).
            pairs: rows in both of each pair, shapes (pairs,).
            breaks: how many tokens up to each one begin a line.
            kind: the two roles.
        """
        one, other = seen[0][pairs[0]], seen[1][pairs[1]]
        name = "_".join(kind)
        joined = np.concatenate([one, other, one * other, pair_features(*places, pairs, breaks)], axis=1)
        logits: Floats = self._output[name](gelu(self._hidden[name](joined)))[:, 0]
        return logits


class TopicHead:
    """The stance of a text toward a topic, from one pass over both."""

    def __init__(self, weights: Weights) -> None:
        self._hidden = Linear(weights, "topic.hidden")
        self._output = Linear(weights, "topic.output")

    def features(self, hidden: Floats, text: int, topic: int) -> Floats:
        """Return what a pass says, shape (4 * width,); its rows: special token, text, special token, topic."""
        one = hidden[1 : 1 + text].mean(axis=0)
        other = hidden[2 + text : 2 + text + topic].mean(axis=0)
        return np.concatenate([hidden[0], one, other, one * other])

    def __call__(self, features: Floats) -> Floats:
        """Return logits of favor, against, neutral from the features of passes, shape (passes, 3)."""
        return self._output(gelu(self._hidden(features)))


def gelu(x: Floats) -> Floats:
    """Return x times the normal distribution function of x, exactly (Hendrycks & Gimpel, 2016)."""
    result: Floats = (x * 0.5 * (1.0 + _erf(x / math.sqrt(2.0)))).astype(np.float32)
    return result


def _erf(x: Floats) -> NDArray[np.float64]:
    """Return the error function by Abramowitz & Stegun 7.1.26; its error is below 1.5e-7."""
    magnitude = np.abs(x).astype(np.float64)
    t = 1.0 / (1.0 + 0.3275911 * magnitude)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    result: NDArray[np.float64] = np.sign(x) * (1.0 - series * np.exp(-magnitude * magnitude))
    return result


def softmax(x: Floats) -> Floats:
    """Return exponentials that sum to one over the last axis."""
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return result
