"""The reference head, trained on the frozen states of an artifact: minutes on two cores.

The encoder stands still, so that each article is read once. Articles kept aside choose the epoch and fit the
temperature; they are the thresholds' own and an eighth of the complete worldwide ones.
"""

import copy
import hashlib
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from service.core.model import Ints, Tokens
from service.core.span import Span
from service.inference.crf import tokens_under
from service.inference.model import ClaimwireModel
from service.inference.references import KINDS, pooled
from training.data import annotated
from training.data.readers import AttributionArticle
from training.data.reference_examples import UNKNOWN, Example, examples
from training.data.states import State, states
from training.network.references import Asked, References

_BATCH = 8  # articles
_RATE = 1e-3
_DECAY = 0.02
_KIND_WEIGHT = 0.1
_AVERAGE = 0.99  # decay of the moving average of the weights, less in the first steps
_KEPT = 8  # one worldwide article in so many is kept aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The questions of one article.

    Attributes:
        pooled: every span that plays a part, as the encoder saw it, f16, shape (spans, 3 * width).
        mentions: rows of `pooled`, for each question.
        asked: rows of `pooled` for source, cue and content, -1 where there is none, shape (questions, 3).
        examples: the questions with their answers.
    """

    pooled: NDArray[np.float16]
    mentions: tuple[Ints, ...]
    asked: Ints
    examples: tuple[Example, ...]


@dataclass(slots=True)
class Figures:
    """Right answers and questions, by kind of source; and the loss."""

    right: dict[str, int]
    asked: dict[str, int]
    loss: float = 0.0

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return sum(self.right.values()) / max(1, sum(self.asked.values()))

    def row(self) -> dict[str, object]:
        """Return accuracy and number of questions by kind of source."""
        by = {name: [round(self.right[name] / count, 4), count] for name, count in sorted(self.asked.items())}
        return {"accuracy": round(self.accuracy, 4), "loss": round(self.loss, 4), **by}


def divided(
    data: Path, gold: Path, languages: Sequence[str] = ("en",)
) -> tuple[list[AttributionArticle], dict[str, list[AttributionArticle]]]:
    """Return the articles to learn from in any of the languages, and the English ones kept aside by name of the set."""
    every = annotated.training_articles(data, gold)
    unseen = {article.id for article in annotated.unseen_articles(data)}
    framed = [article for article in every if any(item.frame for item in article.attributions)]
    aside = {
        article.id for article in framed if article.nested and not article.found and _number(article.id) % _KEPT == 0
    }
    return (
        [*(article for article in framed if article.id not in aside | unseen), *_other_languages(data, languages)],
        {
            "tune": annotated.unseen_articles(data),
            "worldwide": [article for article in framed if article.id in aside - unseen],
        },
    )


def _other_languages(data: Path, languages: Sequence[str]) -> Iterator[AttributionArticle]:
    for language in languages[1:]:
        yield from annotated.parallel_articles(data, language)
        yield from annotated.written_articles(language)[0]


def _number(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)


def packs(
    model: ClaimwireModel, articles: Sequence[AttributionArticle], cache: Path, *, mistaken: bool = False
) -> Iterator[Pack]:
    """Yield the questions of each article that has any; with `mistaken`, a second time after wrong answers."""
    for article, state in zip(articles, states(model, articles, cache), strict=True):
        histories: list[random.Random | None] = [None]
        if mistaken:
            histories.append(random.Random(f"mistaken/{article.id}"))  # noqa: S311 - repeatable draws are wanted
        for history in histories:
            found = examples(article, state.document, state.named, history)
            if found:
                yield _pack(state, found)


def _pack(state: State, found: Sequence[Example]) -> Pack:
    tokens = Tokens(ids=np.zeros(len(state.start), dtype=np.int64), start=state.start, end=state.end)
    rows: dict[tuple[int, int], int] = {}

    def row(span: Span | None) -> int:
        if span is None:
            return -1
        place = tokens_under(tokens, span.start, span.end)
        if place is None:
            at = max(0, int(np.searchsorted(tokens.start, span.start, side="right")) - 1)
            place = (at, at)
        return rows.setdefault(place, len(rows))

    mentions = tuple(np.asarray([row(span) for span in one.question.mentions], dtype=np.int64) for one in found)
    asked = np.asarray([[row(one.question.source), row(one.question.cue), row(one.question.content)] for one in found])
    hidden = state.hidden.astype(np.float32)
    return Pack(
        pooled=pooled(hidden, np.asarray(list(rows), dtype=np.int64)).astype(np.float16),
        mentions=mentions,
        asked=asked,
        examples=tuple(found),
    )


def fitted(
    train: Sequence[Pack],
    aside: Sequence[Pack],
    *,
    epochs: int,
    seed: int,
    start: Mapping[str, NDArray[np.float32]] | None = None,
) -> References:
    """Return the network with the moving average of its weights, from the epoch that is best on `aside`.

    `start` holds weights to go on from, by name: those of an artifact whose states are much the same.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones
    torch.manual_seed(seed)
    network = References(train[0].pooled.shape[1] // 3)
    if start is not None:
        network.load_state_dict({name: torch.from_numpy(value) for name, value in start.items()})
    average = copy.deepcopy(network)
    best, least = copy.deepcopy(network), float("inf")
    optimizer = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = epochs * -(-len(train) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.1)
    started = time.monotonic()
    order = list(train)
    step = 0
    for epoch in range(epochs):
        network.train()
        chance.shuffle(order)
        for at in range(0, len(order), _BATCH):
            loss = _loss(network, order[at : at + _BATCH])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                step += 1
                decay = min(_AVERAGE, (1 + step) / (10 + step))
                for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                    mean.lerp_(value, 1 - decay)
        figures = measured(average, aside)
        if figures.loss < least:
            best, least = copy.deepcopy(average), figures.loss
        print(
            f"epoch {epoch + 1}/{epochs} {time.monotonic() - started:.0f} s {json.dumps(figures.row())}",
            file=sys.stderr,
            flush=True,
        )
    return best


def _loss(network: References, some: Sequence[Pack]) -> Tensor:
    logits, kinds = network(batch(some))
    answers, speakers = _answers(some, logits.shape[1])
    loss = functional.cross_entropy(logits[answers >= 0], answers[answers >= 0])
    known = speakers >= 0
    if known.any():
        loss = loss + _KIND_WEIGHT * functional.cross_entropy(kinds[known], speakers[known])
    return loss


def _answers(some: Sequence[Pack], width: int) -> tuple[Tensor, Tensor]:
    """Return the column of each right answer, -1 where there is none, and the row of each speaker's kind."""
    answers: list[int] = []
    kinds: list[int] = []
    for one in (example for pack in some for example in pack.examples):
        count = len(one.question.candidates)
        answers.append(one.answer if one.answer < count else width - 2 + one.answer - count)
        kinds.append(KINDS.index(one.kind) if one.kind in KINDS else UNKNOWN)
    return torch.tensor(answers), torch.tensor(kinds)


def batch(some: Sequence[Pack]) -> Asked:
    """Return the questions of several articles as one batch."""
    spans = questions = candidates = 0
    columns: dict[str, list[np.ndarray]] = defaultdict(list)
    for pack in some:
        columns["pooled"].append(pack.pooled.astype(np.float32))
        columns["asked"].append(np.where(pack.asked >= 0, pack.asked + spans, -1))
        for one, mentions in zip(pack.examples, pack.mentions, strict=True):
            count = len(one.question.candidates)
            columns["mentions"].append(mentions + spans)
            columns["pairs"].append(one.question.pairs)
            columns["candidates"].append(one.question.candidates)
            columns["circumstances"].append(one.question.circumstances[None])
            columns["owner"].append(one.question.owners + candidates)
            columns["question_of_mention"].append(np.full(len(mentions), questions))
            columns["question"].append(np.full(count, questions))
            columns["column"].append(np.arange(count))
            candidates += count
            questions += 1
        spans += len(pack.pooled)
    return Asked(**{name: torch.from_numpy(np.concatenate(values)) for name, values in columns.items()})


def scored(network: References, some: Sequence[Pack]) -> Iterator[tuple[Example, Tensor, int]]:
    """Yield each question with its logits and the column of the right answer."""
    network.eval()
    with torch.no_grad():
        for at in range(0, len(some), _BATCH):
            part = some[at : at + _BATCH]
            logits, _ = network(batch(part))
            answers, _ = _answers(part, logits.shape[1])
            every = [example for pack in part for example in pack.examples]
            yield from zip(every, logits, answers.tolist(), strict=True)


def measured(network: References, some: Sequence[Pack]) -> Figures:
    """Return how often the network is right where it knows all that was said before."""
    right: dict[str, int] = defaultdict(int)
    asked: dict[str, int] = defaultdict(int)
    loss = 0.0
    for one, logits, answer in scored(network, some):
        asked[one.source] += 1
        right[one.source] += int(logits.argmax()) == answer
        loss += 0.0 if answer == UNKNOWN else float(functional.cross_entropy(logits, torch.tensor(answer)))
    return Figures(right=right, asked=asked, loss=loss / max(1, sum(asked.values())))


def temperature(network: References, some: Sequence[Pack]) -> float:
    """Return the scale of the logits at which the right answers are likeliest (Guo et al., ICML 2017)."""
    rows = [(logits.double(), answer) for _, logits, answer in scored(network, some) if answer != UNKNOWN]

    def loss(scale: float) -> float:
        return float(sum(-torch.log_softmax(logits * scale, 0)[answer] for logits, answer in rows)) / len(rows)

    return float(minimize_scalar(loss, bounds=(0.2, 3.0), method="bounded").x)
