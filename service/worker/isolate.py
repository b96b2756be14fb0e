"""Which articles of a batch cannot be read: found by splitting it, tried again, and given up one by one."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.core.article import Article, Outcome, Rejected
from service.core.errors import ArtifactError, ClaimwireError, ConfigurationError, TooSlowError
from service.settings import WorkerSettings
from service.telemetry.logs import logger

_log = logger(__name__)

_FRAMES: Final = 3  # of a traceback, innermost last, that are logged for a failed article

Process = Callable[[Sequence[Article]], Awaitable[Sequence[Outcome]]]


class TooMuchFailsError(Exception):
    """The breaker opens: the batch must not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one record.

    Attributes:
        outcome: what is written of it.
        attempts: how often it was processed, at least 1.
        failed: whether processing it raised; None where it was not processed, which says nothing about the model.
    """

    outcome: Outcome
    attempts: int = 1
    failed: bool | None = False


class Trial:
    """Finds the articles of one batch whose processing raises.

    Everything stops as soon as `spent` returns true for the number of failures.
    """

    def __init__(self, *, process: Process, settings: WorkerSettings, spent: Callable[[int], Awaitable[bool]]) -> None:
        self._failures = 0
        self._process = process
        self._settings = settings
        self._spent = spent

    async def read(self, articles: Sequence[Article]) -> list[Result]:
        """Return the result of each article, in order.

        A batch that raises is cut in half, and each half tried, down to the single article, which gets `max_attempts`
        tries with a pause that doubles. With k bad articles among n that takes about k * log2(n) more runs.

        Raises:
            TooMuchFailsError: the breaker would open.
            TooSlowError: several articles together took too long; whoever has them reads them one by one.
            ConfigurationError, ArtifactError: no article is to blame.
        """
        if not articles:
            return []
        try:
            return [Result(outcome=outcome) for outcome in await self._once(articles)]
        except (ConfigurationError, ArtifactError):
            raise
        except TooSlowError as error:
            if len(articles) > 1:
                raise
            return [await self._failed(error, attempts=1)]
        except Exception as error:  # noqa: BLE001  # whatever a model or a parser may raise
            if len(articles) > 1:
                middle = len(articles) // 2
                return [*await self.read(articles[:middle]), *await self.read(articles[middle:])]
            return [await self._again(articles[0], error)]

    async def _again(self, article: Article, error: Exception) -> Result:
        pause = self._settings.backoff
        for attempt in range(2, self._settings.max_attempts + 1):
            await asyncio.sleep(pause)
            pause *= 2
            try:
                return Result(outcome=(await self._once([article]))[0], attempts=attempt)
            except (ConfigurationError, ArtifactError):
                raise
            except TooSlowError as latest:
                return await self._failed(latest, attempts=attempt)
            except Exception as latest:  # noqa: BLE001  # as above
                error = latest
        return await self._failed(error, attempts=self._settings.max_attempts)

    async def _failed(self, error: Exception, *, attempts: int) -> Result:
        """Give an article up, unless that would be one too many."""
        self._failures += 1
        if await self._spent(self._failures):
            raise TooMuchFailsError from error
        rejected = fault(error, "processing-failed", "Processing raised")
        return Result(outcome=rejected, attempts=attempts, failed=True)

    async def _once(self, articles: Sequence[Article]) -> Sequence[Outcome]:
        outcomes = await self._process(articles)
        if len(outcomes) != len(articles):
            raise RuntimeError(f"{len(articles)} articles gave {len(outcomes)} outcomes")
        return outcomes


def fault(error: Exception, code: str, what: str) -> Rejected:
    """Return the reason for a dead letter. The error's own text stays out of it, and of the log: it may quote."""
    if isinstance(error, ClaimwireError):
        code = error.code
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-_FRAMES:]]
    _log.warning("worker.article_failed", code=code, error=type(error).__name__, where=where)
    return Rejected(code=code, message=f"{what} {type(error).__name__}.")
