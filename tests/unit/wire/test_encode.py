"""The events that `encode` builds: attributes, ids, positions-only output."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from schemas.enriched import EnrichedArticle
from service.core.article import Article, ArticleId, BodyType, Enriched, Extraction, Retracted, Skipped, Status
from service.core.frames import (
    Claim,
    ClaimKind,
    ClaimStance,
    Enrichment,
    Entity,
    EntityType,
    HolderStance,
    Speaker,
    SpeakerKind,
    StanceLabel,
    TopicHolder,
    TopicStance,
)
from service.core.message import Message
from service.core.model import ModelInfo
from service.core.span import Span
from service.wire.codec import canonical, encode, event_id

MODEL = ModelInfo(name="m", version="1", sha256="ab" * 32)
TEXT = "😀 “Enough,” said Ruiz of the dam."
ARTICLE = Article(
    id=ArticleId("urn:ü"),
    title="SECRET title",
    body=TEXT,
    topics=("the dam is safe",),
    authors=("SECRET author",),
    tags=("SECRET tag",),
    metadata={"desk": "foreign", "Story-Id": "7"},
)


def span(text: str) -> Span:
    """Return where the words stand."""
    return Span(TEXT.index(text), TEXT.index(text) + len(text))


OUTCOME = Enriched(
    article=ARTICLE,
    text=TEXT,
    language="en",
    model=MODEL,
    enrichment=Enrichment(
        entities=(
            Entity(id="e1", name="Ruiz", type=EntityType.PERSON, mentions=(span("Ruiz"),), ref="Q17"),
            Entity(id="e2", name="the dam", type=EntityType.OTHER, mentions=(span("the dam"),)),
        ),
        claims=(
            Claim(
                id="c1",
                spans=(span("Enough"), span("of the dam")),
                kind=ClaimKind.DIRECT_QUOTE,
                speaker=Speaker(
                    kind=SpeakerKind.PERSON, name="Ruiz", entity="e1", span=span("Ruiz"), confidence=0.98765
                ),
                cue=span("said"),
                check_worthiness=1.0000001,
                confidence=0.5,
                stances=(ClaimStance(target="e2", label=StanceLabel.AGAINST, confidence=0.4321),),
            ),
        ),
        stances=(
            HolderStance(holder="e1", target="e2", label=StanceLabel.AGAINST, confidence=0.4, claims=("c1",)),
        ),
        topics=(
            TopicStance(
                topic="the dam is safe",
                label=StanceLabel.AGAINST,
                confidence=0.6,
                holders=(
                    TopicHolder(holder="e1", label=StanceLabel.AGAINST, confidence=0.6, claims=("c1",)),
                ),
            ),
        ),
    ),
)  # fmt: skip
CAUSE = Message(
    topic="articles",
    key=b"x",
    value=b"{}",
    headers=(
        ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", b"vendor=1"),
        ("ce_id", b"the input's"),
    ),
    timestamp=1_767_225_600_000,
)


def event(outcome: Any = OUTCOME, **options: Any) -> Message:
    """Encode with what every test has in common."""
    return encode(outcome, **({"cause": CAUSE, "models": [MODEL], "topic": "articles.enriched"} | options))


def data(message: Message) -> dict[str, Any]:
    """Return the event's data."""
    parsed: dict[str, Any] = orjson.loads(message.value or b"")
    return parsed


def test_the_attributes() -> None:
    """CloudEvents 1.0 in binary mode: what each header says."""
    message = event(replace(OUTCOME, model=replace(MODEL, engine="openvino")))
    headers = dict(message.headers)
    assert len(headers["ce_id"]) == 64
    del headers["ce_id"]
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_source": b"/claimwire",
        "ce_type": b"claimwire.article.enriched.v1",
        "ce_subject": "urn:ü".encode(),
        "ce_time": b"2026-01-01T00:00:00Z",
        "ce_engine": b"openvino",
        "content-type": b"application/json",
        "traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": b"vendor=1",
    }
    assert (message.topic, message.key) == ("articles.enriched", "urn:ü".encode())


