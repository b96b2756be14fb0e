"""One article's way, from the input topic to its outcome: take, decode, process, encode, settle.

A bad record never stops the rest: one that cannot be decoded is a dead letter at once; one whose processing raises is
found by splitting its batch, tried again, and then a dead letter as well. When too many fail, the worker stops.
"""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from service.core.article import Article, Enriched, Message, Outcome, Rejected, Retracted, Skipped
from service.core.breaker import Breaker
from service.core.errors import ArtifactError, ClaimwireError, ConfigurationError
from service.core.health import Check, HealthStatus, Probe
from service.settings import WorkerSettings
from service.streaming.batches import Batch
from service.telemetry import Metrics, logger

_log = logger(__name__)

_FRAMES: Final = 3  # of a traceback, innermost last, that the log tells of an article's failure
_PROBING_PAUSE: Final = 0.5  # seconds between signs of life while the breaker is open

Process = Callable[[Sequence[Article]], Awaitable[Sequence[Outcome]]]
Decode = Callable[[Message], Article | Rejected]
Encode = Callable[[Enriched | Retracted | Skipped, Message], Message]
Bury = Callable[[Message, Rejected, int], Message]


class Stream(Protocol):
    """Where records come from, and where their outcomes are committed together with their offsets."""

    async def take(self, *, most: int | None = None) -> Batch:
        """Return the next records; an empty batch soon, when there are none."""
        ...

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> int:
        """Commit one output for each record of the batch; return how many were committed."""
        ...

    async def abandon(self, batch: Batch) -> None:
        """Put the batch back."""
        ...

    async def idle(self) -> None:
        """Stay in the group without taking anything."""
        ...


