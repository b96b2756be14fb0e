"""A model that counts what goes through it; everything else it leaves to the model that it wraps."""

from collections.abc import Iterator, Sequence

from service.core.model import (
    Candidate,
    Encoded,
    Floats,
    Ints,
    Links,
    Model,
    ModelInfo,
    Reading,
    StanceQuery,
    Tagged,
    Tokens,
)
from service.core.span import Span
from service.inference.windows import padded_length
from service.telemetry.metrics import Metrics

SPECIAL_TOKENS = 2  # that the encoder puts around each window


class MeasuredModel:
    """Times the stages `tokenize`, `encode`, `heads` and `topics`, and counts tokens with and without padding.

    Args:
        model: What does the work.
        metrics: Where it is counted.
    """

    def __init__(self, model: Model, metrics: Metrics) -> None:
        self._model = model
        self._stage = metrics.stage
        self._real = metrics.tokens.labels("real")
        self._padded = metrics.tokens.labels("padded")

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        return self._model.info

    @property
    def window(self) -> int:
        """The most tokens of one window."""
        return self._model.window

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """Tokenize, timed."""
        with self._stage("tokenize"):
            return self._model.tokenize(texts)

    def encode(self, windows: Sequence[Ints]) -> Iterator[Encoded]:
        """Encode; each window is counted as it is and as it is padded, and timed while it is waited for."""
        answers = iter(self._model.encode(windows))
        for window in windows:
            with self._stage("encode"):
                encoded = next(answers)
            self._real.inc(len(window))
            self._padded.inc(padded_length(len(window) + SPECIAL_TOKENS))
            yield encoded

    def spans(self, text: str, reading: Reading) -> Tagged:
        """Decode the tags, timed."""
        with self._stage("heads"):
            return self._model.spans(text, reading)

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Score the links, timed."""
        with self._stage("heads"):
            return self._model.link(reading, tagged)

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Score check-worthiness, timed."""
        with self._stage("heads"):
            return self._model.worth(reading, spans)

    def stance(self, reading: Reading, queries: Sequence[StanceQuery]) -> Floats:
        """Score stances, timed."""
        with self._stage("heads"):
            return self._model.stance(reading, queries)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Weigh stances, timed."""
        with self._stage("heads"):
            return self._model.weigh(candidates)

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Run the pairwise pass, timed."""
        with self._stage("topics"):
            return self._model.topics(pairs)
