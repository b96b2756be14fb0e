"""The network: one encoder, and over its hidden states the heads that `service.inference.heads` runs in numpy."""

import math
import random
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from service.inference.pair_features import LINK_FEATURES, LINK_KINDS
from service.inference.tag_layers import CONTEXT_HEADS, ENTITY_TYPES, LAYERS, ROLE_LAYERS
from service.inference.tokenizer import SHAPES
from training.network.crf import Chains

ROLES = 8  # discourse roles of newsdiscourse, an auxiliary task
_POOL = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The widths of the heads: span representations, hidden layers of the small networks."""

    span: int = 256
    hidden: int = 256
    link: int = 128


_local = threading.local()


def seed_thread(seed: str) -> None:
    """Seed this thread's random generator: threads that share one would draw in an undefined order."""
    _local.chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones


def _chance() -> random.Random:
    if not hasattr(_local, "chance"):
        seed_thread("0")
    chance: random.Random = _local.chance
    return chance


@cache
def _mask_pool(p: float) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(_POOL, generator=generator) >= p).float() / (1 - p)


class CheapDropout(nn.Module):
    """Dropout that takes its mask from a pool drawn once: drawing a new mask costs a fifth of each step on a CPU."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.pool: dict[torch.dtype, Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        """Drop each element with probability `p` while training."""
        if not self.training or self.p == 0:
            return x
        if x.dtype not in self.pool:
            self.pool[x.dtype] = _mask_pool(self.p).to(x.dtype)
        size = x.numel()
        at = _chance().randrange(_POOL - size)
        return x * self.pool[x.dtype][at : at + size].view(x.shape)


class SpanPooling(nn.Module):
    """Token rows of a span to one vector: first, last, mean and attention-weighted mean (Lee et al., EMNLP 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 1)

    def forward(self, hidden: Tensor, member: Tensor, first: Tensor, last: Tensor) -> Tensor:
        """Return shape (batch, spans, 4 * width); `member` (batch, spans, tokens) says which tokens a span holds."""
        score = self.attention(hidden).squeeze(-1)[:, None, :].masked_fill(~member, -1e4)
        weights = torch.softmax(score, dim=-1)
        mean = member.float() / member.sum(-1, keepdim=True).clamp(min=1)
        rows = torch.arange(len(hidden))[:, None]
        return torch.cat([hidden[rows, first], hidden[rows, last], mean @ hidden, weights @ hidden], dim=-1)


class StanceHead(nn.Module):
    """A holder's stance toward a target in a claim: favor, against, neutral. A shared trunk, one output per task."""

    TASKS = ("frame", "directed", "author", "second")

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.pool = SpanPooling(width)
        self.holder = nn.Linear(4 * width, sizes.span)
        self.target = nn.Linear(4 * width, sizes.span)
        self.claim = nn.Linear(4 * width, sizes.span)
        self.nobody = nn.Parameter(torch.zeros(sizes.span))
        self.key = nn.Linear(width, sizes.span)
        self.value = nn.Linear(width, sizes.span)
        self.query = nn.Linear(3 * sizes.span, sizes.span)
        self.hidden = nn.Linear(7 * sizes.span, sizes.hidden)
        self.shared = nn.Linear(sizes.hidden, 3)
        self.own = nn.ModuleDict({task: nn.Linear(sizes.hidden, 3) for task in self.TASKS})
        for layer in self.own.values():
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.dropout = CheapDropout(0.2)  # gold frames are few

    def forward(self, hidden: Tensor, spans: "Spans", queries: Tensor, task: str) -> Tensor:
        """Return logits, shape (queries, 3); `queries` rows: batch row, claim, holder or -1, target."""
        pooled = self.pool(hidden, spans.member, spans.first, spans.last)
        row, claim, holder, target = queries.unbind(1)
        c = functional.gelu(self.claim(pooled[row, claim]))
        t = functional.gelu(self.target(pooled[row, target]))
        h = functional.gelu(self.holder(pooled[row, holder.clamp(min=0)]))
        h = torch.where((holder >= 0)[:, None], h, self.nobody.expand_as(h))
        pair = self.query(torch.cat([h, t, c], dim=-1))
        seen = spans.member[row, claim] | spans.member[row, target]
        seen = seen | (spans.member[row, holder.clamp(min=0)] & (holder >= 0)[:, None])
        heads = CONTEXT_HEADS
        size = pair.shape[-1] // heads
        keys = self.key(hidden)[row].unflatten(-1, (heads, size))
        values = self.value(hidden)[row].unflatten(-1, (heads, size))
        score = torch.einsum("qhs,qths->qht", pair.unflatten(-1, (heads, size)), keys) / math.sqrt(size)
        weights = torch.softmax(score.masked_fill(~seen[:, None, :], -1e4), dim=-1)
        context = torch.einsum("qht,qths->qhs", weights, values).flatten(1)
        features = torch.cat([h, t, c, context, h * t, c * t, context * t], dim=-1)
        deep = self.dropout(functional.gelu(self.hidden(self.dropout(features))))
        return self.shared(deep) + self.own[task](deep)


