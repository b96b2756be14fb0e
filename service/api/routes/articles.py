"""POST /v1/articles and GET /v1/articles/{id}: one article in, and its latest event out of the live view."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.access.auth import Principal, Scope, require
from service.api.docs.openapi import ARTICLE_BODY, EVENT_RESPONSE
from service.api.intake import article_in, read_body, to_message
from service.api.live_view import LiveView
from service.api.ports import LoadedModels, Publisher
from service.api.problems import ProblemError, responses
from service.api.routes.analysis import event_response
from service.core.article import Article
from service.core.message import Message
from service.settings import Settings
from service.wire import codec

PUBLISHING: Final = (
    "too-large",
    "body-timeout",
    "unsupported-content-type",
    "no-publisher",
    "overloaded",
    "broker-unavailable",
    "publish-unknown",
    "unauthorized",
    "forbidden",
    "rate-limited",
    "quota-exceeded",
)


# Where to go on, for people and for tools that follow links.
_TAKEN: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "headers": {"Location": {"description": "Where its latest event is.", "schema": {"type": "string"}}},
        "links": {
            "event": {
                "operationId": "getArticleEvent",
                "parameters": {"article_id": "$response.body#/id"},
                "description": "The article's latest event, once a worker has read it.",
            }
        },
    }
}


class Place(BaseModel):
    """Where the event will be found: a record with this key in this topic."""

    topic: str
    key: str
    id: str | None = Field(description="The event's `ce_id`, where this process knows the model that will read it.")


class Accepted(BaseModel):
    """The article is in the log, on every in-sync replica."""

    id: str
    version: int
    topic: str
    partition: int
    offset: int
    event: Place


class Intake:
    """Puts decoded articles into the input topic."""

    def __init__(self, *, settings: Settings, publisher: Publisher | None, models: LoadedModels) -> None:
        self._topics = settings.kafka.topics
        self._limit = settings.kafka.max_message
        self._publisher = publisher
        self._models = models

    async def publish(self, article: Article, cause: Message) -> Accepted:
        """Return where the article is, once it is there.

        Raises:
            ProblemError: `no-publisher`, or `too-large` for a record.
            ClaimwireError: see `ports.Publisher`.

        """
        if self._publisher is None:
            raise ProblemError("no-publisher")
        record = codec.encode_article(article, cause=cause, topic=self._topics.articles, time=datetime.now(UTC))
        if len(record.value or b"") > self._limit:
            raise ProblemError("too-large", f"The article has more than {self._limit} bytes as a record.")
        partition, offset = await self._publisher.publish(record)
        loaded = self._models()
        event_id = codec.event_id(article, loaded) if loaded else None
        return Accepted(
            id=article.id,
            version=article.version,
            topic=self._topics.articles,
            partition=partition,
            offset=offset,
            event=Place(topic=self._topics.enriched, key=article.id, id=event_id),
        )


def _location(article_id: str) -> str:
    """Return where the article's event will be. A path segment of dots alone would be taken for a directory."""
    quoted = quote(article_id, safe="")
    return f"/v1/articles?id={quoted}" if quoted in (".", "..") else f"/v1/articles/{quoted}"


def router(*, settings: Settings, intake: Intake, live: LiveView | None) -> APIRouter:
    """Return the routes of single articles."""
    routes = APIRouter(tags=["articles"])
    api, topic = settings.api, settings.kafka.topics.articles

    @routes.post(
        "/v1/articles",
        operation_id="postArticles",
        status_code=202,
        summary="Take an article and put it into the input topic",
        response_model=Accepted,
        openapi_extra=ARTICLE_BODY,
        responses=_TAKEN | responses("not-json", "unknown-parameter", "missing-field", *PUBLISHING),
    )
    async def post(request: Request, principal: Annotated[Principal, Depends(require(Scope.WRITE))]) -> Response:
        body = await read_body(request, limit=api.max_body, patience=api.body_timeout)
        cause = to_message(request, body, topic=topic)
        article = article_in(cause, limit=api.max_body)
        principal.spend(1)
        accepted = await intake.publish(article, cause)
        return Response(
            accepted.model_dump_json(),
            status_code=202,
            media_type="application/json",
            headers={"Location": _location(article.id)},
        )

    found = EVENT_RESPONSE | responses(
        "unknown-parameter",
        "unknown-article",
        "no-live-view",
        "bad-parameter",
        "unauthorized",
        "forbidden",
        "rate-limited",
    )

    @routes.get(
        "/v1/articles/{article_id:path}",
        operation_id="getArticleEvent",
        summary="The latest event of an article, from the live view",
        response_class=Response,
        responses=found,
    )
    async def get(article_id: str, _key: Annotated[Principal, Depends(require(Scope.READ))]) -> Response:
        return latest(article_id)

    @routes.get(
        "/v1/articles",
        operation_id="findArticleEvent",
        summary="The same for any id, as a parameter",
        description="For ids that no path can hold: clients take `.` and `..` in a path for directories.",
        response_class=Response,
        responses=found,
    )
    async def find(
        article_id: Annotated[str, Query(alias="id", min_length=1, description="The article's id.")],
        _key: Annotated[Principal, Depends(require(Scope.READ))],
    ) -> Response:
        return latest(article_id)

    def latest(article_id: str) -> Response:
        if live is None:
            raise ProblemError("no-live-view")
        entry = live.latest(article_id)
        if entry is None:
            raise ProblemError("unknown-article", live.why_not())
        response = event_response(entry.message)
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes
