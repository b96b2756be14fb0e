"""`claimwire analyze`: articles in, events out, on standard streams and without Kafka."""

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO

import orjson
from rich.console import Console
from rich.progress import Progress

from service.analysis.pipeline import Pipeline
from service.bootstrap.model import open_model
from service.core.article import Article, Enriched, Outcome, Rejected, Retracted, Skipped
from service.core.message import Message
from service.core.model import ModelInfo
from service.settings import Settings
from service.wire import codec

BATCH = 32  # articles read together: enough to fill the encoder's batches, few enough to keep results coming


def run(settings: Settings, file: BinaryIO, *, name: str, topics: Sequence[str]) -> bool:
    """Write one line of JSON to stdout for each article in the file, in order.

    Returns:
        whether any article was rejected.

    Raises:
        ArtifactError: the model cannot be loaded.

    """
    inputs = _inputs(file, name=name, topics=topics, max_bytes=settings.api.max_body)
    model = open_model(settings.model, warm=False)
    pipeline = Pipeline(model=model)
    failed = False
    with _progress() as progress:
        task = progress.add_task("articles", total=None)
        for batch in _batches(inputs):
            for outcome in _outcomes(pipeline, batch):
                failed = failed or isinstance(outcome, Rejected)
                sys.stdout.buffer.write(_line(outcome, model.info, quotes=settings.output.quotes))
                progress.advance(task)
            sys.stdout.buffer.flush()
    return failed


def _progress() -> Progress:
    """Return a bar where results go to a file; on a terminal the lines themselves are the progress."""
    console = Console(stderr=True)
    shown = console.is_terminal and not sys.stdout.isatty()
    return Progress(console=console, disable=not shown, transient=True)


def _inputs(file: BinaryIO, *, name: str, topics: Sequence[str], max_bytes: int) -> Iterator[Article | Rejected]:
    """Tell the three kinds of input apart: one JSON object, JSON lines, or plain text."""
    head = file.readline()
    while head and not head.strip():
        head = file.readline()
    if not head.lstrip().startswith(b"{"):
        text = (head + file.read()).decode("utf-8", errors="surrogateescape")
        yield _decoded(_as_json(name, text), topics=topics, max_bytes=max_bytes)
        return
    if _is_object(head):
        for line in itertools.chain([head], file):
            if line.strip():
                yield _decoded(line, topics=topics, max_bytes=max_bytes)
        return
    yield _decoded(head + file.read(), topics=topics, max_bytes=max_bytes)


def _as_json(name: str, text: str) -> bytes:
    """Return an Article of plain text, named after its file; what is not UTF-8 stays so, for `decode` to refuse."""
    try:
        return orjson.dumps({"id": PurePath(name).name, "body": text})
    except orjson.JSONEncodeError:
        return text.encode("utf-8", errors="surrogateescape")


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _decoded(value: bytes, *, topics: Sequence[str], max_bytes: int) -> Article | Rejected:
    if topics:
        try:
            fields = orjson.loads(value)
        except orjson.JSONDecodeError:
            fields = None
        if isinstance(fields, dict):
            value = orjson.dumps(fields | {"topics": list(topics)})
    return codec.decode(Message(topic="", key=None, value=value), max_bytes=max_bytes)


def _batches(inputs: Iterable[Article | Rejected]) -> Iterator[list[Article | Rejected]]:
    iterator = iter(inputs)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch


def _outcomes(pipeline: Pipeline, batch: Sequence[Article | Rejected]) -> Iterator[Outcome]:
    read = iter(pipeline.process([found for found in batch if isinstance(found, Article)]))
    for found in batch:
        yield next(read) if isinstance(found, Article) else found


def _line(outcome: Outcome, model: ModelInfo, *, quotes: bool) -> bytes:
    """Return an outcome as one line. A rejected one has `article.id` and `error`; a skipped one has empty lists."""
    if isinstance(outcome, Rejected):
        error: dict[str, Any] = {"code": outcome.code, "message": outcome.message, "field": outcome.field}
        return orjson.dumps({"article": {"id": outcome.article_id}, "error": error}) + b"\n"
    event: Enriched | Retracted | Skipped = outcome
    value = codec.encode(event, cause=None, model=model, topic="", quotes=quotes).value or b""
    if isinstance(outcome, Skipped):
        lists: dict[str, Any] = {"entities": [], "claims": [], "stances": [], "topics": []}
        return orjson.dumps(orjson.loads(value) | lists) + b"\n"
    return value + b"\n"