class Worker:
    """Takes batches and settles them until told to stop.

    Args:
        stream: The input topic.
        process: Makes one outcome of each article, in order. What it raises is held against the articles.
        decode: Reads a record. Never raises.
        encode: Writes an outcome as a record for the output topic.
        bury: Writes a dead letter: the record, why, and the attempts made.
        settings: Limits.
        metrics: Where outcomes are counted.
    """

    def __init__(
        self,
        *,
        stream: Stream,
        process: Process,
        decode: Decode,
        encode: Encode,
        bury: Bury,
        settings: WorkerSettings,
        metrics: Metrics,
    ) -> None:
        self._stream = stream
        self._process = process
        self._decode = decode
        self._encode = encode
        self._bury = bury
        self._settings = settings
        self._metrics = metrics
        self._breaker = Breaker(window=settings.breaker_window, share=settings.breaker_share)
        self._stopping = asyncio.Event()
        self._deadline: asyncio.Timeout | None = None
        self._running = False

    async def run(self) -> None:
        """Work until `stop`, then finish the batch in hand within `drain_timeout` seconds and return.

        A batch that takes longer is put back: whoever has its partitions next does it again. The stream is left open;
        whoever opened it closes it.

        Raises:
            ConfigurationError, ArtifactError: going on is of no use.
        """
        self._running = True
        try:
            async with asyncio.timeout(None) as self._deadline:
                while not self._stopping.is_set():
                    await self._turn()
        except TimeoutError:
            if self._deadline is None or not self._deadline.expired():
                raise  # somebody else's: to end quietly would leave the partitions to nobody
            _log.warning("worker.drain_timed_out", seconds=self._settings.drain_timeout)
        finally:
            self._running = False

    def stop(self) -> None:
        """Take no more work; `run` returns once the batch in hand is committed, or the drain timeout is over."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._deadline is not None and self._running:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._settings.drain_timeout)

    async def _turn(self) -> None:
        """Take one batch to its end; while the breaker is open, only stay in the group and try one record at times."""
        if not self._breaker.open:
            await self._work(await self._stream.take())
        elif self._breaker.probe_due(time.monotonic()):
            await self._work(await self._stream.take(most=1))
        else:
            await self._stream.idle()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _PROBING_PAUSE)

    async def _work(self, batch: Batch) -> None:
        """One batch.

        1. Decode each record.
        2. Process the articles of all partitions together.
        3. Write an event or a dead letter for each record, in order.
        4. Settle: one transaction a partition.

        When that would be one dead letter too many, nothing is written, and the batch is put back.
        """
        messages = batch.messages
        if not messages:
            return
        self._metrics.batch_articles.observe(len(messages))
        trial = _Trial(process=self._process, settings=self._settings, spent=self._spent)
        try:
            with self._metrics.stage_seconds.labels("batch").time():
                decoded = [self._decode(message) for message in messages]
                articles = [each for each in decoded if isinstance(each, Article)]
                trial.failures = len(decoded) - len(articles)
                read = iter(await trial.read(articles))
                results = [next(read) if isinstance(each, Article) else (each, 1) for each in decoded]
            written = [self._write(message, *result) for message, result in zip(messages, results, strict=True)]
            failed = [rejected is not None for _, rejected in written]
            if self._spent(sum(failed)):
                raise _TooMuchFailsError  # noqa: TRY301  # met in the middle of a trial as well
        except _TooMuchFailsError:
            await self._give_up(batch)
            return
        except BaseException:
            await self._stream.abandon(batch)
            raise
        with self._metrics.stage_seconds.labels("settle").time():
            committed = await self._stream.settle(batch, [message for message, _ in written])
        self._note(results, failed, whole=committed == len(messages))

    def _write(self, message: Message, outcome: Outcome, attempts: int) -> tuple[Message, Rejected | None]:
        """Return the record to write for one outcome, and why it is a dead letter, if it is one."""
        if not isinstance(outcome, Rejected):
            try:
                return self._encode(outcome, message), None
            except Exception as error:  # noqa: BLE001  # one event that cannot be written must not stop the others
                outcome = _fault(error, "encoding-failed", "Writing the event raised")
        return self._bury(message, outcome, attempts), outcome

    def _spent(self, failures: int) -> bool:
        """Tell whether so many failures in one batch are too many. While probing, one is."""
        return failures > 0 if self._breaker.open else self._breaker.would_open(failures)

    async def _give_up(self, batch: Batch) -> None:
        self._breaker.trip(time.monotonic())
        _log.error("worker.breaker_open", failures=self._breaker.failures, window=self._settings.breaker_window)
        await self._stream.abandon(batch)

    def _note(self, results: Sequence[tuple[Outcome, int]], failed: Sequence[bool], *, whole: bool) -> None:
        """Count what was committed. A batch that was committed in part is counted when the rest comes again."""
        if not whole:
            return
        if self._breaker.open:
            self._breaker.reset()
            _log.info("worker.breaker_closed")
        self._breaker.record(failed)
        for (outcome, _), bad in zip(results, failed, strict=True):
            self._metrics.articles.labels("dead_letter" if bad else type(outcome).__name__.lower()).inc()
            if bad:
                code = outcome.code if isinstance(outcome, Rejected) else "encoding-failed"
                self._metrics.dead_letters.labels(code).inc()

    def checks(self) -> Sequence[Check]:
        """Tell whether the worker runs, drains, or has stopped taking work."""
        running = self._running and not self._stopping.is_set()
        detail = None
        if not running:
            detail = "The worker is draining." if self._running else "The worker does not run."
        elif self._breaker.open:
            detail = (
                f"More than {self._settings.breaker_share:.0%} of the last {self._settings.breaker_window} records "
                "failed; no work is taken until one goes through."
            )
        healthy = detail is None
        return (
            Check(
                name="worker",
                status=HealthStatus.PASS if healthy else HealthStatus.FAIL,
                fails=frozenset() if healthy else frozenset({Probe.READY}),
                detail=detail,
                observed={"failures": self._breaker.failures, "window": self._settings.breaker_window},
            ),
        )


class _TooMuchFailsError(Exception):
    """The breaker opens: the batch must not be written."""


class _Trial:
    """Finds the articles of one batch whose processing raises.

    `failures` counts the rejected records so far; as soon as `spent` says that these are too many, everything stops.
    """

    def __init__(self, *, process: Process, settings: WorkerSettings, spent: Callable[[int], bool]) -> None:
        self.failures = 0
        self._process = process
        self._settings = settings
        self._spent = spent

    async def read(self, articles: Sequence[Article]) -> list[tuple[Outcome, int]]:
        """Return an outcome and the attempts made for each article, in order.

        A batch that raises is cut in half, and each half tried, down to the single article, which gets `max_attempts`
        tries with a pause that doubles. With k bad articles among n that takes about k * log2(n) more runs.

        Raises:
            _TooMuchFailsError: the breaker would open.
            ConfigurationError, ArtifactError: no article is to blame.
        """
        if not articles:
            return []
        try:
            return [(outcome, 1) for outcome in await self._once(articles)]
        except (ConfigurationError, ArtifactError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a model or a parser may raise
            if len(articles) > 1:
                middle = len(articles) // 2
                return [*await self.read(articles[:middle]), *await self.read(articles[middle:])]
            return [await self._again(articles[0], error)]

    async def _again(self, article: Article, error: Exception) -> tuple[Outcome, int]:
        pause = self._settings.backoff
        for attempt in range(2, self._settings.max_attempts + 1):
            await asyncio.sleep(pause)
            pause *= 2
            try:
                return (await self._once([article]))[0], attempt
            except (ConfigurationError, ArtifactError):
                raise
            except Exception as latest:  # noqa: BLE001  # as above
                error = latest
        self.failures += 1
        if self._spent(self.failures):
            raise _TooMuchFailsError from error
        return _fault(error, "processing-failed", "Processing raised"), self._settings.max_attempts

    async def _once(self, articles: Sequence[Article]) -> Sequence[Outcome]:
        outcomes = await self._process(articles)
        if len(outcomes) != len(articles):
            raise RuntimeError(f"{len(articles)} articles gave {len(outcomes)} outcomes")
        return outcomes


def _fault(error: Exception, code: str, what: str) -> Rejected:
    """Return the reason for a dead letter. The error's own text stays out of it, and of the log: it may quote."""
    if isinstance(error, ClaimwireError):
        code = error.code
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-_FRAMES:]]
    _log.warning("worker.article_failed", code=code, error=type(error).__name__, where=where)
    return Rejected(code=code, message=f"{what} {type(error).__name__}.")
