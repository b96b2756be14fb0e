"""A link between two brokers can be cut while everybody else hears both."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from service.local_kafka import free_ports
from tests.chaos.forwarder import HOST
from tests.chaos.links import Link

pytestmark = pytest.mark.anyio

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back whatever comes."""
    while chunk := await reader.read(1_000):
        writer.write(chunk)
    writer.close()


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    """A link to something that sends back whatever comes."""
    server = await asyncio.start_server(echo, HOST, 0)
    made = Link(port=free_ports(1)[0], target=server.sockets[0].getsockname()[1])
    await made.start()
    yield made
    await made.stop()
    server.close()


async def connect(link: Link, name: bytes) -> Connection:
    """Open a connection whose first request has this client id, and hear the answer."""
    reader, writer = await asyncio.open_connection(HOST, link.port)
    head = struct.pack(">ihhih", 10 + len(name), 1, 0, 1, len(name)) + name
    writer.write(head)
    assert await reader.readexactly(len(head)) == head
    return reader, writer


async def call(connection: Connection, said: bytes) -> None:
    """Say something, and hear it back."""
    reader, writer = connection
    writer.write(said)
    assert await reader.readexactly(len(said)) == said


@pytest.mark.parametrize("name", [b"broker-2-fetcher-0", b"AddPartitionsToTxnSenderThread-2"])
async def test_a_cut_link_is_silent_for_one_broker_alone(link: Link, name: bytes) -> None:
    """What it says is kept until the link heals; another broker, and one whose number only begins alike, go on."""
    cut, *others = [await connect(link, each) for each in (name, b"broker-3-fetcher-0", b"broker-22-fetcher-0")]
    await link.cut(2)
    cut[1].write(b"kept")
    for each in others:
        await call(each, b"heard")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(cut[0].readexactly(4), 0.1)
    await link.heal()
    assert await cut[0].readexactly(4) == b"kept"
    for _, writer in (cut, *others):
        writer.close()


async def test_an_answer_does_not_pass_a_cut_link_either(link: Link) -> None:
    """A connection that is opened while the link is cut gets nothing before it heals."""
    await link.cut(2)
    opening = asyncio.create_task(connect(link, b"broker-2-fetcher-0"))
    done, _ = await asyncio.wait({opening}, timeout=0.1)
    assert not done
    await link.heal()
    _, writer = await opening
    writer.close()
