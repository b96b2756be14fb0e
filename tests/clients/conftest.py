"""A broker for the clients; `make clients-test` has installed them."""

from collections.abc import Iterator

import pytest

from service.local_kafka import LocalKafka


@pytest.fixture(scope="module")
def kafka() -> Iterator[LocalKafka]:
    """Run one broker."""
    with LocalKafka(properties={"group.min.session.timeout.ms": "1000"}) as cluster:
        yield cluster
