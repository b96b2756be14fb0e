"""A batch of examples of one task to one loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from service.inference.pair_features import LINK_KINDS, near_pairs, pair_features
from service.inference.tag_layers import LAYERS, ROLE_LAYERS
from service.inference.tokenizer import line_starts
from service.inference.windows import padded_length
from training.data.examples import Example, Pair
from training.network.network import Network, Spans

UNKNOWN = -1.0
WORTH, SPEECH, ROLE = 0, 1, 2  # outputs of the worth head; roles from the last one on

# Weights of the labels: rare ones count more, by about the square root of how much rarer they are.
DIRECTION_WEIGHTS = (0.6, 1.5, 1.0, 3.0, 2.5)
FRAME_WEIGHTS = (1.6, 1.6, 0.7)
WORTH_WEIGHT = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """The special tokens that frame a window."""

    first: int
    last: int
    pad: int


def pad(rows: Sequence[np.ndarray], special: Special) -> tuple[Tensor, Tensor]:
    """Frame and pad rows of ids to one bucketed length; return ids and mask."""
    length = padded_length(max(len(row) for row in rows) + 2)
    ids = np.full((len(rows), length), special.pad, dtype=np.int64)
    mask = np.zeros((len(rows), length), dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, 0] = special.first
        ids[index, 1 : len(row) + 1] = row
        ids[index, len(row) + 1] = special.last
        mask[index, : len(row) + 2] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def window_loss(network: Network, batch: Sequence[Example], special: Special) -> dict[str, Tensor]:
    """Return the losses by name of a batch of windows; unknown labels do not contribute."""
    ids, mask = pad([example.ids for example in batch], special)
    with torch.autocast("cpu", torch.bfloat16):
        hidden, _ = network(ids, mask)
    hidden = hidden.float()[:, 1:]  # token i of a window is row i
    losses: dict[str, Tensor] = {}
    if any(example.states for example in batch):
        tags = network.tags(hidden)
        losses |= _tag_losses(network, batch, tags)
    spans = _spans(batch, hidden.shape[1])
    if spans is not None:
        losses |= _stance_losses(network, batch, hidden, spans)
        losses |= _worth_losses(network, batch, hidden, spans)
        losses |= _link_losses(network, batch, hidden, spans)
        losses |= _coreference_losses(network, batch, hidden, spans)
    return losses


def topic_loss(network: Network, batch: Sequence[Pair], special: Special) -> dict[str, Tensor]:
    """Return the loss of a batch of pairs."""
    middle = np.asarray([special.last])
    ids, mask = pad([np.concatenate([pair.text, middle, pair.topic]) for pair in batch], special)
    text, topic = torch.zeros_like(mask, dtype=torch.bool), torch.zeros_like(mask, dtype=torch.bool)
    for index, pair in enumerate(batch):
        text[index, 1 : 1 + len(pair.text)] = True
        topic[index, 2 + len(pair.text) : 2 + len(pair.text) + len(pair.topic)] = True
    with torch.autocast("cpu", torch.bfloat16):
        hidden, _ = network(ids, mask)
    logits = network.topic(hidden.float(), text, topic)
    return {"topic": functional.cross_entropy(logits, torch.tensor([pair.said for pair in batch]))}


def _tag_losses(network: Network, batch: Sequence[Example], tags: Tensor) -> dict[str, Tensor]:
    column = 0
    emissions, states, lengths, chains = [], [], [], []
    losses: dict[str, Tensor] = {}
    tokens = tags.shape[1]
    for layer in LAYERS:
        columns = slice(column, column + layer.states)
        column += layer.states
        known = [index for index, example in enumerate(batch) if layer.name in example.states]
        if not known:
            continue
        truth = torch.zeros(len(known), tokens, dtype=torch.long)
        for at, index in enumerate(known):
            truth[at, : len(batch[index].ids)] = torch.from_numpy(batch[index].states[layer.name])
        own = torch.tensor([len(batch[index].ids) for index in known])
        if layer.name in ROLE_LAYERS:
            emissions.append(tags[known][:, :, columns])
            states.append(truth)
            lengths.append(own)
            chains.append(torch.full((len(known),), ROLE_LAYERS.index(layer.name)))
        else:
            loss = network.entities.loss(
                tags[known][:, :, columns], truth, own, torch.zeros(len(known), dtype=torch.long)
            )
            losses["entity"] = 4 * loss.sum() / own.sum()
    if emissions:
        loss = network.roles.loss(torch.cat(emissions), torch.cat(states), torch.cat(lengths), torch.cat(chains))
        losses["roles"] = 4 * loss.sum() / sum(len(example.ids) for example in batch)
    return losses


def _spans(batch: Sequence[Example], tokens: int) -> Spans | None:
    count = max(len(example.spans) for example in batch)
    if count == 0:
        return None
    member = torch.zeros(len(batch), count, tokens, dtype=torch.bool)
    first = torch.zeros(len(batch), count, dtype=torch.long)
    last = torch.zeros(len(batch), count, dtype=torch.long)
    for row, example in enumerate(batch):
        for index, pieces in enumerate(example.spans):
            for start, end in pieces:
                member[row, index, start : end + 1] = True
            first[row, index], last[row, index] = pieces[0][0], pieces[-1][1]
        member[row, len(example.spans) :, 0] = True  # padding spans, which no query refers to
    return Spans(member=member, first=first, last=last)


def _stance_losses(network: Network, batch: Sequence[Example], hidden: Tensor, spans: Spans) -> dict[str, Tensor]:
    losses: dict[str, Tensor] = {}
    framed = torch.tensor(FRAME_WEIGHTS)
    for task, weights in (("frame", framed), ("second", framed), ("author", None)):
        queries = [
            (row, q.claim, q.holder, q.target) for row, example in enumerate(batch) for q in getattr(example, task)
        ]
        if queries:
            labels = torch.tensor([q.label for example in batch for q in getattr(example, task)])
            logits = network.stance(hidden, spans, torch.tensor(queries), task)
            losses[task] = functional.cross_entropy(logits, labels, weight=weights)
    losses |= _taught_losses(network, batch, hidden, spans)
    directed = [(row, *item) for row, example in enumerate(batch) for item in example.directed]
    if directed:
        table = torch.tensor(directed)
        row, p, q, claim, label = table.unbind(1)
        logits = _directed(network, hidden, spans, torch.stack([row, claim, p, q], dim=1))
        losses["directed"] = functional.cross_entropy(logits, label, weight=torch.tensor(DIRECTION_WEIGHTS))
    return losses


def _taught_losses(network: Network, batch: Sequence[Example], hidden: Tensor, spans: Spans) -> dict[str, Tensor]:
    """Cross entropy with a teacher's distributions: unweighted, since its own training weighted them already."""
    losses: dict[str, Tensor] = {}
    for name in ("taught_directed", "taught_author"):
        lessons = [(row, lesson) for row, example in enumerate(batch) for lesson in getattr(example, name)]
        if lessons:
            queries = torch.tensor([(row, lesson.claim, lesson.holder, lesson.target) for row, lesson in lessons])
            if name == "taught_directed":
                logits = _directed(network, hidden, spans, queries)
            else:
                logits = network.stance(hidden, spans, queries, "author")
            losses[name] = functional.cross_entropy(logits, torch.tensor([lesson.said for _, lesson in lessons]))
    return losses


