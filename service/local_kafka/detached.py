"""A cluster that stays after the command that started it, found by a state file beside its data."""

import json
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.core.errors import ConfigurationError
from service.local_kafka.cluster import LocalKafka
from service.local_kafka.process import Process
from service.local_kafka.software import Progress

_STOP_SECONDS = 15.0  # a controlled shutdown takes two; after this the process is killed
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Detached:
    """A cluster that outlives the command that started it, as its state file describes it."""

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
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while any(process.alive() for process in alive):
        if time.monotonic() > deadline:
            for process in alive:
                process.send(signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    _state_file(directory).unlink(missing_ok=True)
    return len(alive)


def read_detached(directory: Path) -> Detached | None:
    """Return what the state file under `directory` says, or None."""
    try:
        state = json.loads(_state_file(directory).read_text(encoding="utf-8"))
        processes = tuple(Process(pid=each["pid"], started=each["started"]) for each in state["processes"])
        return Detached(bootstrap=state["bootstrap"], brokers=state["brokers"], processes=processes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _state_file(directory: Path) -> Path:
    return directory / "state.json"
