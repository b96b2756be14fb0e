"""Direct quotations: the annotators', those that a program finds, and the figures that come of both.

A gold quotation is an attribution whose kind is `direct`, or, in PolNeAR, which has no kinds, one whose content begins
and ends with a quotation mark. Marks, spaces and commas at the edges do not count. A program's quotation matches a gold
one when their character overlap is at least half of their union, one to one, best overlap first, as in
`evaluation.frames`. A quotation that the cue interrupts is one attribution in gold and two quotations for some
programs, so the best overlap between the hulls or any two pieces counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation import frames
from service.core.quotation_marks import CLOSING, OPENING

Offsets = tuple[int, int]
Counts = Counter[str]

_OPENING, _CLOSING = frozenset(OPENING), frozenset(CLOSING)
_EDGES = _OPENING | _CLOSING | frozenset(" \n\t\xa0,.")
AUTHOR = "author"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """What a program says of one quotation; offsets are code points, end exclusive.

    Attributes:
        pieces: where its words stand; several when the cue interrupts it.
        speakers: the names that the program gives for its one speaker, any of which may be right; none if it names
            nobody.
        source: where the speaker is written near the quotation, if the program says so.
    """

    pieces: tuple[Offsets, ...]
    speakers: tuple[str, ...] = ()
    source: Offsets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldQuotation:
    """What the annotators say: the pieces, the speaker's fullest name, and where the source is written, if it is."""

    pieces: tuple[Offsets, ...]
    speaker: str
    source: tuple[Offsets, ...]


def gold_quotations(article: frames.Row, gold: frames.Row) -> list[GoldQuotation]:
    """Return an article's direct quotations.

    Args:
        article: `text`, and `attributions` with their spans.
        gold: `attributions` with their speakers.
    """
    text = article["text"]
    speakers = {row["id"]: row["speaker"] for row in gold["attributions"]}
    return [
        GoldQuotation(
            pieces=tuple(bare(text, start, end) for start, end in sorted(row["content"])),
            speaker=speakers[row["id"]],
            source=tuple((start, end) for start, end in row["source"]),
        )
        for row in article["attributions"]
        if row["content"] and row["id"] in speakers and _is_direct(text, row)
    ]


def _is_direct(text: str, row: Mapping[str, Any]) -> bool:
    if "kind" in row:
        return bool(row["kind"] == "direct")
    pieces = sorted(row["content"])
    said = text[pieces[0][0] : pieces[-1][1]].strip().rstrip(",.")
    return len(said) > 1 and said[0] in _OPENING and said[-1] in _CLOSING


def bare(text: str, start: int, end: int) -> Offsets:
    """Return a span without marks, spaces, commas and full stops at its edges; one of nothing else stays as it is."""
    first, last = start, end
    while first < last and text[first] in _EDGES:
        first += 1
    while last > first and text[last - 1] in _EDGES:
        last -= 1
    return (first, last) if first < last else (start, end)


def overlap(one: Sequence[Offsets], other: Sequence[Offsets]) -> float:
    """Return the best share of the union that both cover, between the hulls or any two pieces."""
    hulls = (one[0][0], one[-1][1]), (other[0][0], other[-1][1])
    return max(frames.overlap(*hulls), *(frames.overlap(a, b) for a in one for b in other))


def matches(
    golds: Sequence[GoldQuotation], found: Sequence[Quotation], least: float = 0.5
) -> Iterator[tuple[GoldQuotation, Quotation]]:
    """Yield the gold quotations that were found, each with the program's."""
    pairs = sorted(
        ((overlap(gold.pieces, one.pieces), -i, -j) for i, gold in enumerate(golds) for j, one in enumerate(found)),
        reverse=True,
    )
    taken: set[int] = set()
    used: set[int] = set()
    for share, i, j in pairs:
        if share >= least and i not in taken and j not in used:
            taken.add(i)
            used.add(j)
            yield golds[-i], found[-j]


def is_speaker(gold: str, said: Sequence[str]) -> bool:
    """Return whether a speaker is the annotators'; nobody is right where they say that it is the author."""
    return not said if gold == AUTHOR else any(frames.same(gold, name) for name in said)


def counts(text: str, golds: Sequence[GoldQuotation], found: Sequence[Quotation]) -> Counts:
    """Return what one article came to: quotations by how they were read, and the letters of the gold ones."""
    trimmed = [
        Quotation(
            pieces=tuple(bare(text, *piece) for piece in sorted(one.pieces)), speakers=one.speakers, source=one.source
        )
        for one in found
    ]
    result: Counts = Counter(articles=1, gold=len(golds), returned=len(trimmed))
    for gold, one in matches(golds, trimmed):
        right = is_speaker(gold.speaker, one.speakers)
        result["found"] += 1
        result["right"] += right
        result["unknown"] += not one.speakers
        if gold.source:
            result["written"] += 1
            result["written_right"] += one.source is not None and any(
                frames.overlap(one.source, place) > 0 for place in gold.source
            )
    for gold in golds:
        letters = _places(gold.pieces)
        result["letters"] += len(letters)
        result["letters_found"] += len(letters & _covered(trimmed))
        result["letters_right"] += len(
            letters & _covered(one for one in trimmed if is_speaker(gold.speaker, one.speakers))
        )
    return result


def _places(pieces: Iterable[Offsets]) -> set[int]:
    return {place for start, end in pieces for place in range(start, end)}


def _covered(found: Iterable[Quotation]) -> set[int]:
    return _places(piece for one in found for piece in one.pieces)


def share(counted: Mapping[str, int], part: str, whole: str) -> float:
    """Return one count as a share of another, 0 of nothing."""
    return counted[part] / counted[whole] if counted[whole] else 0.0


FIGURES = {  # a name, and the two counts whose ratio it is
    "found": ("found", "gold"),
    "speaker right, of those found": ("right", "found"),
    "found and speaker right": ("right", "gold"),
    "no speaker, of those found": ("unknown", "found"),
    "source as written right, of those found": ("written_right", "written"),
    "letters found": ("letters_found", "letters"),
    "letters with the right speaker": ("letters_right", "letters"),
}


def figures(articles: Sequence[Counts]) -> dict[str, list[float]]:
    """Return every figure with the bounds of its 95% bootstrap interval over articles."""
    tallies = [frames.Tally(counts=one) for one in articles]
    whole = frames.total(tallies).counts
    return {
        name: [
            round(value, 3)
            for value in (
                share(whole, part, of),
                *frames.interval(tallies, lambda tally, part=part, of=of: share(tally.counts, part, of)),  # type: ignore[misc]
            )
        ]
        for name, (part, of) in FIGURES.items()
    }
