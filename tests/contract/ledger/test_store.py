"""What the tables hold after events, on each database."""

import pytest
from sqlalchemy import func, select, text

from service.core.errors import FencedError
from service.ledger.database import Database
from service.ledger.store import Store
from service.ledger.tables import articles, claims, entities, logs, stances
from service.streaming.consume.stored_sink import Log, RefusedError
from tests.ledger import LOG, counts, enriched, everything, record, records, retracted, skipped

PUTIN = {"speaker": "Vladimir Putin", "text": "The treaty is dead and buried for good.", "stances": {"NATO": "against"}}


@pytest.fixture
def store(ledger: Database) -> Store:
    """A store over empty tables."""
    return Store(ledger)


def written(store: Store, *data: object, start: int = 0, log: Log = LOG) -> None:
    """Write events as the next batch of the log."""
    found = [record(each, offset=offset) for offset, each in enumerate(data, start=start)]  # type: ignore[arg-type]
    store.write(log, after=store.position(log), position=start + len(found), messages=found)


def test_an_event_is_in_every_table(store: Store, ledger: Database) -> None:
    """An article's entities, mentions, claims, stances and topics are rows, and the offset is behind it."""
    topic = {
        "topic": "NATO expands",
        "label": "against",
        "confidence": 0.7,
        "holders": [
            {"holder": "e1", "label": "against", "confidence": 0.7, "claims": ["c1"]},
            {"holder": "author", "label": "neutral", "confidence": 0.6, "claims": []},
        ],
    }
    written(store, enriched("a", PUTIN, {"speaker": None}, topics=[topic]))
    assert store.position(LOG) == 1
    with ledger.transaction() as connection:
        assert counts(connection) == {
            "articles": 1,
            "entities": 2,
            "mentions": 2,
            "claims": 2,
            "stances": 1,
            "article_stances": 1,
            "topics": 3,
        }
        row = connection.execute(select(claims).where(claims.c.claim == "c1")).one()
        assert (row.text, row.kind, row.speaker_name) == (PUTIN["text"], "direct_quote", "Vladimir Putin")
        assert (row.spans, row.check_worthiness, row.source) == ([[100, 139]], 0.5, "Gazette")
        assert row.said_at.isoformat() == "2026-03-18T09:30:00+00:00"


def test_a_lower_version_changes_nothing(store: Store, ledger: Database) -> None:
    """Once a version is in the tables, a lower one that comes late is passed over; a higher one replaces it whole."""
    written(store, enriched("a", {"speaker": "Ann Lee"}, version=2))
    written(store, enriched("a", {"speaker": "Bob Ray"}, version=1), start=1)
    with ledger.transaction() as connection:
        assert "Ann Lee" in everything(connection)
        assert "Bob Ray" not in everything(connection)
    written(store, enriched("a", {"speaker": "Cid Fox"}, version=3), start=2)
    with ledger.transaction() as connection:
        assert "Cid Fox" in everything(connection)
        assert "Ann Lee" not in everything(connection)
        assert counts(connection)["claims"] == 1


def test_of_one_version_the_later_event_holds(store: Store, ledger: Database) -> None:
    """An article that is read again, by another model, is in the tables as it was read last."""
    written(store, enriched("a", {"speaker": "Ann Lee"}), enriched("a", {"speaker": "Bob Ray"}))
    with ledger.transaction() as connection:
        assert "Ann Lee" not in everything(connection)
        assert counts(connection)["claims"] == 1


def test_a_retraction_keeps_the_fact(store: Store, ledger: Database) -> None:
    """What a retracted article said is gone, and that it was retracted is known; an older version stays out."""
    written(store, enriched("a", PUTIN), retracted("a", version=2), enriched("a", PUTIN, version=1))
    with ledger.transaction() as connection:
        row = connection.execute(select(articles)).one()
        assert (row.status, row.version, row.title) == ("canceled", 2, None)
        assert sum(counts(connection).values()) == 1
        assert "Putin" not in everything(connection)


def test_a_skipped_article_is_known(store: Store, ledger: Database) -> None:
    """An article that was not read is a row that says why."""
    written(store, skipped("a"))
    with ledger.transaction() as connection:
        row = connection.execute(select(articles)).one()
        assert (row.status, row.reason, row.title) == ("skipped", "unsupported-language", "Ein Titel")


def test_an_erased_article_is_nowhere(store: Store, ledger: Database) -> None:
    """A tombstone takes the article out of every table, with names that only it held; names of others stay."""
    written(store, enriched("secret-id", PUTIN, {"speaker": "a guard", "speaker_kind": "unnamed"}, title="Hush"))
    written(store, enriched("b", {"speaker": "Vladimir Putin"}), "secret-id", start=1)
    with ledger.transaction() as connection:
        held = everything(connection)
        assert all(word not in held for word in ("secret-id", "Hush", "treaty", "NATO", "guard"))
        assert "Vladimir Putin" in held
    written(store, "b", start=3)
    with ledger.transaction() as connection:
        assert sum(counts(connection).values()) == 0
        assert "Putin" not in everything(connection)


