"""A cluster on loopback: configured, formatted, started, killed, stopped.

Each node is broker and controller in one process (KRaft), formatted by Kafka's own storage tool. Nothing here speaks
Kafka's protocol beyond one request that asks whether the brokers are there.
"""

import base64
import contextlib
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from service.core.errors import ConfigurationError
from service.local_kafka.node import HOST, Listener, Node, configuration
from service.local_kafka.probe import ask, is_free, who_listens
from service.local_kafka.process import Process
from service.local_kafka.scratch import Scratch
from service.local_kafka.software import Progress, fetch_jars, find_java, resources
from service.telemetry.logs import logger

_log = logger(__name__)

_START_SECONDS = 180.0  # a cold start takes three; three brokers on a machine with much else to do have needed ninety
_STOP_SECONDS = 15.0  # a controlled shutdown takes two; after this the process is killed
_POLL_SECONDS = 0.05
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xms96m")


class LocalKafka:
    """A cluster of `brokers` nodes on loopback; a context manager that leaves nothing running.

    Args:
        directory: where configuration, data and logs go; None: a temporary folder, removed at the end.
        brokers: how many nodes. Replication is as many, three at most; with three, two must be in sync.
        ports: the brokers' ports; None: free ones.
        properties: broker properties on top of the template's.
        listeners: further listeners on each broker.
        format_arguments: further arguments of Kafka's `format` command, for example `--add-scram`.
        heap: most memory of one node's heap, MiB.
        progress: receives what happens; None: the log.
    """

    def __init__(
        self,
        *,
        directory: Path | None = None,
        brokers: int = 1,
        ports: Sequence[int] | None = None,
        properties: Mapping[str, str] | None = None,
        listeners: Sequence[Listener] = (),
        format_arguments: Sequence[str] = (),
        heap: int = 512,
        progress: Progress | None = None,
    ) -> None:
        if brokers < 1 or (ports is not None and len(ports) != brokers):
            raise ConfigurationError(f"A cluster of {brokers} brokers needs one port for each.")
        self._scratch: Scratch | None = None
        if directory is None:
            self._scratch = Scratch("kafka")
            directory = self._scratch.path
        self._directory = directory.resolve()
        self._properties = dict(properties or {})
        self._listeners = tuple(listeners)
        self._format_arguments = tuple(format_arguments)
        self._heap = heap
        self._progress = progress or _log.info
        self._classpath: str | None = None
        taken = list(ports or free_ports(brokers))
        spare = iter(free_ports(brokers * (1 + len(self._listeners))))
        self.nodes = [
            Node(
                id=index,
                directory=self._directory / f"node-{index}",
                port=port,
                controller_port=next(spare),
                listener_ports={listener.name: next(spare) for listener in self._listeners},
            )
            for index, port in enumerate(taken, start=1)
        ]

    def bootstrap(self, listener: str | None = None) -> str:
        """Return `host:port` of every broker, for the plain listener or the one called `listener`."""
        if listener is None:
            return ",".join(f"{HOST}:{node.port}" for node in self.nodes)
        chosen = next(each for each in self._listeners if each.name == listener)
        return ",".join(f"{HOST}:{node.advertised(chosen)}" for node in self.nodes)

    def start(self) -> str:
        """Fetch, format, start and wait until every broker answers; return the bootstrap address.

        Raises:
            ConfigurationError: a port is taken, Java or Maven is missing, Maven failed, or a broker died (its last
                lines are told).
        """
        began = time.monotonic()
        for node in self.nodes:
            if not is_free(node.port):
                raise ConfigurationError(_taken(node.port))
        java = find_java()
        self._classpath = f"{fetch_jars(self._progress)}/*"
        self._progress(f"Starting Apache Kafka ({len(self.nodes)} broker{'s' * (len(self.nodes) > 1)}) …")
        try:
            self._format(java)
            for node in self.nodes:
                self._launch(node, java)
            self.wait()
        except BaseException:
            self.stop(gracefully=False)
            raise
        self._progress(f"Kafka answers at {self.bootstrap()} after {time.monotonic() - began:.1f} s")
        return self.bootstrap()

    def wait(self, timeout: float = _START_SECONDS) -> None:
        """Wait until every broker answers, as one of this cluster, and sees all the others.

        Raises:
            ConfigurationError: one died, another cluster answers in its place, or `timeout` seconds passed.
        """
        deadline = time.monotonic() + timeout
        own = self._cluster_file.read_text(encoding="ascii")
        for node in self.nodes:
            while (answer := ask(node.port)) is None or answer.brokers != len(self.nodes) or answer.cluster != own:
                if answer is not None and answer.cluster not in (None, own):
                    raise ConfigurationError(_taken(node.port))
                if node.process is not None and node.process.poll() is not None:
                    if not is_free(node.port):
                        raise ConfigurationError(_taken(node.port))
                    raise ConfigurationError(f"Kafka node {node.id} stopped while starting:\n{_tail(node.log)}")
                if time.monotonic() > deadline:
                    raise ConfigurationError(
                        f"Kafka node {node.id} gave no answer for {timeout:.0f} s:\n{_tail(node.log)}"
                    )
                time.sleep(_POLL_SECONDS)

    def restart(self, node: Node) -> None:
        """Start a node again that was stopped or killed, on its data and ports; return at once."""
        self._launch(node, find_java())

    def kill(self, node: Node) -> None:
        """End a node as a power cut would."""
        if node.process is not None:
            node.process.kill()
            node.process.wait()

    def terminate(self, node: Node) -> None:
        """End a node in good order: leaderships move first."""
        if node.process is not None:
            node.process.terminate()
            node.process.wait(timeout=_STOP_SECONDS * 2)

    def stop(self, *, gracefully: bool = True) -> None:
        """End every node. Data in a temporary folder goes with them."""
        running = [node.process for node in self.nodes if node.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM if gracefully and self._scratch is None else signal.SIGKILL)
        for process in running:
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for node in self.nodes:
            node.process = None
        if self._scratch is not None:
            self._scratch.remove()

    def detach(self) -> list[Process]:
        """Let the nodes outlive this process; return them as they can be found again."""
        running = [node.process for node in self.nodes if node.process is not None]
        for node in self.nodes:
            node.process = None
        for process in running:
            process.returncode = 0  # else Popen warns that its child was never waited for
        return [Process.of(process.pid) for process in running]

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def _cluster_file(self) -> Path:
        return self._directory / "cluster.id"

    def _format(self, java: str) -> None:
        """Write each node's configuration, and format what was not formatted before; the nodes in parallel."""
        cluster = self._cluster_file
        if not cluster.exists():
            cluster.parent.mkdir(parents=True, exist_ok=True)
            cluster.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="), encoding="ascii")
        tools = []
        for node in self.nodes:
            node.directory.mkdir(parents=True, exist_ok=True)
            node.config.write_text(configuration(node, self.nodes, self._listeners, self._properties), encoding="utf-8")
            if (node.data / "meta.properties").exists():
                continue
            command = [
                *self._java(java, heap=128),
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={cluster.read_text(encoding='ascii')}",  # in one word: it may begin with a dash
                "--config",
                str(node.config),
                *self._format_arguments,
            ]
            tools.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))  # noqa: S603
        try:
            for tool in tools:
                output, _ = tool.communicate(timeout=_START_SECONDS)
                if tool.returncode != 0:
                    told = output.decode(errors="replace")[-2000:]
                    raise ConfigurationError(f"Kafka could not format its storage:\n{told}")
        finally:
            for tool in tools:
                tool.kill()  # one that ended is left alone; after an interruption none may write on
                tool.wait()

    def _java(self, java: str, *, heap: int) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={resources() / 'log4j2.properties'}"
        return [java, *_JVM, f"-Xmx{heap}m", logging, "-cp", self._classpath or ""]

    def _launch(self, node: Node, java: str) -> None:
        command = [*self._java(java, heap=self._heap), "kafka.Kafka", str(node.config)]
        if self._scratch is not None and (setpriv := shutil.which("setpriv")):
            command = [setpriv, "--pdeathsig", "KILL", *command]  # a test run that is killed leaves no broker behind
        with node.log.open("ab") as output:
            node.process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )


def free_ports(count: int) -> Sequence[int]:
    """Return free ports: all are held before any is released, so that they differ."""
    with contextlib.ExitStack() as held:
        return list(_held_ports(count, held))


def _held_ports(count: int, held: contextlib.ExitStack) -> Iterator[int]:
    for _ in range(count):
        bound = held.enter_context(socket.socket())
        bound.bind((HOST, 0))
        yield bound.getsockname()[1]


def _taken(port: int) -> str:
    return f"Port {port} on {HOST} is taken by {who_listens(port)}: stop it, or choose another port."


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    except OSError:
        return "(no log)"
