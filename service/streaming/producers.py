"""Producers: made ready within a deadline, and thrown away for good when anything about them is in doubt."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final
from weakref import WeakSet

from aiokafka import AIOKafkaProducer
from aiokafka.client import CoordinationType
from aiokafka.errors import KafkaError, NodeNotReadyError, ProducerClosed
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    TxnOffsetCommitRequest,
)

from service.core.errors import InfrastructureError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import METADATA_MS, REQUEST_MS, connection

_BATCH_BYTES: Final = (
    262_144  # a batch of events in one request; aiokafka's 16 kB would make a round trip of each event
)
_RECORD_OVERHEAD: Final = 65_536  # keys and headers on top of the largest value
_IN_TRANSACTION: Final = (
    AddPartitionsToTxnRequest,
    AddOffsetsToTxnRequest,
    TxnOffsetCommitRequest,
    EndTxnRequest,
)
_FAILED: Final[WeakSet[AIOKafkaProducer]] = WeakSet()  # producers of which a delivery failed
_DISCARD_SECONDS: Final = 3.0  # a thrown-away producer may take this long to let go of its sockets

Send = Callable[..., Awaitable[Any]]
AddOffsets = Callable[[Any, str], "asyncio.Future[None]"]


class UnansweredError(InfrastructureError):
    """A request of a transaction was sent, and nobody knows what became of it. Ends the producer that sent it.

    It is no `KafkaError`, after which aiokafka would send the request again. A sender that is cancelled in mid-request
    hands it on as it is to whoever waits for the transaction.
    """


def writer_id(group: str, *parts: object) -> str:
    """Return the id under which one writer of the group excludes every other.

    The parts are topic and partition for a worker. They are separated by a slash, which no topic's name may hold, so
    that the groups `news` with `eu-articles` and `news-eu` with `articles` have ids of their own.
    """
    return "/".join((group, *map(str, parts)))


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
        TimeoutError, aiokafka.errors.KafkaError: no broker answered, or one refused.
    """
    options: dict[str, Any] = {"transactional_id": transactional_id} if transactional_id else {}
    if transactional_id:
        options["transaction_timeout_ms"] = int(settings.transaction_timeout * 1000)
    producer = AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=idempotent,
        compression_type=None if settings.compression == "none" else settings.compression,
        max_batch_size=_BATCH_BYTES,
        max_request_size=max(settings.max_event, settings.max_message) + _RECORD_OVERHEAD,
        metadata_max_age_ms=METADATA_MS,
        request_timeout_ms=REQUEST_MS,
        **options,
    )
    if idempotent:  # a sender that ends fails this future, and raises where no transaction has made it yet
        producer._txn_manager._transaction_waiter = asyncio.get_running_loop().create_future()  # noqa: SLF001
    if transactional_id:
        producer.client.send = _once(producer.client.send)
        transactions = producer._txn_manager  # noqa: SLF001  # the future is made in there, and nowhere handed out
        transactions.add_offsets_to_txn = _heard(transactions.add_offsets_to_txn)
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


def _once(send: Send) -> Send:
    """Return the client's `send`, which never lets a request of a transaction be sent again.

    aiokafka repeats a request that got no answer, in the same epoch. The first one may still arrive, when the next
    transaction is open: a late EndTxn commits half of that (KAFKA-17754), a late TxnOffsetCommit puts its offset back.
    An error that is none of Kafka's ends the sender, and with it the producer; whoever initialises the transactional id
    next has a new epoch, in which nothing late is taken. A refusal is an answer, and may be followed by another try.
    """

    async def once(node_id: int, request: Any, **options: Any) -> Any:
        try:
            return await send(node_id, request, **options)
        except NodeNotReadyError:
            raise  # it was not sent
        except KafkaError as error:
            if isinstance(request, _IN_TRANSACTION):
                raise UnansweredError(f"No broker answered a {type(request).__name__}: {error!r}.") from error
            raise

    return once


