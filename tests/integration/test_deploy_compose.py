"""The broker that the compose file describes, run here from the same Kafka, with this machine's ports and paths."""

import re
from pathlib import Path

import pytest
import yaml

from service.local_kafka import LocalKafka, free_ports
from service.settings import KafkaSettings
from service.streaming.admin.topics import Done, ensure_topics

pytestmark = pytest.mark.anyio

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "compose.yaml").read_text())


def properties(environment: dict[str, object]) -> dict[str, str]:
    """Return the broker's properties as Kafka's image makes them of its environment: KAFKA_LOG_DIRS is log.dirs."""
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }


async def test_the_broker_of_the_compose_file_starts_and_takes_the_topics() -> None:
    """Both of its listeners answer under the name they advertise, and `topics ensure` finds what it needs."""
    service = COMPOSE["services"]["kafka"]
    told = properties(service["environment"])
    assert f"kafka:{told.pop('log.dirs')}" in service["volumes"]
    inside, controller, outside = free_ports(3)
    ports = {"9092": str(inside), "9093": str(controller), "9094": str(outside)}
    told = {
        name: re.sub(r"\b909[234]\b", lambda port: ports[port[0]], value).replace("//kafka:", "//127.0.0.1:")
        for name, value in told.items()
    }
    words = COMPOSE["services"]["topics"]["command"]
    partitions = int(words[words.index("--partitions") + 1])
    with LocalKafka(ports=[inside], properties=told):
        await ensure_topics(KafkaSettings(bootstrap_servers=f"127.0.0.1:{inside}"), partitions=partitions)
        found = await ensure_topics(KafkaSettings(bootstrap_servers=f"127.0.0.1:{outside}"), partitions=partitions)
    assert {finding.topic for finding in found} == {"articles", "articles.enriched", "articles.dead-letter"}
    assert {finding.done for finding in found} == {Done.OK}
