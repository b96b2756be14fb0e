"""What each part says of its own health; `api.health` turns it into answers, `bootstrap` gathers the parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class HealthStatus(StrEnum):
    """The three words of draft-inadarei-api-health-check."""

    PASS = "pass"  # noqa: S105  # no password
    WARN = "warn"
    FAIL = "fail"


class Probe(StrEnum):
    """Which question a failed check answers with no.

    LIVE: only a restart helps. READY: send no work now; it may come back by itself. STARTUP: not there yet.
    """

    LIVE = "live"
    READY = "ready"
    STARTUP = "startup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One observation. `detail` is a sentence for a person; `observed` holds numbers and short words, no text."""

    name: str
    status: HealthStatus
    fails: frozenset[Probe] = frozenset()
    detail: str | None = None
    observed: Mapping[str, object] = field(default_factory=dict)


class Part(Protocol):
    """A part of the service that can say how it is. Must not block: it is asked on every probe."""

    def checks(self) -> Sequence[Check]:
        """Return what holds now."""
        ...
