"""Events framed for a schema registry, through the real sinks and a real Kafka, read by others and by ourselves."""

import asyncio
import base64
import json
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

import schemas.export
from service.api.live_view import LiveView
from service.core.model import ModelInfo
from service.settings import RegistrySettings
from service.streaming.admin.erasure import erase
from service.streaming.http.tail import Tail
from service.streaming.schema_registry.registry import SchemaRegistry
from service.wire import codec
from tests.behaviour.registry import Registry, running
from tests.committed import committed

pytestmark = pytest.mark.anyio

SAMPLE = Path(__file__).parents[2] / "schemas" / "examples" / "article.json"
MODEL = ModelInfo(name="fake", version="1", sha256="ab" * 32)


def written_by(registry: Registry, record: Any) -> tuple[str, bytes]:
    """Read a record as any consumer with the registry at hand would: the schema's text, and the JSON."""
    header = dict(record.headers).get("__value_schema_id")
    if header is not None:
        assert header[0] == 1
        numbers = {registry.guid(number).bytes: number for number in registry.schemas}
        return registry.schemas[numbers[header[1:]]], record.value
    magic, number = struct.unpack(">BI", record.value[:5])
    assert magic == 0
    return registry.schemas[number], record.value[5:]


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
@pytest.mark.parametrize("framing", ["header", "prefix"])
async def test_a_framed_event_is_read_by_others_and_by_us(benches: Any, framing: Any, delivery: str) -> None:
    """A plain consumer finds schema and event; our tail shows the event bare; erasure finds it."""
    bench = await benches(partitions=1, delivery=delivery)
    topics = bench.kafka.topics
    with running() as registry:
        ours = SchemaRegistry(RegistrySettings(url=registry.address, framing=framing), topic=topics.enriched)
        await ours.start()
        encode = partial(codec.encode, models=[MODEL], topic=topics.enriched)
        bench.worker(
            encode=lambda outcome, cause: encode(outcome, cause=cause),
            decode=partial(codec.decode, max_bytes=10_000),
            frame=ours.frame,
            breaker_share=1.0,
        )
        await bench.publish([b'{"id": "a", "status": "withheld"}', b"{"])
        (record,) = await bench.enriched(1)
        text, value = written_by(registry, record)
    jsonschema.validate(orjson.loads(value), orjson.loads(text))
    assert orjson.loads(text) == schemas.export.schema("event")
    assert orjson.loads(value)["article"]["id"] == "a"
    (letter,) = await bench.dead(1)
    assert letter.value == b"{"
    assert "__value_schema_id" not in dict(letter.headers)

    view = LiveView(max_articles=10, max_bytes=100_000)
    tail = asyncio.create_task(Tail(bench.kafka, view=view, history=10).run())
    await bench.eventually(lambda: view.latest("a") is not None, "the event is in the view")
    assert [entry.message.value for entry in (view.latest("a"),) if entry] == [value]
    left = (await erase(bench.kafka, "a")).left
    await bench.eventually(lambda: view.latest("a") is None, "the view forgot it")
    tail.cancel()
    await asyncio.wait({tail})
    assert topics.enriched in {remainder.topic for remainder in left}


def test_the_service_asks_its_registry_once_and_frames(start_service: Callable[..., Any]) -> None:
    """`serve` from a variable to the topic: the registry may go after the start, and the password is in no log."""
    secret = "zyxsecret"  # noqa: S105  # to be looked for
    with running(authorization="Basic " + base64.b64encode(f"me:{secret}".encode()).decode()) as registry:
        service = start_service(
            CLAIMWIRE_LOG__LEVEL="DEBUG",
            CLAIMWIRE_REGISTRY__URL=registry.address,
            CLAIMWIRE_REGISTRY__FRAMING="prefix",
            CLAIMWIRE_REGISTRY__USERNAME="me",
            CLAIMWIRE_REGISTRY__PASSWORD=secret,
        )
    article = json.loads(SAMPLE.read_bytes()) | {"id": "framed"}
    assert service.ask("POST", "/v1/articles", json.dumps(article).encode())[0] == 202
    event = service.event("framed")
    text, value = written_by(registry, asyncio.run(_first(service)))
    assert json.loads(text) == schemas.export.schema("event")
    assert json.loads(value) == json.loads(event)
    jsonschema.validate(json.loads(value), json.loads(text))
    assert secret not in service.log.read_text()
    assert len(registry.asked) == 1


async def _first(service: Any) -> Any:
    (record,) = await committed(service.topics["enriched"], 1, bootstrap_servers=service.bootstrap_servers)
    return record
