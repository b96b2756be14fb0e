"""The tables of a page, written from the report between its marks, so that prose and figures meet in one file.

A table named `speed` stands between the lines `<!-- speed -->` and `<!-- /speed -->`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SHARES = {  # the heading of a column, and its figure
    "found": "found",
    "speaker right, of those found": "speaker right, of those found",
    "found and speaker right": "found and speaker right",
    "no speaker": "no speaker, of those found",
    "source as written": "source as written right, of those found",
    "letters found": "letters found",
    "letters with the right speaker": "letters with the right speaker",
}


def fill(report: Mapping[str, Any], page: Path, picture: str | None = None) -> None:
    """Write the report's tables into a page.

    Args:
        report: what the command prints.
        page: a Markdown file.
        picture: the picture's address, seen from the page.

    Raises:
        ValueError: the page has no place for a table.
    """
    text = page.read_text(encoding="utf-8")
    parts = _tables(report)
    if picture:
        parts["picture"] = f"![Bars: quotations, speakers, speed, memory and stances by program]({picture})"
    for name, table in parts.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not place.search(text):
            raise ValueError(f"{page} has no lines <!-- {name} --> and <!-- /{name} --> for what goes there; add them")
        text = place.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)  # type: ignore[misc]
    page.write_text(text, encoding="utf-8")


def _tables(report: Mapping[str, Any]) -> dict[str, str]:
    programs = report["programs"]
    tables = {
        "quotations": _table(
            ["articles", "program", "returned", *_SHARES],
            [
                [
                    f"{name}: {of['articles']} articles, {of['quotations']} quotations",
                    one["program"],
                    str(of["returned"]),
                    *(_interval(of["figures"][figure]) for figure in _SHARES.values()),
                ]
                for name in programs[0]["sets"]
                for one in programs
                for of in [one["sets"][name]]
            ],
        ),
        "speed": _table(
            ["program", "articles a second", "processor seconds per article", "peak memory"],
            [
                [
                    one["program"],
                    f"{one['articles_a_second']:.2f}",
                    f"{one['processor_seconds_an_article']:.2f}",
                    f"{one['peak_mib']:,} MiB",
                ]
                for one in programs
            ],
        ),
    }
    if "stances" in report:
        stances = report["stances"]
        tables["stances"] = _table(
            ["questions", "system", "accuracy", "macro-F1", "F1 of favor and against"],
            [
                [
                    f"{name}: {_asked(stances['asked'][name])}",
                    system,
                    *(_share(figures[figure]) for figure in ("accuracy", "macro_f1", "favor_against_f1")),
                ]
                for name, systems in stances["sets"].items()
                for system, figures in systems.items()
            ],
        )
    return tables


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _asked(labels: Mapping[str, int]) -> str:
    return f"{sum(labels.values())} ({', '.join(f'{count} {label}' for label, count in labels.items())})"


def _interval(figure: Sequence[float]) -> str:
    value, low, high = map(_share, figure)
    return f"{value} [{low}, {high}]"


def _share(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value < 1 else f"{value:.2f}"
