"""The served OpenAPI document against the service that serves it: every check of schemathesis, stateful too."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr

from service.api.access.auth import Scope, new_key
from service.api.app import create_app
from service.api.live_view import LiveView
from service.api.server import uvicorn_options
from service.bootstrap.answers import AskLedger
from service.bootstrap.watching import KeepWatches
from service.core.article import Article, Enriched, Outcome, Rejected, Retracted, Status
from service.core.frames import Enrichment
from service.core.message import Message
from service.core.model import ModelInfo
from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.settings import ApiSettings, AuthSettings, Settings
from service.settings.ledger import LedgerSettings
from service.telemetry.metrics import Metrics
from service.wire import codec
from tests.ledger import LOG, enriched, records

# More examples find more: `make fuzz` asks for as many as give 5,000 cases, and takes some minutes.
EXAMPLES = int(os.environ.get("CLAIMWIRE_FUZZ_EXAMPLES", "10"))
LEAST_CASES = int(os.environ.get("CLAIMWIRE_FUZZ_CASES", "300"))
MODEL = ModelInfo(name="fake", version="1", sha256="ab" * 32)


async def read(articles: Sequence[Article]) -> list[Outcome]:
    """Find nothing in every article."""
    return [
        Enriched(article=article, text=article.body, language="en", model=MODEL, enrichment=Enrichment())
        if article.status is Status.USABLE
        else Retracted(article=article)
        for article in articles
    ]


class Loop:
    """A publisher behind which the whole way to the live view is done at once."""

    def __init__(self, live: LiveView) -> None:
        self._live = live
        self._offset = 0

    async def publish(self, message: Message) -> tuple[int, int]:
        """Read the article and show its event."""
        article = codec.decode(message, max_bytes=10_000_000)
        assert isinstance(article, Article)
        (outcome,) = await read([article])
        assert not isinstance(outcome, Rejected)
        event = codec.encode(outcome, cause=message, models=[MODEL], topic="articles.enriched")
        self._offset += 1
        self._live.add(replace(event, partition=0, offset=self._offset))
        return 0, self._offset


def ledger(folder: Path) -> tuple[AskLedger, KeepWatches]:
    """Answers from a ledger that holds a few claims, and its watches."""
    settings = LedgerSettings(url=SecretStr(f"sqlite:///{folder}/ledger.db"))
    database = Database(settings)
    migrate(database)
    told = [enriched(f"a{n}", {"speaker": "Ann Lee", "stances": {"Bob Ray": "favor"}}) for n in range(60)]
    Store(database).write(LOG, after=None, position=len(told), messages=records(*told))
    database.close()
    return AskLedger(settings), KeepWatches(settings)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address and a key of an application over fakes. Its event streams end after what is past."""
    key, line = new_key("fuzz", frozenset(Scope))
    auth = AuthSettings(keys=line, rate=1e9, burst=10**9)
    settings = Settings(api=ApiSettings(port=0, auth=auth))
    live = LiveView(max_articles=1_000, max_bytes=50_000_000)
    live.close()
    ask, watching = ledger(tmp_path)
    app = create_app(
        settings=settings,
        metrics=Metrics(),
        parts=(),
        publisher=Loop(live),
        process=read,
        models=lambda: [MODEL],
        live=live,
        ask=ask,
        watching=watching,
    )
    server = uvicorn.Server(uvicorn.Config(app, **uvicorn_options(settings.api), lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", key
    server.should_exit = True
    thread.join()
    ask.close()
    watching.close()


def test_no_case_breaks_the_contract(
    served: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No 500, no answer outside the document, nothing invalid accepted and nothing valid refused."""
    address, key = served
    report = tmp_path / "report.json"
    run = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json"),
            *(
                "--max-examples",
                str(EXAMPLES),
                "--checks",
                "all",
                "--continue-on-failure",
                "--request-timeout",
                "10",
                "--no-color",
            ),
            *("--header", f"Authorization: Bearer {key}", "--report-json-path", str(report)),
            *("--suppress-health-check=all", "--generation-deterministic"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "ndjson_serializer", "PYTHONPATH": str(Path(__file__).parent)},
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6_000:]
    assert "Authentication failed" not in run.stdout
    summary: dict[str, Any] = json.loads(report.read_text())
    states = {name: phase["status"] for name, phase in summary["phases"].items()}
    assert states == dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), "success")
    assert summary["operations"]["tested"] == summary["operations"]["total"]
    assert summary["warnings"]["missing_auth"] == []
    cases = summary["test_cases"]["generated"]
    with capsys.disabled():
        sys.stdout.write(f"\n{cases} cases with a key over {summary['operations']['tested']} operations: no fault\n")
    assert cases >= LEAST_CASES
