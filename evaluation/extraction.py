"""How much of an article is extracted from a page, and how much else: `evaluation/pages`, one page per kind of markup.

usage: python -m evaluation extraction [--unseen] [--json]

The article of each page is between `<!--article-->` and `<!--/article-->`, comments that no extractor sees. Words
of the text extracted are counted against the words of the article: precision, recall and F1 per page, and their means,
compared with trafilatura's defaults.
The pages of `unseen` were written after the extraction was done.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import trafilatura

from service.analysis.text import html

PAGES = Path(__file__).parent / "pages"
UNSEEN = PAGES / "unseen"
_ARTICLE = re.compile(r"<!--article-->(.*?)<!--/article-->", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Precision, recall and F1 of the words extracted from one page."""

    precision: float
    recall: float
    f1: float


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "claimwire": lambda markup: html.extract(markup)[0],
    "trafilatura": lambda markup: trafilatura.extract(markup) or "",
}


def pages(folder: Path = PAGES) -> dict[str, str]:
    """Return the markup of each page of a folder by its name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}


def article(markup: str) -> str:
    """Return the marked article of a page, with a space for each tag."""
    return unescape(_TAG.sub(" ", " ".join(_ARTICLE.findall(markup))))


def score(text: str, wanted: str) -> Score:
    """Compare two texts as multisets of words."""
    found, gold = Counter(_WORD.findall(text)), Counter(_WORD.findall(wanted))
    shared = (found & gold).total()
    precision = shared / found.total() if found else 0.0
    recall = shared / gold.total()
    return Score(precision=precision, recall=recall, f1=2 * shared / (found.total() + gold.total()))


def measure(folder: Path = PAGES) -> dict[str, dict[str, Score]]:
    """Return the score of each extractor on each page of a folder, by page and extractor."""
    return {
        name: {tool: score(extract(markup), article(markup)) for tool, extract in EXTRACTORS.items()}
        for name, markup in pages(folder).items()
    }


def main(arguments: Sequence[str]) -> None:
    """Print a line per page, and the means; with `--json`, one object."""
    parser = argparse.ArgumentParser(prog="python -m evaluation extraction")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--unseen", action="store_true", help="the pages that the extraction was not made with")
    options = parser.parse_args(arguments)
    scores = measure(UNSEEN if options.unseen else PAGES)
    means = {
        tool: {
            part: sum(getattr(page[tool], part) for page in scores.values()) / len(scores) for part in Score.__slots__
        }
        for tool in EXTRACTORS
    }
    if options.json:
        print(json.dumps({f"{tool}_{part}": round(value, 3) for tool in means for part, value in means[tool].items()}))
        return
    print("| page | claimwire | trafilatura |\n|---|---|---|")
    for name, page in scores.items():
        print(f"| {name} | {page['claimwire'].f1:.3f} | {page['trafilatura'].f1:.3f} |")
    for part in ("f1", "precision", "recall"):
        print(f"| mean {part} | {means['claimwire'][part]:.3f} | {means['trafilatura'][part]:.3f} |")
