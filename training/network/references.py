"""The reference head in torch; `service.inference.references` is its twin in numpy."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from service.analysis.coreference.question import CANDIDATE, CIRCUMSTANCES, PAIRS
from service.inference.references import KINDS, LEAST, ROLES, SCORE_SCALE

_FLOOR = -1e4  # the logit of a candidate that a question of the batch does not have
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Questions of one batch, of all articles one after another.

    Attributes:
        pooled: every span that plays a part, as the encoder saw it, shape (spans, 3 * width).
        mentions: rows of `pooled`, shape (m,).
        asked: rows of `pooled` for source, cue and content, -1 where there is none, shape (questions, 3).
        pairs: shape (m, features).
        candidates: shape (n, features).
        circumstances: shape (questions, features).
        owner: the candidate of each mention, shape (m,).
        question_of_mention: shape (m,).
        question: of each candidate, shape (n,).
        column: each candidate's number in its question, shape (n,).
    """

    pooled: Tensor
    mentions: Tensor
    asked: Tensor
    pairs: Tensor
    candidates: Tensor
    circumstances: Tensor
    owner: Tensor
    question_of_mention: Tensor
    question: Tensor
    column: Tensor


class References(nn.Module):
    """Whom a phrase means: logits of each candidate, of somebody unnamed, of the author; and the kind of speaker."""

    def __init__(self, width: int, span: int = 128, hidden: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        for role in ROLES:
            setattr(self, role, nn.Linear(3 * width, span))
        self.absent = nn.Parameter(torch.zeros(len(ROLES) - 1, span))
        known = 3 * span + len(CIRCUMSTANCES)
        self.ask = nn.Linear(known, span)
        self.rest = nn.Linear(known, span)
        self.pair = nn.Linear(2 * span + len(PAIRS) + len(CANDIDATE) + len(CIRCUMSTANCES), hidden)
        self.score = nn.Linear(hidden, 1)
        self.nobody = nn.Linear(span + len(CIRCUMSTANCES) + 1, hidden)
        self.others = nn.Linear(hidden, 2)
        self.kind = nn.Linear(span, len(KINDS))
        self.dropout = nn.Dropout(dropout)
        self.thin = nn.Dropout(0.1)

    def forward(self, batch: Asked) -> tuple[Tensor, Tensor]:
        """Return logits, shape (questions, most candidates + 2), and those of the kinds, shape (questions, 4)."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            pooled = self.dropout(batch.pooled)
            mentions = functional.gelu(self.mention(pooled)).float()[batch.mentions]  # each span once
            asked = [
                functional.gelu(getattr(self, role)(pooled[batch.asked[:, at].clamp(min=0)])).float()
                for at, role in enumerate(ROLES[1:])
            ]
        source, cue, content = (
            torch.where((batch.asked[:, at] >= 0)[:, None], seen, self.absent[at]) for at, seen in enumerate(asked)
        )
        known = torch.cat([source, cue, content, batch.circumstances], dim=1)
        wanted, rest = self.ask(known), self.rest(known)
        at = batch.question_of_mention
        features = torch.cat(
            [
                wanted[at] * mentions,
                source[at] * mentions,
                batch.pairs,
                batch.candidates[batch.owner],
                batch.circumstances[at],
            ],
            dim=1,
        )
        scores = self.score(self.thin(functional.gelu(self.pair(features))))[:, 0]
        candidates = _joined(scores, batch.owner, len(batch.candidates))
        questions = len(batch.circumstances)
        best = torch.full((questions,), LEAST).scatter_reduce(0, batch.question, candidates.detach(), "amax")
        told = torch.cat([rest, batch.circumstances, (best / SCORE_SCALE).clamp(max=-LEAST / SCORE_SCALE)[:, None]], 1)
        others = self.others(self.thin(functional.gelu(self.nobody(told))))
        width = int(batch.column.max()) + 1 if len(batch.column) else 0
        logits = torch.full((questions, width), _FLOOR)
        logits[batch.question, batch.column] = candidates
        return torch.cat([logits, others], dim=1), self.kind(functional.gelu(rest))


def _joined(scores: Tensor, owner: Tensor, count: int) -> Tensor:
    most = torch.full((count,), _FLOOR).scatter_reduce(0, owner, scores.detach(), "amax")
    total = torch.zeros(count).index_add(0, owner, torch.exp(scores - most[owner]))
    return torch.log(total.clamp(min=_TINY)) + most
