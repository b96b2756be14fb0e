"""The body of a health answer, in the format of draft-inadarei-api-health-check-06."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from service.core.health import Check, HealthStatus, Probe


class Health(BaseModel):
    """The answer of a probe: the worst status of its checks, and each check by its name."""

    status: Literal["pass", "warn", "fail"]
    checks: dict[str, list[dict[str, Any]]]


def report(checks: Sequence[Check], probe: Probe | None) -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body: 503 if a check fails this probe, any probe where none is given."""
    failed = any((probe in check.fails) if probe else check.fails for check in checks)
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
    return (503 if failed else 200), {"status": status, "checks": body}
