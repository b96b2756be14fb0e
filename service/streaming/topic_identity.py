"""Which topic a name means now: one that was deleted and created anew has another id (KIP-516).

aiokafka speaks Metadata up to version 5, which does not tell ids; version 10, of Kafka 2.8, stands here beside it.
"""

import uuid
from io import BytesIO
from typing import Any, ClassVar, Final

from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

_METADATA: Final = 3
_VERSION: Final = 10
_UNKNOWN: Final = uuid.UUID(int=0)  # of a topic that was created before Kafka gave ids


class _Uuid(AbstractType[uuid.UUID]):  # type: ignore[misc]  # aiokafka has no stubs
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> uuid.UUID:
        return uuid.UUID(bytes=data.read(16))


class _MetadataResponse(Response):  # type: ignore[misc]  # aiokafka has no stubs
    API_KEY = _METADATA
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString()),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("in_sync", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class _MetadataStruct(RequestStruct):  # type: ignore[misc]  # aiokafka has no stubs
    API_KEY = _METADATA
    API_VERSION = _VERSION
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString()), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _Metadata(Request[_MetadataStruct]):  # type: ignore[misc]  # aiokafka has no stubs
    """Asks for one topic."""

    API_KEY: ClassVar[int] = _METADATA

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def build(self, request_struct_class: type[Any]) -> Any:
        """Return the request as it goes over the wire."""
        topics: list[Any] = [(_UNKNOWN, self._topic, {})]
        return request_struct_class(topics, False, False, False, {})


async def topic_identity(client: Any, topic: str, *, node: int | None = None) -> str:
    """Return `cluster id/topic id`, by which a topic is told from one of the same name; empty where no broker says.

    Args:
        client: A connected `AIOKafkaClient`.
        topic: The topic's name.
        node: The broker to ask; the leader of a partition knows what it leads, any other may be late.

    Raises:
        aiokafka.errors.KafkaError: the broker did not answer.
    """
    try:
        answer = await client.send(client.get_random_node() if node is None else node, _Metadata(topic))
    except (IncompatibleBrokerVersion, NotImplementedError):  # how aiokafka says that the broker is older
        return ""
    for code, name, topic_id, *_ in answer.topics:
        if name == topic and not code and topic_id != _UNKNOWN:
            return f"{answer.cluster_id}/{topic_id.hex}"
    return ""


def recreated(before: str, now: str) -> bool:
    """Return whether these are two topics of one name in one cluster.

    Offsets that were carried to another cluster speak of the same records there; so its topic is not a new one.
    """
    if not before or not now:
        return False
    return before != now and before.partition("/")[0] == now.partition("/")[0]
