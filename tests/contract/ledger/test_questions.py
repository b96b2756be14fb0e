"""The questions of docs/ledger.md, each as it stands there, on each database."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.ledger.database import Database
from service.ledger.store import Store
from tests.ledger import LOG, enriched, record, retracted

DOCUMENT = (Path(__file__).parents[3] / "docs/ledger.md").read_text()
QUESTIONS = re.findall(r"^(\S[^\n]*\?)\n\n```sql\n(.*?);\n```", DOCUMENT, flags=re.DOTALL | re.MULTILINE)

QUOTE = "We will not allow the alliance to move its infrastructure any closer to our borders."
OTHER = "An alliance that asks before it builds is one that we could live with in the end."
NATO = ("NATO", "organization")
ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    "What did somebody say": [("Two", OTHER), ("Two", QUOTE), ("One", QUOTE)],
    "Who is for and who against": [
        ("Ann Lee", "favor", 1),
        ("Vladimir Putin", "against", 1),
        ("Vladimir Putin", "favor", 1),
    ],
    "How did one's position": [("2026-03", "against", 1), ("2026-04", "favor", 1)],
    "Who is quoted most": [("Vladimir Putin", 2, 3), ("Ann Lee", 1, 1)],
    "Who is disputed most": [("NATO", 2, 1)],
    "Which claims are most worth checking": [
        ("Vladimir Putin", 0.9),
        ("Vladimir Putin", 0.5),
        ("Ann Lee", 0.4),
        (None, 0.1),
    ],
    "Which statements were carried": [(QUOTE, 2)],
    "Whom does each outlet": [("One", "Ann Lee", 1), ("One", "Vladimir Putin", 1), ("Two", "Vladimir Putin", 2)],
    "Who has said both": [("Vladimir Putin", "NATO", "2026-03-18", "2026-04-02")],
    "Which articles were retracted": [("d", "canceled")],
}
COLUMNS = {  # of the answer that are compared; all of them otherwise
    "What did somebody say": (1, 2),
    "Which claims are most worth checking": (1, 2),
    "Which articles were retracted": (0, 1),
}


@pytest.fixture
def filled(ledger: Database) -> Database:
    """Tables with a few articles."""
    putin: dict[str, Any] = {"speaker": "Vladimir Putin"}
    against, favor = {"stances": {NATO: "against"}}, {"stances": {NATO: "favor"}}
    lee: dict[str, Any] = {"speaker": "Ann Lee", "text": "The door of the alliance stands open.", "worth": 0.4}
    told = [
        enriched("a", putin | against | {"text": QUOTE, "worth": 0.9}, lee | favor, source="One"),
        enriched(
            "b",
            putin | against | {"text": QUOTE, "worth": 0.8},
            {"speaker": None, "worth": 0.1},
            source="Two",
            published_at="2026-03-19T00:30:00+02:00",
        ),
        enriched("c", putin | favor | {"text": OTHER}, source="Two", published_at="2026-04-02T10:00:00Z"),
        retracted("d"),
    ]
    messages = [record(each, offset=offset) for offset, each in enumerate(told)]
    Store(ledger).write(LOG, after=None, position=len(messages), messages=messages)
    return ledger


def test_there_are_ten() -> None:
    """The document asks ten questions, and this test knows the answer to each."""
    assert len(QUESTIONS) == 10
    assert all(sum(asked.startswith(known) for known in ANSWERS) == 1 for asked, _ in QUESTIONS)


@pytest.mark.parametrize(("asked", "sql"), QUESTIONS, ids=[asked[:40] for asked, _ in QUESTIONS])
def test_the_question_is_answered(filled: Database, asked: str, sql: str) -> None:
    """Each query runs as it is printed, and finds what the articles say."""
    known = next(each for each in ANSWERS if asked.startswith(each))
    with filled.transaction() as connection:
        rows = [tuple(row) for row in connection.execute(text(sql))]
    chosen = COLUMNS.get(known)
    found = [tuple(row[at] for at in chosen) if chosen else row for row in rows]
    assert [tuple(_plain(value) for value in row) for row in found] == ANSWERS[known]


def _plain(value: Any) -> Any:
    """Return numbers and days in one form, whichever the driver has."""
    if value is None or isinstance(value, str | int | float):
        return value
    return int(value) if hasattr(value, "as_integer_ratio") else str(value)
