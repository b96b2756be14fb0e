"""What a coordinator may answer in place of a group's offset, byte for byte as it comes over the wire."""

from io import BytesIO
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.core.errors import InfrastructureError
from service.streaming.consume.group_offset import GroupOffset, OffsetFetch, _OffsetFetchResponse, committed_offset

pytestmark = pytest.mark.anyio

WHERE = TopicPartition("articles", 3)
KNOWN = GroupOffset(offset=7, topic_identity="cluster/topic")
CODES = [code for code in range(-1, 131) if code]  # every error that Kafka 4 has (-1 to 129), and one that it has not
WAITED_FOR = {14, 88}  # the group is being loaded, or a transaction ended: the same coordinator knows in a moment


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


class Coordinator:
    """A connection on whose other end a broker gives these answers, one after the other."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def send(self, node: int, request: Any, *, group: Any) -> Any:
        """Read the next answer as the client reads it from a socket."""
        del group
        assert node == 5
        assert isinstance(request, OffsetFetch)
        self.asked += 1
        return _OffsetFetchResponse.decode(BytesIO(self._answers.pop(0)))


def answer(*, whole: int = 0, partition: int = 0, offset: int = -1, topics: bool = True) -> bytes:
    """Return an answer with an error for the whole of it, or for the partition."""
    of_partition = (WHERE.partition, offset, -1, KNOWN.topic_identity, partition, {})
    named = [(WHERE.topic, [of_partition], {})] if topics else []
    return bytes(_OffsetFetchResponse(0, named, whole, {}).encode())


async def ask(*answers: bytes) -> GroupOffset | None:
    """Return what is made of the answers, all of which are asked for."""
    coordinator = Coordinator(*answers)
    try:
        return await committed_offset(coordinator, "claimwire", WHERE, coordinator=5)
    finally:
        assert coordinator.asked == len(answers)


async def test_an_answer_without_error_is_believed() -> None:
    """An offset is one, and minus one says that nothing was ever committed."""
    assert await ask(answer(offset=7)) == KNOWN
    assert await ask(answer()) is None


@pytest.mark.parametrize("topics", [True, False])
@pytest.mark.parametrize("level", ["whole", "partition"])
async def test_no_error_is_ever_read_as_nothing_committed(level: str, *, topics: bool) -> None:
    """Each error on each level is raised, or asked about again; beside it, topics may be named or, as by v3, not."""
    for code in CODES:
        wrong = answer(**{level: code}, topics=topics)
        if level == "partition" and not topics:
            with pytest.raises(InfrastructureError):
                await ask(wrong)
        elif code in WAITED_FOR:
            assert await ask(wrong, wrong, answer(offset=7)) == KNOWN
        else:
            with pytest.raises((KafkaError, InfrastructureError)):
                await ask(wrong)


async def test_an_answer_about_another_partition_is_none() -> None:
    """An answer that leaves the partition out says nothing about it."""
    with pytest.raises(InfrastructureError, match="something else"):
        await ask(answer(topics=False))
