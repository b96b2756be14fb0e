"""Behaviour with every schema registry, of any make; the reader is Confluent's own client."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

import schemas.export
from service.core.errors import ConfigurationError
from service.core.message import Message
from service.settings import RegistrySettings
from service.streaming.schema_registry.registry import SchemaRegistry

EXAMPLES = Path(schemas.export.__file__).parent / "examples"
EVENTS = {"enriched": "EnrichedArticle", "retracted": "RetractedArticle", "skipped": "SkippedArticle"}


def read(address: str, message: Message) -> Any:
    """Read a framed event as a consumer with Confluent's deserializer does: by its schema, which must accept it."""
    context = SerializationContext(message.topic, MessageField.VALUE, list(message.headers))
    with SchemaRegistryClient({"url": address}) as client:
        return JSONDeserializer(None, schema_registry_client=client)(message.value, context)


class RegistryBehaviour:
    """The suite. A subclass gives the fixtures `address` and `framing`."""

    @pytest.fixture
    def topic(self) -> str:
        """An output topic without subjects in the registry."""
        return f"out-{uuid.uuid4().hex[:8]}"

    @pytest.fixture(params=["TopicNameStrategy", "TopicRecordNameStrategy"])
    def strategy(self, request: pytest.FixtureRequest) -> str:
        """How subjects are named."""
        return str(request.param)

    @pytest.fixture
    def subjects(self, topic: str, strategy: str) -> dict[str, str]:
        """Each expected subject, and the document whose schema it has."""
        if strategy == "TopicNameStrategy":
            return {f"{topic}-value": "event"}
        return {f"{topic}-{title}": name for name, title in EVENTS.items()}

    @pytest.fixture
    def settings(self, address: str, framing: Any, strategy: Any) -> RegistrySettings:
        """The settings for this registry."""
        return RegistrySettings(url=address, framing=framing, subjects=strategy)

    @pytest.fixture
    def client(self, address: str) -> Iterator[SchemaRegistryClient]:
        """Confluent's client."""
        with SchemaRegistryClient({"url": address}) as client:
            yield client

    def test_the_committed_schemas_are_registered(
        self, settings: RegistrySettings, client: SchemaRegistryClient, topic: str, subjects: dict[str, str]
    ) -> None:
        """The start leaves the last snapshot under each subject, as JSON Schema, and no other subject."""
        asyncio.run(SchemaRegistry(settings, topic=topic).start())
        assert {each for each in client.get_subjects() if each.startswith(topic)} == subjects.keys()
        for subject, name in subjects.items():
            found = client.get_latest_version(subject).schema
            snapshots = schemas.export.stored(name)
            assert found.schema_type == "JSON"
            assert json.loads(found.schema_str or "") == snapshots[max(snapshots)]

    def test_a_second_start_registers_nothing_new(
        self, settings: RegistrySettings, client: SchemaRegistryClient, topic: str, subjects: dict[str, str]
    ) -> None:
        """Every subject has one version, however often the service starts."""
        for _ in range(2):
            asyncio.run(SchemaRegistry(settings, topic=topic).start())
        assert [client.get_versions(subject) for subject in subjects] == [[1]] * len(subjects)

    def test_without_auto_register_nothing_is_written(
        self, settings: RegistrySettings, client: SchemaRegistryClient, topic: str
    ) -> None:
        """Schemas are looked up: one sentence names the subject that lacks one, else they are found."""
        careful = settings.model_copy(update={"auto_register": False})
        with pytest.raises(ConfigurationError, match=rf"the subject {topic}-\w+: register it there"):
            asyncio.run(SchemaRegistry(careful, topic=topic).start())
        assert not [each for each in client.get_subjects() if each.startswith(topic)]
        asyncio.run(SchemaRegistry(settings, topic=topic).start())
        asyncio.run(SchemaRegistry(careful, topic=topic).start())

    @pytest.mark.parametrize("name", EVENTS)
    def test_a_framed_event_is_read_by_a_client_of_another_make(
        self, settings: RegistrySettings, topic: str, name: str
    ) -> None:
        """Confluent's deserializer finds the event's schema by the frame, and validates the event with it."""
        ours = SchemaRegistry(settings, topic=topic)
        asyncio.run(ours.start())
        value = (EXAMPLES / f"{name}.json").read_bytes()
        headers = (("ce_type", f"claimwire.article.{name}.v1".encode()),)
        assert read(settings.url or "", ours.frame(Message(topic=topic, key=b"a", value=value, headers=headers))) == (
            json.loads(value)
        )
        with pytest.raises(SerializationError):
            read(settings.url or "", ours.frame(Message(topic=topic, key=b"a", value=b"{}", headers=headers)))
