"""The proxy before the database, which can be cut."""

import asyncio

import pytest

from service.local_kafka import free_ports
from tests.chaos.forwarder import HOST
from tests.chaos.ledger.stage import Pipe

pytestmark = pytest.mark.anyio


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, until the other side ends."""
    while chunk := await reader.read(100):
        writer.write(chunk)
    writer.close()


async def test_what_was_kept_while_it_was_cut_arrives_once_it_heals() -> None:
    """The connection stays up meanwhile, and ends with the pipe."""
    server = await asyncio.start_server(echo, HOST, 0)
    pipe = Pipe(port=free_ports(1)[0], target=server.sockets[0].getsockname()[1])
    await pipe.start()
    reader, writer = await asyncio.open_connection(HOST, pipe.port)
    writer.write(b"before")
    assert await reader.readexactly(6) == b"before"
    pipe.cut()
    writer.write(b"after")
    answer = asyncio.create_task(reader.readexactly(5))
    await asyncio.sleep(0.05)
    assert not answer.done()
    pipe.heal()
    assert await answer == b"after"
    await pipe.stop()
    assert await reader.read() == b""
    writer.close()
    server.close()
