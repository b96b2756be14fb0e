"""What is in hand, and the signs of life meanwhile."""

import asyncio

import pytest

from service.streaming.consume.batch import Batch, Run
from service.streaming.consume.in_flight import Hand
from service.streaming.consume.partition import Lane, Partition
from service.telemetry.metrics import Metrics
from tests.unit.streaming.test_batch import record

pytestmark = pytest.mark.anyio

PAUSE = 0.05  # seconds between two signs of life, with the interval below


@pytest.fixture
def anyio_backend() -> str:
    """Asyncio alone."""
    return "asyncio"


class Touched:
    """An in-flight counter that counts its signs of life."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.touches = 0
        self.hand = Hand(self.touch, max_poll_interval=PAUSE * 6, metrics=self.metrics)

    async def touch(self, patience: float) -> None:
        """Count."""
        assert patience == pytest.approx(PAUSE)
        self.touches += 1

    def in_hand(self) -> float | None:
        """Return what the metric says."""
        return self.metrics.registry.get_sample_value("claimwire_in_hand_articles")


def batch(count: int) -> Batch:
    """Return a batch of that many records."""
    lane = Lane(topic="in", partition=Partition(0))
    return Batch((Run(lane, 0, tuple(record(0, offset, 1) for offset in range(count))),))


async def test_both_batches_count_until_they_are_released() -> None:
    """The batch being committed and the batch being read are counted together, and a rebalance waits for both."""
    touched = Touched()
    first, second = batch(2), batch(3)
    touched.hand.hold(first)
    await touched.hand.rest()
    touched.hand.hold(second)
    assert touched.in_hand() == 5
    await touched.hand.release(first)
    assert touched.in_hand() == 3
    assert not await touched.hand.emptied(0.01)
    await touched.hand.release(second)
    assert await touched.hand.emptied(0.01)
    assert (touched.in_hand(), touched.hand.seconds) == (0, None)


async def test_the_group_is_touched_while_one_batch_takes_long() -> None:
    """And it goes on when the commit of the batch before ends meanwhile."""
    touched = Touched()
    first, second = batch(1), batch(1)
    touched.hand.hold(first)
    await touched.hand.rest()
    touched.hand.hold(second)
    await touched.hand.release(first)
    await asyncio.sleep(PAUSE * 4)
    assert touched.touches >= 2
    await touched.hand.release(second)
    touches = touched.touches
    await asyncio.sleep(PAUSE * 3)
    assert touched.touches == touches


async def test_nobody_is_touched_during_a_poll() -> None:
    """A touch that waited for a poll would take its records and lose them."""
    touched = Touched()
    touched.hand.hold(batch(1))
    await touched.hand.rest()
    await asyncio.sleep(PAUSE * 3)
    assert touched.touches == 0


async def test_many_short_batches_out_of_one_poll_are_no_silence() -> None:
    """Signs of life are counted from the last one, so batches that are each over soon do not put them off."""
    touched = Touched()
    for _ in range(20):
        one = batch(1)
        await touched.hand.rest()
        touched.hand.hold(one)
        await asyncio.sleep(PAUSE / 4)
        await touched.hand.release(one)
    assert touched.touches >= 2
