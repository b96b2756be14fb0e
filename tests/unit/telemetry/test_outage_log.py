"""An outage gives few lines, and no other line is held back."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from service.telemetry.logs import configure_logging, logger
from service.telemetry.outage_log import OutageLog


@dataclass
class Bench:
    """A log that is filtered, and a clock that the test moves."""

    now: float = 0.0
    lines: list[tuple[str, Any]] = field(default_factory=list)
    outage: OutageLog = field(init=False)

    def __post_init__(self) -> None:
        """Make the filter."""
        self.outage = OutageLog(clock=lambda: self.now)

    def events(self) -> list[str]:
        """Return what was written."""
        return [event for event, _ in self.lines]


class Kept(logging.Handler):
    """Keeps what is written."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        event = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        self._bench.lines.append((str(event["event"]), event))


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Give a bench that all loggers write to, and give the other tests their logging back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging()
    made = Bench()
    handler = Kept(made)
    handler.addFilter(made.outage)
    root.handlers[:] = [handler]
    yield made
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def trouble(number: int) -> None:
    """Log as client and parts do when a broker is gone."""
    logging.getLogger("aiokafka").error("Unable to update metadata from %s", [number])
    logging.getLogger("aiokafka.producer.sender").warning("Got error produce response")
    logger("service.streaming.consume.stream").warning("stream.session_lost", code="broker-unavailable")


def test_an_outage_is_a_line_at_its_start_one_a_minute_and_one_at_its_end(bench: Bench) -> None:
    """The first line is written as it is; those after it are counted."""
    for second in range(130):
        bench.now = float(second)
        trouble(second)
        bench.outage.look()
    bench.now = 150.0
    bench.outage.look()
    assert bench.events() == [
        "Unable to update metadata from [0]",
        "kafka.outage_goes_on",
        "kafka.outage_goes_on",
        "kafka.outage_over",
    ]
    told = bench.lines[-1][1]
    assert (told["seconds"], told["lines_left_out"]) == (129.0, 130 * 3 - 1)
    assert told["most"] == {"aiokafka": 129, "aiokafka.producer.sender": 130, "stream.session_lost": 130}


def test_the_next_outage_begins_anew(bench: Bench) -> None:
    """After an end, the first line of the next outage is written again."""
    for began in (0.0, 100.0):
        bench.now = began
        trouble(int(began))
        bench.now = began + 20
        bench.outage.look()
    assert bench.events() == [
        "Unable to update metadata from [0]",
        "kafka.outage_over",
        "Unable to update metadata from [100]",
        "kafka.outage_over",
    ]


def test_a_single_line_is_written_alone(bench: Bench) -> None:
    """Where nothing was held back, there is nothing to sum up."""
    logging.getLogger("aiokafka").warning("Heartbeat failed")
    bench.now = 20.0
    bench.outage.look()
    assert bench.events() == ["Heartbeat failed"]


def test_what_is_not_about_brokers_is_written_all_the_same(bench: Bench) -> None:
    """In the middle of an outage every other line comes through, errors of the worker among them."""
    trouble(0)
    logger("service.worker.worker").error("worker.breaker_open")
    logging.getLogger("uvicorn").warning("something else")
    assert bench.events()[1:] == ["worker.breaker_open", "something else"]