class WorthHead(nn.Module):
    """Check-worthiness of a span: in news, and two auxiliary tasks of discourse."""

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.pool = SpanPooling(width)
        self.hidden = nn.Linear(4 * width, sizes.hidden)
        self.output = nn.Linear(sizes.hidden, 2 + ROLES)
        self.dropout = CheapDropout(0.1)

    def forward(self, hidden: Tensor, spans: "Spans", items: Tensor) -> Tensor:
        """Return logits, shape (items, 2 + roles); `items` rows: batch row, span."""
        pooled = self.pool(hidden, spans.member, spans.first, spans.last)
        row, span = items.unbind(1)
        return self.output(self.dropout(functional.gelu(self.hidden(self.dropout(pooled[row, span])))))


class LinkHead(nn.Module):
    """Which content, source and cue belong to one attribution: a small network over each pair of spans."""

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.pool = SpanPooling(width)
        self.role = nn.ModuleDict({role: nn.Linear(4 * width, sizes.link) for role in ("content", "source", "cue")})
        self.hidden = nn.ModuleDict(
            {"_".join(kind): nn.Linear(3 * sizes.link + LINK_FEATURES, sizes.link) for kind in LINK_KINDS}
        )
        self.output = nn.ModuleDict({"_".join(kind): nn.Linear(sizes.link, 1) for kind in LINK_KINDS})

    def forward(self, pooled: Tensor, pairs: Tensor, features: Tensor, kind: tuple[str, str]) -> Tensor:
        """Return one logit per pair; `pairs` rows: batch row, span of the first role, span of the second."""
        row, one, other = pairs.unbind(1)
        a = functional.gelu(self.role[kind[0]](pooled[row, one]))
        b = functional.gelu(self.role[kind[1]](pooled[row, other]))
        name = "_".join(kind)
        return self.output[name](
            functional.gelu(self.hidden[name](torch.cat([a, b, a * b, features], dim=-1)))
        ).squeeze(-1)


class CoreferenceHead(nn.Module):
    """Which earlier or nearby span a span means: scores of pairs (Lee et al., EMNLP 2017). It serves training alone.

    The reference head of an artifact is trained on the encoder's finished states. Here the encoder learns to say more
    of whom a phrase means.
    """

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.pool = SpanPooling(width)
        self.anaphor = nn.Linear(4 * width, sizes.link)
        self.antecedent = nn.Linear(4 * width, sizes.link)
        self.hidden = nn.Linear(3 * sizes.link, sizes.link)
        self.output = nn.Linear(sizes.link, 1)
        self.dropout = CheapDropout(0.2)

    def forward(self, hidden: Tensor, spans: "Spans", pairs: Tensor) -> Tensor:
        """Return one logit per pair, shape (pairs,); `pairs` rows: batch row, anaphor, possible antecedent."""
        pooled = self.dropout(self.pool(hidden, spans.member, spans.first, spans.last))
        row, anaphor, antecedent = pairs.unbind(1)
        a = functional.gelu(self.anaphor(pooled))[row, anaphor]
        b = functional.gelu(self.antecedent(pooled))[row, antecedent]
        logits: Tensor = self.output(functional.gelu(self.hidden(torch.cat([a, b, a * b], dim=-1))))
        return logits.squeeze(-1)


