"""IPTC ninjs 3 documents, written after its schema, and the articles that they become."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from service.core.article import Article, BodyType, Rejected, Status
from service.core.message import Message
from service.wire.codec import decode

NOW = datetime(2026, 6, 1, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "standard": {
        "name": "ninjs",
        "version": "3.2",
        "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.2.json#",
    },
    "uri": "urn:newsml:example.org:20260501:dam-7",
    "type": "text",
    "profile": "text-only",
    "version": "7",
    "firstCreated": "2026-05-01T08:00:00Z",
    "versionCreated": "2026-05-01T10:30:00+02:00",
    "pubStatus": "usable",
    "urgency": 4,
    "language": "en",
    "by": "Ana Ruiz",
    "copyrightHolder": "Example Press",
    "infoSources": [{"name": "Example Agency", "role": "distributor"}],
    "headlines": [
        {"role": "short", "value": "Dam"},
        {"role": "main", "contentType": "text/plain", "value": "Dam will be filled, ministry says"},
    ],
    "bodies": [
        {"role": "main", "contentType": "application/xhtml+xml", "value": "<p>The dam will be filled.</p>"},
        {"role": "main", "contentType": "text/plain", "charCount": 24, "value": "The dam will be filled."},
        {"role": "caption", "contentType": "text/plain", "value": "The dam"},
    ],
    "people": [{"name": "Ana Ruiz", "rel": "about"}],
    "places": [{"name": "Marn"}],
    "subjects": [{"name": "water", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000430"}],
    "keywords": ["dams", "water"],
    "slugline": "dam-filling",
    "altIds": [{"role": "internal", "value": "7"}],
    "rightsInfo": {"linkedRights": "https://example.org/rights"},
}


def read(document: dict[str, Any]) -> Article | Rejected:
    """Decode the document as it would come from the topic, at `NOW`."""
    return decode(
        Message(topic="articles", key=None, value=orjson.dumps(document), timestamp=int(NOW.timestamp() * 1_000)),
        max_bytes=1_000_000,
    )


def article(document: dict[str, Any]) -> Article:
    """Decode a document that must be an article."""
    found = read(document)
    assert isinstance(found, Article), found
    return found


def test_every_mapped_property() -> None:
    """The table of `docs/ninjs.md`, line by line."""
    found = article(DOCUMENT)
    assert found == Article(
        id=found.id,
        version=7,
        title="Dam will be filled, ministry says",
        body="The dam will be filled.",
        body_type=BodyType.PLAIN,
        language="en",
        published_at=datetime(2026, 5, 1, 8, 30, tzinfo=UTC),
        source="Example Agency",
        authors=("Ana Ruiz",),
        tags=("water", "dams"),
        metadata={"slugline": "dam-filling", "internal": "7"},
    )
    assert found.id == DOCUMENT["uri"]


@pytest.mark.parametrize(
    ("bodies", "body", "kind"),
    [
        ([{"value": "x"}], "x", BodyType.PLAIN),
        ([{"value": " <p>x</p>\n"}], " <p>x</p>\n", BodyType.HTML),
        ([{"value": "<p>x</p>", "contentType": "text/plain"}], "<p>x</p>", BodyType.PLAIN),
        ([{"role": "html", "contentType": "text/html; charset=utf-8", "value": "x"}], "x", BodyType.HTML),
        ([{"role": "richtext", "contentType": "body_xhtml", "value": "<p>x</p>"}], "<p>x</p>", BodyType.HTML),
        ([{"role": "a", "value": "x"}, {"role": "main", "contentType": "text/html", "value": "y"}], "y", BodyType.HTML),
        ([{"contentType": "text/nitf", "value": "x"}, {"contentType": "TEXT/HTML", "value": "y"}], "y", BodyType.HTML),
    ],
)  # fmt: skip
def test_one_body_is_chosen(bodies: list[dict[str, str]], body: str, kind: BodyType) -> None:
    """The main one before others, plain text before markup, unreadable types never."""
    found = article(DOCUMENT | {"bodies": bodies})
    assert (found.body, found.body_type) == (body, kind)


@pytest.mark.parametrize(
    ("headlines", "title"),
    [
        ([{"value": "only"}], "only"),
        ([{"role": "sub", "value": "first"}, {"role": "x", "value": "second"}], "first"),
        ([{"role": "main", "contentType": "text/html", "value": "<b>x</b>"}, {"role": "x", "value": "plain"}], "plain"),
        ([], None),
    ],
)
def test_the_headline(headlines: list[dict[str, str]], title: str | None) -> None:
    """The main one, else the first without markup."""
    assert article(DOCUMENT | {"headlines": headlines}).title == title


@pytest.mark.parametrize(
    ("change", "tags", "metadata"),
    [
        ({"altIds": {"guid": "g-1", "n": 5}}, ("water", "dams"), {"slugline": "dam-filling", "guid": "g-1"}),
        (
            {"altIds": [{"role": "a" * 65, "value": "7"}, {"role": "b", "value": "8"}, "c"]},
            ("water", "dams"),
            {"slugline": "dam-filling", "b": "8"},
        ),
        (
            {"altIds": [{"role": str(n), "value": "x"} for n in range(99)], "slugline": None},
            ("water", "dams"),
            {str(n): "x" for n in range(32)},
        ),
        ({"altIds": "x", "slugline": 5, "subjects": [{"name": 5}, {"uri": "x"}, "y"], "keywords": "z"}, (), {}),
        ({"altIds": None, "slugline": "a\0", "subjects": None, "keywords": ["x" * 301, " ", "y"]}, ("y",), {}),
        (
            {"altIds": [], "slugline": "s", "subjects": [{"name": str(n)} for n in range(200)]},
            tuple(map(str, range(100))),
            {"slugline": "s"},
        ),
    ],
)
def test_what_an_article_cannot_hold_is_passed_over(
    change: dict[str, Any], tags: tuple[str, ...], metadata: dict[str, str]
) -> None:
    """Ids, slugline, subjects and keywords are passed through where they fit, and never make a document an error."""
    found = article(DOCUMENT | change)
    assert (found.tags, dict(found.metadata)) == (tags, metadata)


@pytest.mark.parametrize("status", ["withheld", "canceled"])
def test_pub_status_takes_back(status: str) -> None:
    """A document that is withheld or canceled needs no body."""
    found = article({"uri": "urn:a", "pubStatus": status, "version": "8"})
    assert (found.status, found.version) == (Status(status), 8)


def test_names_in_lower_case_are_the_same_names() -> None:
    """Version 2 of ninjs spells them so, and its text parts are otherwise the same."""
    lower = {
        name.lower(): [{k.lower(): v for k, v in part.items()} for part in value] if name == "bodies" else value
        for name, value in DOCUMENT.items()
    }
    assert article(lower) == article(DOCUMENT)


def test_a_source_without_info_sources_is_the_copyright_holder() -> None:
    """Some agencies give their name only there."""
    document = {name: value for name, value in DOCUMENT.items() if name != "infoSources"}
    assert article(document).source == "Example Press"


def test_an_embargo_ahead_is_refused_with_its_time() -> None:
    """Embargoes are not held, so the sender is told when to send again."""
    found = read(DOCUMENT | {"embargoedUntil": "2026-06-01T02:00:00+01:00"})
    assert isinstance(found, Rejected)
    assert (found.code, found.field) == ("embargoed", "/embargoedUntil")
    assert "2026-06-01T01:00:00Z" in found.message


@pytest.mark.parametrize("name", ["embargoedUntil", "embargoed"])
def test_an_embargo_that_is_over_is_none(name: str) -> None:
    """The time is held against the record's own, so reading again decides the same."""
    assert article(DOCUMENT | {name: "2026-06-01T00:00:00Z"}).version == 7


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"embargoedUntil": "soon"}, "bad-value", "/embargoedUntil"),
        ({"embargoedUntil": 5}, "bad-value", "/embargoedUntil"),
        ({"version": "7b"}, "bad-value", "/version"),
        ({"version": "9" * 30}, "bad-value", "/version"),
        ({"version": "0"}, "bad-value", "/version"),
        ({"version": True}, "bad-value", "/version"),
        ({"bodies": []}, "missing-field", "/bodies"),
        ({"bodies": "text"}, "wrong-type", "/bodies"),
        ({"bodies": ["text"]}, "wrong-type", "/bodies"),
        ({"bodies": [{"value": 5}]}, "wrong-type", "/bodies"),
        ({"bodies": [{"value": "  "}]}, "empty-body", "/bodies"),
        ({"bodies": [{"role": "main"}]}, "missing-field", "/bodies"),
        ({"bodies": [{"contentType": "video/mp4", "value": "x"}]}, "unsupported-content-type", "/bodies"),
        ({"headlines": {"value": "x"}}, "wrong-type", "/headlines"),
        ({"pubStatus": "draft"}, "bad-value", "/pubStatus"),
        ({"uri": 5}, "wrong-type", "/uri"),
        ({"uri": None}, "missing-field", "/uri"),
        ({"by": ["Ana"]}, "wrong-type", "/by"),
        ({"versionCreated": "yesterday"}, "bad-value", "/versionCreated"),
    ],
)
def test_what_is_wrong_points_into_the_document(change: dict[str, Any], code: str, field: str) -> None:
    """The pointer names the ninjs property, not the article's field that it becomes."""
    found = read(DOCUMENT | change)
    assert isinstance(found, Rejected)
    assert (found.code, found.field) == (code, field)
