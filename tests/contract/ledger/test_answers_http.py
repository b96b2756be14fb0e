"""The ledger's answers over HTTP, from a real database of each kind: forms, pages, refusals, hostile words."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from service.api.app import create_app
from service.api.ports import Ask
from service.bootstrap.answers import AskLedger
from service.core.questions import Answer, Question
from service.ledger.database import Database
from service.ledger.store import Store
from service.settings import Settings
from service.settings.ledger import LedgerSettings
from service.telemetry.metrics import Metrics
from tests.ledger import LOG, counts, enriched, records

pytestmark = pytest.mark.anyio

NATO = ("NATO", "organization")
PATHS = (
    "/v1/claims",
    "/v1/stances",
    "/v1/series?target=NATO",
    "/v1/entities?prefix=a",
    "/v1/rankings/quoted",
    "/v1/rankings/disputed",
)
INJECTED = (  # what sqlmap and its like begin with
    *(
        "'",
        '"',
        "' OR '1'='1",
        "1; DROP TABLE claims--",
        "') UNION SELECT id FROM articles--",
        "%27%20OR%201=1",
        "a%' --",
    ),
    *("'||pg_sleep(9)||'", "1 AND 1=CAST((SELECT version()) AS int)", "\\';--", "/**/", "$$", ":words", "%(words)s"),
    *(
        "NEAR(a b)",
        "a* OR b",
        "text:a",
        "a:*&!b",
        "<->",
        "{a}",
        "NULL",
        "\u2028",
        "\ud7ff",
        "\uff07",
        "\uff10",
        "\x1b[0m",
    ),
)


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
def ask(ledger: Database, ledger_settings: LedgerSettings) -> Iterator[AskLedger]:
    """Answers from a ledger with thirty claims."""
    told = [
        enriched(
            f"a{number:02}",
            {
                "speaker": "Ann Lee",
                "text": f"=1+{number} is what the tariffs of number {number} come to.",
                "stances": {NATO: "favor"},
                "worth": number / 100,
            },
            published_at=f"2026-03-{number + 1:02}T12:00:00.123456Z",
        )
        for number in range(30)
    ]
    Store(ledger).write(LOG, after=None, position=len(told), messages=records(*told))
    made = AskLedger(ledger_settings)
    yield made
    made.close()


@asynccontextmanager
async def client(ask: Ask | None) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to an application over a ledger."""
    app = create_app(
        settings=Settings(),
        metrics=Metrics(),
        parts=(),
        publisher=None,
        process=None,
        models=tuple,
        ask=ask,
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as speaker:
        yield speaker


@pytest.mark.parametrize("order", ["time", "worth"])
@pytest.mark.parametrize("path", ["/v1/claims", "/v1/stances"])
async def test_links_lead_through_all_pages(ask: AskLedger, path: str, order: str) -> None:
    """Following `Link`, every row comes once and in order, and the last page has no link."""
    async with client(ask) as api:
        found: list[str] = []
        where = f"{path}?limit=7&order={order}&text=tariff number"
        while where:
            answer = await api.get(where)
            found += [row["article_id"] for row in answer.json()["items"]]
            assert (answer.json()["next"] is None) == ("next" not in answer.links)
            where = answer.links.get("next", {}).get("url", "")
    assert found == [f"a{number:02}" for number in reversed(range(30))]


async def test_the_forms_say_the_same(ask: AskLedger) -> None:
    """JSON, CSV and NDJSON hold the same rows; a cell that a spreadsheet would run is made text."""
    async with client(ask) as api:
        rows = (await api.get("/v1/claims")).json()["items"]
        lines = (await api.get("/v1/claims", headers={"accept": "application/x-ndjson"})).text.splitlines()
        table = await api.get("/v1/claims", headers={"accept": "text/html;q=0.2, text/csv"})
    assert [json.loads(line) for line in lines] == rows
    assert table.headers["content-type"].startswith("text/csv")
    cells = list(csv.DictReader(io.StringIO(table.text)))
    assert [cell["article_id"] for cell in cells] == [row["article_id"] for row in rows]
    assert cells[0]["text"] == "'" + rows[0]["text"] == "'=1+29 is what the tariffs of number 29 come to."
    assert (cells[0]["stances"], cells[0]["said_at"]) == ("favor NATO", rows[0]["said_at"])
    assert rows[0]["said_at"] == "2026-03-30T12:00:00.123456Z"


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "application/json;q=what"])
async def test_another_form_is_refused(ask: AskLedger, accept: str) -> None:
    """A form that the answer does not have is 406, and the detail names those that it has."""
    async with client(ask) as api:
        answer = await api.get("/v1/claims", headers={"accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")
    assert "text/csv" in answer.json()["detail"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_call_answers(ask: AskLedger, path: str) -> None:
    """Each call has rows on either database."""
    async with client(ask) as api:
        answer = await api.get(path)
    assert answer.status_code == 200
    assert (len(answer.json()["items"]) > 0) == (path != "/v1/rankings/disputed")


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_ledger_the_reason_is_told(path: str) -> None:
    """503, and which setting it needs."""
    async with client(None) as api:
        answer = await api.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "no-ledger")
    assert "CLAIMWIRE_LEDGER__URL" in answer.json()["detail"]


async def test_a_database_that_cannot_answer_is_told(ledger_settings: LedgerSettings) -> None:
    """Without tables, and without a server, it is 503, and a caller may try again."""
    gone = LedgerSettings(url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    for each in (ledger_settings, gone):
        ask = AskLedger(each)
        async with client(ask) as api:
            answer = await api.get("/v1/claims")
        ask.close()
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger-unavailable")
        assert "retry-after" in answer.headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("until=1773826200", "until"),
        ("worth=1.5", "worth"),
        ("confidence=nan", "confidence"),
        ("label=for", "label"),
        ("order=source", "order"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("after=x", "after"),
        ("text=", "text"),
        ("text=%00", "text"),
        (f"text={'x' * 501}", "text"),
    ],
)
async def test_a_wrong_parameter_is_named(ask: AskLedger, query: str, field: str) -> None:
    """422 and the parameter's name."""
    async with client(ask) as api:
        answer = await api.get(f"/v1/claims?{query}")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "bad-parameter", field)


