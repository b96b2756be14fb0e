"""The commands of the README, as a reader types them."""

import asyncio
import csv
import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from service.ledger.database import Database
from service.ledger.schema import migrate
from service.settings import DEFAULT_MODEL
from service.settings.ledger import LedgerSettings
from service.streaming.client import connection

ROOT = Path(__file__).parents[2]


def _snippet(name: str) -> str:
    """Return the code block of the README that is marked `run: name`."""
    found = re.search(rf"<!-- run: {name} -->\n```\w+\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None, f"the README has no snippet marked run: {name}"
    return found[1]


def _here(snippet: str, service: Any) -> str:
    """Return the snippet with the README's default ports replaced by those of the service under test."""
    return snippet.replace("127.0.0.1:8080", f"127.0.0.1:{service.port}").replace(
        "127.0.0.1:9092", service.bootstrap_servers
    )


def _first_line(code: str) -> str:
    """Run a consumer where aiokafka has none of its optional libraries, and return the first line that it prints."""
    alone = f"import sys; sys.modules['cramjam'] = None\n{code}"
    with subprocess.Popen([sys.executable, "-c", alone], stdout=subprocess.PIPE, text=True) as consumer:
        assert consumer.stdout is not None
        first = consumer.stdout.readline()
        consumer.kill()
    return first.strip()


@pytest.fixture(scope="module")
def service(start_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service with topics and a ledger of its own on the shared Kafka, and the default model."""
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db"
    migrate(Database(LedgerSettings(url=SecretStr(url))))
    return start_service(CLAIMWIRE_MODEL__DIRECTORY=str(DEFAULT_MODEL), CLAIMWIRE_LEDGER__URL=url)


def test_the_curl_line_posts_the_sample_and_the_ten_lines_read_its_event(service: Any) -> None:
    """The curl line is answered with where the article lies, and the README's consumer prints its claims."""
    posted = subprocess.run(
        ["bash", "-c", _here(_snippet("post"), service)], cwd=ROOT, capture_output=True, timeout=60, check=True
    )
    assert json.loads(posted.stdout)["topic"] == service.topics["articles"]

    code = _here(_snippet("consume"), service).replace('"articles.enriched"', repr(service.topics["enriched"]))
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    speaker, _, claim = _first_line(code).split(" | ", 2)
    assert speaker
    assert claim in json.loads((ROOT / "schemas/examples/article.json").read_bytes())["body"]


@pytest.mark.anyio
async def test_the_ten_lines_pass_over_what_makes_no_claims(benches: Callable[..., Any]) -> None:
    """Events of skipped and retracted articles, and the tombstone of an erased one, do not stop the consumer."""
    bench = await benches(partitions=1)
    producer = AIOKafkaProducer(**connection(bench.kafka))
    await producer.start()
    for name in ("skipped", "retracted", None, "enriched"):
        value = name and (ROOT / f"schemas/examples/{name}.json").read_bytes()
        await producer.send_and_wait(bench.kafka.topics.enriched, key=b"a", value=value)
    await producer.stop()
    code = _snippet("consume").replace("127.0.0.1:9092", bench.kafka.bootstrap_servers)
    line = await asyncio.to_thread(_first_line, code.replace("articles.enriched", bench.kafka.topics.enriched))
    assert (
        line.split(" | ")[0]
        == json.loads((ROOT / "schemas/examples/enriched.json").read_bytes())["claims"][0]["speaker"]["name"]
    )


def test_the_search_lines_find_the_sample(service: Any) -> None:
    """Soon after the sample was posted, the README's first search finds a claim of it, and the second one is CSV."""
    body = (ROOT / "schemas/examples/article.json").read_bytes()
    assert service.ask("POST", "/v1/articles", body)[0] == 202
    searched, table = _here(_snippet("search"), service).strip().splitlines()

    def found() -> list[Any]:
        printed = subprocess.run(["bash", "-c", searched], capture_output=True, timeout=60, check=True).stdout
        return list(json.loads(printed)["items"])

    (claim,) = service.eventually(found, "the ledger has the sample")
    assert claim["speaker"] == "Tomas Hallek"
    printed = subprocess.run(["bash", "-c", table], capture_output=True, timeout=60, check=True, text=True).stdout
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert claim["text"] in [row["text"] for row in rows]
    worth = [float(row["check_worthiness"]) for row in rows]
    assert worth == sorted(worth, reverse=True)


def test_the_health_call_says_pass(service: Any) -> None:
    """The README's health call answers with an overall pass."""
    answer = subprocess.run(
        ["bash", "-c", _here(_snippet("health"), service)], cwd=ROOT, capture_output=True, timeout=30, check=True
    )
    assert json.loads(answer.stdout)["status"] == "pass"


def test_the_analyze_line_prints_one_event() -> None:
    """The README's analyze line prints the sample's event as one line of JSON, without Kafka."""
    command = shlex.split(_snippet("analyze").replace(".venv/bin/claimwire", f"{sys.executable} -m service"))
    (line,) = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True).stdout.splitlines()
    event = json.loads(line)
    body = json.loads((ROOT / "schemas/examples/article.json").read_bytes())["body"]
    assert event["claims"]
    for claim in event["claims"]:
        said = " … ".join(body[piece["start"] : piece["end"]] for piece in claim["spans"])
        assert claim["text"] in {said, f"{(claim['cue'] or {}).get('text')} {said}"}
