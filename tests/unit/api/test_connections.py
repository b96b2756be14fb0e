"""Connections on a real server: silent ones, slow ones, too many, and requests that contradict themselves."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import uvicorn

from service.api.app import create_app
from service.api.connections import GuardedProtocol
from service.api.server import HEADER_BYTES, uvicorn_options
from service.settings import ApiSettings, Settings
from service.telemetry.metrics import Metrics
from tests.progress import STILL

pytestmark = pytest.mark.anyio

PROBE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
INFO = b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


@asynccontextmanager
async def serving(settings: Settings | None = None, **options: Any) -> AsyncIterator[int]:
    """Serve the application as the service does, with these options of uvicorn on top; give the port."""
    app = create_app(
        settings=settings or Settings(), metrics=Metrics(), parts=(), publisher=None, process=None, models=tuple
    )
    server = uvicorn.Server(uvicorn.Config(app, **(dict(uvicorn_options(ApiSettings())) | options)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield int(listener.getsockname()[1])
        server.should_exit = server.force_exit = True
        await task


async def connect(stack: AsyncExitStack, port: int) -> Streams:
    """Open a connection for as long as the stack lasts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    return reader, writer


async def ask(streams: Streams, request: bytes) -> int:
    """Return the status of the answer."""
    streams[1].write(request)
    async with asyncio.timeout(STILL):
        return int((await streams[0].readline()).split()[1])


async def headers(streams: Streams) -> dict[bytes, bytes]:
    """Return the rest of an answer's head."""
    async with asyncio.timeout(20):
        head = await streams[0].readuntil(b"\r\n\r\n")
    return dict(line.lower().split(b": ", 1) for line in head.splitlines() if line)


async def test_silent_connections_keep_no_probe_out() -> None:
    """With more silent connections than the service takes, probes and requests are answered."""
    async with AsyncExitStack() as stack, serving(limit_concurrency=20) as port:
        silent = [await connect(stack, port) for _ in range(60)]
        assert await ask(await connect(stack, port), PROBE) == 200
        assert await ask(await connect(stack, port), INFO) == 200
        assert await ask(silent[-1], PROBE) == 200
        assert await silent[0][0].read() == b""  # the oldest made room


async def test_where_all_are_busy_only_probes_are_let_in() -> None:
    """When every connection holds a request, others get 503, and probes are answered."""
    async with AsyncExitStack() as stack, serving(limit_concurrency=5) as port:
        for _ in range(5):
            (await connect(stack, port))[1].write(
                b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
            )
        async with asyncio.timeout(STILL):
            while await ask(await connect(stack, port), INFO) != 503:
                pass
        assert await ask(await connect(stack, port), PROBE) == 200


@pytest.mark.parametrize("answered", [False, True])
async def test_a_head_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch, *, answered: bool) -> None:
    """A request's head has a deadline, on a new connection and after an answer; bytes do not put it off."""
    monkeypatch.setattr(GuardedProtocol, "head_seconds", 0.5)
    async with AsyncExitStack() as stack, serving() as port:
        reader, writer = await connect(stack, port)
        if answered:
            assert await ask((reader, writer), PROBE) == 200
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")

        async def drip() -> None:
            while True:
                writer.write(b"x: y\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        async with asyncio.timeout(STILL):
            await reader.read()  # until the end
        dripping.cancel()
        await asyncio.wait({dripping})


async def test_a_request_with_two_lengths_is_refused_and_closed() -> None:
    """Content-Length beside Transfer-Encoding is how requests are smuggled past a proxy (RFC 9112, section 6.3)."""
    request = (
        b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + PROBE
    )
    async with AsyncExitStack() as stack, serving() as port:
        streams = await connect(stack, port)
        assert await ask(streams, request) == 400
        async with asyncio.timeout(STILL):
            rest = await streams[0].read()
    assert b"conflicting-length" in rest
    assert b"HTTP/1.1 200" not in rest


async def test_a_head_above_the_limit_is_refused_however_it_comes() -> None:
    """Also where the whole of it comes at once, which the parser's own limit lets through."""
    head = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"x" * HEADER_BYTES + b"\r\n\r\n"
    async with AsyncExitStack() as stack, serving() as port:
        assert await ask(await connect(stack, port), head) in {400, 431}


async def test_bodies_in_hand_have_a_common_bound() -> None:
    """When unfinished bodies fill the memory, the next gets 503 and Retry-After, and is accepted once they are gone."""
    settings = Settings(api=ApiSettings(max_body=1_000, max_batch=1_000, max_bodies=3_000))
    unfinished = (
        b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n" + b"x" * 999
    )
    async with AsyncExitStack() as stack, serving(settings) as port:
        held = [await connect(stack, port) for _ in range(3)]
        for streams in held:
            streams[1].write(unfinished)
        async with asyncio.timeout(STILL):
            while await ask(refused := await connect(stack, port), unfinished + b"x") != 503:
                pass
            told = await headers(refused)
            assert int(told[b"retry-after"]) > 0
            assert told[b"connection"] == b"close"
            for streams in held:
                streams[1].close()
            while (status := await ask(await connect(stack, port), unfinished + b"x")) == 503:
                pass
        assert status != 503


async def test_a_bound_below_the_largest_body_lets_one_of_these_in() -> None:
    """A common bound that no body fits into would refuse everything for ever: one of the largest always fits."""
    settings = Settings(api=ApiSettings(max_body=1_000, max_batch=1_000, max_bodies=1))
    request = (
        b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n" + b"x" * 1_000
    )
    async with AsyncExitStack() as stack, serving(settings) as port:
        assert await ask(await connect(stack, port), request) == 400  # it was read, and is not JSON