async def test_an_unknown_parameter_is_refused(ask: AskLedger) -> None:
    """A typo does not give everything; the detail names what there is."""
    async with client(ask) as api:
        answer = await api.get("/v1/claims?speakr=Ann Lee")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "unknown-parameter", "speakr")
    assert "speaker" in answer.json()["detail"]


async def test_a_query_longer_than_a_head_is_refused_before_the_database() -> None:
    """A query longer than a request's head may be is answered within the API's limits; nothing is asked."""

    async def never(question: Question) -> Answer:
        pytest.fail(f"asked {type(question)}")

    async with client(never) as api:
        answer = await api.get(f"/v1/claims?text={'x' * 60_000}")
    assert (answer.status_code, answer.json()["code"]) == (431, "too-many-headers")


@pytest.mark.parametrize(
    "query",
    [
        "since=0001-01-01T00:00:00%2B23:59",
        "until=9999-12-31T23:59:59-23:59",
        "since=2026-03-18T09:30:60Z",
        "after=999999999999:999999999999999999",
        "after=-999999999999.5:1",
        "order=worth&after=999999999999:1",
        "after=1773826200.12345678901234567:1",
    ],
)
async def test_the_ends_of_the_calendar_are_no_error(ask: AskLedger, query: str) -> None:
    """Whatever the grammar allows is answered."""
    async with client(ask) as api:
        assert (await api.get(f"/v1/claims?{query}")).status_code == 200


async def test_too_many_questions_at_once_are_told_to_wait(ask: AskLedger) -> None:
    """What waits is bounded: beyond it 503, and what was let in is answered."""
    async with client(ask) as api:
        answers = await asyncio.gather(*(api.get("/v1/rankings/quoted") for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 503} == {"overloaded"}


@given(word=st.one_of(st.sampled_from(INJECTED), st.text(st.characters(exclude_categories=["Cs"]), max_size=60)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_word_is_more_than_a_word(ask: AskLedger, ledger: Database, word: str) -> None:
    """Whatever stands in a parameter is found or not, or refused as a value: no error, no row more, none less."""
    if not word or "\0" in word:
        return

    async def tried() -> None:
        async with client(ask) as api:
            for path, names in (
                ("/v1/claims", ("speaker", "target", "text", "source", "language")),
                ("/v1/stances", ("holder", "target", "text", "source")),
                ("/v1/series", ("target",)),
                ("/v1/entities", ("prefix", "type")),
                ("/v1/rankings/quoted", ("text",)),
            ):
                given_: Any = {"prefix": "a"} if path == "/v1/entities" else {}
                for name in names:
                    answer = await api.get(path, params=given_ | {name: word})
                    assert answer.status_code == 200, (path, name, quote(word), answer.text)
                    plain = "=1+ is what the tariffs of number come to 0123456789 Ann Lee NATO Gazette en person"
                    if not set(word.casefold().split()) & set(plain.casefold().split()) and name != "prefix":
                        assert len(answer.json()["items"]) <= (30 if name == "text" else 0)

    asyncio.run(tried())
    with ledger.transaction() as connection:
        assert counts(connection)["claims"] == 30
