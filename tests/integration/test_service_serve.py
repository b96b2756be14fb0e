"""`claimwire serve --local-kafka`: beside what runs already, and stopped at any moment of its start."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from service.commands.serve import KAFKA_PORT
from service.local_kafka import LocalKafka, is_free
from tests.models import ON_SMALL
from tests.progress import START, Progress, eventually, exit_code

ROOT = Path(__file__).parents[2]
READY = re.compile(r"Ready after \d+ s: open http://127\.0\.0\.1:(\d+)/ \(Kafka on 127\.0\.0\.1:(\d+)\)")


class Serving:
    """One `serve --local-kafka` with a temporary directory of its own."""

    def __init__(self, directory: Path, **variables: str) -> None:
        directory.mkdir(exist_ok=True)
        self.temporary = directory
        self.log = directory.with_suffix(".log")
        with self.log.open("wb") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "service", "serve", "--local-kafka"],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env=os.environ | ON_SMALL | {"TMPDIR": str(directory)} | variables,
            )

    def told(self) -> str:
        """Return its log."""
        return self.log.read_text(errors="replace")

    def wait_for(self, pattern: str | re.Pattern[str]) -> re.Match[str]:
        """Return the first place in its log that matches; fail when it ends, or when the log grows no more."""
        progress = Progress(still=START)
        while not progress.stalled(self.log.stat().st_size):
            ended = self.child.poll() is not None
            if found := re.search(pattern, self.told()):
                return found
            if ended:
                break
            time.sleep(0.05)
        pytest.fail(f"no {pattern!r} in:\n{self.told()[-3000:]}")

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait for something that it does not tell; fail when it ends, or loads and logs no more."""
        eventually(
            lambda: self.child.poll() is not None or reached(),
            self.told,
            moved=lambda: (len(self._mapped()), self.log.stat().st_size),
            pause=0.01,
        )
        assert self.child.poll() is None, self.told()

    def _mapped(self) -> str:
        return Path(f"/proc/{self.child.pid}/maps").read_text(encoding="utf-8")

    def catches_signals(self) -> bool:
        """Return whether SIGTERM no longer ends it as it ends other processes (proc(5): SigCgt)."""
        status = Path(f"/proc/{self.child.pid}/status").read_text(encoding="ascii")
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        return bool(caught & 1 << (signal.SIGTERM - 1))

    def has_engine(self) -> bool:
        """Return whether a library that runs the model is loaded, which is the first step of loading the model."""
        mapped = self._mapped()
        return any(engine in mapped for engine in ("openvino", "onnxruntime"))

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.child.send_signal(number)
        return exit_code(self.child, self.log)


@contextlib.contextmanager
def _serving(directory: Path, **variables: str) -> Iterator[Serving]:
    service = Serving(directory, **variables)
    try:
        yield service
    finally:
        service.child.kill()
        service.child.wait()


@contextlib.contextmanager
def _taken() -> Iterator[None]:
    """Occupy Kafka's usual port, if it is free."""
    if not is_free(KAFKA_PORT):
        yield
        return
    with socket.create_server(("127.0.0.1", KAFKA_PORT)):
        yield


def test_two_services_and_a_foreign_listener_leave_each_other_alone(tmp_path: Path) -> None:
    """With Kafka's port taken, two services get ports of their own, say so, and leave nothing when they are stopped."""
    with _taken(), contextlib.ExitStack() as stack:
        first = stack.enter_context(_serving(tmp_path / "first"))
        ports = [first.wait_for(READY).groups()]
        second = stack.enter_context(_serving(tmp_path / "second"))
        ports.append(second.wait_for(READY).groups())
        assert str(KAFKA_PORT) not in {kafka for _, kafka in ports}
        assert len({port for pair in ports for port in pair}) == 4
        for service in (first, second):
            assert f"Port {KAFKA_PORT} is taken by" in service.told()
            assert not re.search(r"Traceback|error\s*\]|\"level\": \"error\"", service.told(), re.IGNORECASE)
            assert service.stop() == 0
            assert list(service.temporary.glob("claimwire-*")) == []


def test_a_foreign_broker_on_kafkas_port_is_left_alone(tmp_path: Path) -> None:
    """Beside somebody else's Kafka the service has one of its own: no topic is made there, and no group is joined."""
    with contextlib.ExitStack() as stack:
        if is_free(KAFKA_PORT):
            stack.enter_context(LocalKafka(ports=[KAFKA_PORT], directory=tmp_path / "foreign"))
        before = asyncio.run(_made(KAFKA_PORT))
        service = stack.enter_context(_serving(tmp_path / "tmp"))
        _, port = service.wait_for(READY).groups()
        assert f"Port {KAFKA_PORT} is taken by another Kafka, which is left alone" in service.told()
        assert int(port) != KAFKA_PORT
        assert asyncio.run(_made(int(port)))
        assert asyncio.run(_made(KAFKA_PORT)) == before
        assert service.stop() == 0


async def _made(port: int) -> set[str]:
    """Return the topics and the groups of a broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}")
    await admin.start()
    try:
        return {*await admin.list_topics(), *(group for group, _ in await admin.list_consumer_groups())}
    finally:
        await admin.close()


@pytest.mark.parametrize(
    ("moment", "numbers"),
    [
        ("importing", [signal.SIGINT]),
        ("Starting Apache Kafka", [signal.SIGTERM]),
        ("Kafka answers", [signal.SIGINT, signal.SIGTERM]),
        ("loading the model", [signal.SIGINT]),
        ("service.started", [signal.SIGTERM]),
        ("Ready after", [signal.SIGTERM, signal.SIGINT]),
    ],
)
def test_a_signal_at_any_moment_of_the_start_ends_it_in_good_order(
    moment: str, numbers: list[signal.Signals], tmp_path: Path
) -> None:
    """Whenever it comes, the process ends with 0, without a trace, and does not say `started` after `draining`.

    Two signals at once are one.
    """
    with _serving(tmp_path / "tmp") as service:
        if moment == "importing":
            service.wait_until(service.catches_signals)
        elif moment == "loading the model":
            service.wait_until(service.has_engine)
        else:
            service.wait_for(moment)
        for number in numbers[:-1]:
            service.child.send_signal(number)
        assert service.stop(numbers[-1]) == 0, service.told()
        told = service.told()
        assert "Traceback" not in told
        assert "service.started" not in told.partition("service.draining")[2]
        assert list(service.temporary.glob("claimwire-*")) == []


def test_what_a_killed_service_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """After kill -9 the folder stays; the next start in the same temporary directory takes it away."""
    with _serving(tmp_path / "tmp") as killed:
        killed.wait_for("Kafka answers")
        killed.child.kill()
        killed.child.wait()
        (left,) = killed.temporary.glob("claimwire-*")
    with _serving(tmp_path / "tmp") as service:
        service.wait_for("Starting Apache Kafka")
        assert not left.exists()
        assert service.stop() == 0


def test_a_cluster_that_is_named_is_used_and_nothing_is_made_there(kafka: object, tmp_path: Path) -> None:
    """With CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS no local broker is started, which needs no Java."""
    address = kafka.bootstrap()  # type: ignore[attr-defined]
    with _serving(
        tmp_path / "tmp",
        CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS=address,
        CLAIMWIRE_KAFKA__TOPICS__ARTICLES="never-made",
        CLAIMWIRE_API__PORT="0",
    ) as service:
        service.wait_for(f"Using Kafka at {address}")
        service.wait_for("service.started")
        assert "Starting Apache Kafka" not in service.told()
        assert service.stop() == 0
