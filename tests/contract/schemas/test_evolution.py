"""The contract as files, compared with the code, with every older version, and with independent validators."""

import copy
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.evolution import accepts_all, without_annotations
from schemas.export import NAMES, check, export, schema, stored
from service.core.article import Rejected
from service.core.message import Message
from service.wire.codec import decode

ROOT = Path(__file__).parents[3] / "schemas"
ASYNCAPI = yaml.safe_load((ROOT / "asyncapi.yaml").read_text())
FIELDS = [
    "id",
    "body",
    "title",
    "version",
    "status",
    "language",
    "topics",
    "authors",
    "published_at",
    "tags",
    "metadata",
    "x",
]
ARTICLE = jsonschema_rs.Draft202012Validator(schema("article"), validate_formats=True)
EXAMPLES = sorted(file for file in (ROOT / "examples").glob("*.json") if file.stem.split("-")[0] in NAMES)


def test_the_wire_of_today_may_follow_every_snapshot() -> None:
    """What was accepted is accepted, what was promised is kept, and the last snapshot is today's."""
    assert check() == []


def test_export_changes_nothing(tmp_path: Path) -> None:
    """Written anew, the snapshots are the ones in the repository."""
    export(tmp_path)
    for name in NAMES:
        snapshots = stored(name)
        assert stored(name, tmp_path)[1] == snapshots[max(snapshots)]


@pytest.mark.parametrize("name", NAMES)
def test_every_snapshot_is_a_json_schema(name: str) -> None:
    """Draft 2020-12, by its own meta-schema."""
    for snapshot in stored(name).values():
        jsonschema.Draft202012Validator.check_schema(snapshot)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_every_example_holds_in_every_version(file: Path) -> None:
    """Two independent validators accept each event under each snapshot, and input under the last."""
    name = file.stem.split("-")[0]
    example = json.loads(file.read_text())
    for snapshot in list(stored(name).values())[-1 if name == "article" else 0 :]:
        jsonschema.Draft202012Validator(snapshot).validate(example)
        assert jsonschema_rs.is_valid(snapshot, example)


@given(
    fields=st.dictionaries(
        st.sampled_from(FIELDS),
        st.none()
        | st.integers(-1, 3)
        | st.booleans()
        | st.sampled_from(["usable", "canceled", "en", "e", "2026-01-01T00:00:00Z", "soon", " ", "", "a\0", "a\n"])
        | st.lists(st.sampled_from(["t", "", 1, None]), max_size=9)
        | st.dictionaries(st.sampled_from(["desk", "x" * 65, " ", "a\n", *"abc"]), st.sampled_from(["t", "", 1, None])),
    )
)  # fmt: skip
@settings(max_examples=600, deadline=None)
def test_the_schema_and_the_decoder_say_the_same(fields: dict[str, Any]) -> None:
    """A document that the published schema accepts is taken, and one that it refuses is refused."""
    found = decode(Message(topic="t", key=None, value=orjson.dumps(fields)), max_bytes=10_000)
    assert ARTICLE.is_valid(fields) is not isinstance(found, Rejected), (fields, found)