class TopicHead(nn.Module):
    """The stance of a text toward a proposition, from one pass over both."""

    def __init__(self, width: int, sizes: Sizes) -> None:
        super().__init__()
        self.hidden = nn.Linear(4 * width, sizes.hidden)
        self.output = nn.Linear(sizes.hidden, 3)
        self.dropout = CheapDropout(0.1)

    def forward(self, hidden: Tensor, text: Tensor, topic: Tensor) -> Tensor:
        """Return logits, shape (batch, 3); `text` and `topic` (batch, tokens) say which token belongs to which."""
        one = (text.float() / text.sum(-1, keepdim=True)).unsqueeze(1) @ hidden
        other = (topic.float() / topic.sum(-1, keepdim=True)).unsqueeze(1) @ hidden
        one, other = one.squeeze(1), other.squeeze(1)
        features = torch.cat([hidden[:, 0], one, other, one * other], dim=-1)
        return self.output(self.dropout(functional.gelu(self.hidden(self.dropout(features)))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """The spans of a batch: member (batch, spans, tokens), first and last (batch, spans)."""

    member: Tensor
    first: Tensor
    last: Tensor


class Network(nn.Module):
    """The encoder with its tag scores, and the heads."""

    def __init__(self, encoder: Any, vocabulary: int, sizes: Sizes, dropout: float = 0.1) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.vocabulary = vocabulary
        self.encoder = encoder
        _replace_dropout(encoder, dropout)
        _quicken_attention(encoder)
        self.shape = nn.Embedding(SHAPES, width)
        nn.init.zeros_(self.shape.weight)
        self.tags = nn.Linear(width, sum(layer.states for layer in LAYERS))
        self.roles = Chains(len(ROLE_LAYERS), 1)
        self.entities = Chains(1, len(ENTITY_TYPES))
        self.stance = StanceHead(width, sizes)
        self.worth = WorthHead(width, sizes)
        self.link = LinkHead(width, sizes)
        self.topic = TopicHead(width, sizes)
        self.coreference = CoreferenceHead(width, sizes)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return hidden (batch, tokens, width) and tag scores (batch, tokens, columns); ids carry shapes."""
        pieces = input_ids % self.vocabulary
        shapes = input_ids // self.vocabulary
        embedded = self.encoder.embeddings.word_embeddings(pieces) + self.shape(shapes)
        hidden = self.encoder(inputs_embeds=embedded, attention_mask=attention_mask).last_hidden_state.float()
        return hidden, self.tags(hidden)


def _replace_dropout(module: nn.Module, p: float) -> None:
    """Replace the dropout of hidden states; that of attention probabilities is off by configuration."""
    for name, child in module.named_children():
        if not isinstance(child, nn.Dropout):
            _replace_dropout(child, p)
        elif not type(module).__name__.endswith("SelfAttention"):
            setattr(module, name, CheapDropout(p))


def _quicken_attention(encoder: nn.Module) -> None:
    """Run MPNet's attention in bf16 while training: with 256 tokens, f32 scores cost a third of each step.

    The library adds a learned position bias in f32 to every layer's scores. Here the bias is frozen, and the scores
    stay in bf16. Evaluation and export run the library's own code.
    """
    bias = getattr(getattr(encoder, "encoder", None), "relative_attention_bias", None)
    if bias is None:
        return
    bias.weight.requires_grad_(False)
    for layer in encoder.encoder.layer:
        layer.attention.attn.forward = _QuickAttention(layer.attention.attn)


class _QuickAttention:
    """Replaces `MPNetSelfAttention.forward`, on the same weights."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.full = module.forward

    def __call__(self, hidden_states: Tensor, mask: Tensor | None, bias: Tensor, **options: Any) -> tuple[Tensor, ...]:
        """Return the attended hidden states, shape (batch, tokens, width)."""
        module = self.module
        if not module.training:
            attended: tuple[Tensor, ...] = self.full(hidden_states, mask, bias, **options)
            return attended
        batch, tokens, _ = hidden_states.shape
        heads, size = module.num_attention_heads, module.attention_head_size
        query, key, value = (
            layer(hidden_states).view(batch, tokens, heads, size).transpose(1, 2)
            for layer in (module.q, module.k, module.v)
        )
        with torch.autocast("cpu", enabled=False):  # which would widen the softmax
            score = (query / math.sqrt(size)) @ key.transpose(-1, -2)
            score = score.add_((bias if mask is None else bias + mask).to(score.dtype))
            mixed = torch.softmax(score, dim=-1) @ value
        return (module.o(mixed.transpose(1, 2).flatten(2)),)
