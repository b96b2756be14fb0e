"""The load: articles over HTTP, records of a plain writer, and transactions of a writer that takes some back."""

import asyncio
import contextlib
import json
import random
import struct
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.record.util import calc_crc32c

from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import connection
from service.streaming.producers import UnansweredError, dead, discard, open_producer, send
from service.wire import codec
from tests.chaos.checker import Place
from tests.chaos.outcomes import said

_KEYS: Final = 300
_BAD_EVERY: Final = 41  # one record of the plain writer in so many is not JSON
_IN_FLIGHT: Final = 64  # requests that wait for their answer at most
_TAKEN_BACK: Final = 3  # one transaction in so many is aborted
_OPEN_SECONDS: Final = 1.0  # how long a transaction of the upstream writer stays open at most
_ABANDONED_SECONDS: Final = 6.0  # after which the broker aborts what an upstream writer left open
_FLOWS: Final = 8  # articles acknowledged one after the other, wherever their keys lead, after which HTTP works
_SECONDS: Final = 15.0  # for a broker to answer the suite
_MICROSECONDS: Final = 1_790_000_000_000_000  # a time that is no number of milliseconds within the calendar
_CRC, _ATTRIBUTES = 17, 21  # where these fields of a batch stand
_FAILURES: Final = (KafkaError, OSError, TimeoutError, AssertionError, UnansweredError)


