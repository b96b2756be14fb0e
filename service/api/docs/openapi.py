"""The OpenAPI document beyond what FastAPI infers: bodies that our own decoder reads, and the events' schemas."""

import json
from collections.abc import Sequence
from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.article import Article
from schemas.enriched import EnrichedArticle, RetractedArticle, SkippedArticle
from service.api.health_report import Health
from service.api.problems import Problem

_REFERENCE: Final = "#/components/schemas/{model}"


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=name)}


_EXAMPLE: Final = {
    "id": "https://example.org/news/1",
    "body": "The bridge is safe, said the engineer Ana Ruiz.",
    "tags": ["bridges"],
    "metadata": {"desk": "local", "story-id": "2026-0318-04"},
}

_CLOUD_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0, structured mode.",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "type": {"const": "claimwire.article.v1"},
        "data": _ref("Article"),
    },
}
_CLOUD_EVENT_EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "1",
    "source": "/newsroom",
    "type": "claimwire.article.v1",
    "data": _EXAMPLE,
}

_MODELS: Final[Sequence[tuple[type[BaseModel], Literal["validation", "serialization"]]]] = (
    (Article, "validation"),
    (EnrichedArticle, "serialization"),
    (RetractedArticle, "serialization"),
    (SkippedArticle, "serialization"),
    (Health, "serialization"),
    (Problem, "serialization"),
)

ARTICLE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "An article; an IPTC ninjs 3 document; or either as a CloudEvent (`claimwire.article.v1`).",
        "content": {
            "application/json": {"schema": _ref("Article"), "example": _EXAMPLE},
            "application/cloudevents+json": {"schema": _CLOUD_EVENT, "example": _CLOUD_EVENT_EXAMPLE},
        },
    }
}
BATCH_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "What POST /v1/articles takes, many of it. An item that is refused does not refuse the others.",
        "content": {
            "application/json": {"schema": {"type": "array", "items": {}}, "example": [_EXAMPLE]},
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": {}},  # an item of any form has an answer of its own
                "example": [_CLOUD_EVENT_EXAMPLE],
            },
            "application/x-ndjson": {
                "schema": {
                    "description": "One JSON text on each line, each of them what POST /v1/articles takes; blank lines "
                    "are passed over. `application/jsonl` and `application/x-jsonlines` are other names of it.",
                },
                "example": "".join(
                    f"{json.dumps(_EXAMPLE | {'id': f'https://example.org/news/{n}'})}\n" for n in (1, 2)
                ),
            },
        },
    }
}
EVENT_RESPONSE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The event: its data as the body, its CloudEvents attributes as `ce-…` headers.",
        "content": {
            "application/json": {
                "schema": {"anyOf": [_ref("EnrichedArticle"), _ref("RetractedArticle"), _ref("SkippedArticle")]}
            }
        },
        "headers": {
            "ce-id": {"schema": {"type": "string"}},
            "ce-type": {"schema": {"type": "string"}},
        },
    }
}


def install(app: FastAPI, *, has_keys: bool) -> None:
    """Make the application describe itself, with every schema of the wire; where no keys are set, as needing none."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                license_info=app.license_info,
                servers=app.servers,
                routes=app.routes,
                webhooks=app.webhooks.routes,
                tags=app.openapi_tags,
            )
            _keys, schemas = models_json_schema(_MODELS, ref_template=_REFERENCE)
            components = described.setdefault("components", {}).setdefault("schemas", {})
            components.update(schemas["$defs"])
            for unused in ("HTTPValidationError", "ValidationError"):
                components.pop(unused, None)
            described["security"] = []  # of an operation that says nothing else
            if not has_keys:
                components = described["components"]
                components.pop("securitySchemes", None)
                for item in described["paths"].values():
                    for operation in item.values():
                        operation.pop("security", None)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