def test_a_claim_that_is_an_object_has_its_cue_in_its_text() -> None:
    """The text of a claim that is not read alone begins with the cue; where names are switched off there is none."""
    claim = replace(OUTCOME.enrichment.claims[0], cue=span("said"), spans=(span("Ruiz of the dam"),), with_cue=True)
    told = replace(OUTCOME.enrichment, claims=(claim,))
    assert data(event(replace(OUTCOME, enrichment=told)))["claims"][0]["text"] == "said Ruiz of the dam"
    assert data(event(replace(OUTCOME, enrichment=told), quotes=False))["claims"][0]["text"] is None


def test_the_data_of_an_enriched_event() -> None:
    """Text is what the pieces cover; confidences have three decimals and stay within bounds."""
    found = EnrichedArticle.model_validate_json(event().value or b"")
    (claim,) = found.claims
    assert claim.text == "Enough … of the dam"
    assert [TEXT[piece.start : piece.end] for piece in claim.spans] == ["Enough", "of the dam"]
    assert (claim.check_worthiness, claim.speaker.confidence, claim.stances[0].confidence) == (1.0, 0.988, 0.432)
    assert claim.cue is not None
    assert claim.cue.text == "said"
    assert [entity.ref for entity in found.entities] == ["Q17", None]
    assert found.article.text is None
    assert found.article.text_length == len(TEXT)
    assert found.topics[0].holders[0].holder == "e1"


def test_html_carries_the_text_that_its_offsets_point_into() -> None:
    """A consumer cannot extract it the same way, so it is in the event."""
    html = replace(OUTCOME, article=replace(ARTICLE, body=f"<p>{TEXT}</p>", body_type=BodyType.HTML))
    assert data(event(html))["article"]["text"] == TEXT


def test_the_way_that_html_was_read_is_in_the_event() -> None:
    """With the share of the running text, to three decimals, and even where quoted text is switched off."""
    html = replace(OUTCOME, extraction=Extraction(method="widened", share=0.98765))
    assert data(event(html, quotes=False))["article"]["extraction"] == {"method": "widened", "share": 0.988}
    assert data(event(OUTCOME))["article"]["extraction"] is None


@pytest.mark.parametrize("kind", [BodyType.PLAIN, BodyType.HTML])
def test_without_quotes_nothing_of_the_article_is_in_the_event(kind: BodyType) -> None:
    """Positions and labels only: no title, no name, no word of the text; the sender's own topics stay."""
    outcome = replace(OUTCOME, article=replace(ARTICLE, body_type=kind))
    message = event(outcome, quotes=False)
    value = (message.value or b"").decode()
    for word in ("SECRET", "Ruiz", "Q17", "Enough", "said", "😀"):
        assert word not in value
    assert data(message)["claims"][0]["start"] == TEXT.index("Enough")
    assert data(message)["topics"][0]["topic"] == "the dam is safe"


def test_the_same_input_gives_the_same_event() -> None:
    """Byte for byte and with the same id, so a consumer that sees it twice can tell."""
    assert event() == event()


def test_another_input_or_model_gives_another_id() -> None:
    """A correction and a new model are new events."""
    ids = {
        event().header("ce_id"),
        event(replace(OUTCOME, article=replace(ARTICLE, version=2))).header("ce_id"),
        event(models=[replace(MODEL, sha256="cd" * 32)]).header("ce_id"),
    }
    assert len(ids) == 3


def test_the_event_names_the_model_that_read_the_article() -> None:
    """The one of the article's language, and its engine; its id is of all models that are loaded, whichever read it."""
    other = replace(MODEL, name="other", sha256="cd" * 32, engine="onnxruntime")
    loaded = [replace(MODEL, engine="openvino"), other]
    message = event(replace(OUTCOME, model=other), models=loaded)
    assert data(message)["model"] == {"name": "other", "version": other.version, "sha256": other.sha256}
    assert message.header("ce_engine") == b"onnxruntime"
    assert message.header("ce_id") == event_id(ARTICLE, loaded).encode()
    skipped = event(Skipped(article=ARTICLE, reason="language", detail="German is not spoken."), models=loaded)
    assert data(skipped)["model"]["name"] == MODEL.name


