"""/v1/watches: saved searches whose matches are delivered."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.api.access.auth import Principal, Scope, require
from service.api.intake import read_body
from service.api.ports import Watching
from service.api.problems import ProblemError, responses
from service.api.representations import as_json
from service.api.routes.answer_models import FilterParameters, FoundClaim, Name
from service.core.article import Rejected
from service.core.watches import MATCHED_TYPE, NewWatch, Watch, origin_of
from service.wire.cloudevents import JSON, media_type
from service.wire.json_limits import parse

_MOST_BYTES: Final = 16_384
_URL: Final = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!$-;=?-Z_a-z~]*)?$"  # a path, and what may stand behind it
_CODES: Final = {"missing": "missing-field", "extra_forbidden": "unknown-field", "string_too_long": "too-long"}
_PROBLEMS: Final = ("no-ledger", "ledger-unavailable", "overloaded", "unauthorized", "forbidden", "rate-limited")
_REFUSED: Final = (
    "not-json", "not-utf8", "lone-surrogate", "too-deep", "too-many-values", "unknown-parameter", "too-large",
    "body-timeout", "unsupported-content-type", "missing-field", "unknown-field", "wrong-type", "too-long", "bad-value",
    "forbidden-origin", "too-many-watches",
)  # fmt: skip
_MADE: Final[dict[int | str, dict[str, Any]]] = {
    201: {"headers": {"Location": {"description": "Where the watch is.", "schema": {"type": "string"}}}}
}
_EXAMPLE: Final[dict[str, Any]] = {
    "name": "Bridges",
    "filters": {"text": "bridge", "worth": 0.5},
    "url": "https://hooks.example/bridges",
}


class WatchFilters(FilterParameters):
    """Which claims match, as `GET /v1/claims` has them; all must hold."""

    model_config = ConfigDict(extra="forbid")

    speaker: Name | None = Field(default=None, description="Full name or id of who says it; `author` for the author.")


class WatchBody(BaseModel):
    """What is sent to make a watch."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="For people.")
    filters: WatchFilters = Field(default=WatchFilters(), description="Without any, every claim matches.")
    url: Annotated[str, Field(max_length=1_000, pattern=_URL)] | None = Field(
        default=None,
        description="Where matches are posted, of an origin of `CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS`. Without it they go "
        "to the topic `CLAIMWIRE_LEDGER__MATCHES_TOPIC`.",
    )


class ShownWatch(BaseModel):
    """A watch, and how its deliveries stand."""

    id: str = Field(pattern="^[0-9a-f]{20}$")
    name: str
    filters: WatchFilters
    origin: str | None = Field(description="Whom matches are posted to; the rest of the address is not shown.")
    created_at: datetime = Field(description="Claims of events that were written from then on match.")
    waiting: int = Field(description="Matches that are not delivered yet.")
    delivered: int
    given_up: int = Field(description="Matches that could not be delivered for `CLAIMWIRE_LEDGER__DELIVERY_PATIENCE`.")
    problem: str | None = Field(description="Why the last attempt failed.")
    next_attempt_at: datetime | None
    gone: bool = Field(description="The receiver answered 410: nothing is matched any more.")


class WatchList(BaseModel):
    """Every watch, the oldest first."""

    items: list[ShownWatch]


class MatchedWatch(BaseModel):
    """Whose match it is."""

    id: str
    name: str


class Match(BaseModel):
    """A claim that matches a watch: the value of a record of the topic of matches, and `data` of a webhook."""

    watch: MatchedWatch
    event_id: str | None = Field(description="`ce_id` of the event that the claim is of.")
    version: int = Field(description="Of the article.")
    claim: FoundClaim


class Notice(BaseModel):
    """The body of a webhook."""

    type: str = Field(pattern=f"^{MATCHED_TYPE}$")
    timestamp: datetime = Field(description="When the match was found.")
    data: Match


