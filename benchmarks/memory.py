"""What the models of one process hold: resident memory once they are warm, and after articles; and what a start costs.

usage: python -m benchmarks memory [--model DIR] [--multilingual DIR]

Without `--multilingual` the main model is alone. The articles are the samples of `schemas/examples` in three languages;
one that nobody reads is skipped. Prints one JSON object.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from schemas.article import Article as Wire
from service.analysis.pipeline import Pipeline
from service.bootstrap.model import open_models
from service.core.article import Article, ArticleId
from service.settings import DEFAULT_MODEL, ModelSettings

EXAMPLES = Path(__file__).parents[1] / "schemas" / "examples"
SAMPLES = ("article", "article-ru", "article-hy")


def resident() -> int:
    """Return the MiB that this process holds in memory."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def sample(name: str) -> Article:
    """Return a sample without its topics."""
    wire = Wire.model_validate_json((EXAMPLES / f"{name}.json").read_bytes())
    return Article(id=ArticleId(wire.id), title=wire.title, body=wire.body or "", language=wire.language)


def main(arguments: Sequence[str]) -> None:
    """Open the models, read, and print what that took."""
    parser = argparse.ArgumentParser(prog="benchmarks memory", description="Measure what loaded models hold.")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="the main model's folder")
    parser.add_argument("--multilingual", type=Path, help="the folder of the model beside it")
    options = parser.parse_args(list(arguments))
    began = time.process_time()
    settings = ModelSettings(directory=options.model, multilingual_directory=options.multilingual)
    first, *others = open_models(settings, warm=True)
    found: dict[str, object] = {"start_cpu_seconds": round(time.process_time() - began, 1), "idle_mib": resident()}
    pipeline = Pipeline(model=first, others=others)
    for name in SAMPLES:
        pipeline.process([sample(name)])
        began = time.process_time()
        (outcome,) = pipeline.process([sample(name)])
        found[name] = {"outcome": type(outcome).__name__, "cpu_seconds": round(time.process_time() - began, 2)}
    found["read_mib"] = resident()
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
