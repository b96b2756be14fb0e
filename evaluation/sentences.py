"""Where sentences end, by language: the boundaries between the lines of a translated news corpus, found again.

usage: python -m evaluation sentences --data DATA

DATA holds `data/parallel/ntrex.LANGUAGE.jsonl`: documents of lines that are a sentence each, for the most part. Six
lines are joined to a paragraph, and a boundary is right where a line ends. Prints precision, recall and F1 for each
language, beside the F1 of splitting the same text as English. A line of two sentences and a headline without a full
stop count against every splitter.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from evaluation.frames import f1
from service.analysis.text.document import segment

LANGUAGES = ("en", "ru", "hy", "ka", "az", "tr")
_LINES = 6  # joined to a paragraph


def paragraphs(data: Path, language: str) -> Iterator[tuple[str, set[int]]]:
    """Yield each paragraph, and where its lines end but for the last."""
    with (data / f"data/parallel/ntrex.{language}.jsonl").open(encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            lines = [" ".join(line.split()) for line in row["lines"]]
            for first in range(0, len(lines), _LINES):
                part = lines[first : first + _LINES]
                yield " ".join(part), {len(" ".join(part[:number])) for number in range(1, len(part))}


def measured(data: Path, language: str, read_as: str) -> tuple[int, int, int]:
    """Return how many boundaries of a language's text are right, found and wanted, when it is read as some language."""
    right = found = wanted = 0
    for text, ends in paragraphs(data, language):
        given = {sentence.span.end for sentence in segment(text, language=read_as).sentences} - {len(text)}
        right, found, wanted = right + len(given & ends), found + len(given), wanted + len(ends)
    return right, found, wanted


def main(arguments: Sequence[str]) -> None:
    """Print a row of a table for each language."""
    parser = argparse.ArgumentParser(prog="evaluation sentences", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args(arguments).data
    print("| language | precision | recall | F1 | F1 as English |\n|---|---|---|---|---|")
    for language in LANGUAGES:
        right, found, wanted = measured(data, language, language)
        plain = f1(*measured(data, language, "en"))
        figures = (right / found, right / wanted, f1(right, found, wanted), plain)
        print(f"| {language} | {' | '.join(f'{figure:.3f}' for figure in figures)} |")
