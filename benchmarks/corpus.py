"""Reads PolNeAR's training articles one by one and checks each event.

usage: python -m benchmarks corpus --data DATA [--model DIR] [--articles N] [--memory MIB]

Every article must give an event whose texts are the body's at their offsets and whose claims are disjoint or nested,
and the process must stay under the memory limit that the manifests give a worker. Prints one JSON object that names the
slowest and the longest article, and says where the time went: by stage, by call of the model, and how many times the
first reading's time the second one took. Exits with 1 if anything was wrong.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson

from service.bootstrap.serve import measured_pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import joined
from service.core.span import Span
from service.inference.artifact import load_model
from service.settings import DEFAULT_MODEL
from service.telemetry.metrics import Metrics
from service.wire import codec

MEMORY = 2560  # MiB: the limit of a worker in deploy/k8s


def wrong(body: str, event: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong in an event, without its text."""
    spans = {}
    for claim in event["claims"]:
        name, start, end = claim["id"], claim["start"], claim["end"]
        spans[name] = (start, end)
        cue = claim["cue"]
        pieces = [Span(each["start"], each["end"]) for each in claim["spans"]]
        worded = {joined(body, pieces), *([joined(body, [Span(cue["start"], cue["end"]), *pieces])] if cue else [])}
        if claim["text"] not in worded:
            yield f"{name}: its text is not the body's at {start}-{end}"
        if cue and cue["text"] != body[cue["start"] : cue["end"]]:
            yield f"{name}: its cue is not the body's at {cue['start']}-{cue['end']}"
    for (one, a), (other, b) in combinations(spans.items(), 2):
        nested = (a[0] <= b[0] and b[1] <= a[1]) or (b[0] <= a[0] and a[1] <= b[1])
        if a[0] < b[1] and b[0] < a[1] and not nested:
            yield f"{one} and {other} cross"
    for entity in event["entities"]:
        if any(not 0 <= mention["start"] < mention["end"] <= len(body) for mention in entity["mentions"]):
            yield f"{entity['id']}: a mention outside the body"


def _seconds(metrics: Metrics, what: str, label: str) -> dict[str, float]:
    """Return the sums of `claimwire_WHAT_seconds` by a label."""
    name = f"claimwire_{what}_seconds"
    return {
        sample.labels[label]: round(sample.value, 2)
        for family in metrics.registry.collect()
        if family.name == name
        for sample in family.samples
        if sample.name == f"{name}_sum"
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run the articles and print what came of them."""
    parser = argparse.ArgumentParser(prog="benchmarks corpus", description="Whether real articles pass.")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds data/attribution/")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="the model's folder")
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--memory", type=int, default=MEMORY, help="MiB that the process may take")
    options = parser.parse_args(argv)
    model = load_model(options.model)
    metrics = Metrics()
    pipeline = measured_pipeline([model], metrics)
    faults: list[str] = []
    took: dict[str, float] = {}
    length: dict[str, int] = {}
    claims = 0
    with (options.data / "data/attribution/polnear.train.jsonl").open(encoding="utf8") as lines:
        for _, row in zip(range(options.articles), map(json.loads, lines), strict=False):
            started = time.perf_counter()
            (outcome,) = pipeline.process([Article(id=ArticleId(row["id"]), body=row["text"], language="en")])
            if not isinstance(outcome, Enriched):
                faults.append(f"{row['id']} came out as {type(outcome).__name__}")
                continue
            event = orjson.loads(codec.encode(outcome, cause=None, models=[model.info], topic="").value or b"{}")
            took[row["id"]], length[row["id"]] = time.perf_counter() - started, len(row["text"])
            claims += len(event["claims"])
            faults += [f"{row['id']} {fault}" for fault in wrong(row["text"], event)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if peak > options.memory:
        faults.append(f"the process took {peak} MiB")
    slowest, longest = (max(table, key=table.__getitem__, default=None) for table in (took, length))
    stages, calls = (_seconds(metrics, *series) for series in (("stage", "stage"), ("model", "call")))
    report = {
        "model": model.info.name,
        "articles": len(took),
        "claims": claims,
        "faults": faults,
        "seconds_median": round(sorted(took.values())[len(took) // 2], 3) if took else None,
        "slowest": slowest and {"id": slowest, "seconds": round(took[slowest], 3), "characters": length[slowest]},
        "longest": longest and {"id": longest, "seconds": round(took[longest], 3), "characters": length[longest]},
        "peak_mib": peak,
        "stage_seconds": stages,
        "model_seconds": calls,
        "second_reading_by_first": round(calls["stance"] / calls["read"], 2) if calls.get("read") else None,
    }
    print(json.dumps(report, indent=1))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
