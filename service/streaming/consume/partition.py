"""One input partition as this worker holds it: a small state machine, drawn in `docs/delivery.md`.

ASSIGNED ── producer initialised, committed offset read ──► GUARDED ── sought, resumed ──► OPEN ⇄ WRITING
   ▲                                                           │                            │        │
   └── after a pause ── BROKEN ◄── a transaction failed, was fenced, or has no known result ┴────────┘
CLOSED, from anywhere: the partition was revoked or the session ended. A closed lane is never used again.
"""

import asyncio  # noqa: TC003  # annotations of dataclass fields are read at run time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from service.core.errors import InfrastructureError

Partition = NewType("Partition", int)

_FIRST_PAUSE: Final = 0.2  # seconds before a broken lane is opened again; doubled each time …
_LONGEST_PAUSE: Final = 5.0  # … up to this: a coordinator that is back is used within that time


class LaneState(StrEnum):
    """The state of a partition."""

    ASSIGNED = "assigned"  # paused; a producer is being initialised, which fences whoever had the partition before
    GUARDED = "guarded"  # fenced off, and the committed offset read after that; still paused
    OPEN = "open"  # records are taken from it
    WRITING = "writing"  # a transaction is open; the records behind it are taken meanwhile
    BROKEN = "broken"  # the producer is gone; nothing since the last known commit counts
    CLOSED = "closed"  # no longer ours


_NEXT: Final = {
    LaneState.ASSIGNED: {LaneState.GUARDED, LaneState.BROKEN, LaneState.CLOSED},
    LaneState.GUARDED: {LaneState.OPEN, LaneState.BROKEN, LaneState.CLOSED},
    LaneState.OPEN: {LaneState.WRITING, LaneState.BROKEN, LaneState.CLOSED},
    LaneState.WRITING: {LaneState.OPEN, LaneState.BROKEN, LaneState.CLOSED},
    LaneState.BROKEN: {LaneState.ASSIGNED, LaneState.CLOSED},
    LaneState.CLOSED: {LaneState.CLOSED},
}


class LaneError(InfrastructureError):
    """A lane was asked for a step that its state does not allow: a bug, which must not pass unnoticed."""

    code = "lane"


@dataclass(slots=True, kw_only=True, eq=False)
class Lane:
    """An input partition between its assignment and its revocation.

    `position` is the offset that the next transaction starts at: every record below it is committed. `fetched` is one
    past the last record that was taken from the client, so that a record that comes twice is noticed; `handed` one past
    the last that went into a batch. `refused` counts, by input offset, how often what was to be written for that record
    was too large. `topic_identity` says which topic of that name it is, where brokers tell. `problem` is why nothing
    has been committed since `failing_since`, of the monotonic clock.
    """

    topic: str
    partition: Partition
    state: LaneState = LaneState.ASSIGNED
    position: int = 0
    fetched: int = 0
    handed: int = 0
    failures: int = 0
    retry_at: float = 0.0
    one_by_one: bool = False
    refused: dict[int, int] = field(default_factory=dict)
    topic_identity: str = ""
    problem: str | None = None
    failing_since: float | None = None
    opening: "asyncio.Task[None] | None" = None

    def move(self, state: LaneState) -> None:
        """Go to `state`.

        Raises:
            LaneError: there is no way there from here.
        """
        if state not in _NEXT[self.state]:
            raise LaneError(f"{self.topic}-{self.partition} cannot go from {self.state} to {state}.")
        self.state = state

    @property
    def flows(self) -> bool:
        """Whether records are taken from it: also while those before are being written."""
        return self.state in {LaneState.OPEN, LaneState.WRITING}

    def guard(self, committed: int) -> None:
        """The producer is initialised, and `committed` was read after that."""
        self.move(LaneState.GUARDED)
        self.position = self.fetched = self.handed = committed

    def committed(self, position: int) -> None:
        """The transaction went through: everything below `position` is done."""
        self.position = position
        self.failures = 0
        self.sound()
        self.one_by_one = False
        self.refused = {offset: times for offset, times in self.refused.items() if offset >= position}
        if self.state is LaneState.WRITING:  # not when the partition was revoked in the meantime
            self.move(LaneState.OPEN)

    def sound(self) -> None:
        """Nothing is wrong any more: something was committed, or there is nothing to commit."""
        self.problem = self.failing_since = None

    def fail(self, now: float, *, at_once: bool = False) -> None:
        """Something is in doubt: open the lane again, after a pause that grows."""
        if self.state is LaneState.CLOSED:
            return
        self.move(LaneState.BROKEN)
        if not at_once:
            self.failures += 1
        pause = 0.0 if at_once else min(_FIRST_PAUSE * 2 ** (self.failures - 1), _LONGEST_PAUSE)
        self.retry_at = now + pause

    def retry(self) -> None:
        """Begin again."""
        self.move(LaneState.ASSIGNED)

    def close(self) -> None:
        """The partition is not ours any more."""
        self.move(LaneState.CLOSED)
        if self.opening is not None:
            self.opening.cancel()
            self.opening = None
