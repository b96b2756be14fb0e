"""Names in all their cases and quotes in the marks of each language, found without a model.

usage: python -m evaluation multilingual --gold GOLD

GOLD holds `multi.dev.LANGUAGE.jsonl`: documents with attributions and speakers. Two tables are printed.

- Names: every place where a speaker's name stands, told by the beginnings of its words, is given as tagged. Of
  speakers who are named more than once: how many are one entity by all their mentions, how many mentions are in their
  speaker's largest cluster; in how many clusters two speakers are mixed; and how many speakers bear a name that holds
  the annotator's, or is held by it. Beside it the same without the language's endings.
- Quotes: of the pieces of direct quotations, how many are the inside of a quote, or what the writer's words leave of
  it, border marks aside; with the annotated cues as tags. Beside it the same when the text is read as English.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.frames import same
from service.analysis.attributions.asides import without_asides
from service.analysis.entities.cluster import cluster
from service.analysis.languages.language import Language, is_small
from service.analysis.languages.lookup import language_of
from service.analysis.text.characters import as_read
from service.analysis.text.document import segment
from service.core.frames import EntityType
from service.core.model import Named
from service.core.quotation_marks import MARKS
from service.core.span import Span

LANGUAGES = ("ru", "hy", "ka", "az", "tr")
_WORD = re.compile(r"\w[\w՛՜՞]*(?:[-'’]\w+)?")
_BORDERS = " \t\n.,;:!?…։՝-–—" + MARKS
_LEAST = 3  # letters of a beginning
_ENDING = 2  # letters of a nominative that other cases may lack
_LONGER = 5  # letters that another case may have more
_KINDS = {"person": EntityType.PERSON, "organization": EntityType.ORGANIZATION}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the name of one speaker stands."""

    speaker: str
    type: EntityType
    spans: tuple[Span, ...]


def documents(gold: Path, language: str) -> Iterator[Row]:
    """Yield the annotated documents of a language, with the text as it is read."""
    with (gold / f"multi.dev.{language}.jsonl").open(encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            read = as_read(row["text"]).text
            if len(read) == len(row["text"]):  # else the annotated places are not those of what is read
                yield row | {"text": read}


def places(row: Row) -> list[Places]:
    """Return where the speakers of a document are named; a place that may be two speakers' is left out."""
    text = row["text"]
    found: dict[tuple[str, EntityType], set[Span]] = {}
    for item in row["attributions"]:
        kind = _KINDS.get(item["speaker_kind"])
        if kind is not None and not is_small(item["speaker"][0]):
            found[item["speaker"], kind] = set(_named(text, item["speaker"], kind))
    known = []
    for (name, kind), spans in found.items():
        others = {span for key, theirs in found.items() if key != (name, kind) for span in theirs}
        own = sorted(span for span in spans if not any(span.overlaps(other) for other in others))
        if own:
            known.append(Places(speaker=name, type=kind, spans=tuple(own)))
    return known


def _named(text: str, speaker: str, kind: EntityType) -> Iterator[Span]:
    """Yield where a name stands in any case: all of a body's words; of a person's the last, with those before it."""
    wanted = _WORD.findall(speaker)
    words = list(_WORD.finditer(text))
    for at in range(len(words)):
        last = words[at]
        if not _alike(last.group(), wanted[-1]):
            continue
        length = 1
        while (
            length < min(len(wanted), at + 1)
            and _alike(words[at - length].group(), wanted[-1 - length])
            and text[words[at - length].end() : words[at - length + 1].start()].strip(" -–") == ""
        ):
            length += 1
        if kind is EntityType.PERSON or length == len(wanted):
            yield Span(words[at - length + 1].start(), last.end())


def _alike(found: str, wanted: str) -> bool:
    """Return whether a word begins as another does, and neither is much longer."""
    one, two = found.casefold(), wanted.casefold()
    beginning = two[: max(_LEAST, len(two) - _ENDING)]
    capital = is_small(found[0]) == is_small(wanted[0])
    return capital and one.startswith(beginning) and len(one) <= len(two) + _LONGER


def names(row: Row, language: Language) -> Counter[str]:
    """Return the counts of one document's names."""
    text, counts = row["text"], Counter[str]()
    known = places(row)
    tagged = [Named(span=span, type=one.type, confidence=1.0) for one in known for span in one.spans]
    actors = cluster(text, sorted(tagged, key=lambda item: item.span), language=language)
    held: dict[int, set[str]] = {}
    for one in known:
        clusters = Counter(
            number
            for span in one.spans
            for number, actor in enumerate(actors)
            if any(mention.overlaps(span) for mention in actor.mentions)
        )
        for number in clusters:
            held.setdefault(number, set()).add(one.speaker)
        counts["speakers"] += 1
        if not clusters:
            continue
        largest, mentions = clusters.most_common(1)[0]
        counts["named"] += same(one.speaker, actors[largest].name)
        if len(one.spans) > 1:
            counts["several"] += 1
            counts["whole"] += len(clusters) == 1
            counts["mentions"] += len(one.spans)
            counts["together"] += mentions
    counts["mixed"] = sum(len(speakers) > 1 for speakers in held.values())
    return counts


def quotes(row: Row, read_as: str) -> Counter[str]:
    """Return how many pieces of direct quotations a document has, and how many are found whole."""
    text, counts = row["text"], Counter[str]()
    document = segment(text, language=read_as)
    for item in row["attributions"]:
        if item["kind"] != "direct":
            continue
        cues = [Span(*cue) for cue in item["cue"]]
        insides = (
            [quote.inner] if read_as == "en" else without_asides(text, quote.inner, cues) for quote in document.quotes
        )
        said = {_bare(text, piece) for pieces in insides for piece in pieces}
        counts["pieces"] += len(item["content"])
        counts["found"] += sum(_bare(text, Span(*piece)) in said for piece in item["content"])
    return counts


def _bare(text: str, span: Span) -> tuple[int, int]:
    start, end = span.start, span.end
    while start < end and text[start] in _BORDERS:
        start += 1
    while end > start and text[end - 1] in _BORDERS:
        end -= 1
    return start, end


def main(arguments: Sequence[str]) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="evaluation multilingual", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gold", type=Path, required=True)
    gold = parser.parse_args(arguments).gold
    print("| names | speakers one entity | mentions together | clusters mixed | named | without endings |")
    print("|---|---|---|---|---|---|")
    for code in LANGUAGES:
        rows = list(documents(gold, code))
        own = sum((names(row, language_of(code)) for row in rows), Counter[str]())
        plain = sum((names(row, Language(code=code)) for row in rows), Counter[str]())
        figures = (
            f"{own['whole']} of {own['several']}",
            f"{own['together']} of {own['mentions']}",
            str(own["mixed"]),
            f"{own['named']} of {own['speakers']}",
            f"{plain['whole']}, {plain['together']}, {plain['mixed']}, {plain['named']}",
        )
        print(f"| {code} | {' | '.join(figures)} |")
    print("\n| quotes | found whole | as English |\n|---|---|---|")
    for code in ("en", *LANGUAGES):
        rows = list(documents(gold, code))
        own, plain = (sum((quotes(row, read_as) for row in rows), Counter[str]()) for read_as in (code, "en"))
        print(f"| {code} | {own['found']} of {own['pieces']} | {plain['found']} |")
