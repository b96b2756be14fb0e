"""Articles out of a file or a pipe: one as JSON, many as JSON lines or in a JSON array, or one as plain text."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import PurePath
from typing import Final

import orjson

from service.core.article import Article, Rejected
from service.core.message import Message
from service.wire import codec

_BATCH: Final = 32  # articles read together: enough to fill the engine, few enough to keep results coming
_CHUNK: Final = 262_144  # bytes that are taken at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What stands in the input: an article, or why it is none.

    `line` of JSON lines and `element` of an array count from 1; both are None where the input is one article.
    """

    article: Article | Rejected
    line: int | None = None
    element: int | None = None


def batches(file: BufferedReader, *, name: str, topics: Sequence[str], max_bytes: int) -> Iterator[list[Given]]:
    """Yield what is given in order, as soon as it is there: a slow writer's lines do not wait for one another.

    Args:
        file: Where it is read from.
        name: Of the file: plain text becomes an article of that id.
        topics: Put in the place of each article's own, where there are any.
        max_bytes: The longest article that is looked at.

    """

    def given(value: bytes, *, line: int | None = None, element: int | None = None) -> Given:
        return Given(article=_decoded(value, topics=topics, max_bytes=max_bytes), line=line, element=element)

    number, head = 1, file.readline().removeprefix(codecs.BOM_UTF8)
    while head and not head.strip():
        number, head = number + 1, file.readline()
    if not head.lstrip().startswith(b"{"):
        whole = head + file.read()
        articles = _array(whole)
        if articles is None:
            yield [given(_as_json(name, whole.decode("utf-8", errors="surrogateescape")))]
            return
        for start in range(0, len(articles), _BATCH):
            part = articles[start : start + _BATCH]
            yield [given(orjson.dumps(article), element=at) for at, article in enumerate(part, start=start + 1)]
    elif not _is_object(head):
        yield [given(head + file.read())]
    else:
        yield [given(head, line=number)]
        for lines in _lines(file, number + 1):
            for start in range(0, len(lines), _BATCH):
                yield [given(line, line=at) for at, line in lines[start : start + _BATCH]]


def _lines(file: BufferedReader, number: int) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the lines that are there without waiting for more, each with its number; blank ones are left out."""
    rest = b""
    while chunk := file.read1(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        yield [(at, line) for at, line in enumerate(whole, start=number) if line.strip()]
        number += len(whole)
    if rest.strip():
        yield [(number, rest)]


def _array(text: bytes) -> list[object] | None:
    """Return the elements of a JSON array, None where the text is none: prose may begin with a bracket."""
    try:
        found = orjson.loads(text) if text.lstrip().startswith(b"[") else None
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, list) else None


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
