"""The accuracy gate: a model's figures on the corpus in `evaluation/corpus`, compared with their floors.

usage: python -m evaluation accuracy [--model DIR …]

Claims, speakers and stances are counted as in `evaluation.frames`; kinds are counted on the claims that match. An
entity is right when its name and type are the annotator's. The exit code is 1 where a figure is below its floor.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation import frames
from evaluation.frames import Row, Tally
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, BodyType, Enriched
from service.core.frames import ClaimKind
from service.inference.artifact import load_model
from service.settings import MODELS

CORPUS = Path(__file__).parent / "corpus"
FLOORS = CORPUS / "floors.json"
SHIPPED = ("claimwire-en-base", "claimwire-en-small")
_KINDS = {
    "direct": ClaimKind.DIRECT_QUOTE,
    "indirect": ClaimKind.INDIRECT_QUOTE,
    "mixed": ClaimKind.MIXED_QUOTE,
}
_WORST = 5  # worst texts that are printed

FIGURES: dict[str, Callable[[Counter[str]], float]] = {
    "claims": lambda c: frames.f1(c["matched"], c["predicted"], c["gold"]),
    "speakers": lambda c: frames.f1(c["speakers"], c["predicted"], c["gold"]),
    "stances": lambda c: frames.f1(c["stances"], c["stances_predicted"], c["stances_gold"]),
    "kinds": lambda c: frames.f1(c["kinds"], c["predicted"], c["gold"]),
    "entities": lambda c: frames.f1(c["entities"], c["entities_predicted"], c["entities_gold"]),
}
"""F1 of each task from the counts of one text or of several; all but entities are over claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The counts of one text."""

    name: str
    kind: str
    counts: Counter[str]


def corpus() -> Iterator[tuple[str, Row]]:
    """Yield the name and the row of each text, in order."""
    for path in sorted(CORPUS.glob("[0-9]*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


def article_of(row: Row) -> Article:
    """Return the text as an article for the service."""
    given = row["article"]
    return Article(
        id=ArticleId(given["id"]),
        title=given["title"],
        body=given["body"],
        body_type=BodyType(given["body_type"]),
        language=given["language"],
        source=given["source"],
    )


def located(row: Row, text: str) -> tuple[Row, Row]:
    """Return the annotations with offsets into a text, as `frames.tally` takes them: the article's, and the frames.

    Raises:
        ValueError: an annotation does not occur in the text.
    """
    spans, found = [], []
    for number, item in enumerate(row["attributions"]):
        at = text.find(item["near"])
        if at < 0:
            raise ValueError(f"annotation {number} of {row['article']['id']} is not near anything in the text")
        pieces: list[tuple[int, int]] = []
        for piece in item["content"]:
            at = text.find(piece, at)
            if at < 0:
                raise ValueError(f"a content of annotation {number} of {row['article']['id']} is not in the text")
            pieces.append((at, at + len(piece)))
            at += len(piece)
        spans.append({"id": number, "content": pieces})
        found.append(item | {"id": number})
    return {"attributions": spans}, {"attributions": found}


def compared(row: Row, outcome: Enriched) -> Counter[str]:
    """Compare what was found in one text with its annotations."""
    article, gold = located(row, outcome.text)
    tally: Tally = frames.tally(article, gold, outcome)
    counts = tally.counts
    claims = [claim for claim in outcome.enrichment.claims if claim.kind is not ClaimKind.AUTHOR_STATEMENT]
    counts["kinds"] = sum(
        claim.kind is _KINDS[item["kind"]]
        for item, claim in frames.matches(gold["attributions"], claims, frames.hulls_of(article))
    )
    wanted = Counter((entity["type"], _plain(entity["name"])) for entity in row["entities"])
    named = Counter(
        (entity.type.value, _plain(entity.name)) for entity in outcome.enrichment.entities if _named(entity.name)
    )
    counts["entities"] = (wanted & named).total()
    counts["entities_gold"], counts["entities_predicted"] = wanted.total(), named.total()
    return counts


def _plain(name: str) -> tuple[str, ...]:
    return tuple(sorted(frames.name_words(name)))


def _named(name: str) -> bool:
    """Return whether an entity has a name, and is not a speaker who is only described."""
    return frames.proper(name)


def measured(pipeline: Pipeline) -> list[Result]:
    """Read the corpus.

    Raises:
        TypeError: a text did not give an event.
    """
    rows = dict(corpus())
    results: list[Result] = []
    outcomes = pipeline.process([article_of(row) for row in rows.values()])
    for (name, row), outcome in zip(rows.items(), outcomes, strict=True):
        if not isinstance(outcome, Enriched):
            raise TypeError(f"{name} came out as {type(outcome).__name__}")
        results.append(Result(name=name, kind=row["kind"], counts=compared(row, outcome)))
    return results


def figures(results: Sequence[Result]) -> dict[str, float]:
    """Return each figure over all texts."""
    whole: Counter[str] = Counter()
    for result in results:
        whole.update(result.counts)
    return {name: round(figure(whole), 4) for name, figure in FIGURES.items()}


def shortfalls(found: Mapping[str, float], floors: Mapping[str, float]) -> list[str]:
    """Return a sentence for each figure that is below its floor."""
    return [
        f"{name} F1 is {found[name]:.3f}, below its floor of {floor:.3f}"
        for name, floor in floors.items()
        if found[name] < floor
    ]


def main(arguments: Sequence[str]) -> None:
    """Print the figures of each model, and leave with code 1 where one is below its floor."""
    parser = argparse.ArgumentParser(prog="python -m evaluation accuracy", description="The accuracy gate.")
    parser.add_argument("--model", type=Path, action="append", help="a model's folder; both shipped ones by default")
    options = parser.parse_args(arguments)
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))
    failed = False
    for folder in options.model or [MODELS / name for name in SHIPPED]:
        results = measured(Pipeline(model=load_model(folder)))
        found = figures(results)
        print(folder.name, *(f"{name} {value:.3f}" for name, value in found.items()), sep="  ")
        worst = sorted(results, key=lambda result: FIGURES["speakers"](result.counts))[:_WORST]
        for result in worst:
            print(f"  {FIGURES['speakers'](result.counts):.2f}  {result.name} ({result.kind})")
        for sentence in shortfalls(found, floors.get(folder.name, {})):
            failed = True
            print(f"{folder.name}: {sentence}", file=sys.stderr)
    if failed:
        sys.exit(1)
