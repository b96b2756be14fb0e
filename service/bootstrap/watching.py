"""The watches of a ledger as the API keeps them: a database opened for writing, and threads that ask it."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from service.core.errors import ConfigurationError, OverloadedError
from service.core.watches import NewWatch, Watch
from service.ledger.database import Database, LedgerUnavailableError
from service.ledger.watches import Watches
from service.settings.ledger import LedgerSettings
from service.telemetry.logs import logger

_THREADS: Final = 2
_INSIDE: Final = 16  # requests at work or waiting

_log = logger(__name__)

Result = TypeVar("Result")


class KeepWatches:
    """Makes, lists and removes watches. Nothing is connected before the first request.

    Args:
        settings: The ledger's. `url` must be set.

    Raises:
        ConfigurationError: the url is of no kind that is supported.
    """

    def __init__(self, settings: LedgerSettings) -> None:
        self._database = Database(settings.model_copy(update={"timeout": settings.answer_timeout}))
        self._watches = Watches(self._database)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ledger-watches")
        self._inside = 0

    async def add(self, new: NewWatch) -> Watch:
        """Keep a watch; see `ports.Watching`."""
        return await self._called(lambda: self._watches.add(new))

    async def all(self) -> Sequence[Watch]:
        """Return every watch; see `ports.Watching`."""
        return await self._called(self._watches.all)

    async def one(self, watch_id: str) -> Watch | None:
        """Return a watch; see `ports.Watching`."""
        return await self._called(lambda: self._watches.one(watch_id))

    async def remove(self, watch_id: str) -> bool:
        """Remove a watch; see `ports.Watching`."""
        return await self._called(lambda: self._watches.remove(watch_id))

    def close(self) -> None:
        """Give up what waits, and close every connection."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._database.close()

    async def _called(self, call: Callable[[], Result]) -> Result:
        if self._inside >= _INSIDE:
            raise OverloadedError("Too many requests wait for the ledger's database.")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except LedgerUnavailableError as error:
            _log.warning("ledger.no-answer", error=str(error))
            raise
        except ConfigurationError as error:  # of whoever runs the service, not of whoever asks
            _log.error("ledger.no-answer", error=str(error))
            raise LedgerUnavailableError(str(error)) from error
        finally:
            self._inside -= 1
