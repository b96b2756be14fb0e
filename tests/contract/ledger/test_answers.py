"""Questions are answered as the articles say, by each filter, in each order, page after page, on each database."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.questions import (
    Answer,
    ClaimsQuestion,
    EntitiesQuestion,
    Filters,
    Order,
    RankingQuestion,
    SeriesQuestion,
    StancesQuestion,
)
from service.ledger.answers import Answers
from service.ledger.database import Database, LedgerUnavailableError
from service.ledger.store import Store
from service.settings.ledger import LedgerSettings
from tests.ledger import LOG, enriched, records

NATO = ("NATO", "organization")
QUOTE = "We will not allow the alliance to move its infrastructure any closer to our borders."


@pytest.fixture
def reading(ledger: Database, ledger_settings: LedgerSettings) -> Iterator[Answers]:
    """Answers from the tables, opened for reading alone."""
    del ledger
    database = Database(ledger_settings, read_only=True)
    yield Answers(database)
    database.close()


@pytest.fixture
def answers(ledger: Database, reading: Answers) -> Answers:
    """Twelve claims of two people in two outlets."""
    told = [
        enriched(
            f"a{number:02}",
            {
                "speaker": ("Ann Lee", "Bob Ray")[number % 2],
                "text": f"The {'tariffs' if number % 3 else 'treaty'} of number {number} will hold for a long while.",
                "stances": {NATO: ("favor", "against")[number % 2]},
                "worth": number / 20,
            },
            source=("One", "Two")[number % 2],
            language=("en", "fr")[number // 6],
            published_at=f"2026-03-{number + 1:02}T12:00:00Z",
        )
        for number in range(12)
    ]
    Store(ledger).write(LOG, after=None, position=len(told), messages=records(*told))
    return reading


def ids(answers: Answers, **filters: Any) -> list[str]:
    """Return the articles of the claims that are found, in order."""
    return [row["article_id"] for row in answers.answer(ClaimsQuestion(filters=Filters(**filters))).rows]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"speaker": "ann lee"}, [0, 2, 4, 6, 8, 10]),
        ({"speaker": "Nobody"}, []),
        ({"target": "NATO", "label": "against"}, [1, 3, 5, 7, 9, 11]),
        ({"label": "neutral"}, []),
        ({"text": "tariff"}, [1, 2, 4, 5, 7, 8, 10, 11]),
        ({"text": "treaty number"}, [0, 3, 6, 9]),
        ({"source": "Two", "language": "fr"}, [7, 9, 11]),
        ({"since": datetime(2026, 3, 11, tzinfo=UTC)}, [10, 11]),
        ({"until": datetime(2026, 3, 2, 12, tzinfo=UTC)}, [0]),
        ({"worth": 0.5}, [10, 11]),
    ],
)
def test_a_filter_finds_what_it_says(answers: Answers, filters: dict[str, Any], found: list[int]) -> None:
    """Each filter keeps the claims that it is about, and the stances in them, latest first."""
    assert ids(answers, **filters) == [f"a{number:02}" for number in reversed(found)]
    stances = answers.answer(StancesQuestion(filters=Filters(**filters))).rows
    assert [row["article_id"] for row in stances] == [f"a{number:02}" for number in reversed(found)]


@pytest.mark.parametrize("order", ["time", "worth"])
@pytest.mark.parametrize("kind", [ClaimsQuestion, StancesQuestion])
def test_pages_join_without_gap_or_repeat(answers: Answers, kind: Any, order: Order) -> None:
    """Page after page gives every row once, in order, and the last one says that it is the last."""
    found: list[str] = []
    after = None
    while True:
        page: Answer = answers.answer(kind(order=order, most=5, after=after))
        found += [row["article_id"] for row in page.rows]
        if (after := page.last) is None:
            break
    assert found == [f"a{number:02}" for number in reversed(range(12))]


def test_confidence_is_of_what_is_asked_for(answers: Answers) -> None:
    """Of claims it is the claim's, of stances the stance's: 0.8 and 0.9 here."""
    filters = Filters(confidence=0.85)
    assert len(answers.answer(ClaimsQuestion(filters=filters)).rows) == 0
    assert len(answers.answer(StancesQuestion(filters=filters)).rows) == 12


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "' OR 1=1 --",
        "a AND (b",
        "text:*",
        "NEAR(",
        "%_",
        "\\",
        "x" * 1_000_000,
        "a " * 1_000,
        ") DROP TABLE claims",
    ],
)
def test_words_of_a_query_language_are_words(answers: Answers, words: str) -> None:
    """Whatever is searched for is looked for, and nothing else happens."""
    with contextlib.suppress(LedgerUnavailableError):  # too much is refused by the database, and told
        answers.answer(ClaimsQuestion(filters=Filters(text=words)))
    answers.answer(ClaimsQuestion(filters=Filters(speaker=words, target=words, source=words, language=words)))
    answers.answer(EntitiesQuestion(prefix=words[:1_000]))
    assert len(ids(answers)) == 12


def test_a_claim_comes_with_its_stances_and_its_article(answers: Answers) -> None:
    """A row names the speaker and the targets, and says where it stands."""
    (row, *_) = answers.answer(ClaimsQuestion()).rows
    assert (row["speaker"], row["title"], row["url"]) == ("Bob Ray", "A title", "https://news.example/a11")
    assert [(each["target"], each["label"]) for each in row["stances"]] == [("NATO", "against")]
    (stance, *_) = answers.answer(StancesQuestion()).rows
    assert (stance["holder"], stance["target"], stance["label"]) == ("Bob Ray", "NATO", "against")


@pytest.fixture
def wire(ledger: Database, reading: Answers) -> Answers:
    """One quote that three outlets carry over two weeks, what others say, and people of one word."""
    putin = {"speaker": "Vladimir Putin", "stances": {NATO: "against"}, "text": QUOTE}
    told = [
        enriched("a", putin, {"speaker": None, "text": "The author has a view of his own on all of this."}),
        enriched("b", putin, source="Two", published_at="2026-03-19T01:00:00+02:00"),
        enriched("c", putin, source="Three", published_at="2026-03-27T10:00:00Z"),
        enriched(
            "d",
            {"speaker": "Ann Lee", "stances": {NATO: "favor"}, "text": "The door of the alliance stands open to all."},
            {"speaker": "Putin", "stances": {NATO: "favor"}, "text": "An alliance that asks is one to live with."},
            {"speaker": "José Ángel Pérez", "text": "Nothing of what was said there concerns our country."},
            published_at="2026-03-27T10:00:00Z",
        ),
    ]
    Store(ledger).write(LOG, after=None, position=len(told), messages=records(*told))
    return reading


def series(answers: Answers, **question: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a series toward NATO."""
    rows = answers.answer(SeriesQuestion(target="NATO", **question)).rows
    return [(row["start"], row["favor"], row["against"], row["claims"]) for row in rows]