def _directed(network: Network, hidden: Tensor, spans: Spans, queries: Tensor) -> Tensor:
    """Run each query (row, claim, p, q) in both directions; return the logits of the five labels, shape (n, 5)."""
    both = torch.cat([queries, queries[:, [0, 1, 3, 2]]])
    forth, back = network.stance(hidden, spans, both, "directed").chunk(2)
    return directions(forth, back)


def directions(forth: Tensor, back: Tensor) -> Tensor:
    """Combine stances of p toward q and q toward p, each (n, favor against neutral), to five labels, shape (n, 5)."""
    return torch.stack(
        [
            forth[:, 2] + back[:, 2],
            forth[:, 0] + back[:, 2],
            forth[:, 1] + back[:, 2],
            back[:, 0] + forth[:, 2],
            back[:, 1] + forth[:, 2],
        ],
        dim=1,
    )


def _worth_losses(network: Network, batch: Sequence[Example], hidden: Tensor, spans: Spans) -> dict[str, Tensor]:
    items = [(row, index) for row, example in enumerate(batch) for index, *_ in (*example.worth, *example.discourse)]
    if not items:
        return {}
    logits = network.worth(hidden, spans, torch.tensor(items))
    known = [
        row
        for example in batch
        for row in (
            *((float(label), UNKNOWN, UNKNOWN) for _, label in example.worth),
            *((UNKNOWN, float(flag), float(number)) for _, number, flag in example.discourse),
        )
    ]
    truth = torch.tensor(known)
    losses: dict[str, Tensor] = {}
    for name, column, weight in (("worth", WORTH, WORTH_WEIGHT), ("speech", SPEECH, 1.0)):
        rows = truth[:, column] >= 0
        if rows.any():
            losses[name] = functional.binary_cross_entropy_with_logits(
                logits[rows, column], truth[rows, column], pos_weight=torch.tensor(weight)
            )
    rows = truth[:, ROLE] >= 0
    if rows.any():
        losses["role"] = 0.3 * functional.cross_entropy(logits[rows, ROLE:], truth[rows, ROLE].long())
    return losses


