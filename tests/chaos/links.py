"""The links between brokers, each of which can be cut: a port before each broker that knows who connects to it.

A broker says who it is in the client id of its first request, `broker-1-fetcher-0` for instance. After that first one
the bytes of a connection are carried as they are.
"""

import asyncio
import contextlib
import re
import struct
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.forwarder import HOST, Forwarder, until_one_ends

_HEAD: Final = struct.Struct(">ihhih")  # size, kind, version, number, length of the client id
_BROKER: Final = re.compile(rb"(?:broker-|Thread-)(\d+)")
_CHUNK: Final = 65_536


@dataclass(kw_only=True)
class Link(Forwarder):
    """What leads to one broker from all the others."""

    _cut: set[int] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def cut(self, source: int) -> None:
        """Let nothing through that comes from this broker, or goes back to it, until `heal`."""
        async with self._changed:
            self._cut.add(source)

    async def heal(self) -> None:
        """Let everything through, what was kept first."""
        async with self._changed:
            self._cut.clear()
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readexactly(_HEAD.size)
                name = await reader.readexactly(max(0, _HEAD.unpack(head)[-1]))
                source = int(found[1]) if (found := _BROKER.search(name)) else 0
                there, back = await asyncio.open_connection(HOST, self.target)
                try:
                    back.write(head + name)
                    await until_one_ends(self._carry(reader, back, source), self._carry(there, writer, source))
                finally:
                    back.close()
        finally:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, source: int) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                if source in self._cut:
                    async with self._changed:
                        await self._changed.wait_for(lambda: source not in self._cut)
                writer.write(chunk)
                await writer.drain()
