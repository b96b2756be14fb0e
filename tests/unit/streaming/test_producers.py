"""The ids under which writers exclude one another, and what a producer leaves behind when it fails."""

import asyncio
import gc
from typing import Any

import pytest
from aiokafka import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from service.settings import KafkaSettings
from service.streaming.producers import open_producer, writer_id


def test_deployments_whose_names_meet_share_no_transactional_id() -> None:
    """A group and a topic whose names join to the same string get different ids, and so does a replay."""
    ids = {
        writer_id("g", "eu-x", 0),
        writer_id("g-eu", "x", 0),
        writer_id("g", "replay"),
        writer_id("g-replay", "x", 0),
    }
    assert len(ids) == 4
    assert writer_id("claimwire", "articles", 11) == "claimwire/articles/11"


@pytest.mark.anyio
async def test_offsets_whose_caller_was_cancelled_may_fail_unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that dies after the caller of its offsets was cancelled leaves no error that asyncio reports."""

    async def nothing(*_: Any) -> None:
        pass

    monkeypatch.setattr(AIOKafkaClient, "bootstrap", nothing)
    monkeypatch.setattr("aiokafka.producer.sender.Sender.start", nothing)
    reported: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    former = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    try:
        producer = await open_producer(KafkaSettings(), deadline=5, transactional_id="g/articles/0")
        transactions = producer._txn_manager
        transactions.set_pid_and_epoch(1, 0)
        await producer.begin_transaction()
        adding = asyncio.create_task(producer.send_offsets_to_transaction({TopicPartition("articles", 0): 1}, "g"))
        await asyncio.sleep(0)
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        transactions.fatal_error(KafkaError("the sender ended"))
        transactions._transaction_waiter.exception()
        del adding, transactions
        gc.collect()
        await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(former)
        producer._closed = True
    assert reported == []
