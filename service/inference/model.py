"""The model: tokenizer, encoder, heads and calibration behind the ports of the core."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.core.deadline import in_time
from service.core.document import Document
from service.core.errors import ArtifactError
from service.core.model import Candidate, Floats, Ints, Links, ModelInfo, Pairs, Reading, StanceQuestion, Tagged, Tokens
from service.core.references import Referee
from service.core.span import Span
from service.inference import second_reading, topic_pairs, weighing, windows
from service.inference.calibration import calibrated, sigmoid
from service.inference.crf import tokens_under
from service.inference.encoder import Engine, Outputs, Row
from service.inference.engine_choice import EngineChoice
from service.inference.heads import SECOND, LinkHead, StanceHead, TopicHead, Weights, WorthHead, softmax
from service.inference.manifest import Binary, Manifest
from service.inference.pair_features import Places, near_pairs
from service.inference.references import ArticleReferences, ReferenceHead
from service.inference.span_rows import Pieces
from service.inference.tagged_spans import tagged_spans
from service.inference.tokenizer import Tokenizer, line_starts
from service.inference.windows import SPECIAL_TOKENS, Encoded, padded_length

_LEAST_LINK = 0.01  # a link that is less probable joins nothing; a long text has millions of them
_TOGETHER = 32  # windows of a second reading whose questions are asked at once; their states take up to 25 megabytes
_NEUTRAL = np.asarray([0.0, 0.0, 1.0], dtype=np.float32)  # the answer for a span without tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceQuery:
    """What does the holder, in this claim, think of the target?

    `claim` holds the claim's pieces; `holder` is the source near it, None for the author; `target` is a mention.
    """

    claim: tuple[Span, ...]
    holder: Span | None
    target: Span


class ClaimwireModel:
    """The model's ports (`service.core.model.Model`), and a few more outputs for `training evaluate`."""

    def __init__(
        self,
        manifest: Manifest,
        tokenizer: Tokenizer,
        engine: Engine,
        weights: Weights,
        *,
        choice: EngineChoice | None = None,
        reads_twice: bool = True,
    ) -> None:
        self.manifest = manifest
        self.reads_twice = reads_twice and f"stance.{SECOND}.weight" in weights
        self._tokenizer = tokenizer
        self._engine = engine
        self._choice = choice
        self._stance = StanceHead(weights)
        self._worth = WorthHead(weights)
        self._link = LinkHead(weights)
        self._topic = TopicHead(weights)
        self._references = ReferenceHead(weights) if ReferenceHead.NAME in weights else None

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        known = self.manifest
        return ModelInfo(
            name=known.name,
            version=known.version,
            sha256=known.sha256,
            languages=known.languages,
            engine=self._choice.name if self._choice else "",
            engine_reason=self._choice.reason if self._choice else "",
            thresholds=known.thresholds,
        )

    @property
    def window(self) -> int:
        """The most tokens that one window may hold, special tokens not counted."""
        return self.manifest.window

    def warm(self, threads: int) -> None:
        """Run every padded length once in every stream, so that no request pays for preparing its shape."""
        for length in range(padded_length(1), padded_length(self.window + SPECIAL_TOKENS) + 1, padded_length(1)):
            ids = np.full(length - SPECIAL_TOKENS, self.manifest.pad, dtype=np.int64)
            for _ in self._engine.run([self._row(ids)] * threads):
                pass

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """Tokenize whole texts of any length."""
        return self._tokenizer(texts)

    def encode(self, windows: Sequence[Ints]) -> Iterator[Encoded]:
        """Run windows of token ids; each is padded to a length of its own."""
        for ids, (hidden, tags) in zip(windows, self._run(windows), strict=True):
            yield Encoded(hidden=hidden[1 : len(ids) + 1], tags=tags[1 : len(ids) + 1])

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Yield the reading of each document in order, as soon as it is done."""
        return windows.read(self, documents)

    def spans(self, reading: Reading) -> Tagged:
        """Decode every tag layer; see `tagged_spans`."""
        return tagged_spans(reading, self.manifest)

    def link(self, reading: Reading, tagged: Tagged, *, least: float = _LEAST_LINK) -> Links:
        """Score which sources, cues and contents belong together; leave out links less probable than `least`."""
        breaks = np.cumsum(line_starts(reading.tokens.ids, self._tokenizer.vocabulary))
        spans = {
            role: [self._pieces(reading.tokens, (scored.span,)) or ((0, 0),) for scored in found]
            for role, found in (("content", tagged.contents), ("source", tagged.sources), ("cue", tagged.cues))
        }
        seen = {role: self._link.represent(reading.hidden, found, role) for role, found in spans.items()}
        places = {
            role: np.asarray([(pieces[0][0], pieces[-1][1]) for pieces in found], dtype=np.int64).reshape(-1, 2)
            for role, found in spans.items()
        }

        def likely(one: str, other: str) -> Iterator[tuple[Places, Places, Floats]]:
            for i, j in near_pairs(places[one], places[other]):
                in_time()
                logits = self._link(
                    (seen[one], seen[other]), (places[one], places[other]), (i, j), breaks, (one, other)
                )
                found = self._probability(f"{one}_{other}", logits)
                kept = (found >= least) & ((one != other) | (i < j))
                yield i[kept].astype(np.int32), j[kept].astype(np.int32), found[kept]

        def pairs(one: str, other: str) -> Pairs:
            empty = np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32)
            i, j, found = (np.concatenate(parts) for parts in zip(empty, *likely(one, other), strict=True))
            return Pairs.of(i, j, found, (len(places[one]), len(places[other])))

        return Links(
            content_cue=pairs("content", "cue"),
            content_source=pairs("content", "source"),
            source_cue=pairs("source", "cue"),
            content_content=pairs("content", "content"),
        )

    @property
    def refers(self) -> bool:
        """Whether the artifact has a reference head; while it is being made it has none."""
        return self._references is not None

    def references(self, reading: Reading) -> Referee:
        """Return who tells whom the phrases of this article mean.

        Raises:
            ArtifactError: the artifact has no reference head.
        """
        if self._references is None:
            raise ArtifactError(
                f"{self.manifest.directory} has no reference head: train it by `python -m training references`"
            )
        scale = self.manifest.binaries.get("reference", Binary()).scale
        return ArticleReferences(self._references, reading, scale)

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Return the check-worthiness of each span of a news article, shape (spans,)."""
        result = np.zeros(len(spans), dtype=np.float32)
        known = {i: pieces for i, span in enumerate(spans) if (pieces := self._pieces(reading.tokens, (span,)))}
        if known:
            logits = self._worth(reading.hidden, list(known.values()))[:, 0]
            result[list(known)] = self._probability("worth", logits)
        return result

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Return probabilities of favor, against, neutral, a row for each target of each question, shape (n, 3).

        Claims of speakers are read a second time, one by one with the names of all whom they may be about; where the
        artifact cannot, or is told not to, the answer is read off the first reading. The author's stance always is: a
        question without a source is another output of the same network, learned from news sentences.
        """
        ends = np.cumsum([0, *(len(question.targets) for question in questions)])
        result = np.tile(_NEUTRAL, (int(ends[-1]), 1))
        again = [i for i, question in enumerate(questions) if self.reads_twice and question.holder is not None]
        for i, rows in zip(again, self._second(reading, [questions[i] for i in again]), strict=True):
            result[ends[i] : ends[i] + len(rows)] = rows
        rest = [i for i in range(len(questions)) if i not in set(again)]
        queries = [
            StanceQuery(claim=questions[i].claim, holder=questions[i].source, target=mention)
            for i in rest
            for target in questions[i].targets
            for mention in target.mentions
        ]
        answers = iter(self.first_stance(reading, queries))
        for i in rest:
            for at, target in enumerate(questions[i].targets):
                result[ends[i] + at] = np.mean([next(answers) for _ in target.mentions], axis=0)
        return result

    def first_stance(self, reading: Reading, queries: Sequence[StanceQuery]) -> Floats:
        """Return probabilities of favor, against, neutral from the first reading, shape (queries, 3)."""
        result = np.tile(_NEUTRAL, (len(queries), 1))
        for task, mine in (
            ("frame", [i for i, query in enumerate(queries) if query.holder is not None]),
            ("author", [i for i, query in enumerate(queries) if query.holder is None]),
        ):
            known = {i: asked for i in mine if (asked := self._query(reading.tokens, queries[i])) is not None}
            if known:
                logits = self._stance(reading.hidden, list(known.values()), task)
                result[list(known)] = softmax(calibrated(self.manifest.choices[task], logits))
        return result

    def _second(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Iterator[Floats]:
        """Yield the answers of each question, shape (targets that found room, 3)."""
        sentences = [sentence.span for sentence in reading.document.sentences]
        windows = []
        for question in questions:
            in_time()
            windows.append(
                second_reading.window(question, self._tokenizer, reading.tokens, sentences, self.manifest.last)
            )
        outputs = self._run([window.ids for window in windows if window is not None])
        for start in range(0, len(windows), _TOGETHER):
            part = windows[start : start + _TOGETHER]
            read = [window for window in part if window is not None]
            hidden, queries = second_reading.joined(read, [next(outputs)[0] for _ in read])
            logits = self._stance(hidden, queries, SECOND)
            answers = softmax(calibrated(self.manifest.choices.get(SECOND, self.manifest.choices["frame"]), logits))
            counts = [0 if window is None else len(window.targets) for window in part]
            yield from np.split(answers, np.cumsum(counts)[:-1])

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Weigh the answers of one article's stances with what stands around them, shape (candidates, 3)."""
        return weighing.weigh(candidates, self.manifest.stance_weights)

    def directed(self, reading: Reading, queries: Sequence[tuple[Span, Span, Span]]) -> Floats:
        """Return log probabilities of neutral, p to q positive, negative, q to p positive, negative, shape (n, 5).

        A query is the sentence, p and q.
        """
        asked = []
        for sentence, p, q in queries:
            claim, one, other = (self._pieces(reading.tokens, (span,)) or ((0, 0),) for span in (sentence, p, q))
            asked.extend([(claim, one, other), (claim, other, one)])
        logits = self._stance(reading.hidden, asked, "directed").reshape(-1, 2, 3)
        forth, back = logits[:, 0], logits[:, 1]
        joined = np.stack(
            [
                forth[:, 2] + back[:, 2],
                forth[:, 0] + back[:, 2],
                forth[:, 1] + back[:, 2],
                back[:, 0] + forth[:, 2],
                back[:, 1] + forth[:, 2],
            ],
            axis=1,
        )
        return np.log(softmax(calibrated(self.manifest.choices["directed"], joined)))

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Return probabilities of favor, against, neutral for each (claim text, topic), shape (pairs, 3)."""
        result = np.tile(_NEUTRAL, (len(pairs), 1))
        asked = list(topic_pairs.windows(pairs, self._tokenizer, self.window, self.manifest.last))
        outputs = self._run([window.ids for window in asked])
        read = zip(asked, outputs, strict=True)
        features = [self._topic.features(hidden, window.text, window.topic) for window, (hidden, _) in read]
        if features:
            logits = self._topic(np.stack(features))
            result[[window.pair for window in asked]] = softmax(calibrated(self.manifest.choices["topic"], logits))
        return result

    def _run(self, windows: Sequence[Ints]) -> Iterator[Outputs]:
        for outputs in self._engine.run([self._row(ids) for ids in windows]):
            in_time()
            yield outputs

    def _row(self, ids: Ints) -> Row:
        length = padded_length(len(ids) + SPECIAL_TOKENS)
        row = np.full((1, length), self.manifest.pad, dtype=np.int64)
        mask = np.zeros((1, length), dtype=np.int64)
        row[0, 0] = self.manifest.first
        row[0, 1 : len(ids) + 1] = ids
        row[0, len(ids) + 1] = self.manifest.last
        mask[0, : len(ids) + 2] = 1
        return row, mask

    def _probability(self, name: str, logits: Floats) -> Floats:
        return sigmoid(self.manifest.binaries.get(name, Binary()), logits)

    def _query(self, tokens: Tokens, query: StanceQuery) -> tuple[Pieces, Pieces | None, Pieces] | None:
        claim, target = self._pieces(tokens, query.claim), self._pieces(tokens, (query.target,))
        if claim is None or target is None:
            return None
        return claim, self._pieces(tokens, (query.holder,)) if query.holder else None, target

    @staticmethod
    def _pieces(tokens: Tokens, spans: Sequence[Span]) -> Pieces | None:
        return tuple(sorted({place for span in spans if (place := tokens_under(tokens, span.start, span.end))})) or None
