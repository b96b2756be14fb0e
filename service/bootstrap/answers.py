"""The ledger's answers, put together: a database opened for reading, and threads that ask it."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from service.core.errors import ConfigurationError, OverloadedError
from service.core.questions import Answer, Question
from service.ledger.answers import Answers
from service.ledger.database import POOL, Database, LedgerUnavailableError
from service.settings.ledger import LedgerSettings
from service.telemetry.logs import logger

_WAITING: Final = 32  # questions that wait for a connection; each takes `answer_timeout` at most

_log = logger(__name__)


class AskLedger:
    """Answers questions in threads, one for each connection. Nothing is connected before the first.

    A question whose caller has left is taken out while it waits; one that the database works on is not.

    Args:
        settings: The ledger's. `url` must be set.

    Raises:
        ConfigurationError: the url is of no kind that is supported.
    """

    def __init__(self, settings: LedgerSettings) -> None:
        self._database = Database(settings.model_copy(update={"timeout": settings.answer_timeout}), read_only=True)
        self._answers = Answers(self._database)
        self._threads = ThreadPoolExecutor(POOL, thread_name_prefix="ledger-answers")
        self._inside = 0

    async def __call__(self, question: Question) -> Answer:
        """Return the answer.

        Raises:
            OverloadedError: too many questions wait.
            LedgerUnavailableError: the database does not answer, or its tables are not of this version.
        """
        if self._inside >= POOL + _WAITING:
            raise OverloadedError("Too many questions wait for the ledger's database.")
        loop = asyncio.get_running_loop()
        future: Future[Answer] = self._threads.submit(self._answers.answer, question)
        self._inside += 1
        future.add_done_callback(lambda _done: loop.call_soon_threadsafe(self._leave))
        try:
            return await asyncio.wrap_future(future)
        except LedgerUnavailableError as error:
            _log.warning("ledger.no-answer", error=str(error))
            raise
        except ConfigurationError as error:  # of whoever runs the service, not of whoever asks
            _log.error("ledger.no-answer", error=str(error))
            raise LedgerUnavailableError(str(error)) from error

    def close(self) -> None:
        """Give up what waits, and close every connection."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._database.close()

    def _leave(self) -> None:
        self._inside -= 1
