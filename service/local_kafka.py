"""A real Apache Kafka on loopback: what lies behind `claimwire kafka start|stop`, the demo and the tests.

The jars come from Maven Central by way of `deploy/kafka/pom.xml`, once, into a cache. Each node is broker and
controller in one process (KRaft), formatted by Kafka's own storage tool. Nothing here speaks Kafka's protocol beyond
one request that asks whether the brokers are there.
"""

import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import string
import struct
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from service.core.errors import ConfigurationError
from service.telemetry import logger

_log = logger(__name__)

HOST = "127.0.0.1"
_START_SECONDS = 180.0  # a cold start takes three; three brokers on a machine with much else to do have needed ninety
_STOP_SECONDS = 15.0  # a controlled shutdown takes two; after this the process is killed
_POLL_SECONDS = 0.05
_JAVA_MINIMUM = 17  # Kafka 4 brokers run on no older one
_MAX_REPLICATION = 3
_OTHER_WAYS = (
    "Or use `docker compose -f deploy/compose.yaml up`, "
    "or set CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS to a cluster that runs."
)
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xms96m")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One more listener on every broker, beside the plain one.

    `advertised` holds the port that each broker tells clients to use (a proxy's); None: the one it listens on.
    """

    name: str
    protocol: str
    advertised: tuple[int, ...] | None = None


@dataclass(slots=True, kw_only=True)
class Node:
    """One broker: its ports, its files, and its process while it runs."""

    id: int
    directory: Path
    port: int
    controller_port: int
    listener_ports: Mapping[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        """The file that the node is started with."""
        return self.directory / "server.properties"

    @property
    def data(self) -> Path:
        """Where the node keeps its logs."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """What the node printed."""
        return self.directory / "server.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as it can be told apart from a later one with the same id: `started` is in clock ticks since boot."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Describe the process `pid`."""
        return cls(pid=pid, started=_started(pid) or 0)

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return self.started != 0 and _started(self.pid) == self.started


def _started(pid: int) -> int | None:
    """Return when `pid` started (field 22 of /proc/PID/stat), or None when there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


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
        progress: is told what happens; None: the log.
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
        self._temporary = directory is None
        self._directory = (directory or Path(tempfile.mkdtemp(prefix="claimwire-kafka-"))).resolve()
        self._properties = dict(properties or {})
        self._listeners = tuple(listeners)
        self._format_arguments = tuple(format_arguments)
        self._heap = heap
        self._progress = progress or _log.info
        self._classpath: str | None = None
        taken = list(ports or _free_ports(brokers))
        spare = iter(_free_ports(brokers * (1 + len(self._listeners))))
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
        return ",".join(f"{HOST}:{self._advertised(node, listener)}" for node in self.nodes)

    def start(self) -> str:
        """Fetch, format, start and wait until every broker answers; return the bootstrap address.

        Raises:
            ConfigurationError: Java or Maven is missing, Maven failed, or a broker died (its last lines are told).
        """
        began = time.monotonic()
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
        """Wait until every broker answers and sees all the others.

        Raises:
            ConfigurationError: one died, or `timeout` seconds passed.
        """
        deadline = time.monotonic() + timeout
        for node in self.nodes:
            while _brokers_seen(node.port) != len(self.nodes):
                if node.process is not None and node.process.poll() is not None:
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
            process.send_signal(signal.SIGTERM if gracefully and not self._temporary else signal.SIGKILL)
        for process in running:
            try:
                process.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for node in self.nodes:
            node.process = None
        if self._temporary:
            shutil.rmtree(self._directory, ignore_errors=True)

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

    def _advertised(self, node: Node, listener: str) -> int:
        found = next(each for each in self._listeners if each.name == listener)
        return found.advertised[node.id - 1] if found.advertised else node.listener_ports[listener]

    def _format(self, java: str) -> None:
        """Write each node's configuration, and format what was not formatted before; the nodes in parallel."""
        cluster = self._directory / "cluster.id"
        if not cluster.exists():
            cluster.parent.mkdir(parents=True, exist_ok=True)
            cluster.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="), encoding="ascii")
        tools = []
        for node in self.nodes:
            node.directory.mkdir(parents=True, exist_ok=True)
            node.config.write_text(self._configuration(node), encoding="utf-8")
            if (node.data / "meta.properties").exists():
                continue
            command = [
                *self._java(java, heap=128),
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                cluster.read_text(encoding="ascii"),
                "--config",
                str(node.config),
                *self._format_arguments,
            ]
            tools.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))  # noqa: S603
        for tool in tools:
            output, _ = tool.communicate(timeout=_START_SECONDS)
            if tool.returncode != 0:
                raise ConfigurationError(
                    f"Kafka could not format its storage:\n{output.decode(errors='replace')[-2000:]}"
                )

    def _configuration(self, node: Node) -> str:
        replication = min(len(self.nodes), _MAX_REPLICATION)
        ports = {"PLAINTEXT": node.port, "CONTROLLER": node.controller_port, **node.listener_ports}
        advertised = {"PLAINTEXT": node.port} | {
            each.name: self._advertised(node, each.name) for each in self._listeners
        }
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"} | {
            each.name: each.protocol for each in self._listeners
        }
        template = string.Template((_resources() / "server.properties").read_text(encoding="utf-8"))
        filled = template.substitute(
            node_id=node.id,
            voters=",".join(f"{each.id}@{HOST}:{each.controller_port}" for each in self.nodes),
            listeners=",".join(f"{name}://{HOST}:{port}" for name, port in ports.items()),
            advertised=",".join(f"{name}://{HOST}:{port}" for name, port in advertised.items()),
            protocols=",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            data=node.data,
            replication=replication,
            min_insync=max(1, replication - 1),
            internal_partitions=4 * len(self.nodes),
        )
        return filled + "\n" + "".join(f"{name}={value}\n" for name, value in self._properties.items())

    def _java(self, java: str, *, heap: int) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={_resources() / 'log4j2.properties'}"
        return [java, *_JVM, f"-Xmx{heap}m", logging, "-cp", self._classpath or ""]

    def _launch(self, node: Node, java: str) -> None:
        command = [*self._java(java, heap=self._heap), "kafka.Kafka", str(node.config)]
        if self._temporary and (setpriv := shutil.which("setpriv")):
            command = [setpriv, "--pdeathsig", "KILL", *command]  # a test run that is killed leaves no broker behind
        with node.log.open("ab") as output:
            node.process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Detached:
    """A cluster that outlives the command that started it, as its state file tells."""

    bootstrap: str
    brokers: int
    processes: tuple[Process, ...] = field(default_factory=tuple)


