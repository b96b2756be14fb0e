"""The proxy tells requests apart by their kind: it holds, delays, mutes and answers those that it is told to."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from service.local_kafka import free_ports
from tests.chaos.forwarder import HOST
from tests.chaos.proxy import Api, Proxy

pytestmark = pytest.mark.anyio


class Frames:
    """Answers each frame with its number, and notes the kinds in the order in which they came."""

    def __init__(self) -> None:
        self.came: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                api, _, number = struct.unpack_from(">hhi", await reader.readexactly(size))
                self.came.append(api)
                writer.write(struct.pack(">ii", 4, number))
        except asyncio.IncompleteReadError:
            writer.close()


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self._number = 0

    def ask(self, api: Api) -> int:
        """Send a request of this kind, and return its number."""
        self._number += 1
        self._writer.write(struct.pack(">ihhi", 8, api, 0, self._number))
        return self._number

    async def answer(self) -> bytes:
        """Return the next answer, without its size."""
        (size,) = struct.unpack(">i", await self.reader.readexactly(4))
        return await self.reader.readexactly(size)

    async def call(self, api: Api) -> None:
        """Send a request, and wait for its answer."""
        assert struct.pack(">i", self.ask(api)) == await self.answer()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@pytest.fixture
async def broker() -> AsyncIterator[Frames]:
    """What answers behind the proxy; `port` is where."""
    frames = Frames()
    server = await asyncio.start_server(frames.serve, HOST, 0)
    frames.port = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    yield frames
    server.close()


@pytest.fixture
async def proxy(broker: Frames) -> AsyncIterator[Proxy]:
    """A proxy before it."""
    made = Proxy(port=free_ports(1)[0], target=broker.port)  # type: ignore[attr-defined]
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def clients(proxy: Proxy) -> AsyncIterator[tuple[Client, Client]]:
    """Two connections that both work."""
    both = [Client(*await asyncio.open_connection(HOST, proxy.port)) for _ in range(2)]
    for client in both:
        await client.call(Api.METADATA)
    yield both[0], both[1]
    for client in both:
        client.close()


async def test_requests_are_carried_and_counted(proxy: Proxy, clients: tuple[Client, Client]) -> None:
    """Several at once on one connection are answered in their order."""
    client, _ = clients
    numbers = [client.ask(api) for api in (Api.FETCH, Api.PRODUCE, Api.FETCH)]
    assert [await client.answer() for _ in numbers] == [struct.pack(">i", number) for number in numbers]
    assert proxy.seen == {Api.METADATA: 2, Api.FETCH: 2, Api.PRODUCE: 1}


async def test_a_delayed_kind_is_passed_by_others(broker: Frames, proxy: Proxy, clients: tuple[Client, Client]) -> None:
    """An EndTxn that is delayed arrives behind what was sent after it; later ones come as they are sent."""
    first, second = clients
    broker.came.clear()
    proxy.delay(Api.END_TXN, 0.5)
    first.ask(Api.END_TXN)
    while not proxy.seen[Api.END_TXN]:  # noqa: ASYNC110  # the proxy has read it
        await asyncio.sleep(0.001)
    await second.call(Api.PRODUCE)
    await first.answer()
    assert broker.came == [Api.PRODUCE, Api.END_TXN]
    proxy.delay(Api.END_TXN, 0)
    await first.call(Api.END_TXN)
    assert broker.came[2:] == [Api.END_TXN]


async def test_held_requests_arrive_in_another_order(
    broker: Frames, proxy: Proxy, clients: tuple[Client, Client]
) -> None:
    """Two that their senders gave up are let go, the last one first; the senders hear nothing of them."""
    first, second = clients
    broker.came.clear()
    offset, end = proxy.hold(Api.TXN_OFFSET_COMMIT), proxy.hold(Api.END_TXN)
    first.ask(Api.TXN_OFFSET_COMMIT)
    early = await offset
    second.ask(Api.END_TXN)
    late = await end
    for held, client in ((early, first), (late, second)):
        held.abandon()
        assert await client.reader.read() == b""
    assert broker.came == []
    for held in (late, early):
        held.release()
        await held.answered.wait()
    assert broker.came == [Api.END_TXN, Api.TXN_OFFSET_COMMIT]


async def test_of_a_muted_request_the_answer_gets_lost(
    broker: Frames, proxy: Proxy, clients: tuple[Client, Client]
) -> None:
    """The broker served it; neither its answer nor a later one on that connection comes back."""
    first, second = clients
    broker.came.clear()
    muted = proxy.mute(Api.END_TXN)
    await first.call(Api.FETCH)
    first.ask(Api.END_TXN)
    assert (await muted).api == Api.END_TXN
    first.ask(Api.FETCH)
    while len(broker.came) < 3:  # noqa: ASYNC110  # the proxy carries it
        await asyncio.sleep(0.001)
    await second.call(Api.END_TXN)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(first.answer(), 0.1)


async def test_a_request_is_answered_in_the_brokers_place(
    broker: Frames, proxy: Proxy, clients: tuple[Client, Client]
) -> None:
    """It does not reach the broker; the next of its kind does."""
    client, _ = clients
    broker.came.clear()
    proxy.answer(Api.OFFSET_FETCH, lambda request: b"at version %d" % request.version)
    number = client.ask(Api.OFFSET_FETCH)
    assert await client.answer() == struct.pack(">i", number) + b"at version 0"
    await client.call(Api.OFFSET_FETCH)
    assert broker.came == [Api.OFFSET_FETCH]


async def test_what_a_cut_swallowed_goes_on_when_it_heals(
    broker: Frames, proxy: Proxy, clients: tuple[Client, Client]
) -> None:
    """Connections stay up, and nothing arrives meanwhile."""
    client, _ = clients
    broker.came.clear()
    proxy.cut()
    client.ask(Api.PRODUCE)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.answer(), 0.1)
    assert broker.came == []
    proxy.heal()
    await client.answer()
    assert broker.came == [Api.PRODUCE]


async def test_what_was_not_held_yet_is_forgotten(proxy: Proxy, clients: tuple[Client, Client]) -> None:
    """After `forget` the next requests go through, at once and with their answers."""
    client, _ = clients
    wanted = [proxy.hold(Api.END_TXN), proxy.mute(Api.END_TXN)]
    proxy.delay(Api.END_TXN, 1e6)
    proxy.forget()
    await client.call(Api.END_TXN)
    assert all(future.cancelled() for future in wanted)
