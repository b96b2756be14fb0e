"""A model that times its calls and counts its tokens; everything else it leaves to the model that it wraps."""

from collections.abc import Iterator, Sequence

from service.core.document import Document
from service.core.model import Candidate, Floats, Links, Model, ModelInfo, Reading, StanceQuestion, Tagged
from service.core.references import Referee
from service.core.span import Span
from service.telemetry.metrics import Metrics


class TimedModel:
    """Times each call by its method's name, and counts tokens with and without padding.

    Args:
        model: What does the work.
        metrics: Where it is counted.
    """

    def __init__(self, model: Model, metrics: Metrics) -> None:
        self._model = model
        self._time = metrics.model_call
        self._real = metrics.tokens.labels("real")
        self._padded = metrics.tokens.labels("padded")

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        return self._model.info

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Read; each reading is timed while it is waited for, and its tokens are counted."""
        readings = iter(self._model.read(documents))
        for _ in documents:
            with self._time("read"):
                reading = next(readings)
            self._real.inc(reading.encoded)
            self._padded.inc(reading.padded)
            yield reading
            del reading  # it may be large, and the next is read meanwhile

    def spans(self, reading: Reading) -> Tagged:
        """Decode the tags, timed."""
        with self._time("spans"):
            return self._model.spans(reading)

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Score the links, timed."""
        with self._time("link"):
            return self._model.link(reading, tagged)

    def references(self, reading: Reading) -> Referee:
        """Return the referee; its answers are part of the time to resolve."""
        return self._model.references(reading)

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Score check-worthiness, timed."""
        with self._time("worth"):
            return self._model.worth(reading, spans)

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Score stances, timed."""
        with self._time("stance"):
            return self._model.stance(reading, questions)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Weigh stances, timed."""
        with self._time("weigh"):
            return self._model.weigh(candidates)

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Score topics, timed."""
        with self._time("topics"):
            return self._model.topics(pairs)
