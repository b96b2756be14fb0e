"""What the judge of the chaos suite expects of a record is what the workers make of it, byte for byte."""

import json
from dataclasses import replace

import pytest

from service.core.article import Article, Rejected
from service.core.message import Message
from service.settings import Settings
from service.wire import dead_letter
from tests.chaos.outcomes import FROM, POISON, TOO_LARGE, Outcomes, found, said

OUTCOMES = Outcomes.of(Settings(), real=False)


def record(value: bytes | None = None, *, title: str | None = None, number: int = 1) -> Message:
    """Return a record of the input topic: an article, or whatever the value is."""
    article = {"id": "urn:chaos:1", "version": number, "body": f"The dam holds, said Anna Berg in report {number}."}
    article |= {"language": "en"} | ({"title": title} if title else {})
    return Message(
        topic="articles",
        key=b"urn:chaos:1",
        value=json.dumps(article).encode() if value is None else value,
        headers=(("traceparent", b"x"), ("empty", None)),
        partition=3,
        offset=17,
        timestamp=1_700_000_000_000,
    )


def worked(message: Message) -> Message:
    """Return the event that a worker writes for an article."""
    article = OUTCOMES.decode(message)
    assert isinstance(article, Article)
    (outcome,) = OUTCOMES.pipeline.process([article])
    assert not isinstance(outcome, Rejected)
    return OUTCOMES.encode(outcome, message)


def buried(message: Message, code: str) -> Message:
    """Return the dead letter that a worker writes."""
    return dead_letter.bury(message, Rejected(code=code, message="why"), topic="dead", group="chaos", attempts=3)


def test_an_event_is_what_its_article_should_give() -> None:
    """It is found by its place, and its content is the same each time that it is made."""
    message = record()
    assert found(worked(message)) == ((3, 17), OUTCOMES.expected(message))
    assert OUTCOMES.expected(message).kind == "event"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (record(b"{not json"), "not-json"),
        (record(title=TOO_LARGE), "event-too-large"),
        (record(title=POISON), "processing-failed"),
        (replace(record(), timestamp=1_790_000_000_000_000), "bad-timestamp"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_dead_letter_is_what_its_record_should_give(message: Message, code: str) -> None:
    """Whatever was tried before it was buried, the record in it is as it came."""
    assert found(buried(message, code)) == ((3, 17), OUTCOMES.expected(message))
    assert OUTCOMES.expected(message).kind == code


@pytest.mark.parametrize(
    "altered",
    [
        record(number=2),
        replace(record(), key=b"urn:chaos:2"),
        replace(record(), headers=(("traceparent", b"y"), ("empty", None))),
        replace(record(), headers=(("traceparent", b"x"), ("empty", b""))),
    ],
)
def test_a_dead_letter_of_another_record_is_told_apart(altered: Message) -> None:
    """By its value, its key, a header's value, or one that is empty and not null."""
    assert found(buried(altered, "processing-failed"))[1] != OUTCOMES.expected(record(title=POISON))
    assert found(buried(altered, "not-json"))[1] != found(buried(record(), "not-json"))[1]


def test_an_event_of_another_article_is_told_apart() -> None:
    """Its body, version or trace differ, or one byte of what was written."""
    right = OUTCOMES.expected(record())
    assert found(worked(record(number=2)))[1] != right
    event = worked(record())
    assert found(replace(event, value=(event.value or b"") + b" "))[1] != right


def test_an_event_grows_beyond_the_limit_where_its_title_says_so() -> None:
    """That is how the broker comes to refuse it."""
    assert len(worked(record(title=TOO_LARGE)).value or b"") > 500_000


def test_a_record_that_names_no_source_is_an_error() -> None:
    """Nobody may write to the output topics but the workers."""
    with pytest.raises(ValueError, match="names no source"):
        found(Message(topic="out", key=b"k", value=b"{}"))
    assert worked(record()).header(FROM) == b"3:17"


def test_an_article_is_recognised_however_it_was_sent() -> None:
    """The order of its fields and the spaces between them say nothing."""
    fields = {"id": "a", "version": 1, "body": "Text.", "language": "en"}
    compact = json.dumps(dict(reversed(fields.items())), separators=(",", ":")).encode()
    assert said(OUTCOMES.decode(record(json.dumps(fields).encode()))) == said(OUTCOMES.decode(record(compact)))
    assert said(OUTCOMES.decode(record(b"{not json"))) == ""
