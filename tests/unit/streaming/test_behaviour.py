"""The stream that is a list behaves as a stream."""

from collections.abc import Sequence

import pytest

from tests.behaviour.streams import Harness, ListStream, StreamBehaviour

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Asyncio alone."""
    return "asyncio"


class ListHarness(Harness):
    """Both ends are lists."""

    def __init__(self) -> None:
        self.list = self.stream = ListStream()

    async def put(self, values: Sequence[bytes]) -> None:
        """Append."""
        self.list.values.extend(values)

    async def outcomes(self, count: int) -> list[bytes]:
        """Look."""
        assert len(self.list.settled) == count
        return self.list.settled


class TestListStream(StreamBehaviour):
    """All behaviours, in memory."""

    @pytest.fixture
    def harness(self) -> Harness:
        """A new list."""
        return ListHarness()
