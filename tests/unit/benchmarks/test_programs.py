"""Programs in processes of their own: lines out and in, memory, processor time, an end."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.comparison.programs import LineProgram, peak_memory, processor_ticks

ECHO = """
import sys
from benchmarks.comparison.child import answer
from benchmarks.comparison.quotations import Quotation

def opened():
    print("a library's greeting")
    def read(texts):
        print("and its chatter")
        return [[Quotation(pieces=((0, len(text)),), speakers=(text,), source=(0, 1))] for text in texts]
    return "echo 1", read

answer(opened)
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture(params=[1, 2])
def echo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LineProgram]:
    """A program that calls every text a quotation of its own words, in one process or two."""
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    with closing(LineProgram([sys.executable, str(script)], processes=request.param)) as program:
        yield program


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script outside the repository finds its packages."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_answers_come_in_the_order_of_the_texts(echo: LineProgram) -> None:
    """Whatever a library prints, and however many processes share the texts, none of which may be none."""
    assert echo.name == "echo 1"
    texts = ["one", "two“”", "", "vier\nfünf", "six"]
    assert [[one.speakers for one in found] for found in echo.read(texts)] == [[(text,)] for text in texts]
    assert echo.read(["one"])[0][0].pieces == ((0, 3),)
    assert echo.read([]) == []


def test_memory_and_processor_time_are_the_children_s(echo: LineProgram) -> None:
    """An interpreter takes some MiB and some ticks, and two take more."""
    echo.read(["a"] * 1000)
    peaks = [peak_memory([process]) for process in echo.processes()]
    assert all(peak > 1 for peak in peaks)
    assert processor_ticks(echo.processes()) > 0
    assert os.getpid() not in echo.processes()


def test_a_child_that_ends_is_told_of(tmp_path: Path) -> None:
    """Its own words stand on standard error."""
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="ended without an answer"):
        LineProgram([sys.executable, str(script)])
