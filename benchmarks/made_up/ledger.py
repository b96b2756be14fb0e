"""A ledger's contents, made up: names, words and outlets as unevenly frequent as in the news (Zipf's law)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import psycopg
from sqlalchemy import Connection, Table, insert, select

from service.core.message import Message
from service.ledger.identity import words_of
from service.ledger.repeats import BANDS
from service.ledger.tables import articles, claim_bands, claims, entities, entity_words, logs, stances

PER_ARTICLE: Final = 10  # claims
_WORDS: Final = 40_000
_PER_CLAIM: Final = 18  # words
_REPEATS: Final = 0.2  # of claims, that share the group of an earlier one
_LOG: Final = 1_000_000  # its id: above those that PostgreSQL gives out
_MADE: Final = 100_000  # claims
_BEFORE: Final = 1_000  # claims between a claim and its repeat
_BEGAN: Final = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS: Final = 730
_AT_ONCE: Final = 20_000  # rows
_SYLLABLES: Final = (
    "ba",
    "con",
    "der",
    "fi",
    "gar",
    "hel",
    "in",
    "jo",
    "kan",
    "lor",
    "mi",
    "nu",
    "per",
    "ro",
    "sta",
    "vu",
)


def _words(count: int) -> list[str]:
    """Return words, each another."""
    base = len(_SYLLABLES)
    return [
        "".join(_SYLLABLES[(number // base**place) % base] for place in range(4)) + ("s" if number % 3 else "")
        for number in range(count)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What claims are made of."""

    words: Sequence[str]
    people: Sequence[str]
    outlets: Sequence[str]

    def said(self, chance: np.random.Generator) -> str:
        """Return a statement."""
        return " ".join(self.words[at] for at in zipf(chance, len(self.words), _PER_CLAIM))


def world(*, people: int) -> World:
    """Return a world of so many people."""
    words = _words(_WORDS)
    named = [f"{words[at % 997].title()} {words[at % len(words)].title()}" for at in range(people)]
    return World(words=words, people=named, outlets=[f"Outlet {at}" for at in range(300)])


def zipf(chance: np.random.Generator, size: int, count: int) -> Sequence[int]:
    """Return ranks below `size`, the first ones most often: about as often as one over the rank."""
    found: list[int] = (np.exp(chance.random(count) * np.log(size)).astype(int) - 1).tolist()
    return found


def entity_id(number: int) -> str:
    """Return the id of a person."""
    return f"{number:020x}"


