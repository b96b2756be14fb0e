"""One article's way, from the input topic to its outcome: take, decode, process, encode, settle.

A bad record never stops the rest: one that cannot be decoded is a dead letter at once; one whose processing raises is
found by splitting its batch, tried again, and then a dead letter as well. When processing fails for too many, the
worker stops; records that cannot be decoded tell nothing about the model, and are buried however many they are.

While one batch is being committed, which is waiting for the brokers, the next is taken and read: the model does not
wait for them. Batches are committed one after the other, in the order in which they were taken.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from service.core.article import Article, Enriched, Rejected, Retracted, Skipped
from service.core.errors import TooSlowError
from service.core.health import Check, HealthStatus, Probe
from service.core.message import Message
from service.settings import WorkerSettings
from service.streaming.consume.batch import Batch, Settled
from service.telemetry.logs import logger
from service.telemetry.metrics import Metrics
from service.worker.batch_size import Pace
from service.worker.breaker import Breaker
from service.worker.isolate import Process, Result, TooMuchFailsError, Trial, fault
from service.worker.ports import Stream

_log = logger(__name__)

_PROBING_PAUSE: Final = 0.5  # seconds between signs of life while the breaker is open

Decode = Callable[[Message], Article | Rejected]
Encode = Callable[[Enriched | Retracted | Skipped, Message], Message]
Bury = Callable[[Message, Rejected, int], Message]


class Worker:
    """Takes batches and settles them until asked to stop.

    Args:
        stream: The input topic.
        process: Makes one outcome of each article, in order. What it raises is held against the articles.
        decode: Reads a record. What it raises is held against the record.
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
        self._pace = Pace(settings.batch_seconds)
        self._alone = 0  # how many records are to be taken one by one
        self._settling: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._deadline: asyncio.Timeout | None = None
        self._running = False

    async def run(self) -> None:
        """Work until `stop`, then finish what is in hand within `drain_timeout` seconds and return.

        What takes longer is put back: the next owner of its partitions does it again. The stream is left open; whoever
        opened it closes it.

        Raises:
            ConfigurationError, ArtifactError: retrying does not help.
        """
        self._running = True
        try:
            async with asyncio.timeout(None) as self._deadline:
                while not self._stopping.is_set():
                    await self._turn()
                await self._settled()
        except TimeoutError:
            if self._deadline is None or not self._deadline.expired():
                raise  # another timeout: to end quietly would leave the partitions without an owner
            _log.warning("worker.drain_timed_out", seconds=self._settings.drain_timeout)
        finally:
            self._running = False
            await self._break_off()

    def stop(self) -> None:
        """Take no more work; `run` returns once the batch in hand is committed, or the drain timeout is over."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._deadline is not None and self._running:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._settings.drain_timeout)

    async def _turn(self) -> None:
        """Take one batch to its end; while the breaker is open, only stay in the group and try one article at times.

        A record that turns out to be none is buried, and leaves the probe due: the next one is taken at once.
        """
        if self._breaker.open:
            await self._settled()  # it may be the probe, and close the breaker
        if not self._breaker.open:
            batch = await self._stream.take(most=1 if self._alone else None, size=self._pace.size)
            self._alone = max(0, self._alone - len(batch.messages))
            await self._work(batch)
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
        4. Wait until the batch before is settled, and counted.
        5. Begin to settle: one transaction per partition. The next batch is taken meanwhile.

        When that would be one dead letter too many, nothing is written, and the batch is put back.
        """
        messages = batch.messages
        if not messages:
            if self._settling is not None and self._settling.done():
                await self._settled()  # with nothing else to do, an error must not wait for the next article
            return
        self._metrics.batch_articles.observe(len(messages))
        trial = Trial(process=self._process, settings=self._settings, spent=self._spent)
        try:
            began = time.perf_counter()
            decoded = [self._decoded(message) for message in messages]
            read = iter(await trial.read([each for each in decoded if isinstance(each, Article)]))
            results = [
                next(read) if isinstance(each, Article) else Result(outcome=each, failed=None) for each in decoded
            ]
            self._read(messages, time.perf_counter() - began)
            written = [self._write(message, result) for message, result in zip(messages, results, strict=True)]
            if await self._spent(sum(result.failed is True for _, result in written)):
                raise TooMuchFailsError  # noqa: TRY301  # met in the middle of a trial as well
        except TooMuchFailsError:
            await self._give_up(batch)
            return
        except TooSlowError:
            await self._slow_down(batch)
            return
        except BaseException:
            await self._break_off()
            await self._stream.abandon(batch)
            raise
        self._settling = asyncio.create_task(self._settle(batch, written), name="settle")

    def _decoded(self, message: Message) -> Article | Rejected:
        try:
            return self._decode(message)
        except Exception as error:  # noqa: BLE001  # nothing that anybody can write to the topic may end the worker
            return fault(error, "decoding-failed", "Reading the record raised")

    def _read(self, messages: Sequence[Message], seconds: float) -> None:
        self._metrics.stage_seconds.labels("batch").observe(seconds)
        self._pace.note(sum(len(message.value or b"") for message in messages), seconds)

    async def _settle(self, batch: Batch, written: Sequence[tuple[Message, Result]]) -> None:
        with self._metrics.stage("settle"):
            settled = await self._stream.settle(batch, [message for message, _ in written])
        self._note([result for _, result in written], settled)
        now = time.time()
        for record, each in zip(batch.messages, settled, strict=True):
            if each is not Settled.PUT_BACK and record.timestamp is not None:
                self._metrics.article_seconds.observe(max(0.0, now - record.timestamp / 1_000))

    async def _settled(self) -> None:
        """Wait until no batch is being settled.

        Raises:
            ConfigurationError: Kafka refuses what an ACL must allow.
        """
        settling, self._settling = self._settling, None
        if settling is not None:
            await settling

    async def _break_off(self) -> None:
        """End a settling under way: its transactions are aborted, or begun anew from what the brokers know of them."""
        settling, self._settling = self._settling, None
        if settling is not None:
            settling.cancel()
            await asyncio.wait({settling})
            if not settling.cancelled():
                settling.exception()  # retrieved; the reason for breaking off is reported instead

    def _write(self, message: Message, result: Result) -> tuple[Message, Result]:
        """Return the record to write for one result, and the result, which fails when its event cannot be written."""
        if not isinstance(result.outcome, Rejected):
            try:
                return self._encode(result.outcome, message), result
            except Exception as error:  # noqa: BLE001  # one event that cannot be written must not stop the others
                rejected = fault(error, "encoding-failed", "Writing the event raised")
                result = Result(outcome=rejected, attempts=result.attempts, failed=True)
                return self._bury(message, rejected, result.attempts), result
        return self._bury(message, result.outcome, result.attempts), result

    async def _spent(self, failures: int) -> bool:
        """Return whether this many failures of a batch are too many, given those before. While probing, one is."""
        await self._settled()
        return failures > 0 if self._breaker.open else self._breaker.would_open(failures)

    async def _slow_down(self, batch: Batch) -> None:
        """Put a batch back whose articles together take too long, and take them one by one."""
        _log.warning("worker.batch_too_slow", articles=len(batch.messages), seconds=self._settings.article_timeout)
        await self._settled()
        self._alone = len(batch.messages)
        await self._stream.abandon(batch)

    async def _give_up(self, batch: Batch) -> None:
        self._breaker.trip(time.monotonic())
        _log.error("worker.breaker_open", failures=self._breaker.failures, window=self._settings.breaker_window)
        await self._stream.abandon(batch)

    def _note(self, results: Sequence[Result], settled: Sequence[Settled]) -> None:
        """Count what was committed, as what was committed. What was put back is counted when it comes again."""
        tried: list[bool] = []
        for result, each in zip(results, settled, strict=True):
            if each is Settled.PUT_BACK:
                continue
            code = result.outcome.code if isinstance(result.outcome, Rejected) else None
            if each is Settled.TOO_LARGE:
                code = str(each)
            if result.failed is not None:
                tried.append(result.failed)
            self._metrics.articles.labels("dead_letter" if code else type(result.outcome).__name__.lower()).inc()
            if code is not None:
                self._metrics.dead_letters.labels(code).inc()
            elif isinstance(result.outcome, Enriched):
                self._metrics.read_articles.labels(result.outcome.model.name).inc()
                if result.outcome.extraction is not None:
                    self._metrics.extractions.labels(result.outcome.extraction.method).inc()
        if self._breaker.open and tried:
            self._breaker.reset()
            _log.info("worker.breaker_closed")
        self._breaker.record(tried)

    def checks(self) -> Sequence[Check]:
        """Return whether the worker runs, drains, or has stopped taking work."""
        running = self._running and not self._stopping.is_set()
        detail = None
        if not running:
            detail = "The worker is draining." if self._running else "The worker does not run."
        elif self._breaker.open:
            detail = (
                f"Processing failed for more than {self._settings.breaker_share:.0%} of the last "
                f"{self._settings.breaker_window} articles; no work is taken until one goes through."
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