def _changed(name: str, path: str, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a schema, and the same with one thing changed; a value of None removes it."""
    before = schema(name)
    after = copy.deepcopy(before)
    *parents, last = path.split("/")
    place: Any = after
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return before, after


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("required", ["id", "title"]),
        ("properties/topics/maxItems", 7),
        ("properties/version/minimum", 2),
        ("properties/version/type", "string"),
        ("properties/status/enum", ["usable", "withheld"]),
        ("properties/source", None),
        ("properties/id/pattern", "^urn:"),
        ("properties/title/anyOf", [{"type": "string"}]),
        ("properties/metadata/maxProperties", 31),
        ("properties/metadata/propertyNames/maxLength", 63),
        ("properties/metadata/additionalProperties/maxLength", 999),
        ("properties/metadata/additionalProperties", False),
        ("not", {"required": ["url"]}),
    ],
)
def test_input_may_not_narrow(path: str, value: Any) -> None:
    """Each of these would refuse an article that was accepted yesterday."""
    before, after = _changed("article", path, value)
    assert accepts_all(after, before) != []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/section", {"type": "string"}),
        ("properties/topics/maxItems", 9),
        ("properties/metadata/maxProperties", 64),
        ("properties/metadata/propertyNames", None),
        ("properties/metadata/additionalProperties", True),
        ("properties/status/enum", ["usable", "withheld", "canceled", "expired"]),
        ("required", []),
        ("description", "Other words."),
    ],
)
def test_input_may_widen(path: str, value: Any) -> None:
    """None of these refuses anything that was accepted before."""
    before, after = _changed("article", path, value)
    assert accepts_all(after, before) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("required", ["article", "model", "entities", "claims", "stances"]),
        ("$defs/Claim/properties/kind/enum", ["direct_quote", "rumour"]),
        ("$defs/Claim/properties/text", {"type": "integer"}),
        ("$defs/Span/properties/start/minimum", -1),
        ("$defs/ArticleRef/properties/metadata/additionalProperties", {"type": "integer"}),
        ("$defs/Speaker/properties/entity", {"type": "string"}),
        ("$defs/Claim/properties/spans/minItems", 0),
    ],
)
def test_output_may_not_widen(path: str, value: Any) -> None:
    """Each of these would give a consumer something that the contract excludes."""
    before, after = _changed("enriched", path, value)
    assert accepts_all(before, after) != []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$defs/Claim/properties/negated", {"type": "boolean"}),
        ("$defs/Claim/properties/kind/enum", ["direct_quote", "indirect_quote"]),
        ("$defs/Span/description", "Other words."),
    ],
)
def test_output_may_gain(path: str, value: Any) -> None:
    """Consumers pass over fields that they do not know."""
    before, after = _changed("enriched", path, value)
    assert accepts_all(before, after) == []


def test_words_alone_make_no_new_version(tmp_path: Path) -> None:
    """A snapshot that differs in its descriptions is overwritten; one that differs in what it accepts is kept."""
    export(tmp_path)
    file = tmp_path / "article" / "1.json"
    snapshot = json.loads(file.read_text())
    file.write_text(json.dumps(snapshot | {"description": "Old words."}))
    assert export(tmp_path) == [file]
    snapshot["properties"]["topics"]["maxItems"] = 4
    file.write_text(json.dumps(snapshot))
    assert export(tmp_path) == [tmp_path / "article" / "2.json"]
    assert check(tmp_path) == []
    assert without_annotations(stored("article", tmp_path)[2]) == without_annotations(schema("article"))


def test_the_asyncapi_document_is_valid() -> None:
    """AsyncAPI 3.0, by an object model that takes nothing it does not know."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from asyncapi3 import AsyncAPI3  # noqa: PLC0415  # it warns while it is imported

        document = AsyncAPI3.model_validate(ASYNCAPI)
    assert document.asyncapi == "3.0.0"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    """Inside the document, or to the last snapshot of a schema."""
    for reference in _references(ASYNCAPI):
        if reference.startswith("#/"):
            place: Any = ASYNCAPI
            for part in reference[2:].split("/"):
                place = place[part]
        else:
            file = ROOT / reference
            assert int(file.stem) == max(stored(file.parent.name))


def test_the_asyncapi_document_names_the_events_types() -> None:
    """What the code writes into `ce_type` is what the document says."""
    names = {message["name"] for message in ASYNCAPI["components"]["messages"].values()}
    assert {schema(name)["$id"].removeprefix("urn:claimwire:") for name in NAMES if name != "event"} <= names


@pytest.mark.parametrize("name", ["enriched", "retracted", "skipped"])
def test_the_schema_of_any_event_is_the_three_as_they_are(name: str) -> None:
    """It refers to each event's own schema, word for word, and takes each example."""
    alone, union = schema(name), schema("event")
    definitions = union["$defs"]
    assert {"$ref": f"#/$defs/{alone['title']}"} in union["anyOf"]
    apart = ("$schema", "$id", "$defs")
    assert definitions[alone["title"]] == {key: value for key, value in alone.items() if key not in apart}
    assert alone["$defs"].items() <= definitions.items()
    jsonschema.Draft202012Validator(union).validate(json.loads((ROOT / "examples" / f"{name}.json").read_text()))


def test_a_further_event_type_may_join_the_topic(tmp_path: Path) -> None:
    """The schema of any event may gain an alternative, where none of its parts may."""
    export(tmp_path)
    file = tmp_path / "event" / "1.json"
    snapshot = json.loads(file.read_text())
    file.write_text(json.dumps(snapshot | {"anyOf": snapshot["anyOf"][:2]}))
    assert check(tmp_path) == ["event: the code differs from snapshot 1; run `claimwire schemas export`"]
    export(tmp_path)
    assert check(tmp_path) == []


@pytest.mark.parametrize("name", ["article", "article-retraction", "cloudevent", "ninjs"])
def test_every_example_of_input_is_taken(name: str) -> None:
    """What the documentation shows is what the decoder accepts."""
    value = (ROOT / "examples" / f"{name}.json").read_bytes()
    found = decode(Message(topic="t", key=None, value=value), max_bytes=100_000)
    assert not isinstance(found, Rejected), found
