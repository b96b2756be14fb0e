"""GET /v1/info: which models, which topics, which limits."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from schemas.article import MAX_BODY, MAX_TOPICS
from service.api.access.auth import Principal, Scope, require
from service.api.ports import LoadedModels
from service.api.problems import responses
from service.core.model import MAX_TOKENS, ModelInfo
from service.core.version import own_version
from service.settings import Settings


class ModelFacts(BaseModel):
    """A loaded model; `languages` are those that it can read, as ISO 639-1 codes."""

    name: str
    version: str
    sha256: str
    languages: list[str]
    engine: str
    engine_reason: str


class Topics(BaseModel):
    """The topics' names."""

    articles: str
    enriched: str
    dead_letter: str


class Limits(BaseModel):
    """Sizes in bytes unless they say otherwise."""

    body: int
    record: int
    batch: int
    batch_items: int
    text_code_points: int
    text_tokens: int
    topics: int


class Info(BaseModel):
    """What this process is.

    `model` is the main model, which reads English and what shows no language; `models` are all, it first. Each language
    is read by the first that has it.
    """

    version: str
    roles: list[str]
    model: ModelFacts | None
    models: list[ModelFacts]
    topics: Topics
    limits: Limits
    quotes: bool


def router(*, settings: Settings, models: LoadedModels, roles: list[str]) -> APIRouter:
    """Return the route of GET /v1/info."""
    routes = APIRouter(tags=["health"])

    @routes.get(
        "/v1/info",
        operation_id="getInfo",
        summary="Which models, topics and limits",
        responses=responses("unknown-parameter", "unauthorized", "forbidden", "rate-limited"),
    )
    async def info(_key: Annotated[Principal, Depends(require(Scope.READ))]) -> Info:
        loaded = [_facts(model) for model in models()]
        return Info(
            version=own_version(),
            roles=roles,
            model=loaded[0] if loaded else None,
            models=loaded,
            topics=Topics(
                articles=settings.kafka.topics.articles,
                enriched=settings.kafka.topics.enriched,
                dead_letter=settings.kafka.topics.dead_letter,
            ),
            limits=Limits(
                body=settings.api.max_body,
                record=settings.kafka.max_message,
                batch=settings.api.max_batch,
                batch_items=settings.api.batch_items,
                text_code_points=MAX_BODY,
                text_tokens=MAX_TOKENS,
                topics=MAX_TOPICS,
            ),
            quotes=settings.output.quotes,
        )

    return routes


def _facts(model: ModelInfo) -> ModelFacts:
    return ModelFacts(
        name=model.name,
        version=model.version,
        sha256=model.sha256,
        languages=list(model.languages),
        engine=model.engine,
        engine_reason=model.engine_reason,
    )
