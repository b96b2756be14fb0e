"""Logs: JSON off a terminal, one line per batch, the request id on its lines, and nothing of an article."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx
import pytest
import structlog
from fastapi import FastAPI

from service.api.middleware import RequestIds
from service.core.message import Message
from service.instrument.logged_stream import LoggedStream
from service.streaming.consume.batch import Batch, Run, Settled
from service.streaming.consume.partition import Lane, Partition
from service.telemetry.logs import configure_logging, logger


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give the other tests their logging back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(text: str) -> list[dict[str, object]]:
    """Return the JSON objects of a log."""
    return [json.loads(line) for line in text.splitlines()]


@dataclass
class Records:
    """A stream with three records of two partitions; `commits` of them are committed."""

    commits: int = 3
    settled: list[Message] = field(default_factory=list)

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Give the records."""
        assert (most, size) == (None, None)
        return Batch(
            tuple(
                Run(
                    Lane(topic="articles", partition=Partition(partition)),
                    offsets[0],
                    tuple(_record(partition, at) for at in offsets),
                )
                for partition, offsets in ((0, (7, 8)), (2, (40,)))
            )
        )

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Keep the outputs."""
        assert len(batch.messages) == len(outputs)
        self.settled.extend(outputs)
        return [Settled.WRITTEN] * self.commits + [Settled.PUT_BACK] * (len(outputs) - self.commits)

    async def abandon(self, batch: Batch) -> None:
        """Take the batch back."""
        assert batch.messages

    async def idle(self) -> None:
        """Do nothing."""


def _record(partition: int, offset: int) -> Message:
    return Message(topic="articles", key=b"secret-id", value=b"secret text", partition=partition, offset=offset)


async def _settle(stream: LoggedStream) -> None:
    batch = await stream.take()
    topics = ("articles.enriched", "articles.enriched", "articles.dead-letter")
    await stream.settle(
        batch,
        [
            Message(topic=topic, key=b"secret-id", value=b"secret text", headers=(("ce_id", b"event-%d" % number),))
            for number, topic in enumerate(topics)
        ],
    )


def test_a_batch_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Its records by partition and offset, its outputs by topic; nothing that is in them."""
    configure_logging(form="json")
    asyncio.run(_settle(LoggedStream(Records())))
    text = capsys.readouterr().err
    (line,) = lines(text)
    assert (line["event"], line["level"], line["articles"], line["committed"]) == ("batch.committed", "info", 3, 3)
    assert line["offsets"] == {"0": [7, 8], "2": [40, 40]}
    assert line["topics"] == {"articles.enriched": 2, "articles.dead-letter": 1}
    assert "secret" not in text


def test_event_ids_are_for_debugging(capsys: pytest.CaptureFixture[str]) -> None:
    """At level DEBUG the line is followed by the ids of the events."""
    configure_logging(form="json", level="DEBUG")
    asyncio.run(_settle(LoggedStream(Records())))
    line = next(line for line in lines(capsys.readouterr().err) if line["event"] == "batch.events")
    assert line["events"] == ["event-0", "event-1", "event-2"]


def test_a_batch_in_part_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """A transaction that failed shows in the level, not only in a number."""
    configure_logging(form="json")
    asyncio.run(_settle(LoggedStream(Records(commits=2))))
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line["level"], line["committed"]) == ("batch.committed_in_part", "warning", 2)


def test_a_request_has_an_id_on_its_lines_and_its_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """The caller's id is kept where it is sound; any other is replaced."""
    configure_logging(form="json")
    app = FastAPI()

    @app.get("/")
    async def root() -> None:
        logger("test").info("worked")

    app.add_middleware(RequestIds)

    async def ask(**headers: str) -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return str((await client.get("/", headers=headers)).headers["x-request-id"])

    given = asyncio.run(ask(**{"x-request-id": "trace-me.42"}))
    forged = asyncio.run(ask(**{"x-request-id": 'x", "level": "error'}))
    made = asyncio.run(ask())
    written = [line["request_id"] for line in lines(capsys.readouterr().err) if line["event"] == "worked"]
    assert written == [given, forged, made]
    assert given == "trace-me.42"
    assert len(forged) == len(made) == 32


def test_a_library_speaks_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """What a library logs has the same form, its level and its name."""
    configure_logging()
    logging.getLogger("aiokafka.consumer").warning("Heartbeat failed: %s", "retrying")
    (line,) = lines(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == (
        "Heartbeat failed: retrying",
        "warning",
        "aiokafka.consumer",
    )


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_on_a_terminal_it_is_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a person looks, a line is not JSON."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    configure_logging()
    logger("test").info("service.started", port=8080)
    assert "service.started" in terminal.getvalue()
    assert "8080" in terminal.getvalue()
    assert "{" not in terminal.getvalue()
