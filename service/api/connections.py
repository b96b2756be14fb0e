"""Connections that hold no request: how long they may, and who goes when there are too many.

Uvicorn's timer for idle connections starts only after an answer, and is stopped by any byte: a client that connects and
says nothing, or sends a request's head a byte at a time, stays for ever. Its bound on concurrency counts connections
and refuses requests: with a few hundred silent clients, which need no key, probes would be answered 503.
"""

import asyncio
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.h11_impl import H11Protocol

_RESERVE: Final = 32  # connections above the bound, for probes alone
_PROBES: Final = "/health"


class GuardedProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, with a deadline for each request's head, and room for probes.

    - A head has to be complete `head_seconds` after the connection was made, or after the last answer.
    - Above `limit_concurrency` connections, the one that has waited longest without a request goes.
    - Where each of them holds a request, a few more are let in, on which only probes are answered.
    """

    head_seconds: ClassVar[float] = 20.0  # above the keep-alive, which ends those that are idle between requests

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._waiting_since: float | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Let the connection in, and make room for it."""
        super().connection_made(transport)
        self._look()
        if self._most is None or len(self.connections) <= self._most:
            return
        waiting = [each for each in self.connections if isinstance(each, GuardedProtocol) and each.waits]
        longest = min(waiting, key=lambda each: each.waiting_since, default=None)
        if longest is not None and longest is not self:
            longest.cut()
        elif len(self.connections) > self._most + _RESERVE:
            self.cut()
        else:
            self.app = _probes_only(self.app)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; see whether they complete a head."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        super().connection_lost(exc)
        self._stop()

    @property
    def waits(self) -> bool:
        """Whether the connection holds no request."""
        return self._waiting_since is not None

    @property
    def waiting_since(self) -> float:
        """Since when, by the loop's clock."""
        return self._waiting_since or 0.0

    def cut(self) -> None:
        """Close the connection."""
        self.connections.discard(self)
        self._stop()
        self.transport.close()

    def _look(self) -> None:
        """Run the clock while the other side has to send a head, and only then."""
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._stop()
        elif self._deadline is None:
            self._waiting_since = self.loop.time()
            self._deadline = self.loop.call_later(self.head_seconds, self.cut)

    def _stop(self) -> None:
        self._waiting_since = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _probes_only(app: Any) -> Any:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await (app if scope["path"].startswith(_PROBES) else service_unavailable)(scope, receive, send)

    return answer
