"""Small questions whose answers are plain: one-sentence texts, and jobs that stand for a person named before.

usage: python -m evaluation probes [--model DIR …]

A brief is read when one claim holds the words that are given and its source holds those of its speaker. A job is
resolved when the claim's speaker is the person. Both counts are printed, with what failed. Nothing is trained or tuned
on these texts, which were written for this project.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from evaluation.accuracy import SHIPPED
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import Claim, ClaimKind
from service.inference.artifact import load_model
from service.settings import MODELS

FOLDER = Path(__file__).parent / "probes"


def briefs(pipeline: Pipeline) -> Iterator[tuple[str, bool]]:
    """Yield each text of one sentence or two, and whether its claim was found with its source."""
    for row in json.loads((FOLDER / "briefs.json").read_text(encoding="utf-8")):
        outcome = _read(pipeline, row["body"])
        claims = _claims(outcome, row["content"])
        yield row["body"], any(row["source"] in (_source(outcome, claim) or "") for claim in claims)


def jobs(pipeline: Pipeline) -> Iterator[tuple[str, bool]]:
    """Yield each job, and whether "the JOB" was taken for the person who was said to have it."""
    row = json.loads((FOLDER / "jobs.json").read_text(encoding="utf-8"))
    for job in row["jobs"]:
        outcome = _read(pipeline, row["text"].format(job=job))
        names = {entity.id: entity.name for entity in outcome.enrichment.entities}
        claims = _claims(outcome, row["content"])
        yield job, any(names.get(claim.speaker.entity or "") == row["speaker"] for claim in claims)


def _read(pipeline: Pipeline, body: str) -> Enriched:
    (outcome,) = pipeline.process([Article(id=ArticleId("probe"), body=body, language="en")])
    if not isinstance(outcome, Enriched):
        raise TypeError(f"a probe was not read: {outcome}")
    return outcome


def _claims(outcome: Enriched, words: str) -> list[Claim]:
    at = outcome.text.index(words)
    return [
        claim
        for claim in outcome.enrichment.claims
        if claim.kind is not ClaimKind.AUTHOR_STATEMENT
        and any(span.start <= at and at + len(words) <= span.end for span in claim.spans)
    ]


def _source(outcome: Enriched, claim: Claim) -> str | None:
    return claim.speaker.span.of(outcome.text) if claim.speaker.span else None


def main(arguments: Sequence[str]) -> None:
    """Print the counts of each model."""
    parser = argparse.ArgumentParser(prog="evaluation probes", description="Ask small questions of each model.")
    parser.add_argument("--model", type=Path, nargs="+", default=[MODELS / name for name in SHIPPED])
    for model in parser.parse_args(list(arguments)).model:
        pipeline = Pipeline(model=load_model(model))
        for name, probe in (("briefs", briefs), ("jobs", jobs)):
            answers = list(probe(pipeline))
            sys.stdout.write(f"{model.name} {name}: {sum(right for _, right in answers)} of {len(answers)}\n")
            for what, right in answers:
                if not right:
                    sys.stdout.write(f"  missed: {what}\n")
