"""POST /v1/articles:batch: many articles in one request, and a result for each."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from service.api.access.auth import Principal, Scope, require
from service.api.docs.openapi import BATCH_BODY
from service.api.intake import read_body, to_message
from service.api.problems import Problem, ProblemError, responses
from service.api.routes.articles import PUBLISHING, Accepted, Intake
from service.core.article import Article, Rejected
from service.core.errors import ClaimwireError
from service.core.message import Message, time_of
from service.settings import Settings
from service.wire import codec
from service.wire.cloudevents import media_type
from service.wire.json_limits import MAX_VALUES, parse

NDJSON: Final = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines")
_TYPES: Final = ("application/json", "application/cloudevents-batch+json", *NDJSON)
_MAX_VALUES: Final = MAX_VALUES * 4  # of a whole array: some hundreds for each item


class BatchItem(BaseModel):
    """What became of one article of a batch, in the batch's order."""

    status: int = Field(description="The status that a request for this article alone would have had.")
    accepted: Accepted | None = None
    problem: Problem | None = None


class BatchResult(BaseModel):
    """What became of every article of a batch."""

    accepted: int
    refused: int
    items: list[BatchItem]


def router(*, settings: Settings, intake: Intake) -> APIRouter:
    """Return the route of batches."""
    routes = APIRouter(tags=["articles"])
    api = settings.api

    @routes.post(
        "/v1/articles:batch",
        operation_id="postArticleBatch",
        summary="Take many articles: a JSON array, or one JSON text per line",
        response_model=BatchResult,
        openapi_extra=BATCH_BODY,
        responses=responses("not-json", "unknown-parameter", "too-many-items", "wrong-type", *PUBLISHING),
    )
    async def batch(request: Request, principal: Annotated[Principal, Depends(require(Scope.WRITE))]) -> Response:
        kind = media_type(request.headers.get("content-type"))
        if kind not in _TYPES:
            raise ProblemError("unsupported-content-type", f"A batch is one of: {', '.join(_TYPES)}.")
        body = await read_body(request, limit=api.max_batch, patience=api.body_timeout)
        cause = to_message(request, b"", topic=settings.kafka.topics.articles)
        items = lines(body, api.batch_items) if kind in NDJSON else elements(body, api.batch_items)
        decoded: list[Article | Rejected] = []
        for item in items:
            await asyncio.sleep(0)  # each may be as large as a request of its own: give way between two
            decoded.append(decode_item(item, limit=api.max_body, timestamp=cause.timestamp))
        principal.spend(sum(isinstance(item, Article) for item in decoded))
        # All at once: the producer keeps the order of what goes to one partition.
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(publish_item(item, cause, intake)) for item in decoded]
        results = [task.result() for task in tasks]
        accepted = sum(result.accepted is not None for result in results)
        answer = BatchResult(accepted=accepted, refused=len(results) - accepted, items=results)
        return Response(answer.model_dump_json(exclude_none=True), media_type="application/json")

    return routes


async def publish_item(item: Article | Rejected, cause: Message, intake: Intake) -> BatchItem:
    """Publish one article, or return why not."""
    try:
        if isinstance(item, Rejected):
            raise ProblemError.of(item)  # a refusal and a failure are reported alike
        return BatchItem(status=202, accepted=await intake.publish(item, cause))
    except (ProblemError, ClaimwireError) as error:
        problem = error if isinstance(error, ProblemError) else ProblemError.of(error)
        return BatchItem(status=problem.status, problem=Problem.model_validate(problem.body()))


def lines(body: bytes, most: int) -> Sequence[bytes]:
    """Return the lines of NDJSON that are not blank.

    Raises:
        ProblemError: `too-many-items`, `empty-body`.

    """
    # Blank lines count a little too, so that a body of nothing but line ends makes no list of millions.
    found = [line for line in body.split(b"\n", most * 4 + 1) if line.strip()]
    if len(found) > most:
        raise ProblemError("too-many-items", f"A batch holds at most {most} articles.")
    if not found:
        raise ProblemError("empty-body")
    return found


def elements(body: bytes, most: int) -> Sequence[object]:
    """Return the elements of a JSON array.

    Raises:
        ProblemError: `too-many-items`, `wrong-type`, or what `jsontext.parse` refuses.

    """
    value = parse(body, max_values=_MAX_VALUES)
    if isinstance(value, Rejected):
        raise ProblemError.of(value)
    if not isinstance(value, list):
        raise ProblemError("wrong-type", "A batch is a JSON array.", field="")
    if len(value) > most:
        raise ProblemError("too-many-items", f"A batch holds at most {most} articles.")
    return value


def decode_item(item: object, *, limit: int, timestamp: int | None) -> Article | Rejected:
    """Decode a line, or an element: an article, a ninjs document, or either in a CloudEvent."""
    if isinstance(item, dict) and "specversion" in item:
        item = orjson.dumps(item)
    if isinstance(item, bytes):
        return codec.decode(Message(topic="", key=None, value=item, timestamp=timestamp), max_bytes=limit)
    now = None if timestamp is None else time_of(timestamp)
    return codec.decode_value(item, now=now)
