"""A program in a process of its own, so that its memory and its processor time are its own.

It answers lines: a JSON list of texts in, a JSON list of their quotations out. Its first line says what it is.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence

from benchmarks.comparison.quotations import Quotation

Reader = Callable[[Sequence[str]], list[list[Quotation]]]


def answer(opened: Callable[[], tuple[str, Reader]]) -> None:
    """Open a program and answer until the input ends.

    Args:
        opened: opens the program; returns what it calls itself, and what finds the quotations of each text.
    """
    # What a library prints must not stand between the lines.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    name, read = opened()
    print(json.dumps(name), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps([[_row(one) for one in found] for found in read(json.loads(line))]), file=answers, flush=True)


def _row(one: Quotation) -> dict[str, object]:
    return {"pieces": one.pieces, "speakers": one.speakers, "source": one.source}


def quotation(row: dict[str, object]) -> Quotation:
    """Return what a line says of one quotation."""
    pieces, speakers, source = row["pieces"], row["speakers"], row["source"]
    if not isinstance(pieces, list) or not isinstance(speakers, list):
        raise TypeError("a program answered in another form")
    return Quotation(
        pieces=tuple((start, end) for start, end in pieces),
        speakers=tuple(speakers),
        source=(source[0], source[1]) if isinstance(source, list) else None,
    )
