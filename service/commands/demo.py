"""`claimwire demo`: one article the whole way, on real parts, and nothing left running.

A local Kafka and a service of its own are started side by side, the sample article is posted over HTTP, and its event
is read from the output topic as any consumer would read it.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from rich.console import Console

from service.commands.tables import print_event
from service.core.errors import ClaimwireError
from service.core.message import Message
from service.local_kafka import LocalKafka, Scratch
from service.settings import KafkaSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.http.tail import Tail

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "schemas" / "examples"
SAMPLES: Final = {"en": "article.json", "ru": "article-ru.json", "hy": "article-hy.json"}
START_TIMEOUT: Final = 90.0  # seconds until the service must be ready: a cold start on a slow machine takes twenty
EVENT_TIMEOUT: Final = 60.0  # seconds until the event must be there
STOP_TIMEOUT: Final = 30.0  # seconds for the service to drain


def run(form: Literal["text", "json"], language: Literal["en", "ru", "hy"] = "en") -> None:
    """Run the demo on the sample in that language and print the event, as tables or as JSON.

    Raises:
        ClaimwireError: a part did not start or answer in time.

    """
    console = Console(stderr=True)
    article = (EXAMPLES / SAMPLES[language]).read_bytes()
    say = _speaker(console)
    scratch = Scratch("demo")
    with contextlib.ExitStack() as stack:
        stack.callback(scratch.remove)
        directory = scratch.path
        kafka = LocalKafka(directory=directory / "kafka", progress=say)
        settings = KafkaSettings(bootstrap_servers=kafka.bootstrap())
        say("Starting the service and a local Apache Kafka")
        # The service is started first and waits for its broker, so that the model loads while Kafka boots; it is
        # drained first too, while the broker is still there to commit to.
        service = stack.enter_context(_service(kafka.bootstrap(), directory / "service.log"))
        stack.enter_context(kafka)
        stack.callback(service.drain)
        asyncio.run(ensure_topics(settings, partitions=4))
        service.wait_until_ready()
        say("Posting the sample article over HTTP")
        answer = service.post("/v1/articles", article)
        say(f"Accepted: topic {answer['topic']}, partition {answer['partition']}, offset {answer['offset']}")
        event = asyncio.run(_event(settings, article_id=orjson.loads(article)["id"]))
        say("The event is there; stopping both")
    if form == "json":
        sys.stdout.buffer.write(event + b"\n")
    else:
        print_event(orjson.loads(event))


def _speaker(console: Console) -> Callable[[str], None]:
    """Return a function that prints a step and the seconds since the start, on stderr."""
    begun = time.monotonic()

    def say(step: str) -> None:
        console.print(f"{time.monotonic() - begun:5.1f} s  {step}", highlight=False, markup=False)

    return say


async def _event(settings: KafkaSettings, *, article_id: str) -> bytes:
    """Return the value of the article's event, read committed from the output topic."""
    awaited = _Awaited(article_id)
    task = asyncio.create_task(Tail(settings, view=awaited, history=100).run())
    try:
        async with asyncio.timeout(EVENT_TIMEOUT):
            return await awaited.event
    except TimeoutError:
        raise ClaimwireError(f"No event of the article came within {EVENT_TIMEOUT:.0f} s.") from None
    finally:
        task.cancel()
        await asyncio.wait([task])


class _Awaited:
    """A view of the output topic that waits for one article."""

    def __init__(self, article_id: str) -> None:
        self.caught_up = False
        self.positions: dict[int, int] = {}
        self.event: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._key = article_id.encode()

    def add(self, message: Message) -> None:
        """Look whether it is the article's event."""
        if message.key == self._key and message.value is not None and not self.event.done():
            self.event.set_result(message.value)

    def begin(self, topic: str) -> None:
        """One topic is as good as another: it is read for one event."""

    def skip_to(self, partition: int, offset: int) -> None:
        """Note where reading begins."""
        self.positions[partition] = offset


class _Service:
    """`claimwire serve` as a child process that listens on `port`."""

    def __init__(self, child: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
        self._child = child
        self._port = port
        self._log = log

    def wait_until_ready(self) -> None:
        """Return once `/health/ready` says so."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self._child.poll() is None:
            with contextlib.suppress(OSError, HTTPException):
                status, _ = self._ask("GET", "/health/ready")
                if status == HTTPStatus.OK:
                    return
            time.sleep(0.1)
        last = self._log.read_text(errors="replace").strip().rpartition("\n")[2]
        if self._child.poll() is not None:
            raise ClaimwireError(f"The service ended before it was ready. {last}")
        raise ClaimwireError(f"The service was not ready within {START_TIMEOUT:.0f} s; its log ends: {last}")

    def post(self, path: str, body: bytes) -> dict[str, Any]:
        """Post JSON and return the answer."""
        status, answer = self._ask("POST", path, body)
        if status != HTTPStatus.ACCEPTED:
            raise ClaimwireError(f"POST {path} was answered {status}: {answer.decode()}")
        parsed: dict[str, Any] = orjson.loads(answer)
        return parsed

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"content-type": "application/json"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def drain(self) -> None:
        """Ask the service to finish what it has in hand, and wait until it has."""
        self._child.terminate()
        self._child.wait(STOP_TIMEOUT)


@contextlib.contextmanager
def _service(bootstrap_servers: str, log: Path) -> Iterator[_Service]:
    """Start the service on a free port; whatever happens, it does not outlive the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = os.environ | {
        "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
        "CLAIMWIRE_API__HOST": "127.0.0.1",
        "CLAIMWIRE_API__PORT": str(port),
    }
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"], stdout=output, stderr=output, env=environment
        )
    try:
        yield _Service(child, port=port, log=log)
    finally:
        child.kill()
        child.wait()
