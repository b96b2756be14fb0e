"""`decode` and `encode` under arbitrary input: no exception, stable answers, lossless text."""

import json
from datetime import datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.problems import KINDS
from service.core.article import Article, Rejected
from service.core.message import Message
from service.wire.codec import canonical, decode, encode_article

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["content-type", "ce_specversion", "ce_type", "ce_id", "ce_source", "ce_x", "traceparent", "tracestate"]
        ),
        st.binary(max_size=40)
        | st.sampled_from([b"1.0", b"claimwire.article.v1", b"application/json", b"application/cloudevents+json"]),
    ),
    max_size=6,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        "id", "version", "status", "title", "body", "body_type", "language", "published_at", "url", "source", "authors",
        "topics", "uri", "standard", "bodies", "headlines", "pubStatus", "embargoedUntil", "infoSources", "by",
        "tags", "metadata", "subjects", "keywords", "altIds", "slugline", "specversion", "type", "data", "data_base64",
        "datacontenttype", "value", "role", "contentType",
    ]
)  # fmt: skip
DOCUMENTS = st.recursive(
    JSON, lambda inner: st.dictionaries(FIELDS, inner, max_size=8) | st.lists(inner, max_size=3), max_leaves=30
)
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=200)
NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=50).filter(str.strip)
TIMES = st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda at: at.isoformat() + "Z")  # noqa: DTZ001  # Z follows
ARTICLES = st.fixed_dictionaries(
    {
        "id": NAMES,
        "body": TEXT.filter(str.strip),
    },
    optional={
        "title": st.none() | TEXT,
        "version": st.integers(1, 2**53 - 1),
        "status": st.sampled_from(["usable", "withheld", "canceled"]),
        "published_at": TIMES,
        "authors": st.lists(TEXT, max_size=3),
        "tags": st.lists(TEXT.filter(str.strip), max_size=3),
        "metadata": st.dictionaries(NAMES, TEXT, max_size=5),
    },
)  # fmt: skip


def record(value: bytes | None, headers: list[tuple[str, bytes]] | None = None) -> Message:
    """Return a record of the input topic."""
    return Message(topic="articles", key=None, value=value, headers=tuple(headers or ()), timestamp=1_700_000_000_000)


def answered(found: Article | Rejected) -> None:
    """Check the answer: an article, or a code that the API documents."""
    assert isinstance(found, Article | Rejected)
    if isinstance(found, Rejected):
        assert found.code in KINDS or found.code == "tombstone"
        assert found.message.endswith(".")


@given(value=st.none() | st.binary(max_size=300), headers=HEADERS)
@settings(max_examples=500, deadline=None)
def test_arbitrary_bytes(value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
    """Whatever the bytes and headers are, there is an answer."""
    answered(decode(record(value, headers), max_bytes=200))


@given(document=DOCUMENTS, headers=HEADERS)
@settings(max_examples=300, deadline=None)
def test_arbitrary_documents(document: Any, headers: list[tuple[str, bytes]]) -> None:
    """Whatever JSON it is, with our own field names in the wrong places, there is an answer."""
    answered(decode(record(json.dumps(document).encode(), headers), max_bytes=100_000))


@given(fields=ARTICLES, cut=st.integers(0, 400), flip=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_damaged_articles(fields: dict[str, Any], cut: int, flip: int) -> None:
    """One byte changed anywhere in a good article: an answer, and never an exception."""
    value = bytearray(orjson.dumps(fields))
    value[cut % len(value)] = flip
    answered(decode(record(bytes(value)), max_bytes=1_000_000))


@given(fields=ARTICLES)
@settings(max_examples=300, deadline=None)
def test_text_comes_through_unchanged(fields: dict[str, Any]) -> None:
    """Emoji, right-to-left text, combining marks, controls: the body is the body, through ingress and worker."""
    found = decode(record(orjson.dumps(fields)), max_bytes=1_000_000)
    assert isinstance(found, Article)
    assert found.body == fields["body"]
    again = decode(encode_article(found, cause=None, topic="articles"), max_bytes=10_000_000)
    assert again == found
    assert isinstance(again, Article)
    assert canonical(again) == canonical(found)
