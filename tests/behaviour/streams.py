"""Behaviour of every stream; and a stream over a list."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from service.core.message import Message
from service.streaming.consume.batch import Batch, Run, Settled
from service.streaming.consume.partition import Lane, Partition
from service.worker.worker import Stream
from tests.progress import STILL

APPENDED_MS = 1_700_000_000_000  # when every record was appended


@dataclass
class ListStream:
    """A stream over a list of values, in one partition, that keeps what was settled."""

    values: deque[bytes] = field(default_factory=deque)
    most: int = 32
    settled: list[bytes] = field(default_factory=list)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    idled: int = 0
    _next: int = 0
    _lane: Lane = field(default_factory=lambda: Lane(topic="in", partition=Partition(0)))

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Take from the left."""
        await asyncio.sleep(0)
        run = []
        while self.values and len(run) < min(most or self.most, self.most):
            if run and size is not None and sum(len(each.value or b"") for each in run) + len(self.values[0]) > size:
                break
            value = self.values.popleft()
            run.append(
                Message(topic="in", key=b"k", value=value, partition=0, offset=self._next, timestamp=APPENDED_MS)
            )
            self._next += 1
        if not run:
            self.empty.set()
            return Batch()
        return Batch((Run(self._lane, run[0].offset or 0, tuple(run)),))

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Keep one output for each record."""
        if len(batch.messages) != len(outputs):
            raise ValueError("one output for each record")
        self.settled += [output.value or b"" for output in outputs]
        return [Settled.WRITTEN] * len(outputs)

    async def abandon(self, batch: Batch) -> None:
        """Put back."""
        self._next -= len(batch.messages)
        self.values.extendleft(message.value or b"" for message in reversed(batch.messages))

    async def idle(self) -> None:
        """Count."""
        self.idled += 1
        self.empty.set()


class Harness(ABC):
    """A stream under test, and both of its ends."""

    stream: Stream

    @abstractmethod
    async def put(self, values: Sequence[bytes]) -> None:
        """Write values to the input, in order, all to one partition."""

    @abstractmethod
    async def outcomes(self, count: int) -> list[bytes]:
        """Return what was committed, `count` values."""

    async def batch(self, *, most: int | None = None) -> Batch:
        """Take until something comes."""
        async with asyncio.timeout(STILL):
            while not (batch := await self.stream.take(most=most)).messages:
                pass
        return batch

    async def settle(self, batch: Batch) -> int:
        """Settle a batch, each record by its own value."""
        outputs = [Message(topic="", key=b"k", value=message.value) for message in batch.messages]
        settled = await self.stream.settle(batch, [self.addressed(output) for output in outputs])
        return settled.count(Settled.WRITTEN)

    def addressed(self, output: Message) -> Message:
        """Return the output as the stream wants it."""
        return output


class StreamBehaviour:
    """Behaviours; a subclass gives the fixture `harness`."""

    async def test_records_come_in_order_and_once(self, harness: Harness) -> None:
        """What is put is taken in that order, and what is settled is not taken again."""
        await harness.put([b"1", b"2", b"3"])
        batch = await harness.batch(most=2)
        assert [message.value for message in batch.messages][:2] == [b"1", b"2"][: len(batch.messages)]
        assert await harness.settle(batch) == len(batch.messages)
        while (done := batch.messages[-1].value) != b"3":
            batch = await harness.batch()
            assert int(batch.messages[0].value or b"") == int(done or b"") + 1
            await harness.settle(batch)
        assert await harness.outcomes(3) == [b"1", b"2", b"3"]

    async def test_no_more_than_asked_for(self, harness: Harness) -> None:
        """`most` bounds a batch."""
        await harness.put([b"%d" % number for number in range(10)])
        batch = await harness.batch(most=3)
        assert 1 <= len(batch.messages) <= 3

    async def test_no_larger_than_asked_for(self, harness: Harness) -> None:
        """`size` bounds a batch of more than one record."""
        await harness.put([b"%03d" % number for number in range(10)])
        came = [len((await self._done(harness, size=size)).messages) for size in (7, 1)]
        assert came[0] in {1, 2}
        assert came[1] == 1

    @staticmethod
    async def _done(harness: Harness, *, size: int) -> Batch:
        async with asyncio.timeout(STILL):
            while not (batch := await harness.stream.take(size=size)).messages:
                pass
        await harness.settle(batch)
        return batch

    async def test_the_next_is_taken_while_the_last_is_settled(self, harness: Harness) -> None:
        """What follows may be in hand before its predecessors are committed; both come out, in order."""
        await harness.put([b"%d" % number for number in range(6)])
        batch = await harness.batch(most=1)
        committed = 0
        while committed < 6:
            settling = asyncio.create_task(harness.settle(batch))
            if committed + len(batch.messages) < 6:
                batch = await harness.batch(most=1)
            committed += await settling
        assert await harness.outcomes(6) == [b"%d" % number for number in range(6)]

    async def test_what_is_put_back_comes_again(self, harness: Harness) -> None:
        """An abandoned batch is taken again, from its first record on, and nothing of it is committed."""
        await harness.put([b"1", b"2", b"3", b"4"])
        first = await harness.batch(most=2)
        await harness.stream.abandon(first)
        again = await harness.batch(most=2)
        assert again.messages[0].offset == first.messages[0].offset
        assert again.messages[0].value == b"1"
        await harness.settle(again)
        assert (await harness.outcomes(len(again.messages)))[0] == b"1"

    async def test_nothing_comes_of_nothing_soon(self, harness: Harness) -> None:
        """An empty input gives an empty batch, and does not hold its caller."""
        async with asyncio.timeout(STILL):
            assert (await harness.stream.take()).messages == ()
            await harness.stream.idle()

    async def test_one_output_for_each_record(self, harness: Harness) -> None:
        """A wrong number of outputs is refused."""
        await harness.put([b"1"])
        batch = await harness.batch()
        with pytest.raises(ValueError, match="output"):
            await harness.stream.settle(batch, [])
