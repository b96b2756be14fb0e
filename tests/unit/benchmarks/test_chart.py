"""The picture of the comparison is well-formed, and its bars are as long as its figures."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from benchmarks.comparison.chart import draw
from benchmarks.comparison.quotations import FIGURES

BAR = "{http://www.w3.org/2000/svg}rect"
TEXT = "{http://www.w3.org/2000/svg}text"


def program(name: str, share: float, speed: float) -> dict[str, Any]:
    """Return one program's report, all of whose figures are the same."""
    figures = {figure: [share, share, share] for figure in FIGURES}
    one = {"articles": 1, "quotations": 5, "returned": 6, "figures": figures}
    measures = {"articles_a_second": speed, "processor_seconds_an_article": speed, "peak_mib": int(1000 * speed)}
    return {"program": name, "sets": {"a & b": one, "all": one}} | measures


def test_bars_are_as_long_as_their_figures(tmp_path: Path) -> None:
    """A half is half as long as a whole, in shares and in measures, and names are escaped."""
    scores = {"macro_f1": 0.25, "accuracy": 0.5, "favor_against_f1": 0.1}
    stances = {"sets": {"a & b": {"ours": scores}}, "asked": {"a & b": {"favor": 1, "neutral": 2}}}
    report = {"programs": [program("<one>", 1.0, 2.0), program("two", 0.5, 1.0)], "stances": stances}
    draw(report, tmp_path / "picture.svg")
    picture = ET.fromstring((tmp_path / "picture.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own
    _, *bars = [float(bar.attrib["width"]) for bar in picture.iter(BAR)]
    whole = bars[0]
    assert bars == [whole, whole / 2] * 6 + [whole / 4]
    words = [text.text for text in picture.iter(TEXT)]
    assert "<one>" in words
    assert "direct quotations, a & b (5)" in words
    assert "a & b (3 questions)" in words
