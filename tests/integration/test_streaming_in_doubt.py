"""Late, lost and wrong answers, on three real brokers: an answer in doubt is never used."""

import asyncio
import contextlib
import signal
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError

from service.core.errors import InfrastructureError
from service.local_kafka import Listener, LocalKafka, Node, free_ports
from service.settings import KafkaSettings
from service.streaming.client import connection
from service.streaming.consume.sink import TransactionalSink
from tests.chaos.proxy import Api, Held, Proxy, Request
from tests.integration.test_streaming_traps import event, opened
from tests.progress import START, Progress

pytestmark = pytest.mark.anyio

NOT_COORDINATOR, UNKNOWN_TOPIC = 16, 3
FLEXIBLE = 6  # the version of OffsetFetch from which on lengths are variable, and tags follow


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalKafka]:
    """Three brokers that drop a silent one after three seconds, each with a port behind a proxy."""
    listener = Listener(name="PROXIED", protocol="PLAINTEXT", advertised=tuple(free_ports(3)))
    properties = {
        "group.min.session.timeout.ms": "1000",
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
    }
    with LocalKafka(brokers=3, listeners=[listener], heap=384, properties=properties) as made:
        yield made


@pytest.fixture
async def proxies(cluster: LocalKafka) -> AsyncIterator[list[Proxy]]:
    """One proxy before each broker."""
    ports = [int(each.rsplit(":", 1)[1]) for each in cluster.bootstrap("PROXIED").split(",")]
    targets = [node.listener_ports["PROXIED"] for node in cluster.nodes]
    made = [Proxy(port=port, target=target) for port, target in zip(ports, targets, strict=True)]
    for proxy in made:
        await proxy.start()
    yield made
    for proxy in made:
        await proxy.stop()


def through(proxies: Sequence[Proxy], settings: KafkaSettings) -> KafkaSettings:
    """Return the settings of a client that reaches the brokers by the proxies alone."""
    return settings.model_copy(update={"bootstrap_servers": ",".join(f"127.0.0.1:{each.port}" for each in proxies)})


async def first_held(proxies: Sequence[Proxy], api: Api) -> Held:
    """Keep the next request of this kind from its broker, whichever that is."""
    waiting = {proxy.hold(api) for proxy in proxies}
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result()


def told(topic: str, *, whole: int = 0, partition: int | None = None, offset: int = -1) -> Any:
    """Return an answer to OffsetFetch: an error of the whole, without any topic; or one partition's error or offset."""

    def answer(request: Request) -> bytes:
        flexible = request.version >= FLEXIBLE
        name = topic.encode()
        if partition is None:
            topics = b"\x01" if flexible else struct.pack(">i", 0)
        elif flexible:
            one = struct.pack(">iqi", 0, offset, -1) + b"\x01" + struct.pack(">h", partition) + b"\0"
            topics = b"\x02" + bytes([len(name) + 1]) + name + b"\x02" + one + b"\0"
        else:
            one = struct.pack(">iqhh", 0, offset, 0, partition)
            topics = struct.pack(">ih", 1, len(name)) + name + struct.pack(">i", 1) + one
        throttle = struct.pack(">i", 0)
        body = throttle + topics + struct.pack(">h", whole)
        return b"\0" + body + b"\0" if flexible else body

    return answer


@pytest.mark.parametrize("error", [{"whole": NOT_COORDINATOR}, {"partition": UNKNOWN_TOPIC}])
async def test_an_error_in_place_of_an_offset_is_not_the_beginning(
    cluster: LocalKafka, proxies: list[Proxy], benches: Any, error: dict[str, int]
) -> None:
    """While OffsetFetch is answered by an error, nothing is read; after it, the work goes on behind the last commit."""
    bench = await benches(bootstrap_servers=cluster.bootstrap(), partitions=1)
    await bench.publish([str(number).encode() for number in range(7)], keys=1)
    first = bench.worker()
    await bench.enriched(7)
    await first.stop()
    for proxy in proxies:
        proxy.answer(Api.OFFSET_FETCH, *[told(bench.kafka.topics.articles, **error)] * 4)
    await bench.publish([str(number).encode() for number in range(7, 10)], keys=1)
    bench.worker(kafka=through(proxies, bench.kafka))
    assert [int(record.value) for record in await bench.enriched(10)] == list(range(10))


