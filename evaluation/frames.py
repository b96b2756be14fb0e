"""The quality of frames: the gold development articles through the whole pipeline, with bootstrap intervals.

usage: python -m evaluation frames --data DATA [--model DIR] [--split dev|train] [--annotated FILE] [--once]

DATA holds `gold/` and `data/attribution/`. A predicted claim matches a gold content when their character overlap is at
least half of their union (hulls of discontinuous spans); matching is one to one, best overlap first. Names match when,
titles removed, the words of one are a subset of the other's, and the predicted one has at most six more. Intervals are
the middle 95% of a thousand resamplings of the articles (Efron & Tibshirani, 1993).
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import Claim, ClaimKind, SpeakerKind, StanceLabel
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL

SETS = {
    "PolNeAR": ("data/attribution/polnear.{split}.jsonl", "gold/frames.{split}.jsonl"),
    "worldwide": ("gold/worldwide.{split}.articles.jsonl", "gold/worldwide.{split}.frames.jsonl"),
}

RESAMPLINGS = 1000
BATCH = 16  # articles
_TITLES = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "sen", "rep", "gov", "president", "senator", "representative", "governor"),
        *("secretary", "prime", "minister", "the", "a", "an", "of"),
    ]
)
_MORE_WORDS = 6  # a predicted name may be longer than the gold one, within limits
_OVERLAP = 0.5
SURE = 0.5  # the confidence from which a stance counts

Row = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """The counts of one article, or of several."""

    counts: Counter[str] = field(default_factory=Counter)
    worth: list[tuple[float, bool]] = field(default_factory=list)

    def __iadd__(self, other: "Tally") -> Self:
        """Add another article."""
        self.counts += other.counts
        self.worth += other.worth
        return self


def name_words(name: str) -> set[str]:
    """Return the words that distinguish a name."""
    every = set(re.findall(r"\w+", name.lower()))
    return every - _TITLES or every


def same(gold: str, predicted: str, language: Language = ENGLISH) -> bool:
    """Return whether two names can belong to the same person; in a language with cases, whatever the case."""
    g, p = name_words(gold), name_words(in_the_form_of(gold, predicted, language))
    return bool(g and p) and (p <= g or g <= p) and len(p) - len(g) <= _MORE_WORDS


def in_the_form_of(model: str, name: str, language: Language) -> str:
    """Return a name with each word that is another case of a word of the model as the model has it."""
    if not language.declensions:
        return name
    own = {word: language.folded(word) for word in model.split()}
    return " ".join(
        next((word for word, folded in own.items() if language.one_word(folded, language.folded(written))), written)
        for written in name.split()
    )


def proper(name: str) -> bool:
    """Return whether this is a proper name, not a description."""
    capitals = [word[:1].isupper() for word in name.split()]
    return capitals[:1] == [True] or sum(capitals) > 1


def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Return the intersection of two spans divided by their union."""
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common / (max(a[1], b[1]) - min(a[0], b[0])) if common > 0 else 0.0


def hulls_of(article: Row) -> dict[str, tuple[int, int]]:
    """Return where each attribution's content begins and ends."""
    return {
        row["id"]: (min(start for start, _ in row["content"]), max(end for _, end in row["content"]))
        for row in article["attributions"]
        if row["content"]
    }


def tally(article: Row, gold: Row, outcome: Enriched, language: Language = ENGLISH) -> Tally:
    """Compare one article's frames with the annotator's; names may be in another case where the language has cases."""
    counts: Counter[str] = Counter()
    worth: list[tuple[float, bool]] = []
    hulls = hulls_of(article)
    golds = [row for row in gold["attributions"] if row["id"] in hulls]
    claims = [claim for claim in outcome.enrichment.claims if claim.kind is not ClaimKind.AUTHOR_STATEMENT]
    names = {entity.id: entity.name for entity in outcome.enrichment.entities}
    counts["gold"] = len(golds)
    counts["predicted"] = len(claims)
    counts["stances_gold"] = sum(proper(stance["target"]) for row in golds for stance in row["stances"])
    for least, prefix in ((0.0, "stances"), (SURE, "sure")):
        counts[f"{prefix}_predicted"] = sum(
            proper(names[target]) for claim in claims for target, _ in held(claim, least)
        )
    for row, claim in matches(golds, claims, hulls):
        right = right_speaker(row, claim, language)
        counts["matched"] += 1
        counts["speakers"] += right
        worth.append((claim.check_worthiness, row["check_worthy"]))
        if right:
            counts["stances"] += _right_stances(row, held(claim), names, language)
            counts["sure"] += _right_stances(row, held(claim, SURE), names, language)
    return Tally(counts=counts, worth=worth)


def held(claim: Claim, least: float = 0.0) -> list[tuple[str, StanceLabel]]:
    """Return the targets that a claim is for or against, with a confidence of at least `least`."""
    return [(s.target, s.label) for s in claim.stances if s.label is not StanceLabel.NEUTRAL and s.confidence >= least]


def matches(
    golds: Sequence[Row], claims: Sequence[Claim], hulls: Mapping[str, tuple[int, int]]
) -> Iterable[tuple[Row, Claim]]:
    """Yield the pairs of gold attribution and matching claim, best overlap first."""
    pairs = sorted(
        (
            (overlap(hulls[row["id"]], (claim.hull.start, claim.hull.end)), i, j)
            for i, row in enumerate(golds)
            for j, claim in enumerate(claims)
        ),
        reverse=True,
    )
    rows: set[int] = set()
    used: set[int] = set()
    for score, i, j in pairs:
        if score >= _OVERLAP and i not in rows and j not in used:
            rows.add(i)
            used.add(j)
            yield golds[i], claims[j]