def start_detached(
    *, directory: Path, brokers: int = 1, ports: Sequence[int] | None = None, progress: Progress | None = None
) -> str:
    """Start a cluster that stays, with its data under `directory`; return its bootstrap address.

    One that runs already is left alone, and its address returned.

    Raises:
        ConfigurationError: as `LocalKafka.start`; or one with another number of brokers runs already.
    """
    running = read_detached(directory)
    if running is not None and all(process.alive() for process in running.processes):
        if running.brokers != brokers:
            raise ConfigurationError(
                f"A local Kafka of {running.brokers} broker(s) runs already: `claimwire kafka stop` first."
            )
        return running.bootstrap
    stop_detached(directory=directory)
    kafka = LocalKafka(directory=directory / f"{brokers}-brokers", brokers=brokers, ports=ports, progress=progress)
    bootstrap = kafka.start()
    processes = kafka.detach()
    state = {
        "bootstrap": bootstrap,
        "brokers": brokers,
        "processes": [{"pid": process.pid, "started": process.started} for process in processes],
    }
    _state_file(directory).write_text(json.dumps(state), encoding="utf-8")
    return bootstrap


def stop_detached(*, directory: Path) -> int:
    """End the cluster that `start_detached` left running, and nothing else; return how many nodes that were."""
    running = read_detached(directory)
    if running is None:
        return 0
    alive = [process for process in running.processes if process.alive()]
    for process in alive:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while any(process.alive() for process in alive):
        if time.monotonic() > deadline:
            for process in alive:
                _signal(process, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    _state_file(directory).unlink(missing_ok=True)
    return len(alive)


def read_detached(directory: Path) -> Detached | None:
    """Return what the state file under `directory` tells, or None."""
    try:
        state = json.loads(_state_file(directory).read_text(encoding="utf-8"))
        processes = tuple(Process(pid=each["pid"], started=each["started"]) for each in state["processes"])
        return Detached(bootstrap=state["bootstrap"], brokers=state["brokers"], processes=processes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find_java() -> str:
    """Return the path of a Java that can run the broker.

    Raises:
        ConfigurationError: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = java or shutil.which("java")
    if java is None:
        raise ConfigurationError(
            f"A local Kafka needs Java {_JAVA_MINIMUM} or newer, and none was found. {_OTHER_WAYS}"
        )
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _JAVA_MINIMUM:
        found = version[1] if version else "an unknown version"
        raise ConfigurationError(f"A local Kafka needs Java {_JAVA_MINIMUM} or newer, not {found}. {_OTHER_WAYS}")
    return java


def fetch_jars(progress: Progress) -> Path:
    """Return the folder with the broker's jars, fetched by Maven the first time.

    Raises:
        ConfigurationError: Maven is missing or failed.
    """
    pom = _resources() / "pom.xml"
    text = pom.read_text(encoding="utf-8")
    version = re.search(r"<kafka\.version>([^<]+)<", text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = home / "claimwire" / "kafka" / f"{version[1] if version else 'unknown'}-{digest}"
    if cache.is_dir():
        return cache
    maven = shutil.which("mvn")
    if maven is None:
        raise ConfigurationError(f"A local Kafka is fetched by Maven, and no `mvn` was found. {_OTHER_WAYS}")
    progress("Fetching Apache Kafka with Maven (45 MB, once) …")
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=cache.parent))
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={part}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise ConfigurationError(f"Maven could not fetch Kafka:\n{(done.stdout + done.stderr)[-2000:]}\n{_OTHER_WAYS}")
    try:
        part.rename(cache)  # whole or not at all, whoever else is fetching
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
    return cache


def _resources() -> Path:
    """Return the folder with pom and templates: inside the package in a wheel, `deploy/kafka` in a checkout."""
    here = Path(__file__).resolve().parent
    packaged = here / "_kafka"
    return packaged if packaged.is_dir() else here.parent / "deploy" / "kafka"


def _state_file(directory: Path) -> Path:
    return directory / "state.json"


def _signal(process: Process, number: signal.Signals) -> None:
    if process.alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _free_ports(count: int) -> Sequence[int]:
    """Return ports that nobody listens on: all are held before any is let go, so that they differ."""
    with contextlib.ExitStack() as held:
        return list(_held_ports(count, held))


def _held_ports(count: int, held: contextlib.ExitStack) -> Iterator[int]:
    for _ in range(count):
        bound = held.enter_context(socket.socket())
        bound.bind((HOST, 0))
        yield bound.getsockname()[1]


def _brokers_seen(port: int) -> int:
    """Ask the broker at `port` how many brokers it knows (Metadata, version 1, no topics); 0: no answer."""
    client = b"claimwire"
    body = struct.pack(">hhih", 3, 1, 0, len(client)) + client + struct.pack(">i", 0)
    try:
        with socket.create_connection((HOST, port), timeout=2.0) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = b""
            while len(answer) < 12:  # noqa: PLR2004  # size, correlation id, number of brokers: four bytes each
                chunk = connection.recv(4096)
                if not chunk:
                    return 0
                answer += chunk
            return int(struct.unpack_from(">i", answer, 8)[0])
    except OSError:
        return 0


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
    except OSError:
        return "(no log)"
