"""HTTP clients that go where they are sent and nowhere else."""

import asyncio
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import h11

_PIECE: Final = 65_536  # bytes read at once
_PORTS: Final = {"http": 80, "https": 443}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could lead to an address that is not configured."""

    def redirect_request(self, *_args: object, **_options: object) -> None:
        return None


def opener_without_redirects(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """Return an opener that raises `HTTPError` where it is redirected; `handlers` as for `build_opener`."""
    return urllib.request.build_opener(_NoRedirects, *handlers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How an answer begins: its status, and its header fields with names in lower case."""

    status: int
    fields: Mapping[str, str]


async def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float) -> Head:  # noqa: ASYNC109  # of the whole call
    """Send a body over a connection of its own, and return how the answer begins; the rest of it is not read.

    Args:
        url: Of the scheme http or https. A redirect is an answer like any other.
        body: What is sent.
        headers: Beside Host, Content-Length and Connection.
        timeout: Seconds that all of it may take, however slowly the other side speaks.

    Raises:
        TimeoutError: it took longer.
        OSError: no connection, or none that TLS takes for the right one.
        h11.RemoteProtocolError: what came is no answer.
    """
    parts = urlsplit(url)
    secure = _trusted() if parts.scheme == "https" else None
    async with asyncio.timeout(timeout):
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port or _PORTS[parts.scheme], ssl=secure, limit=_PIECE
        )
        try:
            speaker = h11.Connection(h11.CLIENT)
            fields = {"Host": parts.netloc, "Content-Length": str(len(body)), "Connection": "close"} | dict(headers)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            request = h11.Request(method="POST", target=target, headers=list(fields.items()))
            for part in (request, h11.Data(data=body), h11.EndOfMessage()):
                writer.write(speaker.send(part) or b"")
            await writer.drain()
            while not isinstance(event := speaker.next_event(), h11.Response):
                if event is h11.NEED_DATA:
                    speaker.receive_data(await reader.read(_PIECE))
            names = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            return Head(status=event.status_code, fields=names)
        finally:
            writer.transport.abort()


@cache
def _trusted() -> ssl.SSLContext:
    """Return a context that verifies certificates and names; reading the authorities takes milliseconds."""
    return ssl.create_default_context()
