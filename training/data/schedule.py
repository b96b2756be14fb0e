"""The order of batches: a mixture of tasks that is the same for the same seed and can be resumed at any step."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.inference.windows import padded_length


class Sized(Protocol):
    """An example that can count its tokens."""

    @property
    def length(self) -> int:
        """Return the tokens, special tokens counted."""
        ...


@dataclass(slots=True)
class Task:
    """One task's examples, and its share of all padded tokens.

    Batches are drawn without replacement: the examples are shuffled, cut into chunks, sorted by length inside a chunk
    (so that little is padded) and cut into batches of at most `budget` padded tokens, in random order.
    """

    name: str
    examples: Sequence[Sized]
    share: float
    budget: int
    seed: int
    epoch: int = 0
    at: int = 0
    tokens: int = 0
    _batches: list[list[int]] = field(default_factory=list)

    def next(self) -> list[int]:
        """Return the indices of the next batch."""
        if not self._batches:
            self._batches = list(self._shuffled())
        if self.at >= len(self._batches):
            self.epoch, self.at = self.epoch + 1, 0
            self._batches = list(self._shuffled())
        batch = self._batches[self.at]
        self.at += 1
        self.tokens += len(batch) * max(padded_length(self.examples[index].length) for index in batch)
        return batch

    def state(self) -> tuple[int, int, int]:
        """Return the position in the task, for a checkpoint."""
        return self.epoch, self.at, self.tokens

    def restore(self, state: tuple[int, int, int]) -> None:
        """Restore a saved position."""
        self.epoch, self.at, self.tokens = state
        self._batches = list(self._shuffled())

    def _shuffled(self) -> Iterator[list[int]]:
        chance = random.Random(f"{self.seed}/{self.name}/{self.epoch}")  # noqa: S311 - repeatable draws are wanted, not secret ones
        order = list(range(len(self.examples)))
        chance.shuffle(order)
        found: list[list[int]] = []
        chunk = 1024
        for start in range(0, len(order), chunk):
            batch: list[int] = []
            longest = 0
            for index in sorted(order[start : start + chunk], key=lambda i: (self.examples[i].length, i)):
                longest = max(longest, padded_length(self.examples[index].length))
                if batch and (len(batch) + 1) * longest > self.budget:
                    found.append(batch)
                    batch, longest = [], padded_length(self.examples[index].length)
                batch.append(index)
            found.append(batch)
        chance.shuffle(found)
        yield from found


def pick(tasks: Sequence[Task]) -> Task:
    """Return the task that is furthest behind its share: deterministic, and exact over any stretch of steps."""
    total = sum(task.tokens for task in tasks) + 1
    return max(tasks, key=lambda task: (task.share - task.tokens / total, task.name))
