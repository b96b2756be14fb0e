"""Query parameters that a call does not have: refused like unknown fields, so that a typo does not go unnoticed."""

import re
from typing import Final

from fastapi import Request
from fastapi.routing import APIRoute

from service.api.problems import ProblemError

_NAMEABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)


async def refuse_unknown(request: Request) -> None:
    """Let a request through whose query parameters its route knows: a dependency of routers.

    Raises:
        ProblemError: `unknown-parameter`, with the name of the first, where it looks like a name.

    """
    route = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params} if isinstance(route, APIRoute) else set()
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        names = ", ".join(sorted(known))
        told = f"The parameters of this call are: {names}." if names else "This call has no query parameters."
        raise ProblemError("unknown-parameter", told, field=unknown if _NAMEABLE.fullmatch(unknown) else None)
