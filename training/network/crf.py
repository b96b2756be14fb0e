"""The training side of the tag layers: the likelihood of a chain. `service.inference.crf` decodes, for every engine."""

import torch
from torch import Tensor, nn

from service.inference.crf import FORBIDDEN, allowed


class Chains(nn.Module):
    """Transitions of `count` chains that have the same types, and the loss over them (Lafferty et al., ICML 2001)."""

    def __init__(self, count: int, types: int) -> None:
        super().__init__()
        table = torch.from_numpy(allowed(types))
        self.register_buffer("forbidden", ~table, persistent=False)
        self.scores = nn.Parameter(torch.zeros(count, *table.shape))

    @property
    def transitions(self) -> Tensor:
        """Scores from row to column, shape (count, states, states), with what may not follow set to `FORBIDDEN`."""
        return self.scores.masked_fill(self.forbidden, FORBIDDEN)

    def loss(self, emissions: Tensor, states: Tensor, lengths: Tensor, chains: Tensor) -> Tensor:
        """Return the negative log likelihood of each sequence, shape (sequences,).

        A window may begin and end anywhere in a text, so any state is allowed at its edges.

        Args:
            emissions: scores, shape (sequences, tokens, states).
            states: the true states, shape (sequences, tokens).
            lengths: tokens that count, from the first on, shape (sequences,).
            chains: which chain each sequence belongs to, shape (sequences,).
        """
        emissions = emissions.float()
        transitions = self.transitions[chains]
        tokens = emissions.shape[1]
        real = torch.arange(tokens)[None, :] < lengths[:, None]
        own = emissions.gather(2, states[:, :, None]).squeeze(2)
        rows = torch.arange(len(states))[:, None]
        steps = transitions[rows, states[:, :-1], states[:, 1:]]
        truth = (own * real).sum(1) + (steps * real[:, 1:]).sum(1)
        alpha = emissions[:, 0]
        for at in range(1, int(lengths.max())):
            through = torch.logsumexp(alpha[:, :, None] + transitions, dim=1) + emissions[:, at]
            alpha = torch.where(real[:, at, None], through, alpha)
        return torch.logsumexp(alpha, dim=1) - truth
