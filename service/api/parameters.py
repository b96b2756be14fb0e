"""Query parameters: those that a call does not have are refused like unknown fields, so that no typo goes unnoticed."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.problems import ProblemError

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)
_NAMEABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d))?", re.ASCII
)  # RFC 3339: full-date, date-time


def _time(text: object) -> datetime:
    """Read a day, which means its beginning in UTC, or a time. What is beyond the calendar in UTC is its end."""
    if isinstance(text, str) and _TIME.fullmatch(text):
        try:
            found = datetime.fromisoformat(text.upper().replace(":60", ":59"))  # a leap second
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            return EARLIEST if text < "5" else LATEST
        except ValueError:
            pass
    raise PydanticCustomError("time", "Neither a day nor a time of RFC 3339.")


Time = Annotated[
    datetime,
    BeforeValidator(_time),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]
"""A day or a time of RFC 3339."""


async def refuse_unknown(request: Request) -> None:
    """Let a request through whose query parameters its route knows: a dependency of routers.

    Raises:
        ProblemError: `unknown-parameter`, with the name of the first, where it looks like a name.

    """
    route = request.scope["route"]
    known = _known(route) if isinstance(route, APIRoute) else set()
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        names = ", ".join(sorted(known))
        told = f"The parameters of this call are: {names}." if names else "This call has no query parameters."
        raise ProblemError("unknown-parameter", told, field=unknown if _NAMEABLE.fullmatch(unknown) else None)


def _known(route: APIRoute) -> set[str]:
    """Return the names of a route's parameters; a model is as many as it has fields."""
    found: set[str] = set()
    for field in route.dependant.query_params:
        kind: Any = field.field_info.annotation
        is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
        found |= {each.alias or name for name, each in kind.model_fields.items()} if is_model else {field.alias}
    return found
