"""The reference head in numpy: whom a phrase means. `training.network.references` holds its twin in torch.

Mention ranking over span representations (Lee et al., EMNLP 2017): what is asked, who is asked about, and how the two
lie toward each other go through a small network; the scores of one candidate's mentions are joined by log-sum-exp.
"""

import numpy as np

from service.core.deadline import in_time
from service.core.frames import SpeakerKind
from service.core.model import Floats, Ints, Reading
from service.core.references import Reference, ReferenceQuestion
from service.core.span import Span
from service.inference.crf import tokens_under
from service.inference.heads import Linear, Weights, gelu, softmax

KINDS = (SpeakerKind.PERSON, SpeakerKind.ORGANIZATION, SpeakerKind.UNNAMED, SpeakerKind.DOCUMENT)
ROLES = ("mention", "source", "cue", "content")
LEAST = -10.0  # the best candidate's score where there is none
SCORE_SCALE = 5.0  # what that score is divided by before the two outputs that are not candidates get it
_TINY = 1e-9

Place = tuple[int, int]  # first and last token, both within


class ReferenceHead:
    """Scores of the candidates, of somebody unnamed, and of the author."""

    NAME = "reference.mention.weight"

    def __init__(self, weights: Weights) -> None:
        self._spans = {role: Linear(weights, f"reference.{role}") for role in ROLES}
        self._absent = weights["reference.absent"]
        self._ask = Linear(weights, "reference.ask")
        self._rest = Linear(weights, "reference.rest")
        self._pair = Linear(weights, "reference.pair")
        self._score = Linear(weights, "reference.score")
        self._nobody = Linear(weights, "reference.nobody")
        self._others = Linear(weights, "reference.others")
        self._kind = Linear(weights, "reference.kind")

    def represent(self, pooled: Floats, role: str) -> Floats:
        """Return the spans of one role as that role sees them, shape (spans, width)."""
        return gelu(self._spans[role](pooled))

    def absent(self, role: str) -> Floats:
        """Return what stands for a span that is not there, shape (width,)."""
        found: Floats = self._absent[ROLES.index(role) - 1]
        return found

    def __call__(
        self, mentions: Floats, asked: tuple[Floats, Floats, Floats], question: ReferenceQuestion
    ) -> tuple[Floats, Floats]:
        """Return logits of the n candidates, unnamed and author, shape (n + 2,), and of the kinds, shape (4,).

        Args:
            mentions: the question's mentions, represented, shape (m, width).
            asked: source, cue and content, represented, shape (width,) each.
            question: what stands beside them.
        """
        source = asked[0]
        known = np.concatenate([*asked, question.circumstances])
        wanted, rest = self._ask(known), self._rest(known)
        candidates = np.zeros(0, dtype=np.float32)
        if len(mentions):
            features = np.concatenate(
                [
                    wanted * mentions,
                    source * mentions,
                    question.pairs,
                    question.candidates[question.owners],
                    np.broadcast_to(question.circumstances, (len(mentions), len(question.circumstances))),
                ],
                axis=1,
            )
            scores = self._score(gelu(self._pair(features)))[:, 0]
            candidates = _joined(scores, question.owners, len(question.candidates))
        best = float(np.clip(candidates.max(), LEAST, -LEAST)) if len(candidates) else LEAST
        told = np.concatenate([rest, question.circumstances, np.asarray([best / SCORE_SCALE], dtype=np.float32)])
        others = self._others(gelu(self._nobody(told)))
        return np.concatenate([candidates, others]), self._kind(gelu(rest))


class ArticleReferences:
    """The head over one reading; each span is represented once.

    Args:
        head: the network.
        reading: the article as the encoder saw it.
        scale: of the logits, so that the probabilities are calibrated (temperature; Guo et al., ICML 2017).
    """

    def __init__(self, head: ReferenceHead, reading: Reading, scale: float = 1.0) -> None:
        self._head = head
        self._reading = reading
        self._scale = scale
        self._known: dict[tuple[str, Place], Floats] = {}

    def refer(self, question: ReferenceQuestion) -> Reference:
        """Score the candidates. Nobody is unnamed whom no phrase describes."""
        mentions = self._represented(question.mentions, "mention")
        source, cue, content = (
            self._represented((span,), role)[0] if span is not None else self._head.absent(role)
            for role, span in zip(ROLES[1:], (question.source, question.cue, question.content), strict=True)
        )
        logits, kinds = self._head(mentions, (source, cue, content), question)
        logits = logits * np.float32(self._scale)
        if question.source is None:
            logits[-2] = -np.inf
        probabilities = softmax(logits)
        return Reference(
            candidates=probabilities[:-2],
            unnamed=float(probabilities[-2]),
            author=float(probabilities[-1]),
            kind=KINDS[int(kinds.argmax())],
        )

    def _represented(self, spans: tuple[Span, ...], role: str) -> Floats:
        places = [place_of(self._reading, span) for span in spans]
        new = list(dict.fromkeys(place for place in places if (role, place) not in self._known))
        if new:
            rows = self._head.represent(pooled(self._reading.hidden, np.asarray(new)), role)
            self._known |= {(role, place): row for place, row in zip(new, rows, strict=True)}
        if not places:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([self._known[role, place] for place in places])


def place_of(reading: Reading, span: Span) -> Place:
    """Return the first and last token of a span; where no token stands under it, the nearest before."""
    found = tokens_under(reading.tokens, span.start, span.end)
    if found is not None:
        return found
    at = max(0, int(np.searchsorted(reading.tokens.start, span.start, side="right")) - 1)
    return at, at


def pooled(hidden: Floats, places: Ints) -> Floats:
    """Return first, last and mean row of each span, shape (spans, 3 * width); of each the same beside any others."""
    found = np.empty((len(places), 3, hidden.shape[1]), dtype=np.float32)
    found[:, 0], found[:, 1] = hidden[places[:, 0]], hidden[places[:, 1]]
    for number, (first, last) in enumerate(places.tolist()):  # no copy of the rows: a span may be as long as the text
        in_time()
        found[number, 2] = np.add.reduce(hidden[first : last + 1], axis=0, dtype=np.float64) / (last + 1 - first)
    return found.reshape(len(places), -1)


def _joined(scores: Floats, owners: Ints, count: int) -> Floats:
    """Return the log of the sum of exponentials of each owner's scores, shape (count,)."""
    most = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(most, owners, scores)
    total = np.zeros(count)
    np.add.at(total, owners, np.exp(scores - most[owners]))
    joined: Floats = (np.log(np.maximum(total, _TINY)) + most).astype(np.float32)
    return joined
