"""Errors of the frames on the gold development articles, worst first and counted by class.

usage: python -m evaluation misses --data DATA [--model DIR] [--split dev|train] [--worst N]

Each error has a weight: a missed claim 1 plus its stances, a spurious claim its confidence, a wrong speaker 1 plus the
stances lost with it, a stance one half. Lines name the article and the offsets.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation import frames
from evaluation.frames import Row
from service.analysis.english import function_words
from service.analysis.pipeline import Pipeline
from service.core.article import Enriched
from service.core.frames import Claim, ClaimKind
from service.core.quotation_marks import DOUBLE
from service.core.span import Span
from service.inference.artifact import load_model

SHORT = 5  # words; a shorter content is a phrase rather than a statement
_STANCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One error: its class, its weight, and its place."""

    kind: str
    weight: float
    article: str
    place: Span
    detail: str = ""


def misses(article: Row, gold: Row, outcome: Enriched) -> Iterator[Miss]:
    """Yield what is wrong in one article's frames."""
    hulls = frames.hulls_of(article)
    rows = [row for row in gold["attributions"] if row["id"] in hulls]
    marked = {row["id"]: row for row in article["attributions"]}
    claims = [claim for claim in outcome.enrichment.claims if claim.kind is not ClaimKind.AUTHOR_STATEMENT]
    names = {entity.id: entity.name for entity in outcome.enrichment.entities}
    matches = list(frames.matches(rows, claims, hulls))
    found = {row["id"] for row, _ in matches}
    used = {claim.id for _, claim in matches}
    for row in rows:
        if row["id"] not in found:
            place = Span(*hulls[row["id"]])
            yield Miss(
                kind=f"claim missed: {_missed(article['text'], place, claims)}",
                weight=1 + len(row["stances"]),
                article=gold["id"],
                place=place,
            )
    for claim in claims:
        if claim.id not in used:
            yield Miss(kind="claim too many", weight=claim.confidence, article=gold["id"], place=claim.hull)
    for row, claim in matches:
        if not frames.right_speaker(row, claim):
            yield Miss(
                kind=f"speaker wrong: {_source(article['text'], marked[row['id']]['source'])}",
                weight=1 + len(row["stances"]),
                article=gold["id"],
                place=claim.hull,
                detail=f"{row['speaker']} | {claim.speaker.name}",
            )
        else:
            yield from _stances(gold["id"], row, claim, names)


def _missed(text: str, place: Span, claims: Sequence[Claim]) -> str:
    if any(frames.overlap((place.start, place.end), (claim.hull.start, claim.hull.end)) > 0 for claim in claims):
        return "found, with less than half of its extent right"
    if len(place.of(text).split()) < SHORT:
        return f"fewer than {SHORT} words"
    return "a quote" if place.of(text)[:1] in DOUBLE else "indirect, nothing seen"


def _source(text: str, source: Sequence[Sequence[int]]) -> str:
    if not source:
        return "no source written"
    words = text[source[0][0] : source[-1][1]]
    if words.casefold() in function_words.PRONOUNS:
        return "a pronoun"
    return "a name" if frames.proper(words) else "a role or description"


def _stances(article: str, row: Row, claim: Claim, names: Mapping[str, str]) -> Iterator[Miss]:
    held = [(names[target], str(label)) for target, label in frames.held(claim)]
    wanted = [(stance["target"], stance["label"]) for stance in row["stances"]]
    # Targets that the annotator only described ("the reopening of the schools") are not entities and stay uncounted, as
    # in the figures.
    for target, label in wanted:
        near = [said for name, said in held if frames.same(target, name)]
        if label in near or not frames.proper(target):
            continue
        if near:
            kind = "stance of the wrong sign"
        elif any(frames.same(target, name) for name in names.values()):
            kind = "stance missed: the target is an entity"
        else:
            kind = "stance missed: the target is not an entity"
        yield Miss(kind=kind, weight=_STANCE, article=article, place=claim.hull, detail=f"{label} {target}")
    for name, label in held:
        if not any(frames.same(target, name) for target, _ in wanted):
            yield Miss(
                kind="stance too many", weight=_STANCE, article=article, place=claim.hull, detail=f"{label} {name}"
            )


def main(argv: Sequence[str] | None = None) -> None:
    """Print the classes with their counts, then the worst misses."""
    parser = argparse.ArgumentParser(prog="evaluation misses", description="What the frames get wrong, by class.")
    frames.add_options(parser)
    parser.add_argument("--worst", type=int, default=50, help="how many to list")
    options = parser.parse_args(argv)
    pipeline = Pipeline(model=load_model(options.model))
    every: list[Miss] = []
    counts: dict[str, Counter[str]] = {}
    for name, paths in frames.SETS.items():
        articles, gold = (frames.rows_of(options.data / path.format(split=options.split)) for path in paths)
        for number, outcome in frames.enriched(pipeline, articles, list(gold)):
            found = list(misses(articles[number], gold[number], outcome))
            every.extend(found)
            counts.setdefault(name, Counter()).update(miss.kind for miss in found)
    width = max(len(miss.kind) for miss in every)
    print(f"{'':{width}}" + "".join(f"{name:>12}" for name in counts))
    for kind in sorted({miss.kind for miss in every}):
        print(f"{kind:{width}}" + "".join(f"{count[kind]:>12}" for count in counts.values()))
    print(f"\nthe worst {options.worst}: what it costs, class, article, offsets, wanted | found")
    for miss in sorted(every, key=lambda miss: (-miss.weight, miss.article, miss.place))[: options.worst]:
        print(f"{miss.weight:4.1f}  {miss.kind}  {miss.article}  {miss.place.start}-{miss.place.end}  {miss.detail}")
