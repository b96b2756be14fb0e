"""Watches over HTTP, on a real database of each kind: made, listed, removed, and refused with a reason."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from service.api.access.auth import Scope, new_key
from service.api.app import create_app
from service.api.ports import Watching
from service.bootstrap.watching import KeepWatches
from service.core import watches
from service.core.questions import Filters
from service.ledger.database import Database
from service.ledger.watches import Watches
from service.settings import ApiSettings, AuthSettings, Settings
from service.settings.ledger import LedgerSettings
from service.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio

ORIGIN = "https://hooks.example"


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
def watching(ledger: Database, ledger_settings: LedgerSettings) -> Iterator[KeepWatches]:
    """Watches over empty tables."""
    del ledger
    made = KeepWatches(ledger_settings)
    yield made
    made.close()


@asynccontextmanager
async def client(watching: Watching | None, **auth: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Speak to an application over a ledger."""
    settings = Settings(ledger=LedgerSettings(webhook_origins=(ORIGIN,)), api=ApiSettings(auth=AuthSettings(**auth)))
    app = create_app(
        settings=settings,
        metrics=Metrics(),
        parts=(),
        publisher=None,
        process=None,
        models=tuple,
        watching=watching,
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as speaker:
        yield speaker


async def test_a_watch_is_made_shown_and_removed(watching: KeepWatches, ledger: Database) -> None:
    """What was asked for is kept; the address is not shown again."""
    sent = {
        "name": "Bridges",
        "filters": {"text": "bridge", "worth": 1, "since": "2026-03-01", "label": "favor", "target": "NATO"},
        "url": f"{ORIGIN}/a-secret-path?token=1",
    }
    async with client(watching) as api:
        made = await api.post("/v1/watches", json=sent)
        assert made.status_code == 201, made.text
        assert "secret" not in made.text
        shown = made.json()
        assert shown["filters"] == sent["filters"] | {"since": "2026-03-01T00:00:00Z"}
        assert (shown["origin"], shown["waiting"], shown["problem"], shown["gone"]) == (ORIGIN, 0, None, False)
        assert (await api.get(made.headers["location"])).json() == shown
        assert (await api.get("/v1/watches")).json() == {"items": [shown]}
        (kept,) = Watches(ledger).all()
        assert kept.filters.text == "bridge"
        assert (await api.delete(made.headers["location"])).status_code == 204
        for again in (await api.delete(made.headers["location"]), await api.get(made.headers["location"])):
            assert (again.status_code, again.json()["code"]) == (404, "unknown-watch")
        assert (await api.get("/v1/watches")).json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 422, "missing-field", "/name"),
        ({"name": ""}, 422, "bad-value", "/name"),
        ({"name": 3}, 422, "wrong-type", "/name"),
        ({"name": "a\0b"}, 422, "bad-value", "/name"),
        ({"name": "x" * 301}, 422, "too-long", "/name"),
        ({"name": "a", "filters": {"texts": "b"}}, 422, "unknown-field", "/filters"),
        ({"name": "a", "filters": {"worth": 2}}, 422, "bad-value", "/filters/worth"),
        ({"name": "a", "filters": {"worth": "0.5"}}, 422, "wrong-type", "/filters/worth"),
        ({"name": "a", "filters": {"since": "yesterday"}}, 422, "bad-value", "/filters/since"),
        ({"name": "a", "filters": []}, 422, "wrong-type", "/filters"),
        ({"name": "a", "secret-word": 1}, 422, "unknown-field", ""),
        ({"name": "a", "url": "ftp://hooks.example/"}, 422, "bad-value", "/url"),
        ({"name": "a", "url": f"{ORIGIN}/a b"}, 422, "bad-value", "/url"),
        ({"name": "a", "url": f"{ORIGIN}/\r\nHost: x"}, 422, "bad-value", "/url"),
        ({"name": "a", "url": f"https://user@{ORIGIN[8:]}/"}, 422, "bad-value", "/url"),
        ({"name": "a", "url": "https://evil.example/"}, 403, "forbidden-origin", "/url"),
        ({"name": "a", "url": f"{ORIGIN}.evil.example/"}, 403, "forbidden-origin", "/url"),
        ({"name": "a", "url": f"{ORIGIN}:8443/"}, 403, "forbidden-origin", "/url"),
        ({"name": "a", "url": "http://hooks.example/"}, 403, "forbidden-origin", "/url"),
        ([], 422, "wrong-type", ""),
    ],
)
async def test_what_is_wrong_is_named(watching: KeepWatches, body: Any, status: int, code: str, field: str) -> None:
    """A code and a pointer, and nothing of what was sent."""
    async with client(watching) as api:
        answer = await api.post("/v1/watches", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json().get("field", "")) == (status, code, field)
    assert "secret-word" not in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "not-json"),
        (b'{"name": "\\ud800"}', "application/json", 400, "lone-surrogate"),
        (b'{"name": "\xff"}', "application/json", 400, "not-utf8"),
        (b"[" * 99, "application/json", 400, "too-deep"),
        (b'{"name": "a"}', "text/plain", 415, "unsupported-content-type"),
        (b'{"name": "a"}', None, 415, "unsupported-content-type"),
        (b" " * 20_000, "application/json", 413, "too-large"),
    ],
)
async def test_what_is_no_body_is_refused(
    watching: KeepWatches, content: bytes, kind: str | None, status: int, code: str
) -> None:
    """Within limits, and not by a page of another site."""
    headers = {} if kind is None else {"content-type": kind}
    async with client(watching) as api:
        answer = await api.post("/v1/watches", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_scopes(watching: KeepWatches) -> None:
    """Whoever may read sees the watches; only the scope `watch` has what is read sent elsewhere."""
    keys = {scope: new_key(scope.value, frozenset({scope})) for scope in Scope}
    lines = "\n".join(line for _key, line in keys.values())
    async with client(watching, keys=SecretStr(lines)) as api:
        for scope, (key, _line) in keys.items():
            headers = {"authorization": f"Bearer {key}"}
            answers = [
                await api.get("/v1/watches", headers=headers),
                await api.post("/v1/watches", json={"name": "a"}, headers=headers),
                await api.delete(f"/v1/watches/{'0' * 20}", headers=headers),
            ]
            wanted = {Scope.READ: [200, 403, 403], Scope.WATCH: [403, 201, 404]}.get(scope, [403, 403, 403])
            assert [each.status_code for each in answers] == wanted


async def test_there_may_be_no_more(watching: KeepWatches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit 409, until one is removed."""
    monkeypatch.setattr("service.ledger.watches.MOST_WATCHES", 1)
    async with client(watching) as api:
        made = await api.post("/v1/watches", json={"name": "a"})
        more = await api.post("/v1/watches", json={"name": "b"})
        assert (more.status_code, more.json()["code"]) == (409, "too-many-watches")
        await api.delete(made.headers["location"])
        assert (await api.post("/v1/watches", json={"name": "b"})).status_code == 201


@pytest.mark.parametrize("path", ["/v1/watches", f"/v1/watches/{'0' * 20}"])
async def test_without_a_ledger_the_reason_is_told(path: str) -> None:
    """503, and which setting it needs."""
    async with client(None) as api:
        answer = await api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "no-ledger")
        assert (await api.post("/v1/watches", json={"name": "a"})).json()["code"] == "no-ledger"


async def test_tables_that_are_not_there_are_told(ledger_settings: LedgerSettings) -> None:
    """Without a migration it is 503, as for answers."""
    keeping = KeepWatches(ledger_settings)
    async with client(keeping) as api:
        answer = await api.post("/v1/watches", json={"name": "a"})
    keeping.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger-unavailable")


def test_filters_come_back_as_they_were(ledger: Database) -> None:
    """Every field of a search is kept with its type."""
    time = datetime(2026, 3, 1, 12, 30, 0, 123_456, tzinfo=UTC)
    filters = Filters(
        speaker="Ann Lee", target="NATO", label="favor", text="\u2028 \U0001f600", source="s", language="en",
        since=time, until=time, worth=0.25, confidence=1.0,
    )  # fmt: skip
    kept = Watches(ledger)
    made = kept.add(watches.NewWatch(name="n", filters=filters, url=None))
    assert made.filters == filters
    assert json.dumps(made.name) == '"n"'
