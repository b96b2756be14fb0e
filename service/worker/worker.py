"""One article's way, from the input topic to its outcome: take, decode, process, encode, settle.

A bad record never stops the rest: one that cannot be decoded is a dead letter at once; one whose processing raises is
found by splitting its batch, tried again, and then a dead letter as well. When too many fail, the worker stops.

While one batch is being committed, which is waiting for the brokers, the next is taken and read: the model does not
wait for them. Batches are committed one after the other, in the order in which they were taken.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from service.core.article import Article, Enriched, Outcome, Rejected, Retracted, Skipped
from service.core.health import Check, HealthStatus, Probe
from service.core.message import Message
from service.settings import WorkerSettings
from service.streaming.consume.batch import Batch, Settled
from service.telemetry.logs import logger
from service.telemetry.metrics import Metrics
from service.worker.batch_size import Pace
from service.worker.breaker import Breaker
from service.worker.isolate import Process, TooMuchFailsError, Trial, fault
from service.worker.ports import Stream

_log = logger(__name__)

_PROBING_PAUSE: Final = 0.5  # seconds between signs of life while the breaker is open

Decode = Callable[[Message], Article | Rejected]
Encode = Callable[[Enriched | Retracted | Skipped, Message], Message]
Bury = Callable[[Message, Rejected, int], Message]


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
        self._pace = Pace(settings.batch_seconds)
        self._settling: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._deadline: asyncio.Timeout | None = None
        self._running = False

    async def run(self) -> None:
        """Work until `stop`, then finish what is in hand within `drain_timeout` seconds and return.

        What takes longer is put back: whoever has its partitions next does it again. The stream is left open; whoever
        opened it closes it.

        Raises:
            ConfigurationError, ArtifactError: going on is of no use.
        """
        self._running = True
        try:
            async with asyncio.timeout(None) as self._deadline:
                while not self._stopping.is_set():
                    await self._turn()
                await self._settled()
        except TimeoutError:
            if self._deadline is None or not self._deadline.expired():
                raise  # somebody else's: to end quietly would leave the partitions to nobody
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
        """Take one batch to its end; while the breaker is open, only stay in the group and try one record at times."""
        if self._breaker.open:
            await self._settled()  # it may be the probe, and close the breaker
        if not self._breaker.open:
            await self._work(await self._stream.take(size=self._pace.size))
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
            decoded = [self._decode(message) for message in messages]
            articles = [each for each in decoded if isinstance(each, Article)]
            trial.failures = len(decoded) - len(articles)
            read = iter(await trial.read(articles))
            results = [next(read) if isinstance(each, Article) else (each, 1) for each in decoded]
            self._read(messages, time.perf_counter() - began)
            written = [self._write(message, *result) for message, result in zip(messages, results, strict=True)]
            failed = [rejected is not None for _, rejected in written]
            if await self._spent(sum(failed)):
                raise TooMuchFailsError  # noqa: TRY301  # met in the middle of a trial as well
        except TooMuchFailsError:
            await self._give_up(batch)
            return
        except BaseException:
            await self._break_off()
            await self._stream.abandon(batch)
            raise
        outputs = [message for message, _ in written]
        self._settling = asyncio.create_task(self._settle(batch, outputs, results, failed), name="settle")

    def _read(self, messages: Sequence[Message], seconds: float) -> None:
        self._metrics.stage_seconds.labels("batch").observe(seconds)
        self._pace.note(sum(len(message.value or b"") for message in messages), seconds)

    async def _settle(
        self, batch: Batch, outputs: Sequence[Message], results: Sequence[tuple[Outcome, int]], failed: Sequence[bool]
    ) -> None:
        with self._metrics.stage("settle"):
            settled = await self._stream.settle(batch, outputs)
        self._note(results, failed, settled)

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
                settling.exception()  # heard: what made us break off is told in its place

    def _write(self, message: Message, outcome: Outcome, attempts: int) -> tuple[Message, Rejected | None]:
        """Return the record to write for one outcome, and why it is a dead letter, if it is one."""
        if not isinstance(outcome, Rejected):
            try:
                return self._encode(outcome, message), None
            except Exception as error:  # noqa: BLE001  # one event that cannot be written must not stop the others
                outcome = fault(error, "encoding-failed", "Writing the event raised")
        return self._bury(message, outcome, attempts), outcome

    async def _spent(self, failures: int) -> bool:
        """Return whether so many failures in one batch are too many, next to those before it. While probing, one is."""
        await self._settled()
        return failures > 0 if self._breaker.open else self._breaker.would_open(failures)

    async def _give_up(self, batch: Batch) -> None:
        self._breaker.trip(time.monotonic())
        _log.error("worker.breaker_open", failures=self._breaker.failures, window=self._settings.breaker_window)
        await self._stream.abandon(batch)

    def _note(self, results: Sequence[tuple[Outcome, int]], failed: Sequence[bool], settled: Sequence[Settled]) -> None:
        """Count what was committed, as what was committed. What was put back is counted when it comes again."""
        committed: list[bool] = []
        for (outcome, _), bad, each in zip(results, failed, settled, strict=True):
            if each is Settled.PUT_BACK:
                continue
            code = None
            if each is Settled.TOO_LARGE:
                code = str(each)
            elif bad:
                code = outcome.code if isinstance(outcome, Rejected) else "encoding-failed"
            committed.append(code is not None)
            self._metrics.articles.labels("dead_letter" if code else type(outcome).__name__.lower()).inc()
            if code is not None:
                self._metrics.dead_letters.labels(code).inc()
        if self._breaker.open and committed:
            self._breaker.reset()
            _log.info("worker.breaker_closed")
        self._breaker.record(committed)

    def checks(self) -> Sequence[Check]:
        """Return whether the worker runs, drains, or has stopped taking work."""
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
