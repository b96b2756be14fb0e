"""Apicurio Registry, in memory: outside `make test`, since 140 MB are fetched for it the first time."""

import hashlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from service.local_kafka import LocalKafka
from service.local_kafka.software import find_java
from tests.progress import START, Progress

POM = Path(__file__).parent / "pom.xml"
CACHE = Path(__file__).parents[2] / ".claimwire" / "registry"
API = "/apis/ccompat/v7"
FETCH_TIMEOUT = 900.0  # seconds


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio alone: aiokafka knows no other loop."""
    return "asyncio"


def fetch() -> Path:
    """Return the registry's jar, unpacked by Maven the first time."""
    home = CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:8]
    if not home.is_dir():
        maven = shutil.which("mvn")
        assert maven is not None, "mvn is not on the PATH; install Debian's package maven."
        part = home.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        ended = subprocess.run(
            [maven, "-q", "-B", "-f", POM, "dependency:unpack", f"-DoutputDirectory={part}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_TIMEOUT,
        )
        assert ended.returncode == 0, (ended.stdout + ended.stderr)[-2_000:]
        part.rename(home)
    (jar,) = home.glob("*-runner.jar")
    return jar


def _answers(port: int) -> bool:
    with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", f"{API}/subjects")
        return connection.getresponse().status == HTTPStatus.OK
    return False


@pytest.fixture(scope="session")
def apicurio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its Confluent API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-Xmx512m", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={port}"]
    log = tmp_path_factory.mktemp("registry") / "registry.log"
    with log.open("wb") as output:
        child = subprocess.Popen([find_java(), *options, "-jar", fetch()], stdout=output, stderr=output)
    try:
        progress = Progress(still=START)
        while not _answers(port):
            late = child.poll() is not None or progress.stalled(log.stat().st_size)
            assert not late, f"the registry did not start; its log ends:\n{log.read_text()[-2000:]}"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}{API}"
    finally:
        child.terminate()
        child.wait(30)


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    """One broker."""
    with LocalKafka() as cluster:
        yield cluster