def test_a_series_counts_a_voice_once(wire: Answers) -> None:
    """A repeat counts once, when it was said first; printed copies are counted where that is asked for."""
    assert series(wire, holder="Vladimir Putin") == [("2026-03-18", 0, 1, 1)]
    assert series(wire) == [("2026-03-18", 0, 1, 1), ("2026-03-27", 2, 0, 2)]
    assert series(wire, bucket="week") == [("2026-03-16", 0, 1, 1), ("2026-03-23", 2, 0, 2)]
    assert series(wire, holder="Vladimir Putin", repeats=True) == [("2026-03-18", 0, 2, 2), ("2026-03-27", 0, 1, 1)]
    assert series(wire, holder="Vladimir Putin", source="Three") == [("2026-03-27", 0, 1, 1)]
    assert series(wire, holder="author") == []


def test_a_name_of_one_word_is_found_where_no_full_name_is_so(wire: Answers) -> None:
    """A surname alone finds who is named by it alone, never whoever bears it; an id finds one entity."""
    assert ids(wire, speaker="putin") == ["d"]
    (row,) = wire.answer(ClaimsQuestion(filters=Filters(speaker="Ann Lee"))).rows
    assert ids(wire, speaker=row["speaker_id"]) == ["d"]
    assert ids(wire, speaker="author") == ["a"]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("Put", ["Vladimir Putin"]),
        ("vlad PU", ["Vladimir Putin"]),
        ("jose perez", ["José Ángel Pérez"]),
        ("n", ["NATO"]),
        ("utin", []),
        ("%", []),
        ("", []),
    ],
)
def test_a_name_is_found_by_how_its_words_begin(wire: Answers, prefix: str, found: list[str]) -> None:
    """Each word of the prefix begins a word of the name, accents and case aside."""
    assert [row["name"] for row in wire.answer(EntitiesQuestion(prefix=prefix)).rows] == found


def test_a_type_narrows_the_names(wire: Answers) -> None:
    """A name of another type is left out."""
    assert wire.answer(EntitiesQuestion(prefix="NATO", type="person")).rows == []


def test_who_is_quoted_and_who_is_disputed_most(wire: Answers) -> None:
    """Copies count once; who only one article knows is left out; a target that all oppose is not disputed."""
    quoted = wire.answer(RankingQuestion(by="quoted")).rows
    assert [(row["name"], row["claims"], row["printed"], row["of"]) for row in quoted] == [
        ("Ann Lee", 1, 1, 7),
        ("José Ángel Pérez", 1, 1, 7),
        ("Vladimir Putin", 1, 3, 7),
    ]
    disputed = RankingQuestion(by="disputed")
    assert [(row["name"], row["favor"], row["against"]) for row in wire.answer(disputed).rows] == [("NATO", 2, 1)]
    assert wire.answer(RankingQuestion(by="disputed", filters=Filters(speaker="Vladimir Putin"))).rows == []


def test_answers_change_nothing(reading: Answers, ledger_settings: LedgerSettings) -> None:
    """The connections for answers cannot write."""
    del reading
    database = Database(ledger_settings, read_only=True)
    with pytest.raises(LedgerUnavailableError), database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM claims")
    database.close()


def test_an_answer_that_takes_too_long_is_given_up(ledger_settings: LedgerSettings, ledger: Database) -> None:
    """A statement has a limit on either database, and what ends it is told."""
    del ledger
    database = Database(ledger_settings.model_copy(update={"timeout": 0.05}), read_only=True)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(LedgerUnavailableError), database.transaction() as connection:
        connection.exec_driver_sql(endless)
    database.close()
