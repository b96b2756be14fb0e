"""IPTC ninjs 3 to the fields of an article. `docs/ninjs.md` holds the table.

Names are compared without regard to case: ninjs 3 writes `pubStatus`, ninjs 2 `pubstatus`, and their text parts are
otherwise the same. Fields that are not mapped are passed over, as ninjs wants of its readers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeGuard

from schemas.article import MAX_METADATA, MAX_METADATA_NAME, MAX_METADATA_VALUE, MAX_TAG, MAX_TAGS
from service.core.article import Rejected
from service.wire.times import rfc_3339

_PLAIN: Final = "text/plain"
_HTML: Final = "text/html"
# What a body may be written in. `body_text` and `body_xhtml` were property names of ninjs 1 and live on as values.
_BODY_TYPES: Final = {
    "text/plain": _PLAIN,
    "body_text": _PLAIN,
    "text/html": _HTML,
    "application/xhtml+xml": _HTML,
    "body_html": _HTML,
    "body_xhtml": _HTML,
}
_MAX_VERSION_DIGITS: Final = 15


def is_ninjs(data: Mapping[str, object]) -> bool:
    """Return whether a document is ninjs rather than an article: it has a `uri` (or names the standard) and no `id`."""
    return "id" not in data and ("uri" in data or "standard" in data)


def article_fields(data: Mapping[str, object], *, now: datetime | None) -> dict[str, object] | Rejected:
    """Map a ninjs document to the fields of `schemas.Article`, which are then checked like any other input.

    Args:
        data: The document.
        now: The time that an embargo is held against; without one, every embargo counts as lying ahead.

    Codes: `embargoed`, `missing-field`, `wrong-type`, `bad-value`, `unsupported-content-type`.
    """
    fields = {name.lower(): (name, value) for name, value in data.items()}

    def get(name: str) -> object:
        return fields.get(name, (name, None))[1]

    if refused := _embargo(fields, now=now):
        return refused
    status = get("pubstatus") or "usable"
    version = _version(fields)
    if isinstance(version, Rejected):
        return version
    headline = _headline(get("headlines"), get("title"))
    if isinstance(headline, Rejected):
        return headline
    article: dict[str, object] = {
        "id": get("uri"),
        "version": version,
        "status": status,
        "title": headline,
        "language": get("language"),
        "published_at": get("versioncreated") or get("firstcreated"),
        "source": _source(get("infosources"), get("copyrightholder")),
        "authors": [get("by")] if get("by") else [],
        "tags": _tags(get("subjects"), get("keywords")),
        "metadata": _metadata(get("altids"), get("slugline")),
    }
    body = _body(get("bodies"), needed=status == "usable")
    if isinstance(body, Rejected):
        return body
    return {name: value for name, value in (article | body).items() if value is not None}


def pointer(field: str) -> str | None:
    """Translate a pointer to an article's field into one to the ninjs property that it came from."""
    head, _, _rest = field.removeprefix("/").partition("/")
    return _ORIGINS.get(head)


_ORIGINS: Final = {
    "id": "/uri",
    "version": "/version",
    "status": "/pubStatus",
    "title": "/headlines",
    "body": "/bodies",
    "body_type": "/bodies",
    "language": "/language",
    "published_at": "/versionCreated",
    "source": "/infoSources",
    "authors": "/by",
    "tags": "/subjects",
    "metadata": "/altIds",
}


