"""The live view: the last events of the output topic, in memory and bounded, for GET /v1/articles/{id} and /v1/events.

The tail feeds it with committed records in the order of each partition. Of one article it keeps the event with the
highest version, for as long as any event of the article is here: else an old version that comes late would hide a
retraction, or the article. A tombstone erases the article. Nothing here is a source of truth: the topic is.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson

from service.core.message import Message

QUEUE: Final = (
    256  # events that one subscriber may lag behind; one that lags more is closed, and resumes by its last id
)
_SHORT: Final = {
    "claimwire.article.enriched.v1": "enriched",
    "claimwire.article.retracted.v1": "retracted",
    "claimwire.article.skipped.v1": "skipped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of the view, with what filters ask about."""

    message: Message
    partition: int
    offset: int
    kind: str
    article_id: str
    version: int
    names: Mapping[str, str]
    stances: frozenset[tuple[str, str]]
    check_worthiness: float

    @classmethod
    def of(cls, message: Message) -> "Entry | None":
        """Read a record of the output topic; None if it is none of ours."""
        try:
            data: dict[str, Any] = orjson.loads(message.value or b"")
            return cls(
                message=message,
                partition=message.partition or 0,
                offset=message.offset or 0,
                kind=_SHORT.get((message.header("ce_type") or b"").decode(), "other"),
                article_id=data["article"]["id"],
                version=data["article"]["version"],
                names={entity["id"]: _folded(entity["name"] or "") for entity in data.get("entities", ())},
                stances=frozenset((stance["target"], stance["label"]) for stance in data.get("stances", ())),
                check_worthiness=max((claim["check_worthiness"] for claim in data.get("claims", ())), default=0.0),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    @property
    def size(self) -> int:
        """Bytes, near enough."""
        return len(self.message.value or b"") + 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events a subscriber wants. A retraction passes always: it may take back what passed before."""

    entity: str | None = None
    stance: str | None = None
    check_worthiness: float | None = None

    def passes(self, entry: Entry) -> bool:
        """Return whether the event is wanted.

        `entity` is found in an entity's name as whole words, in any case; `stance` is held toward that entity where
        one is asked for, and toward any otherwise.
        """
        if entry.kind == "retracted":
            return True
        targets = set(entry.names)
        if self.entity is not None:
            wanted = f" {_folded(self.entity)} "
            targets = {target for target, name in entry.names.items() if wanted in f" {name} "}
            if not targets:
                return False
        if self.stance is not None and not any((target, self.stance) in entry.stances for target in targets):
            return False
        return self.check_worthiness is None or entry.check_worthiness >= self.check_worthiness


class Subscription:
    """One reader of the stream. `None` in the queue ends it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Entry | None] = asyncio.Queue(maxsize=QUEUE)
        self.closed = False

    def put(self, entry: Entry | None) -> None:
        """Hand over an event; a full queue ends the subscription."""
        if self.closed:
            return
        if entry is None or self.queue.full():
            self.closed = True
            if self.queue.full():
                self.queue.get_nowait()
            self.queue.put_nowait(None)
            return
        self.queue.put_nowait(entry)


