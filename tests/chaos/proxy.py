"""A TCP proxy on loopback that tells Kafka's requests apart.

It can swallow everything, as a network partition does for whoever goes through it; and it can pick out a request of one
kind and hold it back, delay it, answer it in the broker's place, or let it arrive long after its sender gave up.
"""

import asyncio
import contextlib
import struct
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from tests.chaos.forwarder import HOST, Forwarder, until_one_ends

_HEAD: Final = struct.Struct(">hhi")  # how a request begins: its kind, its version, its number on this connection
_SIZE: Final = struct.Struct(">i")


class Api(IntEnum):
    """Kinds of requests, by Kafka's API keys."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it went by: its kind and version, its number on the connection, and everything behind its size."""

    api: int
    version: int
    number: int
    frame: bytes

    @classmethod
    def of(cls, frame: bytes) -> "Request":
        """Read the head of a frame."""
        api, version, number = _HEAD.unpack_from(frame)
        return cls(api=api, version=version, number=number, frame=frame)


Answer = Callable[[Request], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A request that was kept from its broker. A broker serves what it was sent, whoever still waits for the answer."""

    request: Request
    sender: asyncio.StreamWriter
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    _go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def abandon(self) -> None:
        """Break the connection to the sender, who must then suppose that the request is lost."""
        self.sender.close()

    def release(self) -> None:
        """Let the request reach its broker."""
        self._go_on.set()

    async def released(self) -> None:
        """Wait for that."""
        await self._go_on.wait()


@dataclass(slots=True, eq=False)
class _Waiting:
    """A request that a broker was sent and has not answered yet; muted: the sender is never told the answer."""

    answered: asyncio.Event
    muted: bool = False


@dataclass(kw_only=True)
class Proxy(Forwarder):
    """Forwards a port to another, until it is told to be a black hole; what was swallowed goes on when it is told to.

    That is how a partition looks to both ends: connections stay up, nothing arrives, and once it heals TCP delivers
    what it had kept.
    """

    seen: Counter[int] = field(default_factory=Counter)  # requests that came, by kind
    _answers: dict[int, deque[Answer]] = field(default_factory=dict)
    _holds: dict[int, deque["asyncio.Future[Held]"]] = field(default_factory=dict)
    _mutes: dict[int, deque["asyncio.Future[Request]"]] = field(default_factory=dict)
    _delays: dict[int, float] = field(default_factory=dict)
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen, and let everything through."""
        self._open.set()
        await super().start()

    def cut(self) -> None:
        """Let nothing through."""
        self._open.clear()

    def heal(self) -> None:
        """Let everything through."""
        self._open.set()

    def answer(self, api: Api, *answers: Answer) -> None:
        """Answer the next requests of this kind in the broker's place, by what each function gives behind the head."""
        self._answers.setdefault(api, deque()).extend(answers)

    def hold(self, api: Api) -> "asyncio.Future[Held]":
        """Keep the next request of this kind, and what follows on its connection, from its broker."""
        held: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        self._holds.setdefault(api, deque()).append(held)
        return held

    def mute(self, api: Api) -> "asyncio.Future[Request]":
        """Let the next request of this kind reach its broker, and nothing more come back on its connection."""
        muted: asyncio.Future[Request] = asyncio.get_running_loop().create_future()
        self._mutes.setdefault(api, deque()).append(muted)
        return muted

    def forget(self) -> None:
        """Hold, mute and delay nothing that was not held or muted yet."""
        for wanted in (self._holds, self._mutes):
            for futures in wanted.values():
                for future in futures:
                    future.cancel()
            wanted.clear()
        self._delays.clear()

    def delay(self, api: Api, seconds: float) -> None:
        """Let each request of this kind, and what follows on its connection, arrive so much later; 0: no more."""
        self._delays[api] = seconds

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                await self._open.wait()
                there, back = await asyncio.open_connection(HOST, self.target)
                try:
                    await self._forward(reader, writer, there, back)
                finally:
                    back.close()
        except asyncio.CancelledError:
            writer.transport.abort()  # to whoever does not read any more nothing can be flushed
            raise
        writer.close()

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        back: asyncio.StreamWriter,
    ) -> None:
        """Carry both ways until one of them ends."""
        unanswered: deque[_Waiting] = deque()
        await until_one_ends(self._ask(reader, back, writer, unanswered), self._reply(there, writer, unanswered))

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        broker: asyncio.StreamWriter,
        sender: asyncio.StreamWriter,
        unanswered: deque[_Waiting],
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                request = Request.of(await _frame(reader))
                self.seen[request.api] += 1
                await self._open.wait()
                await asyncio.sleep(self._delays.get(request.api, 0.0))
                if answers := self._answers.get(request.api):
                    body = answers.popleft()(request)
                    while unanswered:  # noqa: ASYNC110  # answers come in the order of the requests
                        await asyncio.sleep(0.001)
                    _send(sender, _SIZE.pack(request.number) + body)
                    continue
                waiting = _Waiting(asyncio.Event())
                if holds := self._holds.get(request.api):
                    held = Held(request, sender, waiting.answered)
                    holds.popleft().set_result(held)
                    await held.released()
                if mutes := self._mutes.get(request.api):
                    waiting.muted = True
                    mutes.popleft().set_result(request)
                unanswered.append(waiting)
                _send(broker, request.frame)
                await broker.drain()
        for waiting in tuple(unanswered):
            await waiting.answered.wait()  # the sender is gone, and the broker still serves what it was sent

    async def _reply(
        self, broker: asyncio.StreamReader, sender: asyncio.StreamWriter, unanswered: deque[_Waiting]
    ) -> None:
        silent = False
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                frame = await _frame(broker)
                await self._open.wait()
                waiting = unanswered.popleft()
                silent = silent or waiting.muted
                if not silent and not sender.is_closing():
                    _send(sender, frame)
                    await sender.drain()
                waiting.answered.set()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = _SIZE.unpack(await reader.readexactly(_SIZE.size))
    return await reader.readexactly(size)


def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(_SIZE.pack(len(frame)) + frame)