def _embargo(fields: Mapping[str, tuple[str, object]], *, now: datetime | None) -> Rejected | None:
    name, value = fields.get("embargoeduntil") or fields.get("embargoed") or ("embargoedUntil", None)
    if value is None:
        return None
    try:
        until = datetime.fromisoformat(value if isinstance(value, str) else "")
        until = (until if until.tzinfo else until.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return Rejected(code="bad-value", message="The end of the embargo is not a time of RFC 3339.", field=f"/{name}")
    if now is not None and until <= now:
        return None
    return Rejected(
        code="embargoed",
        message=f"The article is embargoed until {rfc_3339(until)}; send it again then.",
        field=f"/{name}",
    )


def _version(fields: Mapping[str, tuple[str, object]]) -> int | Rejected | None:
    value = fields.get("version", ("version", None))[1]
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_VERSION_DIGITS:
        return int(value)
    return Rejected(
        code="bad-value",
        message="The version is not a whole number, so versions cannot be put in order.",
        field="/version",
    )


def _headline(headlines: object, title: object) -> object | Rejected:
    """Return the main headline, else the first without markup, else the title."""
    if headlines is None:
        return title
    parts = _parts(headlines, "/headlines")
    if isinstance(parts, Rejected):
        return parts
    plain = [part for part in parts if _BODY_TYPES.get(_content_type(part) or _PLAIN) == _PLAIN]
    main = [part for part in plain if part.get("role") == "main"]
    return next((part.get("value") for part in (*main, *plain)), title)


def _body(bodies: object, *, needed: bool) -> dict[str, object] | Rejected:
    """Choose one body: the main one before others, plain text before markup, then the document's own order."""
    if bodies is None or bodies == []:
        if not needed:
            return {}
        return Rejected(code="missing-field", message="The document has no body to read.", field="/bodies")
    parts = _parts(bodies, "/bodies")
    if isinstance(parts, Rejected):
        return parts
    readable = [(part, kind) for part in parts if (kind := _body_type(part)) is not None]
    if not readable:
        return Rejected(
            code="unsupported-content-type", message="No body is plain text, HTML or XHTML.", field="/bodies"
        )
    part, kind = min(readable, key=lambda choice: (choice[0].get("role") != "main", choice[1] != _PLAIN))
    return {"body": part.get("value"), "body_type": kind}


def _body_type(part: Mapping[str, object]) -> str | None:
    declared = _content_type(part)
    if declared:
        return _BODY_TYPES.get(declared)
    value = part.get("value")
    text = value.strip() if isinstance(value, str) else ""
    return _HTML if text.startswith("<") and text.endswith(">") else _PLAIN  # the standard leaves it to the provider


def _content_type(part: Mapping[str, object]) -> str:
    value = part.get("contenttype")
    return value.partition(";")[0].strip().lower() if isinstance(value, str) else ""


def _parts(value: object, pointer: str) -> list[dict[str, object]] | Rejected:
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        return Rejected(code="wrong-type", message="The property is not an array of objects.", field=pointer)
    return [{name.lower(): item for name, item in part.items()} for part in value]


def _tags(subjects: object, keywords: object) -> list[str]:
    """Return the names of the subjects, and the keywords, each once: as many as an article may have."""
    named = [part.get("name") for part in subjects if isinstance(part, dict)] if isinstance(subjects, list) else []
    words = keywords if isinstance(keywords, list) else []
    tags = dict.fromkeys(tag for tag in (*named, *words) if _passes(tag, longest=MAX_TAG))
    return list(tags)[:MAX_TAGS]


def _metadata(ids: object, slugline: object) -> dict[str, str]:
    """Return the provider's own ids by their roles, and the slugline. What an article could not hold is left out."""
    pairs: list[tuple[object, object]] = [("slugline", slugline)]
    if isinstance(ids, list):  # ninjs 2 and 3
        pairs += [(part.get("role"), part.get("value")) for part in ids if isinstance(part, dict)]
    elif isinstance(ids, dict):  # ninjs 1: an object of strings
        pairs += ids.items()
    kept = {
        name: value
        for name, value in pairs
        if _passes(name, longest=MAX_METADATA_NAME) and _passes(value, longest=MAX_METADATA_VALUE)
    }
    return dict(list(kept.items())[:MAX_METADATA])


def _passes(value: object, *, longest: int) -> TypeGuard[str]:
    """Return whether a property that is passed through can be: what is not mapped is passed over, not refused."""
    return isinstance(value, str) and len(value) <= longest and value.strip() != "" and value.isprintable()


def _source(sources: object, holder: object) -> object:
    if isinstance(sources, list):
        for source in sources:
            if isinstance(source, dict) and isinstance(source.get("name"), str):
                return source["name"]
    return holder
