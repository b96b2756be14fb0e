"""Readers of the data files: typed, checked rows with unchanged offsets. `docs/model-card.md` describes each file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Offsets = tuple[int, int]

# The nine types of the worldwide corpus to ours; dates and sums of money are dropped.
WORLDWIDE_TYPES = {
    "Person": "person",
    "Organization": "organization",
    "Location": "location",
    "Facility": "location",
    "NORP": "group",
    "Product": "other",
    "Misc": "other",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One attribution: its spans by role, and the gold frame where an annotator added one."""

    id: str
    source: tuple[Offsets, ...]
    cue: tuple[Offsets, ...]
    content: tuple[Offsets, ...]
    frame: "Frame | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The speaker, and the speaker's stances."""

    speaker: str
    speaker_kind: str
    stances: tuple[tuple[str, str], ...]
    check_worthy: bool | None  # None: not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionArticle:
    """An article with its attributions.

    Attributes:
        nested: contents inside contents are marked too.
        found: a model found the attributions: their labels are trained on, but not their places.
        language: of the text; names in it may have endings if it is not English.
    """

    id: str
    text: str
    discard: tuple[Offsets, ...]
    attributions: tuple[Attribution, ...]
    nested: bool = False
    found: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A sentence, a mention in it, and the author's stance toward it."""

    text: str
    target: Offsets
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectedRow:
    """A sentence with two mentions, and which of them favors or opposes the other."""

    text: str
    p: Offsets
    q: Offsets
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A text and its stance toward a proposition or name."""

    text: str
    topic: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedRow:
    """A tokenized sentence with BIO tags; `doc` is its document, if known."""

    doc: str | None
    tokens: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedArticle:
    """An article, those of its sentences in which every name is known, and the names: start, end, type."""

    id: str
    text: str
    sentences: tuple[Offsets, ...]
    entities: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscourseArticle:
    """An article's sentences: text, role (None for a headline), and whether it reports speech."""

    sentences: tuple[tuple[str, str | None, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A text and what the teacher says of it; every distribution is (favor, against, neutral) or the five directions.

    Attributes:
        text: an article, a sentence or an argument.
        names: (start, end, type), where the text is an article.
        directed: (p, q, distribution), where it is a sentence.
        author: (mention, distribution), where it is a sentence.
        topics: (topic, distribution), where it is an argument.
    """

    text: str
    names: tuple[tuple[int, int, str], ...] = ()
    directed: tuple[tuple[Offsets, Offsets, tuple[float, ...]], ...] = ()
    author: tuple[tuple[Offsets, tuple[float, ...]], ...] = ()
    topics: tuple[tuple[str, tuple[float, ...]], ...] = ()


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def attribution_articles(path: Path, *frames: Path) -> list[AttributionArticle]:
    """Read articles with attributions, and the frames of those that one of the files `frames` holds."""
    known = {
        row["id"]: {item["id"]: frame_of(item) for item in row["attributions"]} for file in frames for row in rows(file)
    }
    return [
        AttributionArticle(
            id=row["id"],
            text=row["text"],
            discard=_spans(row.get("discard", ())),
            nested="publisher" not in row,
            attributions=tuple(
                attribution_of(item, known.get(row["id"], {}).get(item["id"])) for item in row["attributions"]
            ),
        )
        for row in rows(path)
    ]


def attribution_of(item: dict[str, Any], frame: Frame | None) -> Attribution:
    """Return an attribution from its row and its frame."""
    return Attribution(
        id=item["id"],
        source=_spans(item["source"]),
        cue=_spans(item["cue"]),
        content=_spans(item["content"]),
        frame=frame,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuery:
    """A stance question about one attribution of an article, answered by its gold frame; `name` is the target's."""

    article: str
    attribution: str
    target: Offsets
    label: str
    name: str = ""


def frame_queries(path: Path) -> list[FrameQuery]:
    """Read stance questions: rows of `id`, `attribution`, `target`, `label` and, in newer files, `name`."""
    return [
        FrameQuery(
            article=row["id"],
            attribution=row["attribution"],
            target=(int(row["target"][0]), int(row["target"][1])),
            label=row["label"],
            name=row.get("name", ""),
        )
        for row in rows(path)
    ]


def target_rows(path: Path) -> list[TargetRow]:
    """Read NewsMTSC."""
    return [TargetRow(text=row["text"], target=tuple(row["target"]), label=row["label"]) for row in rows(path)]


def directed_rows(path: Path) -> list[DirectedRow]:
    """Read directed sentiment."""
    return [
        DirectedRow(text=row["text"], p=tuple(row["p"]), q=tuple(row["q"]), label=row["label"]) for row in rows(path)
    ]


def topic_rows(path: Path) -> list[TopicRow]:
    """Read topic stance."""
    return [TopicRow(text=row["text"], topic=row["target"], label=row["label"]) for row in rows(path)]


def taught(path: Path) -> list[Taught]:
    """Read what a teacher said."""
    return [
        Taught(
            text=row["text"],
            names=tuple((start, end, kind) for start, end, kind in row.get("names", ())),
            directed=tuple(((p[0], p[1]), (q[0], q[1]), tuple(said)) for p, q, said in row.get("directed", ())),
            author=tuple(((at[0], at[1]), tuple(said)) for at, said in row.get("author", ())),
            topics=tuple((topic, tuple(said)) for topic, said in row.get("topics", ())),
        )
        for row in rows(path)
    ]


def tagged_rows(path: Path) -> list[TaggedRow]:
    """Read entity tags."""
    return [TaggedRow(doc=row.get("doc"), tokens=tuple(row["tokens"]), tags=tuple(row["tags"])) for row in rows(path)]


def discourse_articles(path: Path) -> list[DiscourseArticle]:
    """Read discourse roles."""
    return [
        DiscourseArticle(sentences=tuple((item["text"], item["role"], item["speech"]) for item in row["sentences"]))
        for row in rows(path)
    ]


def tagged_spans(row: TaggedRow, types: dict[str, str]) -> list[tuple[int, int, str]]:
    """Return (first word, last word, type) of each tagged span whose type `types` knows.

    An inside tag that follows nothing of its type begins a span, as in the CoNLL scorer: rows may start in mid-name.
    """
    found: list[tuple[int, int, str]] = []
    start, current = 0, None
    for index, tag in enumerate([*row.tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if current is not None and (prefix != "I" or kind != current):
            if current in types:
                found.append((start, index - 1, types[current]))
            current = None
        if prefix != "O" and current is None:
            start, current = index, kind
    return found


def joined(words: Sequence[str]) -> tuple[str, list[Offsets]]:
    """Join words to running text; return it and the offsets of each word."""
    text = ""
    places: list[Offsets] = []
    open_quote = False
    glue = True
    for word in words:
        closing_quote = word == '"' and open_quote
        left = glue or word in {
            ".",
            ",",
            ";",
            ":",
            "!",
            "?",
            ")",
            "]",
            "%",
            "”",
            "’",
            "…",
            "'s",
            "’s",
            "n't",
            "n’t",
            "'re",
            "'ve",
            "'ll",
            "-",
            "/",
        }
        text += "" if left or closing_quote else " "
        places.append((len(text), len(text) + len(word)))
        text += word
        if word == '"':
            open_quote = not open_quote
        glue = word in {"(", "[", "“", "‘", "-", "/", "$", "#", "@"} or (word == '"' and open_quote)
    return text, places


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRow:
    """A sentence, and the opinions in it: holder (None: the author), target, label favor or against.

    Opinions of somebody whom the sentence does not name are left out.
    """

    id: str
    text: str
    opinions: tuple[tuple[Offsets | None, Offsets, str], ...]


def opinion_rows(path: Path) -> list[OpinionRow]:
    """Read RuOpinionNE; of a holder or target in several pieces the first counts."""
    return [
        OpinionRow(
            id=row["id"],
            text=row["text"],
            opinions=tuple(
                (
                    None if item["holder"] == "author" else _spans(item["holder"])[0],
                    _spans(item["target"])[0],
                    item["label"],
                )
                for item in row["opinions"]
                if item["holder"] and item["target"]
            ),
        )
        for row in rows(path)
    ]


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[Offsets, ...]:
    return tuple((int(start), int(end)) for start, end in pairs)


def frame_of(item: dict[str, Any]) -> Frame:
    """Return a frame from its row."""
    return Frame(
        speaker=item["speaker"],
        speaker_kind=item["speaker_kind"],
        stances=tuple((stance["target"], stance["label"]) for stance in item["stances"]),
        check_worthy=item["check_worthy"],
    )