def _link_losses(network: Network, batch: Sequence[Example], hidden: Tensor, spans: Spans) -> dict[str, Tensor]:
    if not any(example.roles for example in batch):
        return {}
    total: list[Tensor] = []
    pooled = network.link.pool(hidden, spans.member, spans.first, spans.last)
    breaks = [np.cumsum(line_starts(example.ids, network.vocabulary)) for example in batch]
    for kind in LINK_KINDS:
        pairs, features, labels = [], [], []
        for row, example in enumerate(batch):
            ones, others = (example.roles.get(role, []) for role in kind)
            if not ones or not others:
                continue
            places = _places(example, ones), _places(example, others)
            for near in near_pairs(*places):
                for i, j, described in zip(*near, pair_features(*places, near, breaks[row]), strict=True):
                    if kind[0] == kind[1] and i >= j:
                        continue
                    one, other = ones[i], others[j]
                    pairs.append((row, one, other))
                    features.append(described)
                    labels.append(float(bool(example.owners[one] & example.owners[other])))
        if pairs:
            logits = network.link(pooled, torch.tensor(pairs), torch.from_numpy(np.stack(features)), kind)
            total.append(functional.binary_cross_entropy_with_logits(logits, torch.tensor(labels)))
    return {"link": torch.stack(total).sum()} if total else {}


def _coreference_losses(network: Network, batch: Sequence[Example], hidden: Tensor, spans: Spans) -> dict[str, Tensor]:
    """Return minus the log of the probability of all right antecedents; "none of these" has the score 0."""
    asked = [(row, question) for row, example in enumerate(batch) for question in example.antecedents]
    if not asked:
        return {}
    pairs = torch.tensor([(row, one.anaphor, other) for row, one in asked for other in one.candidates])
    scores = network.coreference(hidden, spans, pairs)
    column = torch.tensor([at for _, one in asked for at in range(len(one.candidates))])
    number = torch.tensor([at for at, (_, one) in enumerate(asked) for _ in one.candidates])
    right = torch.tensor([other in one.right for _, one in asked for other in one.candidates])
    table = torch.full((len(asked), int(column.max()) + 2), -1e4)
    table[:, -1] = 0.0
    table[number, column] = scores
    truth = torch.zeros(table.shape, dtype=torch.bool)
    truth[number, column] = right
    truth[:, -1] = torch.tensor([not one.right for _, one in asked])
    chosen = torch.logsumexp(table.masked_fill(~truth, -1e4), dim=1)
    return {"coreference": (torch.logsumexp(table, dim=1) - chosen).mean()}


def _places(example: Example, indices: Sequence[int]) -> np.ndarray:
    return np.asarray([(example.spans[index][0][0], example.spans[index][-1][1]) for index in indices])
