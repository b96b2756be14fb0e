"""Clients of three languages read the events of a service as it is by default: `make clients-test`.

kafkajs has no codec but gzip; franz-go and librdkafka implement the protocol anew. Each reads committed records alone,
and goes on after records of articles that were skipped, retracted or erased.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from tests.conftest import PARTITIONS, ServiceProcess
from tests.progress import STILL, eventually

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CLIENTS = {
    "kafkajs": ["node", HERE / "javascript/read.js"],
    "franz-go": [HERE / "go/build/read"],
    "confluent-kafka": [HERE / "python/.venv/bin/python", HERE / "python/read.py"],
}
GERMAN = (
    "Die Ministerin erklärte am Montag, der Hafen werde im Frühjahr ausgebaut. Der Verband der Fischer widersprach und "
    "sagte, niemand habe mit den Leuten am Ufer gesprochen. Die Regierung will das Gesetz noch in diesem Jahr vorlegen."
)


@pytest.fixture(scope="module")
def service(start_service: Any) -> ServiceProcess:
    """Run the service with the settings that users get."""
    return start_service()


def post(service: ServiceProcess, **article: object) -> Any:
    """Send an article and return its event once it is committed."""
    assert service.ask("POST", "/v1/articles", json.dumps(article).encode())[0] == 202
    path = f"/v1/articles/{article['id']}"
    eventually(lambda: service.ask("GET", path)[0] == 200, f"the event of {article['id']}")
    return json.loads(service.ask("GET", path)[1])


async def abort(service: ServiceProcess) -> None:
    """Write a record to each partition that is never committed, as a worker that died would."""
    producer = AIOKafkaProducer(bootstrap_servers=service.bootstrap_servers, transactional_id="died")
    async with producer:
        await producer.begin_transaction()
        for partition in range(PARTITIONS):
            await producer.send_and_wait(service.topics["enriched"], b"{", key=b"aborted", partition=partition)
        await producer.abort_transaction()


@pytest.fixture(scope="module")
def records(service: ServiceProcess) -> list[dict[str, object]]:
    """Fill the topic, and return what a client ought to see."""
    asyncio.run(abort(service))
    sample = json.loads((ROOT / "schemas/examples/article.json").read_text(encoding="utf-8"))
    read = post(service, **sample | {"id": "read"})
    erased = post(service, **sample | {"id": "erased"})
    assert post(service, id="skipped", body=GERMAN)["reason"] == "language-not-supported"
    assert post(service, id="retracted", version=2, status="withheld")["status"] == "withheld"
    subprocess.run(
        [sys.executable, "-m", "service", "erase", "erased"],
        check=True,
        cwd=ROOT,
        env=os.environ
        | {
            "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": service.bootstrap_servers,
            "CLAIMWIRE_KAFKA__GROUP": service.group,
            **{f"CLAIMWIRE_KAFKA__TOPICS__{name.upper()}": topic for name, topic in service.topics.items()},
        },
    )
    assert len(read["claims"]) >= 5
    return [
        {"key": "read", "type": "claimwire.article.enriched.v1", "claims": len(read["claims"])},
        {"key": "erased", "type": "claimwire.article.enriched.v1", "claims": len(erased["claims"])},
        {"key": "skipped", "type": "claimwire.article.skipped.v1", "claims": None},
        {"key": "retracted", "type": "claimwire.article.retracted.v1", "claims": None},
        {"key": "erased", "type": None, "claims": None},
    ]


@pytest.mark.parametrize("client", CLIENTS)
def test_client_sees_every_committed_record(
    client: str, service: ServiceProcess, records: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each record is seen once, with its key, type and claims; none of what was never committed."""
    command = [*CLIENTS[client], service.bootstrap_servers, service.topics["enriched"], str(len(records))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * STILL)
    assert ran.returncode == 0, ran.stderr
    with capsys.disabled():
        sys.stdout.write(f"\n{client}:\n{ran.stdout}")
    seen = [json.loads(line) for line in ran.stdout.splitlines()]
    assert sorted(seen, key=json.dumps) == sorted(records, key=json.dumps)
