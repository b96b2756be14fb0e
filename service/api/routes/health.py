"""The health endpoints, in the format of draft-inadarei-api-health-check-06 (`application/health+json`)."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Response

from service.api.access.auth import Scope, has
from service.api.health_report import report
from service.core.health import Part, Probe
from service.telemetry.metrics import Metrics

MEDIA_TYPE: Final = "application/health+json"


_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Health"}}}, "description": "It holds."},
    503: {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Health"}}}, "description": "It does not."},
}


def router(parts: Sequence[Part], metrics: Metrics) -> APIRouter:
    """Return the four endpoints over these parts. They need no key, since orchestrators have none; details do."""
    routes = APIRouter(prefix="/health", tags=["health"])

    def answer(probe: Probe | None, *, detailed: bool = False) -> Response:
        checks = [check for part in parts for check in part.checks()]
        status, body = report(checks, probe, detailed=detailed)
        if probe is Probe.READY:
            metrics.ready.set(float(status == 200))  # noqa: PLR2004  # OK
        return Response(
            orjson.dumps(body, default=str),
            status_code=status,
            media_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store"},
        )

    @routes.get(
        "",
        operation_id="getHealth",
        summary="Everything; in detail with the scope metrics",
        responses=_RESPONSES,
        response_class=Response,
        openapi_extra={"security": [{}]},  # a key is not required
    )
    async def everything(detailed: Annotated[bool, Depends(has(Scope.METRICS))]) -> Response:
        return answer(None, detailed=detailed)

    @routes.get(
        "/live",
        operation_id="getLiveness",
        summary="Should this process be left running?",
        responses=_RESPONSES,
        response_class=Response,
    )
    async def live() -> Response:
        return answer(Probe.LIVE)

    @routes.get(
        "/startup",
        operation_id="getStartup",
        summary="Is the model verified and warm?",
        responses=_RESPONSES,
        response_class=Response,
    )
    async def startup() -> Response:
        return answer(Probe.STARTUP)

    @routes.get(
        "/ready",
        operation_id="getReadiness",
        summary="Should it get work now?",
        responses=_RESPONSES,
        response_class=Response,
    )
    async def ready() -> Response:
        return answer(Probe.READY)

    return routes
