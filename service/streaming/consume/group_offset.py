"""The group's committed offset, asked for in a way that takes nothing else for an answer.

aiokafka asks by OffsetFetch v3. That cannot leave out offsets that an unfinished transaction is about to change
(KIP-447), and aiokafka does not look at the error of the answer as a whole: a broker that does not coordinate the group
says NOT_COORDINATOR and names no topic, and `committed()` returns None, as if nothing had ever been committed.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiokafka import TopicPartition
from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from service.core.errors import InfrastructureError

_OFFSET_FETCH: Final = 9
_VERSION: Final = 7  # of Kafka 2.5, the first with `require_stable`
_NOTHING: Final = -1  # what a group that never committed has in place of an offset
_UNSTABLE_OFFSET_COMMIT: Final = 88  # a transaction that is being ended will change it; aiokafka knows no such code
_LOADING: Final = 14
_AGAIN: Final = frozenset({_LOADING, _UNSTABLE_OFFSET_COMMIT})
_PAUSE: Final = (
    0.05  # seconds before asking again; the end of a transaction reaches the coordinator in a few hundredths
)


class _OffsetFetchResponse(Response):  # type: ignore[misc]  # aiokafka has no stubs
    API_KEY = _OFFSET_FETCH
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("name", CompactString()),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", CompactString()),
                        ("error_code", Int16),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("error_code", Int16),
        ("tags", TaggedFields),
    )


class _OffsetFetchStruct(RequestStruct):  # type: ignore[misc]  # aiokafka has no stubs
    API_KEY = _OFFSET_FETCH
    API_VERSION = _VERSION
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _OffsetFetchResponse
    SCHEMA = Schema(
        ("group", CompactString()),
        (
            "topics",
            CompactArray(("name", CompactString()), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)),
        ),
        ("require_stable", Boolean),
        ("tags", TaggedFields),
    )


class OffsetFetch(Request[_OffsetFetchStruct]):  # type: ignore[misc]  # aiokafka has no stubs
    """Asks for a group's offset of one partition, as no open transaction can change it any more."""

    API_KEY: ClassVar[int] = _OFFSET_FETCH

    def __init__(self, group: str, where: TopicPartition) -> None:
        self._group = group
        self._where = where

    def build(self, request_struct_class: type[Any]) -> Any:
        """Return the request as it goes over the wire."""
        topics: list[Any] = [(self._where.topic, [self._where.partition], {})]
        return request_struct_class(self._group, topics, True, {})  # require_stable


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOffset:
    """An offset, and the identity of the topic that it was committed for; empty where it was not told."""

    offset: int
    topic_identity: str


async def committed_offset(client: Any, group: str, where: TopicPartition, *, coordinator: int) -> GroupOffset | None:
    """Ask a coordinator for the group's offset; None: it says that the group never committed one.

    Waits while the group is being loaded or a transaction is being ended, for as long as the caller's deadline lets it.

    Args:
        client: A connected `AIOKafkaClient`.
        group: The consumer group.
        where: The input partition.
        coordinator: The broker that is to answer.

    Raises:
        aiokafka.errors.KafkaError: another broker coordinates the group, or none answered; or Kafka forbids it.
        InfrastructureError: the answer does not speak of the partition, or its error is unknown to us.
    """
    while True:
        answer = await client.send(coordinator, OffsetFetch(group, where), group=ConnectionGroup.COORDINATION)
        found, code = _read(answer, where)
        if code == 0:
            return None if found.offset == _NOTHING else found
        if code not in _AGAIN:
            raise _error(code)
        await asyncio.sleep(_PAUSE)


async def coordinator_of(client: Any, group: str) -> int:
    """Ask any broker who coordinates the group.

    Raises:
        aiokafka.errors.KafkaError: nobody knows, or answers.
    """
    return int(await client.coordinator_lookup(CoordinationType.GROUP, group))


def _read(answer: Any, where: TopicPartition) -> tuple[GroupOffset, int]:
    """Return the offset and the error, on whichever level it is reported."""
    if answer.error_code:
        return GroupOffset(offset=_NOTHING, topic_identity=""), answer.error_code
    for topic, partitions, _ in answer.topics:
        for partition, offset, _, metadata, code, _ in partitions:
            if (topic, partition) == where:
                return GroupOffset(offset=offset, topic_identity=metadata or ""), code
    raise InfrastructureError(f"The group's coordinator was asked for {where}, and answered for something else.")


def _error(code: int) -> Exception:
    kind = for_code(code)
    if not issubclass(kind, KafkaError) or kind.errno != code:
        return InfrastructureError(f"The group's coordinator does not return the committed offset: error {code}.")
    error: Exception = kind()
    return error