def fill(connection: Connection, world: World, *, count: int, seed: int) -> None:
    """Write `count` claims straight into empty tables, with their articles, stances and names.

    Beyond `_MADE` claims the database copies what is there, with other ids: the same words and names, as often.
    """
    chance = np.random.default_rng(seed)
    connection.execute(insert(logs).values(id=_LOG, topic="made/up", partition=0, position=count // PER_ARTICLE))
    names = [
        {"id": entity_id(at), "type": "person", "name": name, "normalized_name": name.casefold(), "article_id": None,
         "canonical_id": entity_id(at), "canonical_name": name}
        for at, name in enumerate(world.people)
    ]  # fmt: skip
    _copy(connection, entities, names)
    words = [{"entity_id": each["id"], "word": word} for each in names for word in words_of(str(each["name"]))]
    _copy(connection, entity_words, words)
    made_up = min(count, _MADE)
    for start in range(1, made_up + 1, _AT_ONCE):
        made = list(_claims(chance, world, start, min(start + _AT_ONCE, made_up + 1), made_up))
        _copy(connection, articles, [each[0] for each in made if each[0] is not None])
        _copy(connection, claims, [each[1] for each in made])
        _copy(connection, stances, [stance for each in made for stance in each[2]])

    for shift in range(made_up, count, made_up):
        other = {
            articles.c.id: articles.c.id.concat(f":{shift}"),
            claims.c.id: claims.c.id + shift,
            claims.c.article_id: claims.c.article_id.concat(f":{shift}"),
            claims.c.group_id: claims.c.group_id + shift,
            stances.c.claim_id: stances.c.claim_id + shift,
            stances.c.group_id: stances.c.group_id + shift,
        }
        for table, key in ((articles, articles.c.log_offset), (claims, claims.c.id), (stances, stances.c.claim_id)):
            first = articles.c.id.not_like("%:%:%:%") if table is articles else key <= made_up
            copied = select(*(other.get(column, column) for column in table.columns)).where(first)
            connection.execute(insert(table).from_select([column.name for column in table.columns], copied))
    for start in range(1, count + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, count + 1))
        hashes = chance.integers(-(2**63), 2**63 - 1, size=(len(numbers), BANDS)).tolist()  # as those of real texts
        bands = [{"hash": each, "claim_id": at} for at, found in zip(numbers, hashes, strict=True) for each in found]
        _copy(connection, claim_bands, bands)


def _claims(
    chance: np.random.Generator, world: World, start: int, end: int, count: int
) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any], list[dict[str, Any]]]]:
    speakers = zipf(chance, len(world.people), end - start)
    targets = zipf(chance, len(world.people), 2 * (end - start))
    outlets = zipf(chance, len(world.outlets), end - start)
    for at, number in enumerate(range(start, end)):
        first = number - (number - 1) % PER_ARTICLE
        article, outlet = f"urn:article:{first}", world.outlets[outlets[(first - start) % len(outlets)]]
        said_at = _BEGAN + timedelta(days=_DAYS * first / count)
        common = {"said_at": said_at, "source": outlet, "language": "en" if first % 10 else "fr"}
        row: dict[str, Any] | None = None
        if number == first:
            row = common | {
                "id": article, "version": 1, "status": "enriched", "title": "A title of some length",
                "url": f"https://news.example/{first}", "published_at": said_at, "log_id": _LOG, "log_offset": first,
                "recorded_at": said_at, "reason": None, "text_sha256": None, "text_length": 5_000, "model": "made up",
                "model_sha256": None, "event_id": None,
            }  # fmt: skip
        repeats = number > _BEFORE and chance.random() < _REPEATS
        author = number % 3 == 0
        speaker = None if author else entity_id(speakers[at])
        claim = common | {
            "id": number, "article_id": article, "claim": f"c{number - first + 1}", "start_char": 100, "end_char": 220,
            "spans": [[100, 220]], "text": world.said(chance), "kind": "author_statement" if author else "direct_quote",
            "speaker_id": speaker, "speaker_name": None if author else world.people[speakers[at]],
            "speaker_kind": "author" if author else "person", "speaker_confidence": 0.9, "cue": "said",
            "cue_start_char": 221, "cue_end_char": 225, "check_worthiness": round(float(chance.beta(2, 5)), 3),
            "confidence": round(float(chance.beta(8, 2)), 3), "group_id": number - _BEFORE if repeats else number,
        }  # fmt: skip
        toward = {targets[2 * at], targets[2 * at + 1]} if number % 2 else set()
        held = [
            {"claim_id": number, "target_id": entity_id(target), "holder_id": speaker, "said_at": said_at,
             "label": ("favor", "against", "neutral")[int(chance.integers(3))], "confidence": 0.7,
             "group_id": claim["group_id"]}
            for target in toward
        ]  # fmt: skip
        yield row, claim, held


def _copy(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows: by COPY in PostgreSQL."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection) or not rows:
        if rows:
            connection.execute(insert(table), rows)
        return
    names = ", ".join(rows[0])
    with driver.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([json.dumps(value) if isinstance(value, list) else value for value in row.values()])


def events(world: World, *, count: int, seed: int, topic: str) -> Iterator[Message]:
    """Return records of enriched articles, as a worker writes them."""
    chance = np.random.default_rng(seed)
    for number in range(count):
        people = sorted(set(zipf(chance, len(world.people), 12)))
        said = [world.said(chance) for _ in range(PER_ARTICLE)]
        known = [
            {
                "id": f"e{at}",
                "name": world.people[person],
                "type": "person",
                "mentions": [{"start": 10 * at, "end": 10 * at + 8}],
            }
            for at, person in enumerate(people, start=1)
        ]
        made = []
        for at, text in enumerate(said, start=1):
            speaker = known[at % len(known)]
            target = known[(at + 1) % len(known)]["id"]
            made.append(
                {
                    "id": f"c{at}", "start": 200 * at, "end": 200 * at + len(text), "text": text,
                    "spans": [{"start": 200 * at, "end": 200 * at + len(text)}], "kind": "direct_quote",
                    "speaker": {"entity": speaker["id"], "name": speaker["name"], "kind": "person", "start": None,
                                "end": None, "confidence": 0.9},
                    "cue": None, "check_worthiness": 0.5, "confidence": 0.8,
                    "stances": [{"target": target, "label": "favor", "confidence": 0.7}] if at % 2 else [],
                }
            )  # fmt: skip
        article = f"urn:event:{seed}:{number}"
        data = {
            "article": {"id": article, "version": 1, "title": "A title", "url": None, "language": "en",
                        "published_at": "2026-03-18T09:30:00Z", "source": "Outlet 1", "text_sha256": "a" * 64,
                        "text_length": 5_000, "text": None, "extraction": None},
            "model": {"name": "made-up", "version": "1", "sha256": "0" * 64},
            "entities": known, "claims": made, "stances": [], "topics": [],
        }  # fmt: skip
        yield Message(
            topic=topic,
            key=article.encode(),
            value=json.dumps(data).encode(),
            headers=(("ce_type", b"claimwire.article.enriched.v1"), ("ce_id", f"{number:064x}".encode())),
            partition=0,
            offset=number,
            timestamp=1_773_826_200_000,
        )
