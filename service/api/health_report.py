"""The body of a health answer, in the format of draft-inadarei-api-health-check-06."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from service.core.health import Check, HealthStatus, Probe


class Health(BaseModel):
    """The answer of a probe: pass or fail; where the caller may know more, the worst status and each check by name."""

    status: Literal["pass", "warn", "fail"]
    checks: dict[str, list[dict[str, Any]]] | None = None


def report(checks: Sequence[Check], probe: Probe | None, *, detailed: bool) -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body: 503 if a check fails this probe, any probe where none is given.

    Details name brokers and positions of the stream, so whoever may not know them gets one word.
    """
    failed = any((probe in check.fails) if probe else check.fails for check in checks)
    code = 503 if failed else 200
    if not detailed:
        return code, {"status": "fail" if failed else "pass"}
    doubtful = any(check.status is not HealthStatus.PASS for check in checks)
    body: dict[str, list[dict[str, object]]] = {}
    for check in checks:
        entry: dict[str, object] = {"status": check.status.value}
        if check.detail:
            entry["output"] = check.detail
        if check.observed:
            entry["observedValue"] = dict(check.observed)
        body.setdefault(check.name, []).append(entry)
    status = "fail" if failed else "warn" if doubtful else "pass"
    return code, {"status": status, "checks": body}
