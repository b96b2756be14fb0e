"""Which schema a value was written with, marked on the record: the two framings of the Confluent wire format.

`header` puts it into the header `__value_schema_id`: a byte 1 and the schema's GUID, and the value stays the JSON that
it is; registries give GUIDs since Confluent Platform 8. `prefix` puts it before the value: a byte 0 and the schema's
id, four bytes, the highest first.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from service.core.message import Message

HEADER: Final = "__value_schema_id"
_BY_ID: Final = b"\x00"
_BY_GUID: Final = b"\x01"
_ID_BYTES: Final = 4
_PREFIX_BYTES: Final = len(_BY_ID) + _ID_BYTES

Frame = Callable[[Message], Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaId:
    """What a registry calls a schema. Registries older than header framing have no GUIDs."""

    number: int
    guid: uuid.UUID | None


def as_it_is(message: Message) -> Message:
    """Frame nothing: there is no registry."""
    return message


def with_header(message: Message, schema: SchemaId) -> Message:
    """Return the message with its schema's GUID in a header.

    Raises:
        ValueError: the schema has no GUID.
    """
    if schema.guid is None:
        raise ValueError("a schema without a GUID cannot be named in a header")
    return replace(message, headers=(*message.headers, (HEADER, _BY_GUID + schema.guid.bytes)))


def with_prefix(message: Message, schema: SchemaId) -> Message:
    """Return the message with its schema's id before the value. A tombstone stays one."""
    if message.value is None:
        return message
    return replace(message, value=_BY_ID + schema.number.to_bytes(_ID_BYTES, "big") + message.value)


def unframed(value: bytes | None) -> bytes | None:
    """Return the value without a prefix. No JSON begins with a NUL, so that nothing needs to say which values have one.

    A topic may therefore hold both, from before and after the setting was changed.
    """
    if value is not None and len(value) > _PREFIX_BYTES and value.startswith(_BY_ID):
        return value[_PREFIX_BYTES:]
    return value