class Load:
    """Writes to the input topic until it is stopped, whatever happens to the brokers.

    Args:
        settings: The cluster.
        rate: Records a second, over all writers.
        api: The address of the service's HTTP side; None: nothing goes by HTTP.

    `written` holds the places that a broker or the service confirmed, `acknowledged` what each article was that HTTP
    answered 202 for.
    """

    def __init__(self, settings: KafkaSettings, *, rate: float, api: str | None) -> None:
        self.written: set[Place] = set()
        self.acknowledged: dict[Place, str] = {}
        self.marks: asyncio.Queue[str] = asyncio.Queue()
        self.published = 0
        self.flowing: float | None = None  # since when HTTP has acknowledged whatever came, after the last `watch_http`
        self._watched_since = 0.0
        self._in_a_row = 0
        self._settings = settings
        self._topic = settings.topics.articles
        self._rate = rate
        self._api = api
        self._going = asyncio.Event()
        self._going.set()
        self._chance = random.Random(7)  # noqa: S311  # the same load in each run
        self._versions: dict[str, int] = {}

    async def run(self) -> None:
        """Write until `stop`, and return once everything is answered."""
        share = 0.5 if self._api else 1.0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._plainly(self._rate * share))
            tasks.create_task(self._in_transactions())
            if self._api:
                tasks.create_task(self._by_http(self._api, self._rate * (1 - share)))

    def stop(self) -> None:
        """Write nothing more."""
        self._going.clear()

    async def http_runs(self, within: float) -> None:
        """Wait until the HTTP side, whose process may have just been started, answers at all."""
        if self._api is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within), httpx.AsyncClient(base_url=self._api, timeout=_SECONDS) as client:
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        await client.get("/health/live")
                        return
                    await asyncio.sleep(0.2)

    def watch_http(self) -> None:
        """Begin to look when HTTP works again: articles posted from now on are acknowledged, one after the other."""
        self._watched_since, self._in_a_row, self.flowing = time.time(), 0, None

    def _answered(self, begun: float, *, acknowledged: bool) -> None:
        if begun < self._watched_since or self.flowing is not None:
            return
        self._in_a_row = self._in_a_row + 1 if acknowledged else 0
        if self._in_a_row == _FLOWS:
            self.flowing = time.time()

    def _article(self, title: str | None = None) -> dict[str, object]:
        key = f"urn:chaos:{self._chance.randrange(_KEYS)}"
        self._versions[key] = self._versions.get(key, 0) + 1
        self.published += 1
        body = f"The dam holds, said Anna Berg in report {self.published}."
        article: dict[str, object] = {"id": key, "version": self._versions[key], "body": body, "language": "en"}
        return article | ({"title": title} if title else {})

    async def _ticks(self, rate: float) -> None:
        """Wait for the next record's turn; what could not be written is not made up for."""
        await asyncio.sleep(1 / rate)

    # ------------------------------------------------------------------ writers

    async def _by_http(self, address: str, rate: float) -> None:
        waiting: set[asyncio.Task[None]] = set()
        async with httpx.AsyncClient(base_url=address, timeout=_SECONDS) as client:
            while self._going.is_set():
                if len(waiting) < _IN_FLIGHT:
                    task = asyncio.create_task(self._post(client, self._article()))
                    waiting.add(task)
                    task.add_done_callback(waiting.discard)
                await self._ticks(rate)
            if waiting:
                await asyncio.wait(waiting)

    async def _post(self, client: httpx.AsyncClient, article: Mapping[str, object]) -> None:
        begun, acknowledged = time.time(), False
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.post("/v1/articles", json=article)
            if acknowledged := answer.status_code == httpx.codes.ACCEPTED:
                told = answer.json()
                place = (told["partition"], told["offset"])
                message = Message(topic=self._topic, key=None, value=json.dumps(article).encode())
                self.acknowledged[place] = said(codec.decode(message, max_bytes=self._settings.max_message))
                self.written.add(place)
        self._answered(begun, acknowledged=acknowledged)

    async def _plainly(self, rate: float) -> None:
        producer: AIOKafkaProducer | None = None
        waiting: set[asyncio.Future[Any]] = set()
        written = 0
        while self._going.is_set():
            title = None if self.marks.empty() else self.marks.get_nowait()
            article = self._article(title)
            value = b"{not json" if written % _BAD_EVERY == 0 and not title else json.dumps(article).encode()
            try:
                if producer is not None and dead(producer):
                    await discard(producer)
                    producer = None
                producer = producer or await open_producer(self._settings, deadline=_SECONDS)
                async with asyncio.timeout(_SECONDS):
                    message = Message(topic=self._topic, key=str(article["id"]).encode(), value=value)
                    delivery = await send(producer, message)
            except _FAILURES:
                if title:
                    self.marks.put_nowait(title)
                await asyncio.sleep(0.5)
                continue
            written += 1
            waiting.add(delivery)
            delivery.add_done_callback(waiting.discard)
            delivery.add_done_callback(self._landed)
            await self._ticks(rate)
        if waiting:
            await asyncio.wait(waiting, timeout=2 * _SECONDS)
        if producer is not None:
            await discard(producer)

    def _landed(self, delivery: "asyncio.Future[Any]") -> None:
        if not delivery.cancelled() and delivery.exception() is None:
            record = delivery.result()
            self.written.add((record.partition, record.offset))

    async def _in_transactions(self) -> None:
        number = 0
        while self._going.is_set():
            try:
                producer = await self._upstream("chaos-upstream", seconds=2 * _SECONDS)
                try:
                    while self._going.is_set():
                        number += 1
                        async with asyncio.timeout(_SECONDS):
                            places = await self._begin(producer)
                            await asyncio.sleep(self._chance.uniform(0.0, _OPEN_SECONDS))
                            if number % _TAKEN_BACK == 0:
                                await producer.abort_transaction()
                            else:
                                await producer.commit_transaction()
                                self.written |= places
                        await asyncio.sleep(1.0)
                finally:
                    await discard(producer)
            except _FAILURES:
                await asyncio.sleep(0.5)

    async def _upstream(self, name: str, *, seconds: float) -> AIOKafkaProducer:
        settings = self._settings.model_copy(update={"transaction_timeout": seconds})
        return await open_producer(settings, deadline=_SECONDS, transactional_id=name)

    async def _begin(self, producer: AIOKafkaProducer) -> set[Place]:
        """Write three articles in a transaction; return where they lie."""
        await producer.begin_transaction()
        articles = [self._article() for _ in range(3)]
        deliveries = [
            await producer.send(self._topic, value=json.dumps(each).encode(), key=str(each["id"]).encode())
            for each in articles
        ]
        return {(record.partition, record.offset) for record in await asyncio.gather(*deliveries)}

    # ------------------------------------------------------------------ on demand

    async def abandon(self, name: str) -> None:
        """Leave a transaction open in the input, as an upstream writer does that is killed; the broker aborts it."""
        with contextlib.suppress(*_FAILURES):
            producer = await self._upstream(name, seconds=_ABANDONED_SECONDS)
            try:
                async with asyncio.timeout(_SECONDS):
                    await self._begin(producer)
            finally:
                await discard(producer)
        await asyncio.sleep(_ABANDONED_SECONDS)

    async def junk(self, partition: int, count: int) -> None:
        """Write so many records that are no articles, and tombstones, into one partition, one behind the other."""
        with contextlib.suppress(*_FAILURES):
            producer = await open_producer(self._settings, deadline=_SECONDS)
            try:
                async with asyncio.timeout(_SECONDS):
                    for number in range(count):
                        value = None if number % 2 else b"junk"
                        delivery = await producer.send(self._topic, value=value, key=b"junk", partition=partition)
                        delivery.add_done_callback(self._landed)
                    await delivery
            finally:
                await discard(producer)

    async def oddities(self, partition: int) -> None:
        """Write what no client writes: a time beyond the calendar, and a header whose name is not UTF-8."""
        producer = AIOKafkaProducer(**connection(self._settings), acks="all", request_timeout_ms=5000)
        with contextlib.suppress(*_FAILURES):
            async with asyncio.timeout(_SECONDS):
                await producer.start()
                for timestamp, name in ((_MICROSECONDS, b"name"), (int(time.time() * 1000), b"nam\xe9")):
                    article = self._article()
                    batch = producer.create_batch()
                    key, value = str(article["id"]).encode(), json.dumps(article).encode()
                    batch.append(timestamp=timestamp, key=key, value=value, headers=[("@@@@", b"x")])
                    built = batch._build()
                    at = built.index(b"@@@@")
                    built[at : at + len(name)] = name
                    struct.pack_into(">I", built, _CRC, calc_crc32c(bytes(built[_ATTRIBUTES:])))
                    record = await (await producer.send_batch(batch, self._topic, partition=partition))
                    self.written.add((record.partition, record.offset))
        with contextlib.suppress(*_FAILURES):
            async with asyncio.timeout(_SECONDS):
                await producer.stop()