def _heard(add_offsets: AddOffsets) -> AddOffsets:
    """Return the client's `add_offsets_to_txn`, whose future may fail when nobody waits for it any more.

    A caller that is cancelled lets go of the future. A sender that ends a moment later sets its error on it, which
    asyncio would report as never retrieved.
    """

    def heard(offsets: Any, group: str) -> "asyncio.Future[None]":
        future = add_offsets(offsets, group)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    return heard


def group_coordinator(producer: AIOKafkaProducer) -> int:
    """Return the broker that last acknowledged an offset of one of the producer's transactions."""
    return int(producer._sender._coordinators[CoordinationType.GROUP])  # noqa: SLF001  # there is no public sign of it


async def send(producer: AIOKafkaProducer, message: Message) -> "asyncio.Future[Any]":
    """Hand a message to the producer; the future is the delivery."""
    future: asyncio.Future[Any] = await producer.send(
        message.topic,
        value=message.value,
        key=message.key,
        partition=message.partition,
        headers=list(message.headers),
    )
    future.add_done_callback(partial(_note_failure, producer))
    return future


def _note_failure(producer: AIOKafkaProducer, delivery: "asyncio.Future[Any]") -> None:
    if not delivery.cancelled() and delivery.exception() is not None:
        _FAILED.add(producer)


def dead(producer: AIOKafkaProducer) -> bool:
    """Return whether the producer is of no more use, and has to be discarded.

    Either its sender task has ended: then nothing it is given leaves, and no error says so. Or something that `send`
    handed to it was not delivered: an idempotent producer numbers the records of a partition, aiokafka counts those of
    a failed batch along, and the broker then refuses everything behind the gap (OUT_OF_ORDER_SEQUENCE_NUMBER).
    """
    task = producer._sender.sender_task  # noqa: SLF001  # there is no public sign of it
    return task is None or task.done() or producer in _FAILED


async def discard(producer: AIOKafkaProducer) -> None:
    """Close a producer without waiting for what it still wanted to send.

    `AIOKafkaProducer.stop` flushes first, and an idempotent batch is retried for ever: with a broker down it would
    never return. What was in flight is settled by whoever initialises the transactional id next.

    1. Fail what waits, so that nothing is left to flush.
    2. Stop the sender before the connections go, else it would open new ones.
    3. Close, within a deadline. The sender waits for the requests that it began, of which one may look for a
       coordinator for ever, until it is cancelled again. `stop` would do that, and raise what the sender ends with,
       even a CancelledError that nobody meant for our caller.
    4. Hear the errors that are left.
    """
    sender = producer._sender  # noqa: SLF001  # aiokafka has no way to close without a flush
    accumulator = producer._message_accumulator  # noqa: SLF001  # as above
    transactions = producer._txn_manager  # noqa: SLF001  # as above
    # Futures that are no longer awaited; asyncio would report their errors as never retrieved.
    unheard = [batch._drain_waiter for batches in accumulator._batches.values() for batch in batches]  # noqa: SLF001

    def hear(task: "asyncio.Task[None] | None" = None) -> None:
        waiter = None if transactions is None else transactions._transaction_waiter  # noqa: SLF001
        for future in (*unheard, waiter, task):
            if future is not None and future.done() and not future.cancelled():
                future.exception()

    accumulator.fail_all(ProducerClosed())
    if sender.sender_task is not None:
        sender.sender_task.add_done_callback(hear)  # it may end in mid-request, and later than this
        sender.sender_task.cancel()
    with contextlib.suppress(TimeoutError, KafkaError, OSError, UnansweredError):
        async with asyncio.timeout(_DISCARD_SECONDS):
            await producer.client.close()
            if sender.sender_task is not None:
                sender.sender_task.cancel()
                await asyncio.wait({sender.sender_task})
            await producer.stop()
    hear(sender.sender_task)
