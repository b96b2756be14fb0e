"""A saved search whose matches are delivered, to a webhook or to a topic."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from service.core.questions import Filters

MATCHED_TYPE: Final = "claimwire.claim.matched.v1"
MOST_WATCHES: Final = 1_000  # of one ledger: each is a question to the database with every batch of events


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWatch:
    """What a watch is made of.

    Attributes:
        name: for people.
        filters: which claims it matches.
        url: where its matches are posted; None for the topic of matches.
    """

    name: str
    filters: Filters
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A watch and how its deliveries stand.

    Attributes:
        id: its own.
        name: for people.
        filters: which claims it matches.
        origin: scheme, host and port that its matches are posted to; None for the topic. The rest of the address may
            be a secret of the receiver's, and is shown to nobody.
        created_at: it matches claims of events that were written from then on.
        waiting: matches that are not delivered yet.
        delivered: matches that were.
        given_up: matches that were not, for as long as they may take.
        problem: why the last attempt failed; None where it did not.
        next_attempt_at: when the next one is made; None where none failed.
        gone: whether the receiver said (410) that it wants no more: nothing is matched then.
    """

    id: str
    name: str
    filters: Filters
    origin: str | None
    created_at: datetime
    waiting: int
    delivered: int
    given_up: int
    problem: str | None
    next_attempt_at: datetime | None
    gone: bool


def origin_of(url: str) -> str:
    """Return scheme, host and port of a webhook's address, in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
