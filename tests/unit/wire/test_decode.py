"""What `decode` makes of a record, envelope by envelope and mistake by mistake."""

import base64
from datetime import UTC, datetime

import orjson
import pytest

from service.core.article import Article, BodyType, Rejected, Status
from service.core.message import Message
from service.wire.codec import canonical, decode, encode_article

MAX = 1_048_576
CLOUD = (("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"/x"), ("ce_type", b"claimwire.article.v1"))
BARE = {"id": "a", "body": "b"}
EVENT = {"specversion": "1.0", "type": "claimwire.article.v1", "source": "/", "id": "1"}


def record(value: object, *headers: tuple[str, bytes], timestamp: int | None = None) -> Message:
    """Return a record that holds the value, as JSON unless it is bytes already."""
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return Message(topic="articles", key=None, value=raw, headers=headers, timestamp=timestamp)


def decoded(message: Message) -> Article:
    """Decode what must be an article."""
    found = decode(message, max_bytes=MAX)
    assert isinstance(found, Article), found
    return found


def refused(message: Message) -> Rejected:
    """Decode what must be refused."""
    found = decode(message, max_bytes=MAX)
    assert isinstance(found, Rejected), found
    return found


def test_a_whole_article() -> None:
    """Every field arrives; a time is turned to UTC."""
    found = decoded(
        record(
            {
                "id": "urn:a",
                "version": 3,
                "status": "usable",
                "title": "T",
                "body": "<p>B</p>",
                "body_type": "text/html",
                "language": "en-GB",
                "published_at": "2026-03-01T12:00:00+02:00",
                "url": "https://example.org/a",
                "source": "S",
                "authors": ["A", "B"],
                "topics": ["the dam is safe"],
                "tags": ["dams", "water"],
                "metadata": {"desk": "foreign", "nitf:id": "7", "note": ""},
            }
        )
    )
    assert found == Article(
        id=found.id,
        version=3,
        title="T",
        body="<p>B</p>",
        body_type=BodyType.HTML,
        language="en-GB",
        published_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
        url="https://example.org/a",
        source="S",
        authors=("A", "B"),
        topics=("the dam is safe",),
        tags=("dams", "water"),
        metadata={"desk": "foreign", "nitf:id": "7", "note": ""},
    )


@pytest.mark.parametrize("status", ["withheld", "canceled"])
def test_what_is_taken_back_needs_no_body(status: str) -> None:
    """To retract an article its id is enough."""
    found = decoded(record({"id": "a", "status": status}))
    assert (found.status, found.body) == (Status(status), "")


def test_binary_mode() -> None:
    """Attributes in headers, the article alone in the value."""
    assert decoded(record({"id": "a", "body": "b"}, *CLOUD)).id == "a"


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("encoded", [True, False])
def test_structured_mode(*, declared: bool, encoded: bool) -> None:
    """The whole event in the value, its data as JSON or base64, recognized by content type or by `specversion`."""
    event = {"specversion": "1.0", "id": "1", "source": "/x", "type": "claimwire.article.v1", "extension": 1}
    article = {"id": "a", "body": "b"}
    event |= {"data_base64": base64.b64encode(orjson.dumps(article)).decode()} if encoded else {"data": article}
    headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"),) if declared else ()
    assert decoded(record(event, *headers)).id == "a"


def _without(name: str) -> tuple[tuple[str, bytes], ...]:
    return tuple(header for header in CLOUD if header[0] != name)


@pytest.mark.parametrize(
    ("value", "headers", "code", "field"),
    [
        (b"", (), "empty-body", None),
        (b" \n\t", (), "empty-body", None),
        (b'{"id"', (), "not-json", None),
        (b"NaN", (), "not-json", None),
        (b'{"id":"a","body":"b","version":1e999}', (), "not-json", None),
        (b'\xef\xbb\xbf{"id":"a","body":"b"}', (), "not-json", None),
        ('{"id":"a","body":"é"}'.encode("latin-1"), (), "not-utf8", None),
        ('{"id":"a"}'.encode("utf-16"), (), "not-utf8", None),
        (b'{"id":"a","body":"\xed\xbf\xbf"}', (), "lone-surrogate", None),
        (b'{"id":"a","body":"\\udc00"}', (), "lone-surrogate", None),
        (b'{"id":"a","body":"x\\ud83d y"}', (), "lone-surrogate", None),
        ({"id": "a", "body": "\0"}, (), "nul-character", "/body"),
        ({"id": "a", "body": "b", "topics": ["\0"]}, (), "nul-character", "/topics/0"),
        ({"id": "a\n", "body": "b"}, (), "control-character", "/id"),
        ({"id": "a\ufffe", "body": "b"}, (), "control-character", "/id"),
        ({"id": " ", "body": "b"}, (), "blank-field", "/id"),
        ({"id": "a", "body": " \u00a0"}, (), "empty-body", "/body"),
        ({"id": "a", "body": ""}, (), "empty-body", "/body"),
        ({"id": "a"}, (), "missing-field", "/body"),
        ({"body": "b"}, (), "missing-field", "/id"),
        ({"id": "a", "body": ["b"]}, (), "wrong-type", "/body"),
        ({"id": 1, "body": "b"}, (), "wrong-type", "/id"),
        ({"id": "a", "body": "b", "version": "1"}, (), "wrong-type", "/version"),
        ({"id": "a", "body": "b", "version": True}, (), "wrong-type", "/version"),
        ({"id": "a", "body": "b", "version": 0}, (), "bad-value", "/version"),
        ({"id": "a", "body": "b", "published_at": 1_700_000_000}, (), "wrong-type", "/published_at"),
        ({"id": "a", "body": "b", "published_at": "1700000000"}, (), "bad-value", "/published_at"),
        ({"id": "a", "body": "b", "published_at": "2026-02-30T00:00:00Z"}, (), "bad-value", "/published_at"),
        ({"id": "a", "body": "b", "status": "draft"}, (), "bad-value", "/status"),
        ({"id": "a", "body": "b", "language": "english!"}, (), "bad-value", "/language"),
        ({"id": "a", "body": "b", "topics": "t"}, (), "wrong-type", "/topics"),
        ({"id": "a", "body": "b", "topics": ["t"] * 9}, (), "too-long", "/topics"),
        ({"id": "a", "body": "b", "topics": ["t" * 301]}, (), "too-long", "/topics/0"),
        ({"id": "a" * 1025, "body": "b"}, (), "too-long", "/id"),
        ({"id": "a", "body": "b", "Body": "c"}, (), "unknown-field", "/Body"),
        ({"id": "a", "body": "b", "no name / at all": "c"}, (), "unknown-field", ""),
        ({"id": "a", "body": "b", "tags": "t"}, (), "wrong-type", "/tags"),
        ({"id": "a", "body": "b", "tags": [" "]}, (), "blank-field", "/tags/0"),
        ({"id": "a", "body": "b", "tags": ["t"] * 101}, (), "too-long", "/tags"),
        ({"id": "a", "body": "b", "authors": ["a" * 301]}, (), "too-long", "/authors/0"),
        ({"id": "a", "body": "b", "metadata": ["desk"]}, (), "wrong-type", "/metadata"),
        ({"id": "a", "body": "b", "metadata": {"desk": 7}}, (), "wrong-type", "/metadata/desk"),
        ({"id": "a", "body": "b", "metadata": {"desk": {"name": "x"}}}, (), "wrong-type", "/metadata/desk"),
        ({"id": "a", "body": "b", "metadata": {"desk": None}}, (), "wrong-type", "/metadata/desk"),
        ({"id": "a", "body": "b", "metadata": {"desk": "x" * 1_001}}, (), "too-long", "/metadata/desk"),
        ({"id": "a", "body": "b", "metadata": {"desk": "\0"}}, (), "nul-character", "/metadata/desk"),
        ({"id": "a", "body": "b", "metadata": {"SECRET é": 7}}, (), "wrong-type", "/metadata"),
        ({"id": "a", "body": "b", "metadata": {"x" * 65: "7"}}, (), "too-long", "/metadata"),
        ({"id": "a", "body": "b", "metadata": {"": "7"}}, (), "blank-field", "/metadata"),
        ({"id": "a", "body": "b", "metadata": {"a\n": "7"}}, (), "control-character", "/metadata"),
        ({"id": "a", "body": "b", "metadata": {str(n): "" for n in range(33)}}, (), "too-long", "/metadata"),
        ([], (), "wrong-type", ""),
        (b"null", (), "wrong-type", ""),
        (b"[" * 33, (), "too-deep", None),
        (b"[" + b"0," * 30_000 + b"0]", (), "too-many-values", None),
        (b'{"id":"' + b"x" * MAX + b'"}', (), "too-large", None),
        ({"id": "a", "body": "b"}, (("content-type", b"text/plain"),), "unsupported-content-type", None),
        ({"id": "a", "body": "b"}, (*_without("ce_type"), ("ce_type", b"other")), "unknown-event-type", None),
        ({"id": "a", "body": "b"}, (("ce_type", b"other"),), "unknown-event-type", None),
        (BARE, (*_without("ce_specversion"), ("ce_specversion", b"0.3")), "unsupported-specversion", None),
        ({"id": "a", "body": "b"}, (*_without("ce_id"), ("ce_id", b"\xff")), "missing-field", None),
        ({"id": "a", "body": "b"}, _without("ce_source"), "missing-field", None),
        ({"specversion": "1.0", "type": "x", "source": "/", "id": "1", "data": {}}, (), "unknown-event-type", "/type"),
        ({"specversion": 1.0, "type": "x", "source": "/", "id": "1", "data": {}}, (), "wrong-type", "/specversion"),
        (EVENT, (), "missing-field", "/data"),
        (
            EVENT | {"data_base64": "é"},
            (),
            "bad-value",
            "/data_base64",
        ),
        (
            EVENT | {"data": "b", "datacontenttype": "text/xml"},
            (),
            "unsupported-content-type",
            "/datacontenttype",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_stable_code(
    value: object, headers: tuple[tuple[str, bytes], ...], code: str, field: str | None
) -> None:
    """The code, and the pointer where one field is to blame."""
    found = refused(record(value, *headers))
    assert (found.code, found.field) == (code, field)


def test_a_tombstone_is_no_article() -> None:
    """A record without a value differs from an empty one."""
    assert refused(Message(topic="t", key=b"k", value=None)).code == "tombstone"


def test_a_refusal_names_the_article_where_it_can() -> None:
    """The dead letter can then be found by the article's id; an id that cannot be shown is left out."""
    assert refused(record({"id": "urn:a", "body": 1})).article_id == "urn:a"
    assert refused(record({"id": "a\n", "body": 1})).article_id is None
    assert refused(record({"id": 7, "body": 1})).article_id is None


def test_what_ingress_writes_is_what_the_worker_reads() -> None:
    """The canonical form of an article decodes to the same article, through its CloudEvent."""
    article = decoded(record({"id": "ü", "body": "b", "published_at": "2026-03-01T12:00:00+02:00", "authors": ["x"]}))
    assert decoded(encode_article(article, cause=None, topic="articles")) == article


def test_the_canonical_form_does_not_depend_on_how_it_was_sent() -> None:
    """Order of fields, defaults written out, another time zone: the same article, the same bytes."""
    one = decoded(record({"id": "a", "body": "b", "published_at": "2026-03-01T12:00:00+02:00"}))
    two = decoded(
        record(
            {"published_at": "2026-03-01T10:00:00Z", "body": "b", "version": 1, "title": None, "topics": [], "id": "a"}
        )
    )
    assert canonical(one) == canonical(two)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b'"' + b'\\"' * 500_000, "not-json"),
        (b'{"a":"' + b"\\\\" * 500_000, "not-json"),
        (b"[" * 1_000_000, "too-deep"),
        (b'{"a":' * 200_000, "too-deep"),
        (b'"[' * 500_000, "too-deep"),
        (b"[" + b'"",' * 300_000, "too-many-values"),
    ],
    ids=["quotes", "backslashes", "depth", "objects", "broken strings", "values"],
)
def test_a_megabyte_of_brackets_or_quotes_is_refused(value: bytes, code: str) -> None:
    """Counting is linear: where it was quadratic, a hostile megabyte would keep this test for hours."""
    assert refused(record(value[:MAX])).code == code


@pytest.mark.parametrize("value", ["2026-03-18", "2026-03-18T09:30:00", "18 March 2026", "2026-02-30T00:00:00Z"])
def test_a_time_that_is_none_is_told_the_format(value: str) -> None:
    """A date alone names no instant; the message shows one that does."""
    found = refused(record({"id": "a", "body": "b", "published_at": value}))
    assert (found.code, found.field) == ("bad-value", "/published_at")
    assert "2026-03-18T09:30:00Z" in found.message


def test_a_byte_order_mark_is_named() -> None:
    """The sender cannot see it."""
    assert "byte order mark" in refused(record(b'\xef\xbb\xbf{"id":"a","body":"b"}')).message
