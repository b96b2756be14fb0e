"""Times as text."""

from datetime import UTC, datetime


def rfc_3339(time: datetime) -> str:
    """Return a time with a zone as RFC 3339 has it, in UTC: `2026-03-01T10:00:00Z`."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
