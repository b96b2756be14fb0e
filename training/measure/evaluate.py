"""`python -m training evaluate`: the figures of a task over files, from the shipped artifact; torch is not needed."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from service.inference.artifact import load_model
from service.inference.encoder import EngineName
from training.measure.measure import TASKS


def evaluate(task: str, files: Sequence[Path], model: Path, engine: EngineName) -> dict[str, object]:
    """Return the figures of one task as a flat object."""
    started = time.monotonic()
    opened = load_model(model, engine=engine)
    print(f"{opened.info.name} {opened.info.version} opened in {time.monotonic() - started:.1f} s", file=sys.stderr)
    result = TASKS[task](opened, files)
    print(f"{task}: {time.monotonic() - started:.1f} s", file=sys.stderr)
    figures: dict[str, object] = {name: round(value, 4) for name, value in result.figures.items()}
    return figures | {"task": task, "model": opened.info.name, "model_sha256": opened.info.sha256, "engine": engine}


DEVELOPMENT = {
    "attribution": ("attribution/polnear.dev.jsonl",),
    "target_stance": ("target_stance/newsmtsc_rw.dev.jsonl", "target_stance/newsmtsc_mt.dev.jsonl"),
    "directed_stance": ("directed_stance/dse.dev.jsonl",),
    "topic_stance": ("topic_stance/vast.dev.jsonl",),
    "ner": ("ner/worldwide.dev.jsonl",),
}


def print_all(data: Path, model: Path, engine: EngineName) -> None:
    """Print the figures of every task over the development files of a data folder, one line of JSON per task."""
    for task, names in DEVELOPMENT.items():
        print(json.dumps(evaluate(task, [data / name for name in names], model, engine)), flush=True)


def print_evaluation(task: str, files: Sequence[Path], model: Path, engine: EngineName) -> None:
    """Print the figures as one line of JSON."""
    print(json.dumps(evaluate(task, files, model, engine)))
