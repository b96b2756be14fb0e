"""Reliability diagrams as one SVG picture, from the calibration data in an artifact's manifest."""

import json
from pathlib import Path

from service.inference.manifest import NAME

_SIDE, _GAP, _COLUMNS = 150, 42, 5
_NAMES = {
    "worth": "check-worthiness (news)",
    "frame": "stance of a speaker",
    "author": "stance of the author",
    "directed": "directed stance",
    "topic": "topic stance",
}


def draw(model: Path, output: Path) -> None:
    """Write the diagrams: x is confidence, y is accuracy, and a dot's area is the number of its answers."""
    content = json.loads((model / NAME).read_text(encoding="utf-8"))
    cells = [_cell(index, head, row) for index, (head, row) in enumerate(content["calibration_error"].items())]
    width = _COLUMNS * (_SIDE + _GAP) + _GAP
    height = -(-len(cells) // _COLUMNS) * (_SIDE + 2 * _GAP) + _GAP
    output.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="#222">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="{_GAP}" y="24" font-size="14">{content["name"]} {content["version"]}: confidence and accuracy '
        f"on development data, each fifth calibrated on the other four</text>" + "".join(cells) + "</svg>\n",
        encoding="utf-8",
    )


def _cell(index: int, head: str, row: dict[str, object]) -> str:
    left = _GAP + index % _COLUMNS * (_SIDE + _GAP)
    top = 2 * _GAP + index // _COLUMNS * (_SIDE + 2 * _GAP)
    bins = row["bins"]
    total = sum(count for _, _, count in bins)  # type: ignore[attr-defined]
    dots = "".join(
        f'<circle cx="{left + mean * _SIDE:.1f}" cy="{top + (1 - share) * _SIDE:.1f}" '
        f'r="{2 + 14 * (count / total) ** 0.5:.1f}" fill="#2563eb" fill-opacity=".55"/>'
        for mean, share, count in bins  # type: ignore[attr-defined]
    )
    return (
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#bbb"/>'
        f'<line x1="{left}" y1="{top + _SIDE}" x2="{left + _SIDE}" y2="{top}" stroke="#bbb" stroke-dasharray="3 3"/>'
        f"{dots}"
        f'<text x="{left}" y="{top - 8}">{_NAMES.get(head, head.replace("_", "–"))}</text>'
        f'<text x="{left}" y="{top + _SIDE + 14}">0</text>'
        f'<text x="{left + _SIDE}" y="{top + _SIDE + 14}" text-anchor="end">1</text>'
        f'<text x="{left + _SIDE / 2}" y="{top + _SIDE + 14}" text-anchor="middle">'
        f"error {row['ece']:.3f}, n {total}</text>"
    )
