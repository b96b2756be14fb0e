"""The comparison as bars in one SVG picture."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

_COLOURS = ("#1d4ed8", "#60a5fa", "#b45309", "#6b7280")
_WIDTH, _BAR, _GAP, _LABEL = 230, 13, 48, 178  # pixels
_PANELS = (  # a title and the figure
    ("found", "found"),
    ("found and speaker right", "found and speaker right"),
    ("no speaker, of those found", "no speaker, of those found"),
)
_MEASURES = (
    ("articles a second", "articles_a_second", "{:.2f}"),
    ("processor seconds per article", "processor_seconds_an_article", "{:.2f}"),
    ("peak memory, MiB", "peak_mib", "{:,}"),
)
Bar = tuple[str, str, float, str]  # label, colour, share of the full length, what stands at its end
Row = tuple[str, list[tuple[str, list[Bar]]]]  # a heading, and panels of a title and bars


def draw(report: dict[str, Any], output: Path) -> None:
    """Write the picture: a row of panels for each set of articles, then speed and memory, then stances if there are."""
    programs = report["programs"]
    colours = dict(zip((one["program"] for one in programs), _COLOURS, strict=False))
    rows: list[Row] = []
    for name, of in programs[0]["sets"].items():
        panels = [
            (
                title,
                [
                    (one["program"], colours[one["program"]], value, f"{value:.2f}")
                    for one in programs
                    for value in [one["sets"][name]["figures"][figure][0]]
                ],
            )
            for title, figure in _PANELS
        ]
        if name != "all":
            rows.append((f"direct quotations, {name} ({of['quotations']})", panels))
    rows.append(("speed and memory", [(title, _measures(programs, colours, *of)) for title, *of in _MEASURES]))
    if "stances" in report:
        panels = [
            (
                f"{name} ({sum(report['stances']['asked'][name].values())} questions)",
                [
                    (system, _COLOURS[at % len(_COLOURS)], figures["macro_f1"], f"{figures['macro_f1']:.2f}")
                    for at, (system, figures) in enumerate(systems.items())
                ],
            )
            for name, systems in report["stances"]["sets"].items()
        ]
        rows.append(("stances, macro-F1 of three labels", panels[: len(_PANELS)]))
    output.write_text(_picture(rows), encoding="utf-8")


def _measures(programs: Sequence[dict[str, Any]], colours: dict[str, str], field: str, form: str) -> list[Bar]:
    most = max(one[field] for one in programs)
    return [(one["program"], colours[one["program"]], one[field] / most, form.format(one[field])) for one in programs]


def _picture(rows: Sequence[Row]) -> str:
    parts: list[str] = []
    top = _GAP
    for heading, panels in rows:
        parts.append(f'<text x="6" y="{top - 24}" font-size="12" font-weight="bold">{escape(heading)}</text>')
        for at, (title, bars) in enumerate(panels):
            parts.append(_panel(title, bars, at, top))
        top += max(len(bars) for _, bars in panels) * (_BAR + 3) + _GAP
    width = _LABEL + len(_PANELS) * (_WIDTH + _GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="#222">'
        f'<rect width="{width}" height="{top}" fill="#fff"/>' + "".join(parts) + "</svg>\n"
    )


def _panel(title: str, bars: Sequence[Bar], at: int, top: int) -> str:
    left = _LABEL + at * (_WIDTH + _GAP)
    parts = [f'<text x="{left}" y="{top - 8}" fill="#555">{escape(title)}</text>']
    for number, (label, colour, share, said) in enumerate(bars):
        y = top + number * (_BAR + 3)
        if at == 0:
            parts.append(f'<text x="{left - 6}" y="{y + 10}" text-anchor="end">{escape(label)}</text>')
        length = max(1.0, share * (_WIDTH - 40))
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>')
        parts.append(f'<text x="{left + length + 4:.1f}" y="{y + 10}">{said}</text>')
    return "".join(parts)
