"""The whole service as its own process, for tests of any folder; the Kafka under it comes from the test's folder."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr

from service.ledger.database import Database
from service.ledger.schema import migrate
from service.settings import KafkaSettings, TopicSettings
from service.settings.ledger import LedgerSettings
from service.streaming.admin.topics import ensure_topics
from tests.models import ON_SMALL
from tests.postgres import Postgres
from tests.progress import START, Progress, eventually, exit_code

# No test asserts how long something takes: on a busy machine both would fail for nothing.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")

PARTITIONS = 4
T = TypeVar("T")


@dataclass
class ServiceProcess:
    """`claimwire serve` as a child process, with topics and a group of its own."""

    bootstrap_servers: str
    topics: Mapping[str, str]
    group: str
    port: int
    log: Path
    child: subprocess.Popen[bytes] = field(repr=False)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Send one request and return status and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"content-type": "application/json"} | headers if body else headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def wait_until_ready(self) -> None:
        """Return once `/health/ready` answers 200; fail with the log's end when the log grows no more."""
        progress = Progress(still=START)
        while not progress.stalled(self.log.stat().st_size) and self.child.poll() is None:
            with contextlib.suppress(OSError, HTTPException):
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            time.sleep(0.1)
        pytest.fail(f"the service did not become ready; its log ends:\n{self.log.read_text()[-3000:]}")

    def eventually(self, true: Callable[[], T], awaited: str) -> T:
        """Return the first true value of `true()`; fail with the log's end when the log grows no more."""
        return eventually(
            true,
            lambda: f"{awaited}; the log ends:\n{self.log.read_text()[-3000:]}",
            moved=lambda: self.log.stat().st_size,
        )

    def event(self, article: str, **headers: str) -> bytes:
        """Return an article's event, once the live view has it."""

        def seen() -> bytes:
            status, body = self.ask("GET", f"/v1/articles/{quote(article, safe='')}", **headers)
            return body if status == HTTPStatus.OK else b""

        return self.eventually(seen, f"the event of {article}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.kill()
        self.child.wait()

    def terminate(self) -> int:
        """Ask it to drain, and return its exit code."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return exit_code(self.child, self.log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run; each test has a schema of its own."""
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_settings(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerSettings:
    """Settings of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return LedgerSettings(url=SecretStr(f"sqlite:///{tmp_path}/ledger.db"))
    server: Postgres = request.getfixturevalue("postgres")
    return LedgerSettings(url=SecretStr(server.url), db_schema=f"t{uuid.uuid4().hex[:12]}")


@pytest.fixture
def ledger(ledger_settings: LedgerSettings) -> Iterator[Database]:
    """A database with the tables, of each kind in turn."""
    database = Database(ledger_settings)
    migrate(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def start_service(kafka: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ServiceProcess]]:
    """A function that starts the service, ready, on topics of its own or those of another (`like`).

    On the small model; a test of the default one says so in `environment`.
    """
    started: list[ServiceProcess] = []

    def start(
        *, like: ServiceProcess | None = None, ready: bool = True, role: str = "all", **environment: str
    ) -> ServiceProcess:
        tag = uuid.uuid4().hex[:8]
        names = like.topics if like else {name: f"{name}.{tag}" for name in ("articles", "enriched", "dead_letter")}
        group = like.group if like else f"claimwire-{tag}"
        bootstrap = environment.get("CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS", kafka.bootstrap())
        if like is None:
            settings = KafkaSettings(bootstrap_servers=kafka.bootstrap(), topics=TopicSettings(**names))
            asyncio.run(ensure_topics(settings, partitions=PARTITIONS))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = tmp_path_factory.mktemp("service") / "service.log"
        variables = {
            "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "CLAIMWIRE_KAFKA__GROUP": group,
            "CLAIMWIRE_KAFKA__SESSION_TIMEOUT": "6",
            "CLAIMWIRE_KAFKA__TOPICS__ARTICLES": names["articles"],
            "CLAIMWIRE_KAFKA__TOPICS__ENRICHED": names["enriched"],
            "CLAIMWIRE_KAFKA__TOPICS__DEAD_LETTER": names["dead_letter"],
            "CLAIMWIRE_API__PORT": str(port),
        }
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "service", "serve", "--role", role],
                stdout=output,
                stderr=output,
                env=os.environ | ON_SMALL | variables | environment,
            )
        service = ServiceProcess(
            bootstrap_servers=bootstrap, topics=names, group=group, port=port, log=log, child=child
        )
        started.append(service)
        if ready:
            service.wait_until_ready()
        return service

    yield start
    for service in started:
        if service.child.poll() is None:
            service.kill()