@pytest.mark.parametrize("api", [Api.END_TXN, Api.TXN_OFFSET_COMMIT])
async def test_a_late_request_of_a_transaction_is_not_one_of_the_next(
    cluster: LocalKafka, proxies: list[Proxy], benches: Any, api: Api
) -> None:
    """A request that its sender gave up, and that arrives in the next transaction, changes nothing (KAFKA-17754)."""
    bench = await benches(bootstrap_servers=cluster.bootstrap(), partitions=1)
    lane = opened(bench.kafka)
    sink = TransactionalSink(through(proxies, bench.kafka))
    await sink.open(lane)
    holding = asyncio.create_task(first_held(proxies, api))
    writing = asyncio.create_task(sink.write(lane, [event(bench.kafka, b"1")], 1))
    late = await holding
    late.abandon()
    await asyncio.wait({writing})
    if writing.exception() is not None:
        await sink.open(lane)
    committed = (await bench.committed())[0] or 0
    producer = sink._producers[lane]
    await producer.begin_transaction()
    await (await producer.send(bench.kafka.topics.enriched, b"2", b"k"))
    if api is Api.TXN_OFFSET_COMMIT:
        await producer.send_offsets_to_transaction({TopicPartition(lane.topic, 0): committed + 1}, bench.kafka.group)
    late.release()
    await asyncio.wait_for(late.answered.wait(), 30)
    if api is Api.TXN_OFFSET_COMMIT:
        await producer.commit_transaction()
        committed += 1
    await sink.close(lane)
    await sink.open(lane)  # whatever is open is aborted
    await sink.close(lane)
    assert ((await bench.committed())[0] or 0) == committed
    await bench.enriched(committed)


async def coordinator(settings: KafkaSettings) -> int:
    """Return which broker coordinates the group."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        return int(await admin.find_coordinator(settings.group))
    finally:
        await admin.close()


@contextlib.asynccontextmanager
async def frozen(node: Node) -> AsyncIterator[None]:
    """Stop a broker's process, without ending it, until the block is left."""
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        node.process.send_signal(signal.SIGCONT)


async def test_a_coordinator_that_wakes_up_does_not_tell_an_old_offset(
    cluster: LocalKafka, proxies: list[Proxy], benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that was frozen while another took over the group is asked first when it wakes, and is not believed.

    It tells the old offset until it hears of the other one, which is soon: its proxy tells it for longer.
    """
    bench = await benches(bootstrap_servers=cluster.bootstrap(), partitions=1)
    await written(bench.kafka, 1)
    old = await coordinator(bench.kafka)
    others = ",".join(f"127.0.0.1:{node.port}" for node in cluster.nodes if node.id != old)
    awake = bench.kafka.model_copy(update={"bootstrap_servers": others})
    lookup = AIOKafkaClient.coordinator_lookup
    stale = iter([True, False])

    async def of_before(self: AIOKafkaClient, kind: int, key: str) -> int:
        if kind == CoordinationType.GROUP and key == awake.group and next(stale, False):
            return old
        return int(await lookup(self, kind, key))

    async with frozen(next(node for node in cluster.nodes if node.id == old)):
        await written(awake, 2)
    await asyncio.to_thread(cluster.wait)  # until clients are told of the woken broker too
    monkeypatch.setattr(AIOKafkaClient, "coordinator_lookup", of_before)
    (woken,) = [proxy for proxy, node in zip(proxies, cluster.nodes, strict=True) if node.id == old]
    woken.answer(Api.OFFSET_FETCH, *[told(bench.kafka.topics.articles, partition=0, offset=1)] * 4)
    assert await written(through(proxies, bench.kafka), 3) == 2
    assert [record.value for record in await bench.enriched(3)] == [b"1", b"2", b"3"]


async def written(settings: KafkaSettings, number: int) -> int | None:
    """Write event `number` as a new owner of the partition, however often that takes; return where it began.

    What moves is how far an attempt came and what ended it: the brokers elect, the coordinator loads, a write succeeds.
    """
    progress, met = Progress(still=START), set[tuple[str, str]]()
    while True:
        lane, sink = opened(settings), TransactionalSink(settings)
        step = "open"
        try:
            began = await sink.open(lane)
            assert began in {None, number - 1}, "the last commit is known"
            step = "write"
            await sink.write(lane, [event(settings, str(number).encode())], number)
        except (KafkaError, OSError, TimeoutError, InfrastructureError) as error:
            met.add((step, type(error).__name__))
            progress.check(len(met), f"event {number}, written; met on the way: {sorted(met)}")
            await asyncio.sleep(0.2)
        else:
            return began
        finally:
            await sink.close(lane)