class LiveView:
    """See the module. Not thread-safe: everything runs on the event loop."""

    def __init__(self, *, max_articles: int, max_bytes: int) -> None:
        self._max_articles = max_articles
        self._max_bytes = max_bytes
        self._subscriptions: set[Subscription] = set()
        self.topic = ""  # the identity of the topic that is read, where brokers tell
        self.closed = False
        self._clear()

    def _clear(self) -> None:
        self._latest: dict[str, Entry] = {}
        self._log: deque[Entry] = deque()
        self._held: Counter[str] = Counter()  # article: its events in the log
        self._outlived: set[str] = set()  # articles whose latest event left the log before an older version's
        self._bytes = 0
        self._dropped: dict[int, int] = {}  # partition: highest offset that the log let go
        self.positions: dict[int, int] = {}  # partition: offset of the last record that was read
        self.caught_up = False

    def begin(self, topic: str) -> None:
        """Note the identity of the topic that is read. With another one, everything is forgotten and streams end.

        Their readers come back with an id that names the topic before, and are told of the gap.
        """
        if self.topic and topic != self.topic:
            self._clear()
            self._end_streams()
        self.topic = topic

    def add(self, message: Message) -> None:
        """Take the next committed record of a partition."""
        partition, offset = message.partition or 0, message.offset or 0
        if offset <= self.positions.get(partition, -1):
            return  # read before: the tail was started again
        self.positions[partition] = offset
        if message.value is None:
            self._erase((message.key or b"").decode(errors="replace"))
            return
        entry = Entry.of(message)
        if entry is None:
            return
        known = self._latest.get(entry.article_id)
        if known is None or entry.version >= known.version:
            self._let_go(entry.article_id)
            self._latest[entry.article_id] = entry
        self._log.append(entry)
        self._held[entry.article_id] += 1
        self._bytes += entry.size
        while len(self._log) > self._max_articles or (self._bytes > self._max_bytes and len(self._log) > 1):
            self._forget(self._log.popleft())
        for subscription in tuple(self._subscriptions):
            subscription.put(entry)

    def latest(self, article_id: str) -> Entry | None:
        """Return the event with the article's highest version, or None."""
        return self._latest.get(article_id)

    def why_not(self) -> str:
        """Say honestly why an article may be missing."""
        if not self.caught_up:
            return "The view is still reading the topic; try again soon."
        if self._dropped:
            return f"Not among the last {len(self._log)} events; older ones are in the topic."
        return f"Not among the {len(self._log)} events that were read since the view began."

    def since(self, after: Mapping[int, int]) -> list[Entry]:
        """Return the events behind these offsets, as far as the view reaches; all of a partition not named."""
        return [entry for entry in self._log if entry.offset > after.get(entry.partition, -1)]

    def recent(self, wanted: Filter, most: int) -> list[Entry]:
        """Return the latest events that are wanted, at most `most`, oldest first."""
        passing = (entry for entry in reversed(self._log) if wanted.passes(entry))
        return list(islice(passing, most))[::-1]

    def gap(self, after: Mapping[int, int]) -> dict[int, int]:
        """Return the partitions whose events behind these offsets the view let go: up to which offset."""
        return {partition: last for partition, last in self._dropped.items() if after.get(partition, last) < last}

    def skip_to(self, partition: int, offset: int) -> None:
        """Note that the view begins behind this offset: what lies before was never read."""
        self._dropped[partition] = max(offset, self._dropped.get(partition, -1))
        self.positions.setdefault(partition, offset)

    def subscribe(self) -> Subscription:
        """Begin to receive what is added from now on."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        if self.closed:
            subscription.put(None)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop receiving."""
        self._subscriptions.discard(subscription)

    @property
    def subscribers(self) -> int:
        """How many receive."""
        return len(self._subscriptions)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        self._end_streams()

    def _end_streams(self) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.put(None)

    def _erase(self, article_id: str) -> None:
        self._let_go(article_id)
        self._latest.pop(article_id, None)
        if self._held.pop(article_id, 0):
            self._bytes -= sum(entry.size for entry in self._log if entry.article_id == article_id)
            self._log = deque(entry for entry in self._log if entry.article_id != article_id)

    def _forget(self, entry: Entry) -> None:
        article = entry.article_id
        self._dropped[entry.partition] = max(entry.offset, self._dropped.get(entry.partition, -1))
        self._held[article] -= 1
        if self._held[article] and self._latest[article] is entry:
            self._outlived.add(article)
            return
        self._bytes -= entry.size
        if not self._held[article]:
            self._let_go(article)
            del self._held[article], self._latest[article]

    def _let_go(self, article_id: str) -> None:
        """Count the article's latest event no more, if it is one that outlived its place in the log."""
        if article_id in self._outlived:
            self._outlived.remove(article_id)
            self._bytes -= self._latest[article_id].size


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