def test_full_text_forgets_too(store: Store, ledger: Database) -> None:
    """The full-text index finds a claim's words, and not after the article is erased."""
    match = (
        "SELECT count(*) FROM claims WHERE search @@ plainto_tsquery('english', 'treaties')"
        if ledger.is_postgres
        else "SELECT count(*) FROM claims_search WHERE claims_search MATCH 'treaties'"
    )
    written(store, enriched("a", PUTIN))
    with ledger.transaction() as connection:
        assert connection.execute(text(match)).scalar_one() == 1
    written(store, "a", start=1)
    with ledger.transaction() as connection:
        assert connection.execute(text(match)).scalar_one() == 0


def test_an_erased_article_does_not_come_back_from_another_partition(store: Store, ledger: Database) -> None:
    """After the topic grew, the article's old event is read behind its tombstone, and stays out; a new one comes in."""
    old, grown = Log(topic="t", partition=0), Log(topic="t", partition=5)
    store.write(grown, after=None, position=1, messages=[record("a", offset=0, at=2_000)])
    store.write(old, after=None, position=1, messages=[record(enriched("a", PUTIN), offset=0, at=1_000)])
    with ledger.transaction() as connection:
        assert counts(connection)["articles"] == 0
    store.write(grown, after=1, position=2, messages=[record(enriched("a", PUTIN), offset=1, at=3_000)])
    with ledger.transaction() as connection:
        assert counts(connection)["articles"] == 1


def test_an_old_tombstone_does_not_erase_what_came_after(store: Store, ledger: Database) -> None:
    """An article that was published again after its erasure stays, when the tombstone is read late."""
    old, grown = Log(topic="t", partition=0), Log(topic="t", partition=5)
    store.write(grown, after=None, position=1, messages=[record(enriched("a", PUTIN), offset=0, at=3_000)])
    store.write(old, after=None, position=1, messages=[record("a", offset=0, at=2_000)])
    with ledger.transaction() as connection:
        assert counts(connection)["articles"] == 1


def test_two_ledgers_cannot_write_one_batch(store: Store, ledger: Database) -> None:
    """Whoever goes on from an offset that another ledger has passed is refused, and changes nothing."""
    store.write(LOG, after=None, position=1, messages=records(enriched("a", PUTIN)))
    with pytest.raises(FencedError):
        store.write(LOG, after=None, position=1, messages=records(enriched("a", PUTIN)))
    with pytest.raises(FencedError):
        store.write(LOG, after=7, position=8, messages=records(enriched("b", PUTIN), start=7))
    with ledger.transaction() as connection:
        assert connection.execute(select(func.count()).select_from(articles)).scalar_one() == 1
        assert connection.execute(select(logs.c.position)).scalar_one() == 1


def test_what_cannot_be_read_is_named_and_nothing_is_written(store: Store, ledger: Database) -> None:
    """Records that are no events of ours are refused by their index, and the batch waits until they are out of it."""
    good = enriched("a", PUTIN)
    dangling = enriched("b", PUTIN)
    dangling["claims"][0]["speaker"]["entity"] = "e99"
    strange = record(good, offset=1)
    messages = [
        record(good, offset=0),
        strange.__class__(**{name: getattr(strange, name) for name in strange.__slots__} | {"headers": ()}),
        record(dangling, offset=2),
        record({"article": {"id": "c"}, "status": "canceled"}, offset=3),
        record(enriched("d", {"speaker": "Ann Lee", "text": "A NUL \x00 character."}), offset=4),
    ]
    with pytest.raises(RefusedError) as caught:
        store.write(LOG, after=None, position=5, messages=messages)
    assert {index: why.code for index, why in caught.value.refused.items()} == {
        1: "unknown-event-type",
        2: "malformed-event",
        3: "malformed-event",
        4: "nul-character",
    }
    with ledger.transaction() as connection:
        assert counts(connection)["articles"] == 0


def test_what_the_database_refuses_is_found(store: Store, ledger: Database) -> None:
    """An event with a number that no column holds is found among sound ones, and they can be written without it."""
    monstrous = enriched("b", {"speaker": "Ann Lee"})
    monstrous["claims"][0]["start"], monstrous["claims"][0]["end"] = 2**70, 2**70 + 1
    messages = records(enriched("a", PUTIN), monstrous, enriched("c", PUTIN))
    with pytest.raises(RefusedError) as caught:
        store.write(LOG, after=None, position=3, messages=messages)
    assert {index: why.code for index, why in caught.value.refused.items()} == {1: "not-storable"}
    store.write(LOG, after=None, position=3, messages=[messages[0], messages[2]])
    with ledger.transaction() as connection:
        assert counts(connection)["articles"] == 2
        assert store.position(LOG) == 3


