"""Which partitions of a topic the group gives to its members, as its coordinator knows it."""

from typing import Any, Final

from aiokafka.client import ConnectionGroup
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.protocol.admin import DescribeGroupsRequest

_STABLE: Final = "Stable"  # no rebalance is under way, and every member has its assignment


async def given_partitions(client: Any, group: str, topic: str, *, coordinator: int) -> frozenset[int] | None:
    """Ask a coordinator which partitions of the topic the group gives to anybody; None: that is not settled now.

    Args:
        client: A connected `AIOKafkaClient`.
        group: The consumer group.
        topic: The topic's name.
        coordinator: The broker that is to answer.

    Raises:
        aiokafka.errors.KafkaError: it did not answer.
    """
    answer = await client.send(coordinator, DescribeGroupsRequest([group]), group=ConnectionGroup.COORDINATION)
    code, _name, state, _type, _protocol, members, *_ = answer.groups[0]
    if code or state != _STABLE:
        return None
    assigned = [ConsumerProtocol.ASSIGNMENT.decode(assignment) for *_, assignment in members if assignment]
    return frozenset(each.partition for one in assigned for each in one.partitions() if each.topic == topic)
