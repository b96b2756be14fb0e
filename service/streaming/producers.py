"""Producers: made ready within a deadline, and thrown away for good when anything about them is in doubt."""

import asyncio
import contextlib
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import REQUEST_MS, connection

_BATCH_BYTES: Final = (
    262_144  # a batch of events in one request; aiokafka's 16 kB would make a round trip of each event
)
_RECORD_OVERHEAD: Final = 65_536  # keys and headers on top of the largest value
_DISCARD_SECONDS: Final = 3.0  # a thrown-away producer may take this long to let go of its sockets


async def open_producer(
    settings: KafkaSettings, *, deadline: float, transactional_id: str | None = None, idempotent: bool = True
) -> AIOKafkaProducer:
    """Connect a producer. With a transactional id, every older producer of that id is fenced when this returns.

    Args:
        settings: The cluster.
        deadline: Seconds; aiokafka itself would look for a coordinator for ever.
        transactional_id: See `docs/delivery.md`; one per input partition.
        idempotent: Off only where brokers cannot: then a retry may write twice.

    Raises:
        TimeoutError, aiokafka.errors.KafkaError: nobody answered, or refused.
    """
    options: dict[str, Any] = {"transactional_id": transactional_id} if transactional_id else {}
    if transactional_id:
        options["transaction_timeout_ms"] = int(settings.transaction_timeout * 1000)
    producer = AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=idempotent,
        compression_type="lz4",
        max_batch_size=_BATCH_BYTES,
        max_request_size=max(settings.max_event, settings.max_message) + _RECORD_OVERHEAD,
        request_timeout_ms=REQUEST_MS,
        **options,
    )
    # In two steps rather than by `start`: a bootstrap that is cancelled forgets its connection without closing it, and
    # a lane that is revoked while it opens cancels this. The bootstrap asks each broker once: it may end in peace.
    bootstrap = asyncio.create_task(producer.client.bootstrap(), name="bootstrap")
    try:
        async with asyncio.timeout(deadline):
            await asyncio.shield(bootstrap)
            await producer._sender.start()  # noqa: SLF001  # the other half of `start`
    except BaseException:
        await asyncio.wait({bootstrap})
        await discard(producer)
        raise
    return producer


async def send(producer: AIOKafkaProducer, message: Message) -> "asyncio.Future[Any]":
    """Hand a message to the producer; the future is the delivery."""
    future: asyncio.Future[Any] = await producer.send(
        message.topic,
        value=message.value,
        key=message.key,
        partition=message.partition,
        headers=list(message.headers),
    )
    return future


def dead(producer: AIOKafkaProducer) -> bool:
    """Tell whether the producer's sender task ended: then nothing that it is given ever leaves, and nobody says so."""
    task = producer._sender.sender_task  # noqa: SLF001  # there is no public sign of it
    return task is None or task.done()


async def discard(producer: AIOKafkaProducer) -> None:
    """Close a producer without waiting for what it still wanted to send.

    `AIOKafkaProducer.stop` flushes first, and an idempotent batch is retried for ever: with a broker down it would
    never return. What was in flight is settled by whoever initialises the transactional id next.

    1. Fail what waits, so that nothing is left to flush.
    2. Stop the sender before the connections go, else it would open new ones.
    3. Close, within a deadline.
    4. Hear the errors that are left.
    """
    sender = producer._sender  # noqa: SLF001  # aiokafka has no way to close without a flush
    accumulator = producer._message_accumulator  # noqa: SLF001  # as above
    accumulator.fail_all(ProducerClosed())
    if sender.sender_task is not None:
        sender.sender_task.cancel()
    with contextlib.suppress(TimeoutError, KafkaError, OSError):
        async with asyncio.timeout(_DISCARD_SECONDS):
            await producer.client.close()
            await producer.stop()
    # A fenced sender leaves its error in futures that nobody waits for any more: the transaction's, and those by which
    # batches tell that they were drained. Unheard, it would be reported as lost.
    unheard = [batch._drain_waiter for batches in accumulator._batches.values() for batch in batches]  # noqa: SLF001
    if producer._txn_manager is not None and producer._txn_manager._transaction_waiter is not None:  # noqa: SLF001
        unheard.append(producer._txn_manager._transaction_waiter)  # noqa: SLF001
    for future in unheard:
        if future.done() and not future.cancelled():
            future.exception()
