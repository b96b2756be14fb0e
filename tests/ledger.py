"""Events for tests of the ledger, and what its tables must hold after them, computed from the events alone."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from service.core.message import Message
from service.ledger.tables import (
    CHILDREN,
    REFERENCES,
    article_stances,
    articles,
    claims,
    entities,
    mentions,
    metadata,
    stances,
    topics,
)
from service.streaming.consume.stored_sink import Log

LOG = Log(topic="cluster/topic", partition=0)
TYPE = "claimwire.article.{}.v1"
MODEL = {"name": "claimwire-en-base", "version": "0.5.0", "sha256": "5" * 64}


def enriched(
    article_id: str,
    *claims: Mapping[str, Any],
    version: int = 1,
    source: str | None = "Gazette",
    published_at: str | None = "2026-03-18T09:30:00Z",
    title: str | None = "A title",
    topics: Sequence[Mapping[str, Any]] = (),
    language: str | None = "en",
    refs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the data of an event whose claims are `{"speaker", "text", "stances": {target: label}, …}`.

    Speakers and targets are names, or pairs of name and type; entities are made of them in order. None is the author.
    `refs` has ids of the entity list by name.
    """
    known: dict[tuple[str, str], str] = {}

    def entity(name: str | tuple[str, str] | None) -> str | None:
        if name is None:
            return None
        key = (name, "person") if isinstance(name, str) else name
        return known.setdefault(key, f"e{len(known) + 1}")

    made = []
    held: dict[tuple[str, str], dict[str, Any]] = {}
    for number, claim in enumerate(claims, start=1):
        speaker, text = claim.get("speaker"), claim.get("text", f"Claim {number} of this article is long enough.")
        start = 100 * number
        name = speaker if isinstance(speaker, str) or speaker is None else speaker[0]
        stances = [
            {"target": entity(target), "label": label, "confidence": claim.get("sure", 0.9)}
            for target, label in claim.get("stances", {}).items()
        ]
        holder = entity(speaker)
        made.append(
            {
                "id": f"c{number}",
                "start": start,
                "end": start + len(text),
                "text": text,
                "spans": [{"start": start, "end": start + len(text)}],
                "kind": "author_statement" if speaker is None else claim.get("kind", "direct_quote"),
                "speaker": {
                    "entity": holder,
                    "name": name,
                    "kind": "author" if speaker is None else claim.get("speaker_kind", "person"),
                    "start": None,
                    "end": None,
                    "confidence": 0.9,
                },
                "cue": None if speaker is None else {"start": start - 5, "end": start - 1, "text": "said"},
                "check_worthiness": claim.get("worth", 0.5),
                "confidence": claim.get("confidence", 0.8),
                "stances": stances,
            }
        )
        for each in stances:
            key = (holder or "author", each["target"])
            summed = {"holder": key[0], "target": key[1], "label": each["label"], "confidence": each["confidence"]}
            held.setdefault(key, summed | {"claims": []})["claims"].append(f"c{number}")
    return {
        "article": {
            "id": article_id,
            "version": version,
            "title": title,
            "url": f"https://news.example/{article_id}",
            "language": language,
            "published_at": published_at,
            "source": source,
            "text_sha256": "a" * 64,
            "text_length": 1_000,
            "text": None,
            "extraction": None,
        },
        "model": MODEL,
        "entities": [
            {"id": number, "name": name, "type": kind, "mentions": [{"start": at, "end": at + len(name)}]}
            | {"ref": (refs or {}).get(name)}
            for at, ((name, kind), number) in enumerate(known.items())
        ],
        "claims": made,
        "stances": list(held.values()),
        "topics": list(topics),
    }


def retracted(article_id: str, *, version: int = 1, status: str = "canceled") -> dict[str, Any]:
    """Return the data of a retraction."""
    return {"article": {"id": article_id, "version": version}, "status": status}


def skipped(article_id: str, *, version: int = 1) -> dict[str, Any]:
    """Return the data of an event of an article that was not read."""
    article = {"id": article_id, "version": version, "title": "Ein Titel"}
    return {"article": article, "model": MODEL, "reason": "unsupported-language", "detail": "Not English."}


