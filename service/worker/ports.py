"""What the worker needs of the world: the stream of records that it takes and settles."""

from collections.abc import Sequence
from typing import Protocol

from service.core.message import Message
from service.streaming.consume.batch import Batch, Settled


class Stream(Protocol):
    """Where records come from, and where their outcomes are committed together with their offsets."""

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Return the next records, at most `most` and, but for the first, `size` bytes; an empty batch soon if none.

        Called while the batch before is being settled, but never with two that are in hand.
        """
        ...

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Commit one output for each record of the batch; return what became of each, in order.

        Called in the order of `take`, one at a time.
        """
        ...

    async def abandon(self, batch: Batch) -> None:
        """Put the batch back."""
        ...

    async def idle(self) -> None:
        """Stay in the group without taking anything."""
        ...
