"""Errors over HTTP: problem details (RFC 9457) with stable types, and nothing of the request's own text.

A type is the path `/problems/{code}` of this service, where it is explained; `docs/api.md` lists them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.core.article import Rejected
from service.core.errors import ClaimwireError, InfrastructureError
from service.telemetry.logs import logger

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 2  # seconds: what a full queue or a broker election commonly needs

log = logger("claimwire.api")


class Problem(BaseModel):
    """What every error answers."""

    type: str = Field(
        description="`/problems/{code}`: stable, and served with an explanation.", pattern=r"^/problems/[a-z0-9-]+$"
    )
    title: str
    status: int = Field(ge=400, le=599)
    code: str = Field(pattern=r"^[a-z0-9-]+$")
    detail: str | None = Field(default=None, description="A sentence on this occurrence. Never repeats the request.")
    field: str | None = Field(default=None, description="JSON pointer to what is wrong, or a parameter's name.")


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of problem: its status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS: Final[Mapping[str, Kind]] = {
    # The text of the request
    "not-json": Kind(400, "The body is not JSON", "Send JSON (RFC 8259)."),
    "not-utf8": Kind(400, "The body is not UTF-8", "Encode the JSON in UTF-8."),
    "lone-surrogate": Kind(
        400, "A string holds half of a surrogate pair", "Repair the text where it was cut in UTF-16."
    ),
    "too-deep": Kind(400, "The JSON nests too deep", "An article needs two levels."),
    "too-many-values": Kind(400, "The JSON holds too many values", "Send fewer elements, or a smaller batch."),
    "empty-body": Kind(422, "The body is empty", "Send the article's text in `body`; to take it back, set `status`."),
    "too-large": Kind(413, "The body is too large", "Shorten it, or ask for a higher limit."),
    "body-timeout": Kind(408, "The body came too slowly", "Send the whole body at once."),
    "unsupported-content-type": Kind(
        415, "The content type is not supported", "Send `application/json` or a CloudEvent in JSON."
    ),
    "content-encoding": Kind(415, "Compressed bodies are not supported", "Send the body as it is."),
    "too-many-headers": Kind(431, "The request has too many header fields, or too long ones", "Send fewer."),
    "conflicting-length": Kind(
        400, "The request has two lengths", "Send either Content-Length or Transfer-Encoding, not both."
    ),
    # The article
    "missing-field": Kind(422, "A required field is absent", "Add the field."),
    "unknown-field": Kind(
        422,
        "A field is not known",
        "Remove the field; unknown fields are refused so that a typo does not go unnoticed.",
    ),
    "wrong-type": Kind(422, "A field has the wrong type", "Compare with the schema."),
    "too-long": Kind(422, "A field is too long", "Compare with the schema."),
    "blank-field": Kind(422, "A field is blank", "Fill the field or leave it out."),
    "bad-value": Kind(422, "A field has a value that it may not have", "Compare with the schema."),
    "nul-character": Kind(422, "A field holds a NUL character", "Remove U+0000."),
    "control-character": Kind(422, "An id holds a control character", "Remove control characters and noncharacters."),
    "embargoed": Kind(
        422, "The article is embargoed", "Send it again when the embargo is over: the service holds nothing back."
    ),
    "unknown-event-type": Kind(422, "The CloudEvents type is not known", "Use `claimwire.article.v1`."),
    "unsupported-specversion": Kind(422, "The CloudEvents version is not known", "Use 1.0."),
    "empty-text": Kind(422, "The article has no text", "Its markup holds nothing to read."),
    "text-too-long": Kind(422, "The text is too long", "Split it; GET /v1/info gives the limit."),
    "html-too-complex": Kind(422, "The HTML is too complex", "Send it with less nesting, or as plain text."),
    "rejected": Kind(422, "The article cannot be read", "See the detail."),
    "too-many-items": Kind(413, "The batch holds too many articles", "Split the batch."),
    "unknown-parameter": Kind(
        400, "A query parameter is not known", "Remove it, or compare it with the API's description."
    ),
    "bad-parameter": Kind(422, "A parameter is wrong", "Compare with the API's description."),
    "not-acceptable": Kind(406, "The Accept header names no form of this answer", "See the detail."),
    # Who and how often
    "unauthorized": Kind(401, "No valid key or token", "Send `Authorization: Bearer …` with an API key or a token."),
    "forbidden": Kind(403, "The key or token may not do this", "Use one with the scope that the detail names."),
    "misdirected": Kind(421, "The host name is not served here", "Without keys, only localhost is answered."),
    "rate-limited": Kind(429, "Too many requests", "Wait as long as Retry-After says."),
    "quota-exceeded": Kind(429, "The day's quota is used up", "Wait as long as Retry-After says."),
    # What is not there
    "not-found": Kind(404, "There is nothing at this address", "Compare with the API's description."),
    "unknown-article": Kind(
        404, "The live view does not hold this article", "The output topic has every event; see the detail."
    ),
    "method-not-allowed": Kind(405, "The method is not allowed here", "See the Allow header."),
    "unknown-watch": Kind(404, "There is no such watch", "GET /v1/watches lists them."),
    "forbidden-origin": Kind(
        403,
        "Webhooks may not go to this origin",
        "Have whoever runs the service add it to CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS.",
    ),
    "too-many-watches": Kind(409, "There are as many watches as there may be", "Remove one that nobody needs."),
    # The service
    "no-model": Kind(501, "This process runs no model", "Ask a process of role `all`, or publish the article."),
    "no-publisher": Kind(501, "This process publishes nothing", "Ask a process of role `all` or `api`."),
    "no-live-view": Kind(501, "This process keeps no live view", "Ask a process of role `all` or `api`."),
    "starting": Kind(503, "The model is not ready yet", "Wait until /health/ready passes."),
    "overloaded": Kind(503, "The service is overloaded", "Try again after Retry-After, more slowly."),
    "broker-unavailable": Kind(503, "No Kafka broker answers", "Try again; nothing was accepted."),
    "publish-unknown": Kind(
        503, "It is not known whether the article was accepted", "Send it again: repeating is safe."
    ),
    "analyze-timeout": Kind(503, "The analysis took too long", "Try again, or publish the article."),
    "no-ledger": Kind(503, "No ledger is configured", "Set CLAIMWIRE_LEDGER__URL, or ask a process that has it."),
    "ledger-unavailable": Kind(
        503, "The ledger's database does not answer, or not in time", "Try again, or ask for less; see the log."
    ),
    "internal": Kind(500, "The service failed", "Report it; the log holds the same time and path."),
}

_RETRIABLE: Final = frozenset(
    ("starting", "overloaded", "broker-unavailable", "publish-unknown", "analyze-timeout", "ledger-unavailable")
)


class ProblemError(Exception):
    """Ends a request with a problem. `code` is a key of `KINDS`."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        if code in _RETRIABLE:
            self.headers.setdefault("Retry-After", str(RETRY_AFTER))

    @classmethod
    def of(cls, cause: Rejected | ClaimwireError) -> "ProblemError":
        """Return the problem for a refused article or an error of ours. An error's text is for the log alone."""
        if isinstance(cause, Rejected):
            return cls(cause.code if cause.code in KINDS else "rejected", cause.message, field=cause.field)
        if cause.code in KINDS:
            return cls(cause.code, KINDS[cause.code].advice)
        return cls("broker-unavailable" if isinstance(cause, InfrastructureError) else "internal")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    def body(self) -> dict[str, Any]:
        """Return the members of the problem, absent ones left out."""
        kind = KINDS[self.code]
        members = {
            "type": f"/problems/{self.code}",
            "title": kind.title,
            "status": kind.status,
            "code": self.code,
            "detail": self.detail,
            "field": self.field,
        }
        return {name: value for name, value in members.items() if value is not None}

    def response(self) -> Response:
        """Return the problem as a response."""
        return Response(orjson.dumps(self.body()), status_code=self.status, media_type=MEDIA_TYPE, headers=self.headers)


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for these problems, one for each status."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = KINDS[code]
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        entry = by_status.setdefault(kind.status, {"content": content, "description": ""})
        entry["description"] = "; ".join(filter(None, (entry["description"], f"`{code}`: {kind.title}")))
    return by_status