def router(*, watching: Watching | None, origins: Collection[str], patience: float) -> APIRouter:
    """Return the routes.

    Args:
        watching: Keeps the watches; None where no ledger is configured.
        origins: Those that a webhook may be of.
        patience: Seconds that a client may take to send a body.
    """
    routes = APIRouter(tags=["ledger"])

    def kept() -> Watching:
        if watching is None:
            raise ProblemError("no-ledger", "Set CLAIMWIRE_LEDGER__URL, or ask a process that has it.")
        return watching

    @routes.post(
        "/v1/watches",
        operation_id="addWatch",
        status_code=201,
        summary="Have claims that match a search delivered from now on",
        response_model=ShownWatch,
        openapi_extra=_body(),
        responses=_MADE | responses(*_REFUSED, *_PROBLEMS),
    )
    async def add(request: Request, _key: Annotated[Principal, Depends(require(Scope.WATCH))]) -> Response:
        new = _read(request.headers.get("content-type"), await read_body(request, limit=_MOST_BYTES, patience=patience))
        if new.url is not None and origin_of(new.url) not in origins:
            raise ProblemError("forbidden-origin", field="/url")
        made = await kept().add(new)
        return _response(_shown(made), status=201, location=f"/v1/watches/{made.id}")

    @routes.get(
        "/v1/watches",
        operation_id="listWatches",
        summary="Every watch, and how its deliveries stand",
        response_model=WatchList,
        responses=responses("unknown-parameter", *_PROBLEMS),
    )
    async def every(_key: Annotated[Principal, Depends(require(Scope.READ))]) -> Response:
        return _response({"items": [_shown(each) for each in await kept().all()]})

    @routes.get(
        "/v1/watches/{watch_id}",
        operation_id="getWatch",
        summary="One watch",
        response_model=ShownWatch,
        responses=responses("unknown-parameter", "unknown-watch", "bad-parameter", *_PROBLEMS),
    )
    async def one(watch_id: _Id, _key: Annotated[Principal, Depends(require(Scope.READ))]) -> Response:
        found = await kept().one(watch_id)
        if found is None:
            raise ProblemError("unknown-watch")
        return _response(_shown(found))

    @routes.delete(
        "/v1/watches/{watch_id}",
        operation_id="removeWatch",
        status_code=204,
        summary="Remove a watch, and what waits to be delivered for it",
        responses=responses("unknown-parameter", "unknown-watch", "bad-parameter", *_PROBLEMS),
    )
    async def remove(watch_id: _Id, _key: Annotated[Principal, Depends(require(Scope.WATCH))]) -> Response:
        if not await kept().remove(watch_id):
            raise ProblemError("unknown-watch")
        return Response(status_code=204)

    return routes


def _body() -> dict[str, Any]:
    """Return the body of POST /v1/watches for the OpenAPI document: our own decoder reads it."""
    schema = WatchBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs")  # which the answer's schema brings along
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema, "example": _EXAMPLE}}}}


_Id = Annotated[str, Path(pattern="^[0-9a-f]{20}$", description="The watch's id.")]


def add_webhook(app: FastAPI) -> None:
    """Describe in the OpenAPI document what a webhook receives."""

    @app.webhooks.post(
        "claim-matched",
        operation_id="claimMatched",
        summary="A claim that matches a watch",
        tags=["ledger"],
        description="Signed as the Standard Webhooks specification has it. It may come more than once, with the same "
        "`webhook-id`. Answer 2xx; 410 ends the watch; anything else is tried again.",
        responses={
            "2XX": {"description": "It was received."},
            "4XX": {"description": "It comes again, but after 410."},
        },
        response_class=Response,
        openapi_extra={
            "parameters": [
                {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
                for name, what in (
                    ("webhook-id", "Of the match; the same at every attempt."),
                    ("webhook-timestamp", "Of the attempt, in seconds since 1970."),
                    ("webhook-signature", "`v1,` and HMAC-SHA256 over `id.timestamp.body` in base64; one per secret."),
                )
            ]
        },
    )
    def claim_matched(body: Notice) -> None:
        del body


def _read(content_type: str | None, body: bytes) -> NewWatch:
    """Return what the body asks for.

    Raises:
        ProblemError: it is none, and why.
    """
    if media_type(content_type) != JSON:
        raise ProblemError("unsupported-content-type", "Send application/json.")
    value = parse(body)
    if isinstance(value, Rejected):
        raise ProblemError.of(value)
    try:
        read = WatchBody.model_validate(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        kind = first["type"]
        code = _CODES.get(kind, "wrong-type" if kind.endswith("_type") else "bad-value")
        known = [str(part) for part in first["loc"] if part in _FIELDS]
        raise ProblemError(code, field="".join(f"/{part}" for part in known)) from None
    return NewWatch(name=read.name, filters=read.filters.filters(read.filters.speaker), url=read.url)


_FIELDS: Final = frozenset({*WatchBody.model_fields, *WatchFilters.model_fields})


def _shown(watch: Watch) -> dict[str, Any]:
    filters = {name: value for name in WatchFilters.model_fields if (value := getattr(watch.filters, name)) is not None}
    return {name: getattr(watch, name) for name in ShownWatch.model_fields} | {"filters": filters}


def _response(value: object, *, status: int = 200, location: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"} | ({} if location is None else {"Location": location})
    return Response(as_json(value), status_code=status, media_type=JSON, headers=headers)
