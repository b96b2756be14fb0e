"""The specification's own SDK reads what we write, and we read what it writes."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings import http, kafka
from cloudevents.core.bindings.kafka import KafkaMessage
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from service.api.routes.analysis import event_response
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import Enrichment
from service.core.message import Message
from service.core.model import ModelInfo
from service.wire.codec import decode, encode

ARTICLE = Article(id=ArticleId("https://example.org/ü?a=b"), body="Words.")
MODEL = ModelInfo(name="m", version="1", sha256="ab" * 32, engine="openvino")
EVENT = encode(
    Enriched(article=ARTICLE, text=ARTICLE.body, language="en", model=MODEL, enrichment=Enrichment()),
    cause=None,
    models=[MODEL],
    topic="articles.enriched",
    time=datetime(2026, 3, 1, tzinfo=UTC),
)


def check(event: Any) -> None:
    """Compare what the SDK understood with what was meant."""
    assert event.get_specversion() == "1.0"
    assert event.get_type() == "claimwire.article.enriched.v1"
    assert event.get_subject() == ARTICLE.id
    assert event.get_time() == datetime(2026, 3, 1, tzinfo=UTC)
    assert event.get_extension("engine") == "openvino"
    assert event.get_data()["article"]["id"] == ARTICLE.id


def test_the_sdk_reads_our_records() -> None:
    """Kafka protocol binding, binary mode."""
    message = KafkaMessage(headers=dict(EVENT.headers), key=EVENT.key, value=EVENT.value or b"")
    check(kafka.from_binary_event(message))


def test_the_sdk_reads_our_answers() -> None:
    """HTTP protocol binding, binary mode: the same event as a response."""
    answer = event_response(EVENT)
    check(http.from_http_event(http.HTTPMessage(headers=dict(answer.headers), body=bytes(answer.body))))


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_we_read_the_sdks_records(mode: str) -> None:
    """An article that the SDK wrapped is the article."""
    event = CloudEvent(
        attributes={
            "id": "1",
            "source": "/desk",
            "type": "claimwire.article.v1",
            "time": datetime(2026, 3, 1, tzinfo=UTC),
        },
        data={"id": "urn:a", "body": "Words."},
    )
    wrap = kafka.to_binary if mode == "binary" else kafka.to_structured
    wrapped = wrap(event, JSONFormat())
    headers = tuple((name, value) for name, value in wrapped.headers.items())
    found = decode(Message(topic="articles", key=None, value=wrapped.value, headers=headers), max_bytes=10_000)
    assert isinstance(found, Article), found
    assert found.id == "urn:a"


def test_headers_hold_only_what_http_allows() -> None:
    """An id in any script is percent-encoded, so that every client can read it."""
    headers = httpx.Headers(dict(event_response(EVENT).headers))
    assert headers["ce-subject"] == "https://example.org/%C3%BC?a=b"
