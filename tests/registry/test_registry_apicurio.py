"""The service with a real schema registry: Apicurio, an independent implementation of Confluent's API."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

import schemas.export
from service.core.errors import ConfigurationError, RegistryUnavailableError
from service.core.message import Message
from service.settings import RegistrySettings
from service.streaming.records import message_of
from service.streaming.schema_registry.registry import SchemaRegistry
from tests.behaviour.registries import RegistryBehaviour, read
from tests.committed import committed

SAMPLE = Path(__file__).parents[2] / "schemas" / "examples" / "article.json"


class TestApicurio(RegistryBehaviour):
    """Every behaviour that needs no GUIDs, which Apicurio lacks."""

    @pytest.fixture
    def address(self, apicurio: str) -> str:
        """Where it is."""
        return apicurio

    @pytest.fixture
    def framing(self) -> str:
        """Behaviour of every registry."""
        return "prefix"


def test_it_cannot_frame_by_header_and_we_say_so(apicurio: str) -> None:
    """The start ends with the setting to change."""
    ours = SchemaRegistry(RegistrySettings(url=apicurio, framing="header"), topic="headless")
    with pytest.raises(ConfigurationError, match="FRAMING=prefix"):
        asyncio.run(ours.start())


def test_it_cannot_compare_our_schemas(apicurio: str) -> None:
    """A second version is refused with a 500 where the subject checks compatibility, and taken where it does not."""
    older = Schema(json.dumps({"$schema": schemas.export.DIALECT, "title": "Event", "type": "object"}), "JSON")
    subject = "evolved-value"
    settings = RegistrySettings(url=apicurio, framing="prefix")
    with SchemaRegistryClient({"url": apicurio}) as client:
        client.register_schema(subject, older)
        client.set_compatibility(subject, level="FORWARD_TRANSITIVE")
        with pytest.raises(RegistryUnavailableError, match=f"answers 500 for the subject {subject}"):
            asyncio.run(SchemaRegistry(settings, topic="evolved").start())
        client.set_compatibility(subject, level="NONE")
        asyncio.run(SchemaRegistry(settings, topic="evolved").start())
        assert client.get_versions(subject) == [1, 2]


def test_an_article_goes_the_whole_way(apicurio: str, start_service: Callable[..., Any]) -> None:
    """From HTTP through Kafka and the model: Confluent's deserializer reads the event off the topic, and so do we."""
    service = start_service(CLAIMWIRE_REGISTRY__URL=apicurio, CLAIMWIRE_REGISTRY__FRAMING="prefix")
    article = SAMPLE.read_bytes()
    assert service.ask("POST", "/v1/articles", article)[0] == 202
    message = asyncio.run(_first(service))
    event = read(apicurio, message)
    assert event["article"]["id"] == json.loads(article)["id"]
    assert event["claims"]
    status, shown = service.ask("GET", f"/v1/articles/{message.header('ce_subject').decode()}")
    assert (status, json.loads(shown)) == (200, event)


async def _first(service: Any) -> Message:
    (record,) = await committed(service.topics["enriched"], 1, bootstrap_servers=service.bootstrap_servers)
    return message_of(record)
