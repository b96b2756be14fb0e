"""The wire as files: one JSON Schema 2020-12 for each document, every version of it kept as a numbered snapshot.

    snapshots/article/1.json     what comes in
    snapshots/enriched/1.json    claimwire.article.enriched.v1
    snapshots/retracted/1.json   claimwire.article.retracted.v1
    snapshots/skipped/1.json     claimwire.article.skipped.v1
    snapshots/event/1.json       any of the last three, for consumers that need one schema per topic

Rules of evolution: what was accepted stays accepted (input), and what was promised stays true (output). So input may
gain optional fields and wider values, output may gain fields; anything else needs a new event type, `….v2`. `event` is
held to nothing of its own: its parts are, and a further type may join them.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel

from schemas.article import ARTICLE_TYPE, Article
from schemas.enriched import (
    ENRICHED_TYPE,
    RETRACTED_TYPE,
    SKIPPED_TYPE,
    EnrichedArticle,
    Event,
    RetractedArticle,
    SkippedArticle,
)
from schemas.evolution import accepts_all, without_annotations

SNAPSHOTS: Final = Path(__file__).parent / "snapshots"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DOCUMENTS: Final[Mapping[str, tuple[type[BaseModel], str, Literal["validation", "serialization"]]]] = {
    "article": (Article, ARTICLE_TYPE, "validation"),
    "enriched": (EnrichedArticle, ENRICHED_TYPE, "serialization"),
    "retracted": (RetractedArticle, RETRACTED_TYPE, "serialization"),
    "skipped": (SkippedArticle, SKIPPED_TYPE, "serialization"),
    "event": (Event, "claimwire.article.event.v1", "serialization"),
}
NAMES: Final = tuple(_DOCUMENTS)


def schema(name: str) -> dict[str, Any]:
    """Return today's schema of a document."""
    model, event_type, mode = _DOCUMENTS[name]
    body = model.model_json_schema(mode=mode)
    return {"$schema": DIALECT, "$id": f"urn:claimwire:{event_type}", **body}


def stored(name: str, directory: Path = SNAPSHOTS) -> dict[int, dict[str, Any]]:
    """Return every snapshot of a document by its number, oldest first."""
    files = sorted((directory / name).glob("*.json"), key=lambda file: int(file.stem))
    return {int(file.stem): json.loads(file.read_bytes()) for file in files}


def export(directory: Path = SNAPSHOTS) -> list[Path]:
    """Write today's schemas; return what was written.

    A schema that accepts the same as its last snapshot overwrites it, since only words changed; another is the next
    number. Whether it may follow is for `check` to say.
    """
    written = []
    for name in NAMES:
        today, snapshots = schema(name), stored(name, directory)
        number = max(snapshots, default=0)
        if snapshots.get(number) == today:
            continue
        if number == 0 or without_annotations(today) != without_annotations(snapshots[number]):
            number += 1
        file = directory / name / f"{number}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(today, indent=2, ensure_ascii=False) + "\n")
        written.append(file)
    return written


def check(directory: Path = SNAPSHOTS) -> list[str]:
    """Return what is wrong, a line each: nothing where today's wire is the last snapshot and may follow every one."""
    return [f"{name}: {fault}" for name in NAMES for fault in _faults(name, directory)]


def _faults(name: str, directory: Path) -> Iterator[str]:
    today, snapshots = schema(name), stored(name, directory)
    if not snapshots:
        yield "there is no snapshot; run `claimwire schemas export`"
        return
    if snapshots[max(snapshots)] != today:
        yield f"the code differs from snapshot {max(snapshots)}; run `claimwire schemas export`"
    for number, snapshot in snapshots.items():
        if name == "article":
            refusals = accepts_all(today, snapshot)
            yield from (f"what snapshot {number} accepted is refused: {refusal}" for refusal in refusals)
        elif name != "event":
            broken = accepts_all(snapshot, today)
            yield from (f"what snapshot {number} promised is broken: {refusal}" for refusal in broken)
