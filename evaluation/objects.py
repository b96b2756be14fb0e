"""After which words a statement is an object ("accused X of lying"), counted over annotated articles.

usage: python -m evaluation objects --data DATA

DATA holds `data/attribution/` and `gold/`; the training splits of PolNeAR and of the worldwide articles are read. Of
attributions whose content follows the cue directly, and is no quotation as a whole, it counts by the stem of the cue's
last word how many begin as a clause. It prints the stems that `service.analysis.english.objects` holds: those seen
often enough, of which less than half do.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from service.analysis.english.objects import begins_clause, stem
from service.analysis.english.words import words
from service.core.quotation_marks import OPENING

LEAST = 5  # attributions of a stem
SHARE = 0.5


def examples(data: Path) -> Iterator[tuple[str, str]]:
    """Yield cue and content of each attribution whose content follows its cue directly."""
    for text, attributions in _articles(data):
        for item in attributions:
            if not item["cue"] or not item["content"]:
                continue
            (cue, behind), (start, end) = item["cue"][-1], item["content"][0]
            if start - behind == 1 and text[behind].isspace() and text[start] not in OPENING:
                yield text[cue:behind], text[start:end]


def stems(data: Path) -> list[tuple[str, int, float]]:
    """Return each stem seen often enough, how often, and the share of contents after it that begin as a clause."""
    seen: Counter[str] = Counter()
    clauses: Counter[str] = Counter()
    for cue, content in examples(data):
        if named := words(cue):
            seen[stem(named[-1])] += 1
            clauses[stem(named[-1])] += begins_clause(content)
    return [(each, count, clauses[each] / count) for each, count in sorted(seen.items()) if count >= LEAST]


def main(arguments: Sequence[str]) -> None:
    """Print the counts and the list."""
    parser = argparse.ArgumentParser(prog="evaluation objects", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    counted = stems(parser.parse_args(arguments).data)
    for each, count, share in counted:
        print(f"{each:20} {count:6} {share:.2f}")
    print(" ".join(each for each, _, share in counted if share < SHARE))


def _articles(data: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for name in ("data/attribution/polnear.train.jsonl", "gold/worldwide.train.articles.jsonl"):
        with (data / name).open(encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                yield row["text"], row["attributions"]
