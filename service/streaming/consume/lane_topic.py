"""Of which topic a lane's partition is, as its leader says: one of the same name may have been made anew meanwhile."""

from aiokafka import AIOKafkaProducer, TopicPartition

from service.core.errors import InfrastructureError
from service.streaming.consume.partition import Lane
from service.streaming.topic_identity import recreated, topic_identity


async def identify(producer: AIOKafkaProducer, lane: Lane) -> str:
    """Ask the leader of the lane's partition which topic it leads; empty where brokers do not tell.

    Raises:
        aiokafka.errors.KafkaError: nobody answered.
    """
    where = TopicPartition(lane.topic, lane.partition)
    await producer.partitions_for(lane.topic)
    leader = producer.client.cluster.leader_for_partition(where)
    return await topic_identity(producer.client, lane.topic, node=leader)


async def same_topic(producer: AIOKafkaProducer, lane: Lane) -> None:
    """Look whether what was read is of the topic that the lane was opened for; its leader knows before it serves any.

    Records in the middle of a new log, written with the old one's offsets, would be written again from its beginning.

    Raises:
        InfrastructureError: the topic was deleted and created anew.
    """
    if lane.topic_identity and recreated(lane.topic_identity, await identify(producer, lane)):
        raise InfrastructureError(f"The topic {lane.topic} was deleted and created anew: we begin at its beginning.")