def test_full_names_are_one_entity_and_surnames_are_not(store: Store, ledger: Database) -> None:
    """Articles share an entity by full name and type, however it is written; a surname alone stays with its article."""
    written(
        store,
        enriched("a", {"speaker": "Maria Zakharova", "stances": {("The White House", "organization"): "against"}}),
        enriched("b", {"speaker": "MARIA  ZAKHAROVA", "stances": {("White House", "organization"): "against"}}),
        enriched("c", {"speaker": "Zakharova"}),
        enriched("d", {"speaker": "Zakharova"}),
        enriched("e", {"speaker": ("Maria Zakharova", "other")}),
        enriched("f", {"speaker": "a spokeswoman", "speaker_kind": "unnamed"}),
    )
    with ledger.transaction() as connection:
        rows = connection.execute(select(entities.c.normalized_name, entities.c.type, entities.c.article_id)).all()
    assert sorted(rows, key=str) == sorted(
        [
            ("maria zakharova", "person", None),
            ("maria zakharova", "other", None),
            ("white house", "organization", None),
            ("zakharova", "person", "c"),
            ("zakharova", "person", "d"),
            ("a spokeswoman", "person", "f"),
        ],
        key=str,
    )


def test_copies_of_a_claim_are_one_group(store: Store, ledger: Database) -> None:
    """A quote that other outlets carry with small changes is one voice; the same words of another person are not."""
    quote = "We will not allow the alliance to move its infrastructure any closer to our borders, whatever it costs."
    copy = "We will not allow the alliance to move its infrastructure closer to our borders, whatever it costs"
    written(store, enriched("a", {"speaker": "Vladimir Putin", "text": quote}, source="One"))
    written(store, enriched("b", {"speaker": "Vladimir Putin", "text": copy}, source="Two"), start=1)
    written(
        store,
        enriched("c", {"speaker": "Ann Lee", "text": quote}),
        enriched(
            "d", {"speaker": "Vladimir Putin", "text": "Grain exports through the strait rose by a third in May."}
        ),
        start=2,
    )
    with ledger.transaction() as connection:
        groups = dict(connection.execute(select(claims.c.article_id, claims.c.group_id)).all())
    assert groups["a"] == groups["b"]
    assert len(set(groups.values())) == 3


@pytest.mark.parametrize("at_once", [1, 2, 250])
def test_repeats_within_one_batch_share_a_group(
    store: Store, ledger: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """However many claims are looked at together, a copy finds what came before it, stored or not."""
    monkeypatch.setattr("service.ledger.groups._CLAIMS", at_once)
    quotes = [
        {
            "speaker": "Vladimir Putin",
            "text": "The pipeline will be closed for repairs until the sanctions are lifted.",
        },
        {"speaker": "Vladimir Putin", "text": "Grain exports through the strait rose by a third in May of this year."},
    ]
    written(store, enriched("a", quotes[0]))
    written(store, *(enriched(name, *quotes) for name in ("b", "c", "d")), start=1)
    with ledger.transaction() as connection:
        rows = connection.execute(select(claims.c.claim, claims.c.group_id).distinct()).all()
        assert len(rows) == 2
        assert connection.execute(select(func.count()).select_from(claims)).scalar_one() == 7


def test_a_group_outlives_its_first_claim(store: Store, ledger: Database) -> None:
    """After the article that a group began with is gone, copies still find the group."""
    quote = {
        "speaker": "Vladimir Putin",
        "text": "The pipeline will be closed for repairs until the sanctions are lifted.",
    }
    written(store, enriched("a", quote), enriched("b", quote))
    written(store, "a", start=2)
    written(store, enriched("c", quote), start=3)
    with ledger.transaction() as connection:
        groups = dict(connection.execute(select(claims.c.article_id, claims.c.group_id)).all())
    assert groups["b"] == groups["c"]


def test_events_without_quotes_are_kept(store: Store, ledger: Database) -> None:
    """Where the output holds positions only, claims have no text and no group but their own, and names join nothing."""
    data = enriched("a", PUTIN, PUTIN)
    for each in data["entities"]:
        each["name"] = None
    for each in data["claims"]:
        each["text"] = each["speaker"]["name"] = each["cue"]["text"] = None
    written(store, data)
    with ledger.transaction() as connection:
        assert connection.execute(select(func.count(claims.c.group_id.distinct()))).scalar_one() == 2
        assert connection.execute(select(func.count()).select_from(stances)).scalar_one() == 2
        assert set(connection.execute(select(entities.c.article_id)).scalars()) == {"a"}