def record(data: Mapping[str, Any] | str, *, offset: int, at: int = 1_773_826_200_000, partition: int = 0) -> Message:
    """Return the record of an event's data, or the tombstone of the article with that id; `at` is in milliseconds."""
    if isinstance(data, str):
        key, value, headers = data.encode(), None, ()
    else:
        kind = "retracted" if "status" in data else "skipped" if "reason" in data else "enriched"
        key, value = data["article"]["id"].encode(), json.dumps(data).encode()
        headers = (("ce_type", TYPE.format(kind).encode()), ("ce_id", f"{offset:064x}".encode()))
    return Message(
        topic="articles.enriched",
        key=key,
        value=value,
        headers=headers,
        partition=partition,
        offset=offset,
        timestamp=at,
    )


def records(*data: Mapping[str, Any] | str, start: int = 0) -> list[Message]:
    """Return records of these, one after the other."""
    return [record(each, offset=offset) for offset, each in enumerate(data, start=start)]


def everything(connection: Connection) -> str:
    """Return all that the tables hold as one text: what is not in it is nowhere."""
    return json.dumps(
        [
            [str(value) for value in row]
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        ],
        ensure_ascii=False,
    )


def counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has that an event fills."""
    return {table.name: len(connection.execute(select(table)).all()) for table in (articles, entities, *CHILDREN)}


def expected(log: Sequence[Message]) -> dict[str, Any]:
    """Return what must be held of each article after these records, worked out from them alone.

    Args:
        log: All records of the topic, each partition's in order, one partition for each article.
    """
    found: dict[str, Any] = {}
    for message in log:
        key = (message.key or b"").decode()
        if message.value is None:
            found.pop(key, None)
            continue
        data = json.loads(message.value)
        version = data["article"]["version"]
        if key in found and found[key]["version"] > version:
            continue
        status = data.get("status", "skipped" if "reason" in data else "enriched")
        found[key] = {"version": version, "status": status, "rows": sorted(_told(data), key=repr)}
    return found


def _told(data: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the parts of an event, entities by name."""
    names = {entity["id"]: entity["name"] for entity in data.get("entities", ())} | {"author": None}
    rows: list[tuple[Any, ...]] = []
    for entity in data.get("entities", ()):
        rows += [("mention", entity["name"], each["start"], each["end"]) for each in entity["mentions"]]
    for claim in data.get("claims", ()):
        speaker = names[claim["speaker"]["entity"] or "author"]
        rows.append(("claim", claim["id"], claim["text"], claim["kind"], speaker, claim["check_worthiness"]))
        rows += [("stance", claim["id"], names[each["target"]], each["label"]) for each in claim["stances"]]
    for each in data.get("stances", ()):
        rows.append(("held", names[each["holder"]], names[each["target"]], each["label"], *each["claims"]))
    for topic in data.get("topics", ()):
        rows.append(("topic", topic["topic"], "article", topic["label"]))
        rows += [("topic", topic["topic"], names[each["holder"]], each["label"]) for each in topic["holders"]]
    return rows


def held(connection: Connection) -> dict[str, Any]:
    """Return what the tables hold of each article, in the form of `expected`; look that nothing in them dangles."""
    names = {row.id: row.name for row in connection.execute(select(entities))} | {None: None}
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for each in connection.execute(select(mentions)):
        rows.setdefault(each.article_id, []).append(("mention", names[each.entity_id], each.start_char, each.end_char))
    places = {}
    for each in connection.execute(select(claims)):
        places[each.id] = (each.article_id, each.claim)
        speaker = names[each.speaker_id]
        rows.setdefault(each.article_id, []).append(
            ("claim", each.claim, each.text, each.kind, speaker, each.check_worthiness)
        )
    for each in connection.execute(select(stances)):
        article_id, claim = places[each.claim_id]
        rows[article_id].append(("stance", claim, names[each.target_id], each.label))
    for each in connection.execute(select(article_stances)):
        rows[each.article_id].append(("held", names[each.holder_id], names[each.target_id], each.label, *each.claims))
    for each in connection.execute(select(topics)):
        holder = "article" if each.holder == "article" else names[each.holder_id]
        rows[each.article_id].append(("topic", each.topic, holder, each.label))
    used = set().union(*(connection.execute(select(column).distinct()).scalars().all() for column in REFERENCES))
    assert set(names) == used | {None}, "entities that nothing refers to"
    return {
        each.id: {
            "version": each.version,
            "status": each.status,
            "rows": sorted(rows.get(each.id, []), key=repr),
        }
        for each in connection.execute(select(articles))
    }
