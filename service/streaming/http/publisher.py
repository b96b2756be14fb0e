"""The way in over HTTP: a message is published, and answered for only when every in-sync replica has it."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from service.core.errors import (
    BrokerUnavailableError,
    ClaimwireError,
    ConfigurationError,
    OverloadedError,
    PublishUnknownError,
)
from service.core.health import Check, HealthStatus, Probe
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import meaning
from service.streaming.producers import dead, discard, open_producer, send
from service.telemetry.logs import logger
from service.telemetry.metrics import Metrics

_log = logger(__name__)

_LOOK_EVERY: Final = 2.0  # seconds between looks at the cluster; `ready` follows an outage this fast
_LOOK_SECONDS: Final = 3.0  # a cluster that needs longer to say who leads the topic counts as gone
_CLOSE_SECONDS: Final = 5.0  # for what is in flight when the service stops, or its producer is replaced
_REPLACED: Final = "The producer failed and is being replaced."


class MessageTooLargeError(ClaimwireError):
    """The record is over the topic's limit; it will never be taken."""

    code = "too-large"


class Ingress:
    """Publishes articles to the input topic.

    Args:
        settings: The cluster.
        queue: Publishes in flight at most. One stays in flight until the broker has answered, even when the caller was
            told "unknown" long before: the memory of what is on its way is bounded by this.
        metrics: Where results are counted.
    """

    def __init__(self, *, settings: KafkaSettings, queue: int, metrics: Metrics) -> None:
        self._settings = settings
        self._queue = queue
        self._metrics = metrics
        self._producer: AIOKafkaProducer | None = None
        self._in_flight: set[asyncio.Future[Any]] = set()
        self._entering = 0
        self._keeper: asyncio.Task[None] | None = None
        self._problem: str | None = "No broker has answered yet."
        self._look_now = asyncio.Event()

    async def start(self) -> None:
        """Begin to connect, and go on trying; returns at once, so that the service is live before its broker is."""
        self._keeper = asyncio.create_task(self._keep_connected(), name="ingress")

    async def stop(self) -> None:
        """Give what is in flight a few seconds, then close."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=_CLOSE_SECONDS)
        await self._drop("The service is stopping.")

    async def publish(self, message: Message) -> tuple[int, int]:
        """Write the message; return its partition and offset once every in-sync replica has it.

        Raises:
            OverloadedError: too many are in flight. Nothing was sent.
            BrokerUnavailableError: there is no cluster. Nothing was sent.
            MessageTooLargeError: the record is over a limit. Nothing was written.
            PublishUnknownError: no answer within `publish_timeout`: it may be written, now or later.
        """
        try:
            partition, offset = await self._publish(message)
        except ClaimwireError as error:
            self._metrics.published.labels(error.code).inc()
            raise
        self._metrics.published.labels("accepted").inc()
        return partition, offset

    async def _publish(self, message: Message) -> tuple[int, int]:
        producer = self._producer
        if producer is None or self._problem is not None:
            raise BrokerUnavailableError(self._problem or "No broker has answered yet.")
        if self._entering + len(self._in_flight) >= self._queue:
            raise OverloadedError(f"{self._queue} articles are in flight already.")
        sent = False
        try:
            async with asyncio.timeout(self._settings.publish_timeout):
                self._entering += 1
                try:
                    delivery = await send(producer, message)
                finally:
                    self._entering -= 1
                sent = True
                self._in_flight.add(delivery)
                delivery.add_done_callback(partial(self._landed, producer))
                written = await asyncio.shield(delivery)
        except TimeoutError as error:
            if not sent:
                raise BrokerUnavailableError("No broker returned the topic's metadata; nothing was sent.") from error
            raise PublishUnknownError(f"No answer for {self._settings.publish_timeout:.0f} s.") from error
        except MessageSizeTooLargeError as error:
            raise MessageTooLargeError("The article is over the topic's size limit.") from error
        except KafkaError as error:
            told = meaning(error, doing="publishing an article")
            if sent and not isinstance(told, ConfigurationError):
                raise PublishUnknownError(str(told)) from error
            raise BrokerUnavailableError(str(told)) from error
        return int(written.partition), int(written.offset)

    def _landed(self, producer: AIOKafkaProducer, delivery: "asyncio.Future[Any]") -> None:
        self._in_flight.discard(delivery)
        self._metrics.queue_depth.labels("ingress").set(len(self._in_flight))
        if not delivery.cancelled():
            delivery.exception()  # whoever still waits gets it; perhaps nobody does
        if producer is self._producer and dead(producer):
            self._problem = _REPLACED
            self._look_now.set()

    async def _keep_connected(self) -> None:
        """Hold a producer that works: connect, look whether the cluster is there, replace what is broken."""
        while self._keeper is not None:  # aiokafka, where it closes a client, swallows that we were cancelled
            try:
                await self._look()
            except (KafkaError, OSError, TimeoutError, ClaimwireError) as error:
                told = str(meaning(error, doing="connecting to publish"))
                if told != self._problem:
                    _log.warning("ingress.unavailable", error=told)
                self._problem = told
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):  # `wait_for` of Python 3.11 may swallow that it is cancelled
                    await self._look_now.wait()
            self._look_now.clear()

    async def _look(self) -> None:
        if self._producer is not None and dead(self._producer):
            self._problem = _REPLACED
            if self._in_flight:  # what is on its way to other partitions may arrive; nothing new is taken meanwhile
                await asyncio.wait(self._in_flight, timeout=_CLOSE_SECONDS)
            await self._drop(_REPLACED)
        if self._producer is None:
            self._producer = await open_producer(self._settings, deadline=self._settings.publish_timeout)
        topic = self._settings.topics.articles
        client = self._producer.client
        async with asyncio.timeout(_LOOK_SECONDS):
            await client.add_topic(topic)
            answered = await client.force_metadata_update()
        if not answered:
            raise BrokerUnavailableError("No broker answers.")
        if client.cluster.partitions_for_topic(topic) is None:
            raise BrokerUnavailableError(f"The topic {topic} does not exist: `claimwire topics ensure` makes it.")
        if self._problem is not None:
            _log.info("ingress.ready")
            self._problem = None

    async def _drop(self, why: str) -> None:
        self._problem = why
        producer, self._producer = self._producer, None
        if producer is not None:
            await discard(producer)

    def checks(self) -> Sequence[Check]:
        """Return whether articles can be published, and how many are on their way."""
        keeps = self._keeper is not None and not self._keeper.done()
        healthy = keeps and self._problem is None
        return (
            Check(
                name="ingress",
                status=HealthStatus.PASS if healthy else HealthStatus.FAIL,
                fails=frozenset() if healthy else frozenset({Probe.READY}),
                detail=self._problem,
                observed={"in_flight": len(self._in_flight), "queue": self._queue},
            ),
        )