def right_speaker(row: Row, claim: Claim, language: Language = ENGLISH) -> bool:
    """Return whether a claim's speaker is the annotator's."""
    if row["speaker"] == "author" and claim.speaker.kind is SpeakerKind.AUTHOR:
        return True
    return same(row["speaker"], claim.speaker.name, language)


def _right_stances(
    row: Row, said: Iterable[tuple[str, StanceLabel]], names: Mapping[str, str], language: Language
) -> int:
    left = list(row["stances"])
    right = 0
    for target, label in said:
        hit = next(
            (one for one in left if one["label"] == label and same(one["target"], names[target], language)), None
        )
        if hit is not None:
            left.remove(hit)
            right += proper(hit["target"])
    return right


def f1(right: int, predicted: int, gold: int) -> float:
    """Return the harmonic mean of precision and recall."""
    return 2 * right / (predicted + gold) if predicted + gold else 0.0


def auc(worth: Sequence[tuple[float, bool]]) -> float:
    """Return the chance that a check-worthy claim scores above one that is not."""
    positive = np.array([score for score, label in worth if label])
    negative = np.array([score for score, label in worth if not label])
    if not len(positive) or not len(negative):
        return float("nan")
    above = (positive[:, None] > negative[None]).mean() + (positive[:, None] == negative[None]).mean() / 2
    return float(above)


MEASURES: dict[str, Callable[[Tally], float]] = {
    "claims F1": lambda t: f1(t.counts["matched"], t.counts["predicted"], t.counts["gold"]),
    "claims and speakers F1": lambda t: f1(t.counts["speakers"], t.counts["predicted"], t.counts["gold"]),
    "speaker accuracy": lambda t: t.counts["speakers"] / max(1, t.counts["matched"]),
    "stance triples F1": lambda t: f1(t.counts["stances"], t.counts["stances_predicted"], t.counts["stances_gold"]),
    "stances at .5: precision": lambda t: t.counts["sure"] / max(1, t.counts["sure_predicted"]),
    "stances at .5: recall": lambda t: t.counts["sure"] / max(1, t.counts["stances_gold"]),
    "check-worthiness AUC": lambda t: auc(t.worth),
}


def total(tallies: Iterable[Tally]) -> Tally:
    """Add up articles."""
    whole = Tally()
    for one in tallies:
        whole += one
    return whole


def interval(tallies: Sequence[Tally], measure: Callable[[Tally], float]) -> tuple[float, float]:
    """Return the middle 95% of a measure over resamplings of the articles."""
    random = np.random.default_rng(0)
    draws = [
        measure(total(tallies[i] for i in random.integers(len(tallies), size=len(tallies)))) for _ in range(RESAMPLINGS)
    ]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


def rows_of(path: Path) -> dict[str, Row]:
    """Read JSON lines by id."""
    with path.open(encoding="utf8") as lines:
        return {row["id"]: row for row in map(json.loads, lines)}


def annotated(data: Path, path: Path) -> list[dict[str, Row]]:
    """Return raw worldwide articles with the spans of their annotations, and these annotations."""
    texts = rows_of(data / "data/articles/worldwide.train.jsonl")
    gold = rows_of(path)
    return [{name: {**row, "text": texts[name]["text"]} for name, row in gold.items()}, gold]


def enriched(pipeline: Pipeline, articles: Mapping[str, Row], ids: Sequence[str]) -> Iterator[tuple[str, Enriched]]:
    """Send articles through the pipeline."""
    for at in range(0, len(ids), BATCH):
        batch = ids[at : at + BATCH]
        outcomes = pipeline.process(
            [Article(id=ArticleId(name), body=articles[name]["text"], language="en") for name in batch]
        )
        for name, outcome in zip(batch, outcomes, strict=True):
            if not isinstance(outcome, Enriched):
                raise TypeError(f"gold article {name} came out as {type(outcome).__name__}")
            yield name, outcome


def measured(pipeline: Pipeline, articles: Mapping[str, Row], gold: Mapping[str, Row]) -> list[Tally]:
    """Send the gold articles through the pipeline and compare."""
    return [tally(articles[name], gold[name], outcome) for name, outcome in enriched(pipeline, articles, list(gold))]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every measurement on the gold articles takes."""
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds gold/ and data/")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="the model's folder")
    parser.add_argument("--split", choices=("dev", "train"), default="dev")


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="evaluation frames", description="Measure the frames on gold articles.")
    add_options(parser)
    parser.add_argument("--annotated", type=Path, action="append", default=[], help="more frames of worldwide articles")
    parser.add_argument("--once", action="store_true", help="without the second reading of claims")
    options = parser.parse_args(argv)
    pipeline = Pipeline(model=load_model(options.model, reads_twice=not options.once))
    sets = {
        name: [rows_of(options.data / path.format(split=options.split)) for path in paths]
        for name, paths in SETS.items()
    } | {path.name.split(".")[1]: annotated(options.data, path) for path in options.annotated}
    print(f"{'':26}" + "".join(f"{name:>22}" for name in sets))
    columns: list[list[Tally]] = []
    for articles, gold in sets.values():
        started = time.perf_counter()
        columns.append(measured(pipeline, articles, gold))
        print(f"{len(columns[-1])} articles in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    for name, measure in MEASURES.items():
        cells = []
        for tallies in columns:
            low, high = interval(tallies, measure)
            cells.append(f"{measure(total(tallies)):.3f} [{low:.3f}, {high:.3f}]")
        print(f"{name:26}" + "".join(f"{cell:>22}" for cell in cells))
    for name in ("gold", "predicted", "matched"):
        print(f"{name + ' claims':26}" + "".join(f"{total(tallies).counts[name]:>22}" for tallies in columns))


if __name__ == "__main__":
    main()
