"""What texts that are made to harm cost: twelve shapes at three lengths, each read by a process of its own.

usage: python -m benchmarks hostile [--model DIR] [--sizes 10,100,1000] [--shapes NAME,…] [--seconds S]

A child loads the model, reads the example article so that everything that is made once has been made, and then reads
one text. Told are the seconds by the clock and of processor time (which hold on a busy machine), the peak of the
process's memory above what it held before, and the answer: an event, or the code of a dead letter. As in the worker,
reading ends after `article_timeout`. Prints one JSON object; exits with 1 where a text took more than a GiB.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, BodyType, Enriched, Outcome, Rejected
from service.core.deadline import limited
from service.core.errors import TooSlowError
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL, KafkaSettings, WorkerSettings
from service.wire import codec

_ROOT: Final = Path(__file__).resolve().parent.parent
_SAMPLE: Final = json.loads((_ROOT / "schemas/examples/article.json").read_text())["body"]
_CEILING: Final = 1_024  # MiB above idle
_SYLLABLES: Final = ("ba", "den", "ko", "lin", "mar", "os", "ru", "tel")


def _names() -> str:
    """Return 30,000 different names in one sentence, of which the first part is taken."""
    return ", ".join(f"{_name(n)} {_name(n * 7 + 3)}" for n in range(30_000)) + " said no."


def _name(number: int) -> str:
    parts = []
    for _ in range(4):
        number, at = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[at])
    return "".join(parts).capitalize()


def _nested() -> str:
    return ("“He said: ‘" * 100 + "No." + "’ ”" * 100 + "\n") * 1_000


SHAPES: Final[Mapping[str, tuple[BodyType, Callable[[], str]]]] = {
    "names in one sentence": (BodyType.PLAIN, _names),
    "short attributions": (BodyType.PLAIN, lambda: "“No,” said Ada. " * 60_000),
    "nested quotes": (BodyType.PLAIN, _nested),
    "pronouns": (BodyType.PLAIN, lambda: "He told her that she told them he said they knew it. " * 20_000),
    "cues in one sentence": (BodyType.PLAIN, lambda: "and he said that " * 60_000),
    "brackets": (BodyType.PLAIN, lambda: "([{" * 200_000 + "}])" * 200_000),
    "quotation marks": (BodyType.PLAIN, lambda: '" ' * 500_000),
    "no spaces": (BodyType.PLAIN, lambda: "x" * 1_000_000),
    "one word": (BodyType.PLAIN, lambda: "said " * 200_000),
    "tag soup": (BodyType.HTML, lambda: "<p><b>No,</i> <a href='x'>she</b> said.</div><td>" * 21_000),
    "combining characters": (BodyType.PLAIN, lambda: ("a" + "\u0301" * 20 + " said. ") * 25_000),
    "line ends": (BodyType.PLAIN, lambda: "He said\n\n" * 120_000),
}


def text(shape: str, size: int) -> tuple[BodyType, str]:
    """Return a text of that shape of at most so many kB of UTF-8."""
    kind, whole = SHAPES[shape]
    return kind, whole().encode()[: size * 1_000].decode(errors="ignore")


def read(model: Path, shape: str, size: int, seconds: float) -> dict[str, Any]:
    """Read one text in this process, and return what it cost."""
    pipeline = Pipeline(model=load_model(model))
    _outcome(pipeline, BodyType.PLAIN, _SAMPLE, seconds)
    kind, body = text(shape, size)
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew: proc(5)
    before, began, used = _mebibytes("VmRSS"), time.perf_counter(), time.process_time()
    answer, claims = _outcome(pipeline, kind, body, seconds)
    return {
        "shape": shape,
        "kB": size,
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(time.process_time() - used, 1),
        "peak_mib": round(_mebibytes("VmHWM") - before),
        "idle_mib": round(before),
        "answer": answer,
        "claims": claims,
    }


def _outcome(pipeline: Pipeline, kind: BodyType, body: str, seconds: float) -> tuple[str, int]:
    """Return what becomes of a text, and how many claims are in it."""
    article = Article(id=ArticleId("urn:example:hostile"), body=body, body_type=kind, language="en")
    try:
        with limited(seconds):
            (outcome,) = pipeline.process([article])
    except TooSlowError as error:
        return error.code, 0
    return _written(pipeline, outcome)


def _written(pipeline: Pipeline, outcome: Outcome) -> tuple[str, int]:
    if isinstance(outcome, Rejected):
        return outcome.code, 0
    event = codec.encode(outcome, cause=None, models=pipeline.models.infos, topic="articles.enriched")
    claims = len(outcome.enrichment.claims) if isinstance(outcome, Enriched) else 0
    return "event" if len(event.value or b"") <= KafkaSettings().max_event else "event-too-large", claims


def _mebibytes(field: str) -> float:
    """Return a line of /proc/self/status."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(field))) / 1_024


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks hostile", description=__doc__)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="the model's folder")
    parser.add_argument("--sizes", default="10,100,1000", help="kB, by round")
    parser.add_argument("--shapes", default=",".join(SHAPES), help="which of them")
    parser.add_argument("--seconds", type=float, default=WorkerSettings().article_timeout, help="after which it ends")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.alone:
        print(json.dumps(read(options.model, options.shapes, sizes[0], options.seconds)))
        return
    rows = []
    for size in sizes:
        for shape in options.shapes.split(","):
            own = ["--model", str(options.model), "--sizes", str(size), "--shapes", shape]
            limit = ["--seconds", str(options.seconds)]
            child = [sys.executable, "-m", "benchmarks", "hostile", "--alone", *own, *limit]
            done = subprocess.run(child, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603  # this module
            rows.append(json.loads(done.stdout))
            print(rows[-1], file=sys.stderr)
    print(json.dumps({"model": options.model.name, "rows": rows}))
    sys.exit(any(row["peak_mib"] > _CEILING for row in rows))


if __name__ == "__main__":
    main()
