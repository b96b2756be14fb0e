"""What the API needs of the rest of the service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from service.core.article import Article, Outcome
from service.core.message import Message
from service.core.model import ModelInfo
from service.core.questions import Answer, Question
from service.core.watches import NewWatch, Watch

Process = Callable[[Sequence[Article]], Awaitable[Sequence[Outcome]]]
"""Reads articles: one outcome for each, in order. Does not block the event loop."""

LoadedModels = Callable[[], Sequence[ModelInfo]]
"""Which models are loaded, the main one first; none while they are not there yet, or where this process runs none."""


Ask = Callable[[Question], Awaitable[Answer]]
"""Answers a question from the ledger. Does not block the event loop.

Raises:
    OverloadedError: too many questions wait.
    LedgerUnavailableError: the database does not answer, or not in time.

"""


class Watching(Protocol):
    """Keeps watches. Does not block the event loop.

    Each method raises `OverloadedError` where too many requests wait, and `LedgerUnavailableError` where the database
    does not answer, or not in time.
    """

    async def add(self, new: NewWatch) -> Watch:
        """Keep a watch.

        Raises:
            ClaimwireError: with code `too-many-watches`, there may be no more.

        """
        ...

    async def all(self) -> Sequence[Watch]:
        """Return every watch, the oldest first."""
        ...

    async def one(self, watch_id: str) -> Watch | None:
        """Return a watch; None where there is none of that id."""
        ...

    async def remove(self, watch_id: str) -> bool:
        """Remove a watch; return whether there was one."""
        ...


class Publisher(Protocol):
    """Puts a record into its topic."""

    async def publish(self, message: Message) -> tuple[int, int]:
        """Return partition and offset once every in-sync replica holds the record.

        Raises:
            PublishUnknownError: no answer came in time; the record may be in the log or not.
            BrokerUnavailableError: no broker answers; the record is not in the log.
            OverloadedError: too many publishes are in flight.
            ClaimwireError: with code `too-large`, the broker takes no record of that size.

        """
        ...


class History(Protocol):
    """Reads the output topic again where the live view no longer reaches."""

    def replay(self, after: Mapping[int, int], until: Mapping[int, int]) -> AsyncIterator[Message]:
        """Give the committed records of each partition behind offset `after`, up to and with offset `until`."""
        ...
