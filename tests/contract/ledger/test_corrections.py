"""Who is who, by a list and by what people correct, on each database; after each correction as if written under it."""

import contextlib
import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select

from service.core.errors import ClaimwireError
from service.core.questions import (
    ClaimsQuestion,
    EntitiesQuestion,
    Filters,
    RankingQuestion,
    SeriesQuestion,
    StancesQuestion,
)
from service.ledger import correct
from service.ledger.answers import Answers
from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.ledger.tables import (
    article_stances,
    articles,
    claims,
    corrections,
    entities,
    entity_words,
    mentions,
    stances,
    topics,
)
from service.settings.ledger import LedgerSettings
from tests.ledger import LOG, enriched, everything, record

ANN, BOB, NATO = "Ann Lee", "Bob Ray", ("NATO", "organization")


@pytest.fixture
def reading(ledger: Database, ledger_settings: LedgerSettings) -> Iterator[Answers]:
    """Answers from the tables."""
    del ledger
    database = Database(ledger_settings, read_only=True)
    yield Answers(database)
    database.close()


def write(ledger: Database, *data: Mapping[str, Any] | str, at: int = 1_000) -> None:
    """Write events behind those that there are."""
    store = Store(ledger)
    after = store.position(LOG)
    start = after or 0
    found = [record(each, offset=offset, at=at) for offset, each in enumerate(data, start=start)]
    store.write(LOG, after=after, position=start + len(found), messages=found)


def said(article: str, name: str, *targets: str, **options: Any) -> dict[str, Any]:
    """Return an article in which somebody makes one claim, for these targets."""
    text = hashlib.sha256(article.encode()).hexdigest()  # of another article another, so that it repeats nothing
    return enriched(article, {"speaker": name, "text": text, "stances": dict.fromkeys(targets, "favor")}, **options)


def id_of(ledger: Database, name: str, article: str | None = None) -> str:
    """Return the id of the one canonical entity of that name, which that article names."""
    with ledger.transaction() as connection:
        if article is not None:
            (found,) = (each.id for each in correct.of_article(connection, article) if each.name == name)
        else:
            (found,) = (each.id for each in correct.found(connection, name, most=9) if each.name == name)
    return found


def speakers(reading: Answers, **filters: Any) -> list[tuple[str, str, str]]:
    """Return article, id and name of the speaker of each claim that is found."""
    rows = reading.answer(ClaimsQuestion(filters=Filters(**filters))).rows
    return sorted((row["article_id"], row["speaker_id"], row["speaker"]) for row in rows)