@pytest.mark.parametrize("status", [Status.WITHHELD, Status.CANCELED])
def test_a_retraction_repeats_no_text(status: Status) -> None:
    """Its id, version and status, the sender's own ids, and nothing else of what was taken back."""
    message = event(Retracted(article=replace(ARTICLE, status=status)))
    assert message.header("ce_type") == b"claimwire.article.retracted.v1"
    found = data(message)
    assert found["status"] == status.value
    assert {name for name, value in found["article"].items() if value} == {"id", "version", "metadata"}


def test_what_the_sender_says_of_the_article_passes_through() -> None:
    """Authors, tags and metadata are in the event as they were sent, of an article that was not read too."""
    for outcome in (OUTCOME, Skipped(article=ARTICLE, reason="language", detail="German is not spoken.")):
        told = data(event(outcome))["article"]
        assert told["authors"] == ["SECRET author"]
        assert told["tags"] == ["SECRET tag"]
        assert told["metadata"] == {"desk": "foreign", "Story-Id": "7"}


def test_an_article_that_says_nothing_more_has_the_id_that_it_always_had() -> None:
    """Absent authors, tags and metadata are not hashed; metadata that differ make another event."""
    bare = replace(ARTICLE, authors=(), tags=(), metadata={})
    assert canonical(bare) == b'{"body":"%s","body_type":"text/plain","id":"urn:\xc3\xbc","status":"usable",' % (
        TEXT.encode()
    ) + (b'"title":"SECRET title","topics":["the dam is safe"],"version":1}')
    ids = [
        event_id(replace(ARTICLE, metadata=metadata), [MODEL])
        for metadata in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"a": "1"})
    ]
    assert ids[0] == ids[1] != ids[2]


def test_a_usable_article_is_not_retracted() -> None:
    """A mistake in the code shows itself before anything is written."""
    with pytest.raises(ValueError, match="usable"):
        event(Retracted(article=ARTICLE))


def test_a_skipped_article_says_why() -> None:
    """The reason is a stable code beside a sentence."""
    message = event(Skipped(article=ARTICLE, reason="language", detail="German is not spoken.", detected_language="de"))
    assert message.header("ce_type") == b"claimwire.article.skipped.v1"
    assert (data(message)["reason"], data(message)["detail"]) == ("language", "German is not spoken.")
    assert data(message)["detected_language"] == "de"


@pytest.mark.parametrize(
    ("headers", "carried"),
    [
        ((), None),
        ((("traceparent", b"garbage"),), None),
        ((("traceparent", b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01"),), None),
        ((("ce_traceparent", b"00-" + b"a" * 32 + b"-b7ad6b7169203331-01"),), "a" * 32),
    ],
)  # fmt: skip
def test_only_a_sound_trace_context_is_carried(headers: tuple[tuple[str, bytes], ...], carried: str | None) -> None:
    """A broken one would break the consumer's tracing; the extension attribute counts as well as the header."""
    parent = event(cause=replace(CAUSE, headers=headers)).header("traceparent")
    assert (parent.decode().split("-")[1] if parent else None) == carried


def test_a_structured_event_hands_its_trace_on() -> None:
    """In structured mode the trace context is a member of the event."""
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    cause = replace(
        CAUSE,
        headers=(("content-type", b"application/cloudevents+json"),),
        value=orjson.dumps({"specversion": "1.0", "traceparent": parent}),
    )
    assert event(cause=cause).header("traceparent") == parent.encode()


def test_a_given_time_wins() -> None:
    """What asks at once has no record, hence no timestamp of one."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert event(cause=None, time=at).header("ce_time") == b"2026-03-01T12:00:00Z"
    assert event(cause=None).header("ce_time") is None
