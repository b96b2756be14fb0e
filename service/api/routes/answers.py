"""GET /v1/claims, /v1/stances, /v1/series, /v1/entities and /v1/rankings: what the ledger holds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from service.api.access.auth import Principal, Scope, require
from service.api.parameters import EARLIEST, LATEST
from service.api.ports import Ask
from service.api.problems import ProblemError, responses
from service.api.representations import as_csv, as_json, as_ndjson, form_for
from service.api.routes.answer_models import (
    ClaimPage,
    ClaimParameters,
    DisputedEntity,
    DisputedList,
    EntityList,
    EntityParameters,
    FoundClaim,
    FoundEntity,
    FoundStance,
    PageParameters,
    QuotedEntity,
    QuotedList,
    RankingParameters,
    Series,
    SeriesParameters,
    SeriesPoint,
    StancePage,
    StanceParameters,
)
from service.core.questions import (
    Answer,
    ClaimsQuestion,
    EntitiesQuestion,
    Order,
    Place,
    Question,
    Ranking,
    RankingQuestion,
    SeriesQuestion,
    StancesQuestion,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROBLEMS: Final = responses(
    "unknown-parameter", "bad-parameter", "not-acceptable", "no-ledger", "ledger-unavailable", "overloaded",
    "unauthorized", "forbidden", "rate-limited",
)  # fmt: skip
_CLAIM: Final = {
    "id": 41, "article_id": "https://example.org/news/1", "claim": "c1", "title": "Bridge reopened",
    "url": "https://example.org/news/1", "source": "The Gazette", "language": "en", "said_at": "2026-03-18T09:30:00Z",
    "text": "The bridge is safe", "kind": "indirect_quote", "speaker_id": "0f3a5b7c9d1e2f405162", "speaker": "Ana Ruiz",
    "speaker_kind": "person", "cue": "said", "check_worthiness": 0.71, "confidence": 0.93, "group_id": 41, "start": 0,
    "end": 18,
    "stances": [{"target_id": "9d1e2f4051620f3a5b7c", "target": "City Council", "label": "favor", "confidence": 0.8}],
}  # fmt: skip
_STANCE: Final = {
    "holder_id": "0f3a5b7c9d1e2f405162", "holder": "Ana Ruiz", "target_id": "9d1e2f4051620f3a5b7c",
    "target": "City Council", "label": "favor", "confidence": 0.8, "said_at": "2026-03-18T09:30:00Z",
    "text": "The bridge is safe", "check_worthiness": 0.71, "claim_id": 41, "claim": "c1",
    "article_id": "https://example.org/news/1", "title": "Bridge reopened", "url": "https://example.org/news/1",
    "source": "The Gazette", "language": "en", "group_id": 41,
}  # fmt: skip
_ENTITY: Final = {"id": "0f3a5b7c9d1e2f405162", "type": "person", "name": "Ana Ruiz"}
_READ: Final = Depends(require(Scope.READ))


def _described(model: type[BaseModel], row: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """Return what FastAPI needs to document an answer in each of its forms."""
    shown = {"items": [example]} | ({"next": "1773826200.000000:41"} if "next" in model.model_fields else {})
    content = {
        "application/json": {"example": shown},
        "text/csv": {"schema": {"type": "string"}, "example": as_csv([example], list(row.model_fields)).decode()},
        "application/x-ndjson": {"schema": {"type": "string"}, "example": as_ndjson([example]).decode()},
    }
    links = {"Link": {"description": 'The next page, as `rel="next"`.', "schema": {"type": "string"}}}
    answer = {"description": "The rows.", "content": content} | ({"headers": links} if "next" in shown else {})
    return {"response_model": model, "responses": {200: answer} | _PROBLEMS}


def router(*, ask: Ask | None) -> APIRouter:
    """Return the routes of the answers from the ledger."""
    routes = APIRouter(tags=["ledger"])

    async def told(question: Question) -> Answer:
        if ask is None:
            raise ProblemError("no-ledger", "Set CLAIMWIRE_LEDGER__URL, or ask a process that has it.")
        return await ask(question)

    @routes.get(
        "/v1/claims",
        operation_id="findClaims",
        summary="Who said what: claims by speaker, target, words and time",
        **_described(ClaimPage, FoundClaim, _CLAIM),
    )
    async def claims(
        request: Request, _key: Annotated[Principal, _READ], query: Annotated[ClaimParameters, Query()]
    ) -> Response:
        question = ClaimsQuestion(filters=query.filters(query.speaker), **_page(query.after, query))
        return _response(request, await told(question), FoundClaim, paged=True)

    @routes.get(
        "/v1/stances",
        operation_id="findStances",
        summary="Who is for and who against whom, and in which claim",
        **_described(StancePage, FoundStance, _STANCE),
    )
    async def stances(
        request: Request, _key: Annotated[Principal, _READ], query: Annotated[StanceParameters, Query()]
    ) -> Response:
        question = StancesQuestion(filters=query.filters(query.holder), **_page(query.after, query))
        return _response(request, await told(question), FoundStance, paged=True)

    @routes.get(
        "/v1/series",
        operation_id="getSeries",
        summary="How often a target is favored and opposed, by day or by week",
        **_described(Series, SeriesPoint, {"start": "2026-03-18", "favor": 3, "against": 1, "claims": 5}),
    )
    async def series(
        request: Request, _key: Annotated[Principal, _READ], query: Annotated[SeriesParameters, Query()]
    ) -> Response:
        answer = await told(SeriesQuestion(**{name: getattr(query, name) for name in SeriesParameters.model_fields}))
        return _response(request, answer, SeriesPoint)

    @routes.get(
        "/v1/entities",
        operation_id="findEntities",
        summary="Who and what is named so",
        **_described(EntityList, FoundEntity, _ENTITY),
    )
    async def entities(
        request: Request, _key: Annotated[Principal, _READ], query: Annotated[EntityParameters, Query()]
    ) -> Response:
        question = EntitiesQuestion(prefix=query.prefix, type=query.type, most=query.limit)
        return _response(request, await told(question), FoundEntity)

    @routes.get(
        "/v1/rankings/quoted",
        operation_id="rankQuoted",
        summary="Who is quoted most in the latest claims that pass the filters",
        **_described(QuotedList, QuotedEntity, _ENTITY | {"claims": 12, "printed": 30, "of": 4100}),
    )
    async def quoted(
        request: Request, _key: Annotated[Principal, _READ], query: Annotated[RankingParameters, Query()]
    ) -> Response:
        return _response(request, await told(_ranking("quoted", query)), QuotedEntity)

    @routes.get(
        "/v1/rankings/disputed",
        operation_id="rankDisputed",
        summary="Who is favored and opposed most in the latest stances that pass the filters",
        **_described(DisputedList, DisputedEntity, _ENTITY | {"favor": 7, "against": 9, "of": 2300}),
    )
    async def disputed(
        request: Request, _key: Annotated[Principal, _READ], query: Annotated[RankingParameters, Query()]
    ) -> Response:
        return _response(request, await told(_ranking("disputed", query)), DisputedEntity)

    return routes


def _page(after: str | None, query: PageParameters) -> dict[str, Any]:
    return {"order": query.order, "after": _place(after, query.order), "most": query.limit}


def _ranking(by: Ranking, query: RankingParameters) -> RankingQuestion:
    return RankingQuestion(by=by, filters=query.filters(query.speaker), most=query.limit)


def _response(request: Request, answer: Answer, row: type[BaseModel], *, paged: bool = False) -> Response:
    """Return the rows in the form that is asked for, with a link to the next page where there is one."""
    form = form_for(request.headers.get("accept"))
    following = None if answer.last is None else _text(answer.last)
    headers = {"Vary": "Accept", "Cache-Control": "no-store"}
    if following is not None:
        url = request.url.include_query_params(after=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    columns: Sequence[str] = list(row.model_fields)
    rows = [{name: each[name] for name in columns} for each in answer.rows]
    match form:
        case "text/csv":
            content = as_csv(rows, columns)
        case "application/x-ndjson":
            content = as_ndjson(rows)
        case "application/json":
            content = as_json({"items": rows} | ({"next": following} if paged else {}))
    return Response(content, media_type=form, headers=headers)


def _text(place: Place) -> str:
    """Write a place as a page's `after`."""
    value = place.value
    if isinstance(value, datetime):
        since = value - _EPOCH
        number = Decimal(since // timedelta(microseconds=1)).scaleb(-6)
    else:
        number = Decimal(repr(value))
    parts = (f"{number:f}", str(place.claim), place.target)
    return ":".join(part for part in parts if part is not None)


def _place(after: str | None, order: Order) -> Place | None:
    """Read a page's `after`. A time beyond the calendar is its end."""
    if after is None:
        return None
    number, claim, *target = after.split(":")
    value: datetime | float = float(number)
    if order == "time":
        try:
            value = _EPOCH + timedelta(microseconds=int(Decimal(number).scaleb(6)))
        except OverflowError:
            value = EARLIEST if number.startswith("-") else LATEST
    return Place(value=value, claim=int(claim), target=target[0] if target else None)
