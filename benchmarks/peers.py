"""The service beside Stanford CoreNLP and textacy: direct quotations found, speakers right, speed and memory.

usage: python -m benchmarks peers --data DATA [--annotated FILE] [--model DIR ...] [--articles N] [--without NAME]
       [--stances FILE] [--output FILE] [--picture FILE] [--page FILE]

DATA holds `gold/` and `data/`, as for `python -m evaluation frames`. Every program runs in processes of its own, reads
the same few articles to warm up, and then takes turns with the others, sixteen articles at a time, whoever began last
beginning next; all may use every core. What counts as a quotation, as found and as right is said in
`benchmarks/comparison/quotations.py`. Prints one JSON object; with --stances, what `python -m training bag-of-words`
wrote is drawn beside it. Needs Java 17, Maven and `make peers-env`.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.comparison import quotations
from benchmarks.comparison.chart import draw
from benchmarks.comparison.corenlp_server import CoreNlp
from benchmarks.comparison.page import fill
from benchmarks.comparison.programs import LineProgram, Program, peak_memory, processor_ticks
from evaluation import frames
from service.inference.threads import available
from service.settings import DEFAULT_MODEL

_ROOT = Path(__file__).resolve().parent.parent
UNSEEN = _ROOT / "training" / "annotations" / "worldwide.unseen.frames.jsonl"
SMALL = DEFAULT_MODEL.parent / "claimwire-en-small"
_WARM_UP = 4  # articles

Gold = tuple[str, str, list[quotations.GoldQuotation]]  # the set, the text, its quotations


def gold_articles(data: Path, more: Sequence[Path], most: int | None) -> list[Gold]:
    """Return the gold articles of every set with their direct quotations.

    Args:
        data: the folder that holds gold/ and data/.
        more: frames of further worldwide articles.
        most: of each set; None for all.
    """
    sets = {
        name: [frames.rows_of(data / path.format(split="dev")) for path in paths] for name, paths in frames.SETS.items()
    } | {f"worldwide, {path.name.split('.')[1]}": frames.annotated(data, path) for path in more}
    return [
        (name, articles[one]["text"], quotations.gold_quotations(articles[one], gold[one]))
        for name, (articles, gold) in sets.items()
        for one in list(gold)[:most]
    ]


def warm_up(data: Path) -> list[str]:
    """Return a few training articles."""
    with (data / "gold/worldwide.train.articles.jsonl").open(encoding="utf8") as lines:
        return [json.loads(line)["text"] for _, line in zip(range(_WARM_UP), lines, strict=False)]


class Course:
    """One program on its way through the articles."""

    def __init__(self, program: Program, texts: Sequence[str]) -> None:
        self.program = program
        self.counts: list[tuple[str, quotations.Counts]] = []
        self._wall = 0.0
        program.read(texts)
        self._ticks = processor_ticks(program.processes())

    def run(self, batch: Sequence[Gold]) -> None:
        """Read a batch against the clock, and compare."""
        started = time.perf_counter()
        found = self.program.read([text for _, text, _ in batch])
        self._wall += time.perf_counter() - started
        for (name, text, golds), mine in zip(batch, found, strict=True):
            self.counts.append((name, quotations.counts(text, golds, mine)))

    def report(self) -> dict[str, Any]:
        """Return every figure."""
        used = (processor_ticks(self.program.processes()) - self._ticks) / os.sysconf("SC_CLK_TCK")
        many = len(self.counts)
        sets = dict.fromkeys(name for name, _ in self.counts)
        return {
            "program": self.program.name,
            "articles_a_second": round(many / self._wall, 3),
            "processor_seconds_an_article": round(used / many, 3),
            "peak_mib": peak_memory(self.program.processes()),
            "sets": {
                name: {
                    "articles": len(mine),
                    "quotations": sum(one["gold"] for one in mine),
                    "returned": sum(one["returned"] for one in mine),
                    "figures": quotations.figures(mine),
                }
                for name in (*sets, "all")
                for mine in [[one for of, one in self.counts if name in (of, "all")]]
            },
        }


def measured(opened: Sequence[Callable[[], Program]], articles: Sequence[Gold], warm: Sequence[str]) -> list[Any]:
    """Open the programs, let them take turns, and return their reports."""
    with ExitStack() as stack:
        courses = [Course(stack.enter_context(closing(one())), warm) for one in opened]
        for turn, at in enumerate(range(0, len(articles), frames.BATCH)):
            first = turn % len(courses)
            for course in (*courses[first:], *courses[:first]):
                course.run(articles[at : at + frames.BATCH])
        return [course.report() for course in courses]


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.comparison.{module}", *arguments]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the comparison, print it and draw it."""
    parser = argparse.ArgumentParser(prog="benchmarks peers", description="The service beside other libraries.")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds gold/ and data/")
    parser.add_argument(
        "--annotated", type=Path, action="append", help="more frames of worldwide articles (default: the unseen ones)"
    )
    parser.add_argument("--model", type=Path, action="append", help="a model's folder (default: both that ship)")
    parser.add_argument("--articles", type=int, help="of each set, at most (default: all)")
    parser.add_argument("--without", choices=("corenlp", "textacy"), action="append", default=[], help="leave one out")
    parser.add_argument("--stances", type=Path, help="what `python -m training bag-of-words` wrote, to be drawn too")
    parser.add_argument("--output", type=Path, help="a file for the JSON object")
    parser.add_argument("--picture", type=Path, help="a file for the bars, as SVG")
    parser.add_argument("--page", type=Path, help="a page beside the picture, whose tables are written anew")
    options = parser.parse_args(argv)
    cores = available()
    opened: list[Callable[[], Program]] = [
        partial(LineProgram, _command("claimwire_reader", str(model)))
        for model in options.model or (DEFAULT_MODEL, SMALL)
    ]
    if "corenlp" not in options.without:
        opened.append(partial(CoreNlp, cores))
    if "textacy" not in options.without:
        opened.append(partial(LineProgram, _command("textacy_reader"), processes=cores))
    articles = gold_articles(options.data, options.annotated or [UNSEEN], options.articles)
    report: dict[str, Any] = {"cores": cores, "programs": measured(opened, articles, warm_up(options.data))}
    if options.stances:
        report["stances"] = json.loads(options.stances.read_text(encoding="utf-8"))
    text = json.dumps(report, indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    if options.picture:
        draw(report, options.picture)
    if options.page:
        fill(report, options.page, options.picture and options.picture.name)


if __name__ == "__main__":
    main()
