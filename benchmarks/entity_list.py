"""What a long list of entities costs: the evaluation corpus read with a list and without one, in turn, in one run.

usage: python -m benchmarks entity-list [--entries N] [--rounds N] [--model DIR]

The list is a file of JSON lines with N made-up people of two aliases each, and everything that the model finds in the
corpus. Prints one JSON object: the milliseconds of the thread's processor time that an article takes in the stage
`assemble`, where names are looked up, and in all stages but the model's reading, with the list and without it, each the
median of the rounds; their ratios; how long the file takes to be read, and what the list holds of memory.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from evaluation.accuracy import corpus
from service.analysis.entities.listed import EntityList
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.entity_list.entries import read_list
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL

_SYLLABLES = ("ba", "con", "der", "fi", "gar", "hel", "in", "jo", "kan", "lor", "mi", "nu", "per", "ro", "sta", "vu")


class _Stages:
    """Sums the thread's processor time by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.thread_time()
        yield
        self.seconds[name] += time.thread_time() - began


def _word(number: int) -> str:
    return "".join(_SYLLABLES[(number >> shift) % len(_SYLLABLES)] for shift in (0, 4, 8, 12)).title()


def _write(file: Path, names: Sequence[str], count: int) -> None:
    made = [[f"{_word(at % 997)} {_word(at)}", f"{_word(at)} {at}", f"先 {_word(at)} {at}"] for at in range(count)]
    with file.open("w", encoding="utf-8") as output:
        for at, (name, *aliases) in enumerate([*made, *([name] for name in names)]):
            output.write(json.dumps({"id": f"Q{at}", "name": name, "aliases": aliases}) + "\n")


def _same(listed: EntityList) -> EntityList:
    return listed


def main(arguments: Sequence[str]) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks entity-list", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    options = parser.parse_args(arguments)
    articles = [
        Article(id=ArticleId(name), body=row["article"]["body"], language="en")
        for name, row in corpus()
        if row["article"]["body_type"] == "text/plain"
    ]
    model = load_model(options.model)
    found = [outcome for outcome in Pipeline(model=model).process(articles) if isinstance(outcome, Enriched)]
    names = sorted({entity.name for outcome in found for entity in outcome.enrichment.entities})
    with tempfile.TemporaryDirectory(prefix="claimwire-entities-") as folder:
        file = Path(folder) / "list.jsonl"
        _write(file, names, options.entries)
        began = time.process_time()
        listed = read_list(file)
        seconds = time.process_time() - began
        tracemalloc.start()
        again = read_list(file)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        del again
    rounds: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    refs = 0
    for _ in range(options.rounds):
        for with_list in (True, False):
            timed = _Stages()
            chosen = listed if with_list else EntityList()
            done = Pipeline(model=model, stage=timed, listed=partial(_same, chosen)).process(articles)
            rounds[with_list].append(timed.seconds)
            entities = [entity for each in done if isinstance(each, Enriched) for entity in each.enrichment.entities]
            refs = max(refs, sum(entity.ref is not None for entity in entities))

    def milliseconds(stages: Sequence[str], *, with_list: bool) -> float:
        each = (sum(seconds[stage] for stage in stages) for seconds in rounds[with_list])
        return 1_000 * statistics.median(each) / len(articles)

    figures: dict[str, object] = {"entries": len(listed), "articles": len(articles), "refs": refs}
    for what, stages in (("assemble", ["assemble"]), ("all_but_read", ["segment", "resolve", "judge", "assemble"])):
        told, plain = milliseconds(stages, with_list=True), milliseconds(stages, with_list=False)
        figures[what] = {"with_list_ms": round(told, 3), "without_ms": round(plain, 3), "ratio": round(told / plain, 3)}
    figures |= {"read_seconds": round(seconds, 2), "list_mib": round(held / 2**20)}
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