_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))


def _methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods that the contract has for a path; where there is GET, HEAD too."""
    found = {
        method.upper()
        for template, item in app.openapi()["paths"].items()
        if compile_path(template)[0].match(path)
        for method in item
    } & _METHODS
    return sorted(found | {"HEAD"} if "GET" in found else found)


def install(app: FastAPI) -> None:
    """Turn every error of the application into a problem, and explain the types under /problems."""

    @app.exception_handler(ProblemError)
    async def own(_request: Request, error: ProblemError) -> Response:
        return error.response()

    @app.exception_handler(ClaimwireError)
    async def ours(_request: Request, error: ClaimwireError) -> Response:
        return ProblemError.of(error).response()

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> Response:
        code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "internal")
        headers = dict(error.headers or {})
        if "Allow" in headers:  # of the first route of this path alone, where several have their own methods
            headers["Allow"] = ", ".join(_methods(app, request.url.path)) or headers["Allow"]
        return ProblemError(code, headers=headers).response()

    @app.exception_handler(RequestValidationError)
    async def parameters(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        # The location's last part is the name of a parameter of ours; the message would repeat the value.
        return ProblemError("bad-parameter", field=str(first["loc"][-1])).response()

    @app.get("/problems/{code}", include_in_schema=False)
    async def explain(code: str) -> Response:
        kind = KINDS.get(code)
        if kind is None:
            raise ProblemError("not-found")
        members = {"type": f"/problems/{code}", "status": kind.status, "title": kind.title, "advice": kind.advice}
        return Response(orjson.dumps(members), media_type="application/json")


class LastResort:
    """Answers 500 where code failed, and logs where, but never the error's text: it may quote an article."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  # the last resort of a request
            log.error("request.failed", error=type(error).__name__, where=_where(error), method=scope["method"])  # noqa: TRY400
            if not started:
                await ProblemError("internal").response()(scope, receive, send)


def _where(error: BaseException) -> list[str]:
    """Return file and line of each frame, innermost last."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-8:]