def image(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the tables hold, in an order and with numbers that do not depend on when it was written."""
    places = {row.id: (row.article_id, row.claim) for row in connection.execute(select(claims))}
    groups = {row.id: row.group_id for row in connection.execute(select(claims))}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in (articles, entities, entity_words, mentions, claims, stances, article_stances, topics):
        left_out = {"id", "group_id"} if table is claims else set()
        for row in connection.execute(select(table)):
            values = {name: value for name, value in row._mapping.items() if name not in left_out}
            if table is stances:
                values["group_id"] = values["group_id"] == groups[values["claim_id"]]
            if "claim_id" in values:
                values["claim_id"] = places[values["claim_id"]]
            found.setdefault(table.name, []).append(tuple(map(str, values.values())))
    return {name: sorted(rows) for name, rows in found.items()}


def as_if_rebuilt(ledger: Database, ledger_settings: LedgerSettings, log: Sequence[Any]) -> None:
    """Look that the tables are what they would be, read anew from the topic with the corrections carried over."""
    if ledger.is_postgres:
        fresh = Database(ledger_settings, schema=f"{ledger.schema}_fresh")
    else:
        fresh = Database(LedgerSettings(url=SecretStr(f"sqlite:///{ledger.url.database}-fresh")))
    with contextlib.closing(fresh):
        migrate(fresh)
        write(fresh, *log)
        with ledger.transaction() as source, fresh.writing() as target:
            correct.carry(source, target)
        with ledger.transaction() as one, fresh.transaction() as other:
            assert image(one) == image(other)
        migrate(fresh, to="base")


def test_what_has_one_id_of_the_list_is_one(ledger: Database, reading: Answers) -> None:
    """However articles spell it, by a surname too: under the list's id, the fullest name, and findable by each."""
    write(
        ledger,
        said("a", "Roe", refs={"Roe": "Q1"}),
        said("b", "Jane Roe", refs={"Jane Roe": "Q1"}),
        said("c", "J. Roe-Smith", refs={"J. Roe-Smith": "Q1"}),
        said("d", "Jane Roe"),
        said("e", "Roe"),
    )
    assert speakers(reading, speaker="Q1") == [(article, "Q1", shown(reading)) for article in "abc"]
    assert [article for article, *_ in speakers(reading, speaker="Jane Roe")] == ["a", "b", "c", "d"]
    assert [row["id"] for row in reading.answer(EntitiesQuestion(prefix="roe-s")).rows] == ["Q1"]
    assert reading.answer(RankingQuestion(by="quoted")).rows[0]["claims"] == 3


def shown(reading: Answers) -> str:
    """Return the name that is shown for Q1."""
    (name,) = {row["name"] for row in reading.answer(EntitiesQuestion(prefix="Roe")).rows if row["id"] == "Q1"}
    return str(name)


def test_a_name_that_only_an_erased_article_gave_is_gone(ledger: Database, reading: Answers) -> None:
    """The entity lives on under the names that are left, and is found by them alone."""
    told = [said(article, name, refs={name: "Q1"}) for article, name in (("a", "Jane Hush Roe"), ("b", "Jane Roe"))]
    write(ledger, *told)
    assert shown(reading) == "Jane Hush Roe"
    write(ledger, "a")
    with ledger.transaction() as connection:
        assert "hush" not in everything(connection).casefold()
    assert shown(reading) == "Jane Roe"


def test_merged_entities_are_one_in_every_answer(
    ledger: Database, reading: Answers, ledger_settings: LedgerSettings
) -> None:
    """In articles that there are, and in those that come; and two again once it is taken back."""
    log = [said("a", ANN, BOB), said("b", "Anna Lee", BOB), said("c", "Lee", ANN, "Anna Lee")]
    write(ledger, *log)
    ann, anna, lee = id_of(ledger, ANN), id_of(ledger, "Anna Lee"), id_of(ledger, "Lee", "c")
    with ledger.writing() as connection:
        assert correct.merge(connection, ann, [anna, lee]) == ann
    as_if_rebuilt(ledger, ledger_settings, log)
    log.append(said("d", "Anna Lee"))
    write(ledger, log[-1])
    everywhere = [(article, ann, ANN) for article in "abcd"]
    for asked in (ann, ANN, "Anna Lee", anna):
        assert speakers(reading, speaker=asked) == everywhere
    assert [(row["name"], row["claims"]) for row in reading.answer(RankingQuestion(by="quoted")).rows] == [(ANN, 4)]
    (week,) = reading.answer(SeriesQuestion(target="Bob Ray", holder="Anna Lee", bucket="week")).rows
    assert week["favor"] == 2
    (claim,) = (row for row in reading.answer(ClaimsQuestion()).rows if row["article_id"] == "c")
    assert [(each["target_id"], each["target"]) for each in claim["stances"]] == [(ann, ANN)]
    held = reading.answer(StancesQuestion(filters=Filters(target=anna))).rows
    for row in held:
        assert (row["holder_id"], row["holder"], row["target_id"], row["target"]) == (ann, ANN, ann, ANN)
    as_if_rebuilt(ledger, ledger_settings, log)
    with ledger.writing() as connection:
        assert correct.split(connection, anna) == anna
    assert [article for article, *_ in speakers(reading, speaker=ANN)] == ["a", "c"]
    assert [article for article, *_ in speakers(reading, speaker="Anna Lee")] == ["b", "d"]
    as_if_rebuilt(ledger, ledger_settings, log)


def test_an_entity_is_two_where_articles_mean_two(
    ledger: Database, reading: Answers, ledger_settings: LedgerSettings
) -> None:
    """The one that is set apart has an id of its own, in these articles and their later versions."""
    log = [said("a", ANN, BOB), said("b", ANN, BOB), said("c", ANN, ANN)]
    write(ledger, *log)
    ann = id_of(ledger, ANN)
    with ledger.writing() as connection:
        other = correct.split(connection, ann, ["b", "c"])
    assert speakers(reading, speaker=ann) == [("a", ann, ANN)]
    assert speakers(reading, speaker=other) == [("b", other, ANN), ("c", other, ANN)]
    assert len(speakers(reading, speaker=ANN)) == 3
    as_if_rebuilt(ledger, ledger_settings, log)
    log.append(said("b", ANN, version=2))
    write(ledger, log[-1])
    assert speakers(reading, speaker=other) == [("b", other, ANN), ("c", other, ANN)]
    as_if_rebuilt(ledger, ledger_settings, log)
    with ledger.writing() as connection:
        correct.merge(connection, ann, [other])
    assert speakers(reading, speaker=other) == [(article, ann, ANN) for article in "abc"]
    as_if_rebuilt(ledger, ledger_settings, log)


def test_corrections_of_an_erased_article_are_gone(ledger: Database) -> None:
    """What was said of it is forgotten with it."""
    write(ledger, said("secret", ANN), said("b", ANN))
    with ledger.writing() as connection:
        correct.split(connection, id_of_in(connection, ANN), ["secret"])
        connection.execute(corrections.update().values(made_at=datetime.fromtimestamp(5, UTC)))
    write(ledger, "secret", at=10_000)
    with ledger.transaction() as connection:
        assert "secret" not in everything(connection)
        assert correct.made(connection) == []


def id_of_in(connection: Connection, name: str) -> str:
    """Return the id of the one canonical entity of that name."""
    (found,) = (each.id for each in correct.found(connection, name, most=9) if each.name == name)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_any_corrections_are_as_if_written_under_them(
    ledger: Database, ledger_settings: LedgerSettings, seed: int
) -> None:
    """Merges, splits and their undoing, among articles, corrections of them and erasures, in any order."""
    chance = random.Random(seed)  # noqa: S311  # a test can be repeated
    names = ["Ann Lee", "Anna Lee", "Lee", "Bob Ray", "B. Ray", "Ray"]
    log: list[Mapping[str, Any] | str] = []
    done = 0
    for _ in range(30):
        if chance.random() < 0.5 or not log:
            article, version = f"a{chance.randrange(6)}", len(log) + 1
            chosen = chance.sample(names, 3)
            refs = {name: f"Q{name[0]}" for name in chosen if chance.random() < 0.2}
            log.append(article if chance.random() < 0.1 else said(article, *chosen, version=version, refs=refs))
            write(ledger, log[-1])
            continue
        with ledger.writing() as connection:
            known = sorted(connection.execute(select(entities.c.canonical_id).distinct()).scalars())
            before = [each.entity_id for each in correct.made(connection)]
            if not known:
                continue
            try:
                if chance.random() < 0.4:
                    correct.merge(connection, chance.choice(known), [chance.choice(known)])
                elif chance.random() < 0.6:
                    correct.split(connection, chance.choice(known), [f"a{chance.randrange(6)}"])
                elif before:
                    correct.split(connection, chance.choice(before))
                done += 1
            except ClaimwireError:
                continue
        as_if_rebuilt(ledger, ledger_settings, log)
    assert done > 3


def test_what_cannot_be_corrected_is_told(ledger: Database) -> None:
    """Each in one sentence that names what was given."""
    write(ledger, said("a", ANN, BOB), said("b", "Lee"))
    ann, lee = id_of(ledger, ANN), id_of(ledger, "Lee", "b")
    for attempt, told in (
        (lambda opened: correct.merge(opened, ann, ["nobody"]), "The ledger has no entity nobody"),
        (lambda opened: correct.merge(opened, ann, [ann]), "are one already"),
        (lambda opened: correct.merge(opened, lee, [ann]), "is known to one article only"),
        (lambda opened: correct.split(opened, ann), "was not merged into another"),
        (lambda opened: correct.split(opened, ann, ["b"]), "has no article b that names the entity"),
        (lambda opened: correct.of_article(opened, "z"), "The ledger has no article z"),
    ):
        with pytest.raises(ClaimwireError, match=told), ledger.writing() as connection:
            attempt(connection)
    with ledger.transaction() as connection:
        assert correct.made(connection) == []
