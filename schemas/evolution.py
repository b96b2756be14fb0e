"""Whether one JSON Schema may follow another: a conservative test that all values of one are values of the other.

Input widens only: whatever was accepted before must be accepted now. Output narrows only: whatever is written now must
be what was promised before. Both are the same question, `accepts_all`, asked in opposite directions. The test knows the
part of JSON Schema 2020-12 that `schemas` uses; where it cannot decide, it says so, and that counts as no.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_ANNOTATIONS: Final = frozenset(("title", "description", "default", "examples", "$schema", "$id", "$defs"))
_UPPER: Final = ("maximum", "maxLength", "maxItems", "maxProperties")
_LOWER: Final = ("minimum", "minLength", "minItems", "minProperties")
_EXACT: Final = ("pattern", "format", "if", "then", "else")
_KNOWN: Final = frozenset(
    (
        *_ANNOTATIONS,
        *_UPPER,
        *_LOWER,
        *_EXACT,
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "items",
        "anyOf",
        "$ref",
    )
) | {"additionalProperties", "propertyNames"}


def accepts_all(wide: Schema, narrow: Schema) -> list[str]:
    """Return where `wide` may refuse what `narrow` accepts; nothing where it accepts everything.

    Args:
        wide: A whole schema, with its `$defs`.
        narrow: Another.

    """
    return list(_refusals(wide, narrow, "", wide, narrow))


def without_annotations(schema: Any) -> Any:
    """Return the schema without titles, descriptions and the like: what it accepts, not what it says."""
    if isinstance(schema, dict):
        return {
            name: {key: without_annotations(inner) for key, inner in value.items()}
            if name in ("properties", "$defs")
            else without_annotations(value)
            for name, value in schema.items()
            if name not in _ANNOTATIONS - {"$defs"}
        }
    if isinstance(schema, list):
        return [without_annotations(value) for value in schema]
    return schema


def _refusals(wide: Schema, narrow: Schema, path: str, wide_root: Schema, narrow_root: Schema) -> Iterator[str]:
    wide, narrow = _resolved(wide, wide_root), _resolved(narrow, narrow_root)
    if unknown := (wide.keys() | narrow.keys()) - _KNOWN:
        yield f"{path or '/'}: cannot compare {', '.join(sorted(unknown))}"
        return
    if "anyOf" in wide or "anyOf" in narrow:
        choices = wide.get("anyOf", [wide])
        for branch in narrow.get("anyOf", [narrow]):
            tries = [list(_refusals(choice, branch, path, wide_root, narrow_root)) for choice in choices]
            if all(tries):
                yield from min(tries, key=len)
        return
    yield from _values(wide, narrow, path or "/")
    yield from _limits(wide, narrow, path or "/")
    yield from _members(wide, narrow, path, wide_root, narrow_root)
    if "propertyNames" in wide:
        names = narrow.get("propertyNames", {})
        yield from _refusals(wide["propertyNames"], names, f"{path}/propertyNames", wide_root, narrow_root)
    if isinstance(others := wide.get("additionalProperties"), dict):
        yield from _others(wide, narrow, others, path, wide_root, narrow_root)
    if "items" in wide:
        yield from _refusals(wide["items"], narrow.get("items", {}), f"{path}/*", wide_root, narrow_root)


def _values(wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
    """Compare type, enum and const."""
    if (
        "type" in wide
        and wide["type"] != narrow.get("type")
        and (wide["type"], narrow.get("type")) != ("number", "integer")
    ):
        yield f"{path}: type {narrow.get('type', 'any')} is not {wide['type']}"
    allowed, given = _enumerated(wide), _enumerated(narrow)
    if allowed is not None:
        if given is None:
            yield f"{path}: any value, where only {sorted(allowed)} were known"
        elif given - allowed:
            yield f"{path}: {sorted(given - allowed)} is not among {sorted(allowed)}"


def _enumerated(schema: Schema) -> set[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if values is None else {str(value) for value in values}


def _limits(wide: Schema, narrow: Schema, path: str) -> Iterator[str]:
    for name in _UPPER:
        if name in wide and not (name in narrow and narrow[name] <= wide[name]):
            yield f"{path}: {name} is {narrow.get(name, 'unlimited')}, above {wide[name]}"
    for name in _LOWER:
        if name in wide and not (name in narrow and narrow[name] >= wide[name]):
            yield f"{path}: {name} is {narrow.get(name, 'unlimited')}, below {wide[name]}"
    for name in _EXACT:
        if name in wide and wide[name] != narrow.get(name):
            yield f"{path}: {name} differs"


def _members(wide: Schema, narrow: Schema, path: str, wide_root: Schema, narrow_root: Schema) -> Iterator[str]:
    """Compare properties, required ones and closed objects."""
    known: Mapping[str, Schema] = wide.get("properties", {})
    given: Mapping[str, Schema] = narrow.get("properties", {})
    for name in wide.get("required", ()):
        if name not in narrow.get("required", ()):
            yield f"{path}/{name}: may be absent, but is required"
    if wide.get("additionalProperties") is False:
        for name in given.keys() - known.keys():
            yield f"{path}/{name}: is not known"
        if narrow.get("additionalProperties") is not False and narrow.keys() & {"properties", "additionalProperties"}:
            yield f"{path or '/'}: other properties may be there, but are refused"
    for name in known.keys() & given.keys():
        yield from _refusals(known[name], given[name], f"{path}/{name}", wide_root, narrow_root)


def _others(
    wide: Schema, narrow: Schema, others: Schema, path: str, wide_root: Schema, narrow_root: Schema
) -> Iterator[str]:
    """Compare the properties that `wide` does not name, each of which must be what it says of `others`."""
    known = wide.get("properties", {})
    named = {name: one for name, one in narrow.get("properties", {}).items() if name not in known}
    open_ = narrow.get("additionalProperties", {})
    if open_ is not False:
        named["*"] = {} if open_ is True else open_
    for name, one in named.items():
        yield from _refusals(others, one, f"{path}/{name}", wide_root, narrow_root)


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema
