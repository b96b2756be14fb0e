"""Structured log lines on stderr. No article text, name or secret goes into one."""

import logging
import os
import sys
import traceback
from typing import Literal

import structlog

_LIBRARIES = ("alembic", "aiokafka", "uvicorn", "httpx", "trafilatura", "asyncio")


def configure_logging(*, level: str = "INFO", form: Literal["auto", "json", "console"] = "auto") -> None:
    """Send every log line, ours and the libraries', to stderr in one form; plain where NO_COLOR is set."""
    colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR")  # https://no-color.org
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=colors) if form == "console" else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_places),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    coordinator = logging.getLogger("aiokafka.consumer.group_coordinator")
    coordinator.removeFilter(_worth_logging)
    if level != "DEBUG":
        coordinator.addFilter(_worth_logging)
    for library in _LIBRARIES:
        # What they call information is of use to those who look for a fault in them. Their DEBUG is never shown:
        # aiokafka logs keys and values of records there.
        logging.getLogger(library).setLevel({"DEBUG": "INFO", "ERROR": "ERROR"}.get(level, "WARNING"))


def _worth_logging(record: logging.LogRecord) -> bool:
    """Leave out that a group has no coordinator yet: so it is on every new cluster, and aiokafka asks again.

    A coordinator that stays away keeps the worker from being ready, and the health checks say so.
    """
    return not str(record.msg).startswith("Group Coordinator Request failed")


def _places(exc_info: structlog.typing.ExcInfo) -> str:
    """Render an exception and its causes by type and place, without its words: they may quote an article."""
    found: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        frames = traceback.StackSummary.from_list(traceback.extract_tb(error.__traceback__))
        found.append("".join(frames.format()) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused ".join(reversed(found))


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger called `name`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
