"""Which faults come when: drawn by a seed, so that a run that found something can be made again."""

import random
from collections.abc import Sequence
from typing import Final

from tests.chaos.faults import FAULTS, fit

Step = tuple[str, ...]  # the faults of one moment

_SIZES: Final = (2, 1, 1, 3, 1, 1, 2, 1, 1)  # how many faults come at once, again and again


class _Turns:
    """Gives each kind its turn, in a drawn order, before one has a second turn."""

    def __init__(self, chance: random.Random, kinds: Sequence[str]) -> None:
        self._chance = chance
        self._kinds = kinds
        self._left: list[str] = []

    def take(self, others: Step) -> str | None:
        """Return the next kind that can be at work together with these; None where none can."""
        again = self._chance.sample(self._kinds, len(self._kinds))
        for name in (*self._left, *again):
            if fit((*others, name)):
                if name not in self._left:
                    self._left += again
                self._left.remove(name)
                return name
        return None


def draw(seed: int, *, steps: int, kinds: Sequence[str] = tuple(FAULTS)) -> list[Step]:
    """Return so many moments, a third of them with two or three faults at once.

    Each kind has its turn, alone and in company, before one has a second turn, as far as the number allows.
    """
    chance = random.Random(seed)  # noqa: S311  # a run can be repeated
    alone, company = _Turns(chance, kinds), _Turns(chance, kinds)
    drawn: list[Step] = []
    for number in range(steps):
        wanted = _SIZES[number % len(_SIZES)]
        step: Step = ()
        while len(step) < wanted and (name := (company if wanted > 1 else alone).take(step)) is not None:
            step = (*step, name)
        drawn.append(step)
    return drawn
