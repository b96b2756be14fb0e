"""What matches a watch is in the outbox once, and stays there until it was delivered, on each database."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from service.core.questions import Filters
from service.core.watches import NewWatch, Watch
from service.ledger.database import Database
from service.ledger.outbox import Delivery, Outbox, Outcome
from service.ledger.store import Store
from service.ledger.tables import claims, deliveries, watches
from service.ledger.watches import Watches
from tests.ledger import LOG, enriched, everything, record, retracted, skipped

NATO = ("NATO", "organization")
LATER = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1_000)  # when events are written: after every watch
BRIDGE = {"speaker": "Ann Lee", "text": "The bridge over the river is safe.", "worth": 0.7}
TREATY = {"speaker": "Bob Ray", "text": "The treaty is dead and buried for good.", "stances": {NATO: "against"}}


class Desk:
    """A ledger that is written to, and its outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = Store(database)
        self.watches = Watches(database)
        self.outbox = Outbox(database, patience=3_600.0)
        self.offset = 0

    def watch(self, *, url: str | None = None, name: str = "A watch", **filters: Any) -> Watch:
        """Make a watch."""
        return self.watches.add(NewWatch(name=name, filters=Filters(**filters), url=url))

    def tell(self, *data: Mapping[str, Any] | str, at: int = LATER, event: str | None = None) -> None:
        """Write events as one batch."""
        told = [record(each, offset=self.offset + number, at=at) for number, each in enumerate(data)]
        if event is not None:
            headers = (("ce_type", told[0].headers[0][1]), ("ce_id", event.encode()))
            told = [type(each)(**{**_fields(each), "headers": headers}) for each in told]
        after = self.store.position(LOG)
        self.offset += len(told)
        self.store.write(LOG, after=after, position=self.offset, messages=told)

    def waiting(self) -> list[tuple[str, str, str]]:
        """Return what waits: watch, article and claim."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                select(watches.c.name, deliveries.c.article_id, deliveries.c.claim)
                .join(watches)
                .order_by(watches.c.name, deliveries.c.article_id, deliveries.c.claim)
            )
            return [(name, article, claim) for name, article, claim in rows]

    def take(self, way: Any = "topic", *, most: int = 100, lease: float = 60.0) -> list[Delivery]:
        """Take what is due."""
        return self.outbox.take(way, most=most, lease=lease)

    def pass_time(self, seconds: float) -> None:
        """Let everything in the outbox have happened that much earlier."""
        earlier = timedelta(seconds=seconds)
        with self.database.transaction(writes=True) as connection:
            for table in (deliveries, watches):
                for row in connection.execute(select(table)).all():
                    times = {
                        name: getattr(row, name) - earlier for name in ("next_at", "matched_at") if name in row._fields
                    }
                    connection.execute(update(table).where(table.c.id == row.id).values(times))


def _fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__slots__}


@pytest.fixture
def desk(ledger: Database) -> Desk:
    """A desk over empty tables."""
    return Desk(ledger)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["c1", "c2"]),
        ({"text": "bridges"}, ["c1"]),
        ({"text": "bridge treaty"}, []),
        ({"speaker": "ann lee"}, ["c1"]),
        ({"speaker": "author"}, []),
        ({"target": "NATO"}, ["c2"]),
        ({"target": "NATO", "label": "favor"}, []),
        ({"label": "against", "source": "Gazette", "language": "en"}, ["c2"]),
        ({"worth": 0.6, "confidence": 0.5}, ["c1"]),
        ({"since": datetime(2026, 3, 18, tzinfo=UTC), "until": datetime(2026, 3, 19, tzinfo=UTC)}, ["c1", "c2"]),
        ({"since": datetime(2026, 3, 19, tzinfo=UTC)}, []),
    ],
)
def test_a_match_is_what_a_search_would_find(desk: Desk, filters: dict[str, Any], found: list[str]) -> None:
    """New claims that pass the filters are in the outbox, and no others."""
    desk.tell(enriched("before", BRIDGE, TREATY))
    desk.watch(**filters)
    desk.tell(enriched("a", BRIDGE, TREATY))
    assert desk.waiting() == [("A watch", "a", claim) for claim in found]


def test_a_match_says_what_the_claim_says(desk: Desk) -> None:
    """What is taken has the claim as an answer shows it, with its event and version."""
    watch = desk.watch(text="treaty", url="https://hooks.example/x")
    desk.tell(enriched("a", TREATY, version=3), event="e" * 64)
    assert desk.take("topic") == []
    (delivery,) = desk.take("webhook")
    assert (delivery.watch_id, delivery.watch_name, delivery.url) == (watch.id, "A watch", "https://hooks.example/x")
    assert (delivery.event_id, delivery.version, delivery.attempts) == ("e" * 64, 3, 1)
    claim = delivery.claim
    assert (claim["speaker"], claim["text"], claim["source"]) == ("Bob Ray", TREATY["text"], "Gazette")
    assert [each["target"] for each in claim["stances"]] == ["NATO"]


def test_events_that_were_written_before_the_watch_do_not_match(desk: Desk) -> None:
    """A ledger that is behind, or reads a topic from its beginning, delivers nothing old."""
    desk.watch()
    desk.tell(enriched("old", BRIDGE), at=1_773_826_200_000)
    assert desk.waiting() == []


def test_several_watches_match_one_claim(desk: Desk) -> None:
    """Each has its own delivery, with an id of its own."""
    desk.watch(name="one")
    desk.watch(name="two", text="bridge")
    desk.tell(enriched("a", BRIDGE))
    assert desk.waiting() == [("one", "a", "c1"), ("two", "a", "c1")]
    assert len({each.id for each in desk.take()}) == 2


def test_the_same_event_matches_once(desk: Desk) -> None:
    """An article that was sent twice, whose events are the same, is delivered once; a correction is an event again."""
    desk.watch()
    desk.tell(enriched("a", BRIDGE), event="1" * 64)
    desk.tell(enriched("a", BRIDGE), event="1" * 64)
    (first,) = desk.take()
    desk.outbox.note([Outcome(delivery=first)])
    desk.tell(enriched("a", BRIDGE), event="1" * 64)
    assert desk.waiting() == []
    desk.tell(enriched("a", BRIDGE, version=2), event="2" * 64)
    (second,) = desk.take()
    assert second.id != first.id
    assert second.version == 2


@pytest.mark.parametrize("later", [retracted("a", version=2), "a", skipped("a", version=2), enriched("a", version=2)])
def test_what_does_not_hold_any_more_is_not_delivered(desk: Desk, later: Any) -> None:
    """A retraction, an erasure and a correction without the claim take what waits away."""
    desk.watch()
    desk.tell(enriched("a", BRIDGE), enriched("b", BRIDGE))
    desk.take()
    desk.tell(later)
    assert desk.waiting() == [("A watch", "b", "c1")]
    desk.tell(enriched("c", BRIDGE, version=1), enriched("c", version=2))
    assert desk.waiting() == [("A watch", "b", "c1")]


def test_an_erased_article_is_nowhere(desk: Desk) -> None:
    """Not in the outbox either."""
    desk.watch()
    desk.tell(enriched("urn:secret", BRIDGE))
    desk.tell("urn:secret")
    with desk.database.transaction() as connection:
        assert "urn:secret" not in everything(connection)


def test_a_batch_that_is_refused_leaves_nothing(desk: Desk) -> None:
    """Matches are decided in the transaction of the rows."""
    desk.watch()
    with pytest.raises(Exception, match="offset"):
        desk.store.write(LOG, after=7, position=8, messages=[record(enriched("a", BRIDGE), offset=7, at=LATER)])
    assert desk.waiting() == []


def test_what_one_has_taken_another_does_not_get(desk: Desk) -> None:
    """Until the lease is over: then it is due again, as after a sender that was killed."""
    desk.watch()
    desk.tell(enriched("a", BRIDGE, TREATY))
    assert [each.attempts for each in desk.take(most=1)] == [1]
    assert [each.attempts for each in desk.take()] == [1]
    assert desk.take() == []
    desk.pass_time(61)
    assert [each.attempts for each in desk.take()] == [2, 2]


def test_what_was_delivered_is_gone_and_counted(desk: Desk) -> None:
    """The watch says how many."""
    watch = desk.watch()
    desk.tell(enriched("a", BRIDGE, TREATY))
    assert desk.watches.one(watch.id).waiting == 2  # type: ignore[union-attr]
    assert desk.outbox.backlog()["topic"].waiting == 2
    assert desk.outbox.note([Outcome(delivery=each) for each in desk.take()])["delivered"] == 2
    found = desk.watches.one(watch.id)
    assert found is not None
    assert (found.waiting, found.delivered, found.given_up, found.problem) == (0, 2, 0, None)
    assert desk.outbox.backlog()["topic"].waiting == 0


def test_a_watch_that_fails_is_tried_by_one_at_growing_intervals(desk: Desk) -> None:
    """The others of its matches wait, those of other watches do not; one success lets all of them go."""
    failing = desk.watch(name="failing")
    desk.watch(name="well", text="treaty")
    desk.tell(enriched("a", BRIDGE, TREATY, {"speaker": "Cid Fox"}))
    taken = desk.take()
    assert len(taken) == 4
    assert desk.outbox.note([Outcome(delivery=e, problem="No.") for e in taken if e.watch_id == failing.id]) == {
        "delivered": 0,
        "failed": 3,
        "given_up": 0,
    }
    found = desk.watches.one(failing.id)
    assert found is not None
    assert (found.problem, found.waiting) == ("No.", 3)
    waits = []
    for _ in range(5):
        assert desk.take() == []
        desk.pass_time(600)  # more than the longest of the waits, 5 s tripled four times and a fifth on top
        (probe, *well) = sorted(desk.take(), key=lambda each: each.watch_name)
        assert {each.watch_name for each in well} <= {"well"}
        desk.outbox.note([Outcome(delivery=probe, problem="No."), *(Outcome(delivery=each) for each in well)])
        found = desk.watches.one(failing.id)
        assert found is not None
        assert found.next_attempt_at is not None
        waits.append((found.next_attempt_at - datetime.now(UTC)).total_seconds())
        if found.given_up:
            break
    assert all(later > earlier for earlier, later in pairwise(waits))


def test_a_success_lets_all_go(desk: Desk) -> None:
    """After a probe that arrived, what waits of the watch is due, but for what has failed itself."""
    desk.watch()
    desk.tell(enriched("a", BRIDGE, TREATY, {"speaker": "Cid Fox"}))
    (first,) = desk.take(most=1)
    desk.outbox.note([Outcome(delivery=first, problem="No.")])
    desk.pass_time(7)
    (probe,) = desk.take()
    desk.outbox.note([Outcome(delivery=probe)])
    assert len(desk.take()) == 2


def test_a_receiver_that_asks_for_time_gets_it(desk: Desk) -> None:
    """Retry-After holds where it is longer than our own wait."""
    watch = desk.watch()
    desk.tell(enriched("a", BRIDGE))
    desk.outbox.note([Outcome(delivery=each, problem="Later.", wait=600.0) for each in desk.take()])
    found = desk.watches.one(watch.id)
    assert found is not None
    assert found.next_attempt_at is not None
    assert found.next_attempt_at - datetime.now(UTC) > timedelta(seconds=590)


def test_what_could_not_be_delivered_in_time_is_given_up(desk: Desk) -> None:
    """All of a failing watch that has waited for too long, not only what was tried; a success is one however late."""
    watch = desk.watch()
    desk.tell(enriched("a", BRIDGE, TREATY))
    (first,) = desk.take(most=1)
    desk.outbox.note([Outcome(delivery=first, problem="No.")])
    desk.pass_time(3_700)
    desk.tell(enriched("b", BRIDGE))
    taken = desk.take()
    assert len(taken) == 1
    assert desk.outbox.note([Outcome(delivery=taken[0], problem="No.")])["given_up"] == 2
    assert desk.waiting() == [("A watch", "b", "c1")]
    found = desk.watches.one(watch.id)
    assert found is not None
    assert (found.given_up, found.delivered) == (2, 0)


def test_a_receiver_that_is_gone_gets_nothing_more(desk: Desk) -> None:
    """What waits goes, and nothing matches any more."""
    watch = desk.watch()
    desk.tell(enriched("a", BRIDGE, TREATY))
    (first,) = desk.take(most=1)
    desk.outbox.note([Outcome(delivery=first, problem="The answer was HTTP 410.", gone=True)])
    desk.tell(enriched("b", BRIDGE))
    assert desk.waiting() == []
    found = desk.watches.one(watch.id)
    assert found is not None
    assert found.gone


def test_a_watch_goes_with_what_waits(desk: Desk) -> None:
    """And what was under way then is noted as nothing."""
    watch = desk.watch()
    desk.tell(enriched("a", BRIDGE))
    taken = desk.take()
    assert desk.watches.remove(watch.id)
    assert not desk.watches.remove(watch.id)
    assert desk.waiting() == []
    assert desk.outbox.note([Outcome(delivery=each, problem="No.") for each in taken]) == {}
    assert desk.watches.all() == []


def test_a_claim_that_is_read_again_is_waited_for(desk: Desk) -> None:
    """A delivery that a rebuild carried over before its article was read stays, until its time is over."""
    desk.watch()
    desk.tell(enriched("a", BRIDGE))
    with desk.database.transaction(writes=True) as connection:
        connection.execute(delete(claims))
    assert desk.take() == []
    assert len(desk.waiting()) == 1
    desk.pass_time(3_700)
    assert desk.take() == []
    assert desk.waiting() == []
