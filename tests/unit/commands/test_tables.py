"""An event as tables for people."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from service.commands.tables import _said, _stances, print_event, render

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "schemas/examples"


def _event(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_bytes())


def _printed(event: Any, width: int) -> str:
    output = io.StringIO()
    Console(file=output, width=width).print(render(event))
    return output.getvalue()


def test_a_stance_that_the_model_doubts_is_marked() -> None:
    """Unlikely stances have a question mark, likely ones have none; each is on a line of its own."""
    stances = [
        {"target": "e1", "label": "against", "confidence": 0.31},
        {"target": "e2", "label": "favor", "confidence": 0.9},
    ]
    assert _stances(stances, {"e1": "Orsania", "e2": "Keltia"}).plain == "− Orsania?\n+ Keltia"


def test_a_doubted_stance_is_marked_in_both_tables() -> None:
    """The table of stances marks what the model doubts as the table of claims does."""
    event = _event("enriched")
    for each in [*event["stances"], *(held for topic in event["topics"] for held in topic["holders"])]:
        each["confidence"] = 0.3
    told = _printed(event, 140).partition("Who stands where")[2]
    assert len(re.findall(r"(favor|against|neutral)\?", told)) == len(re.findall(r"0\.30", told)) > 0


@pytest.mark.parametrize("width", [80, 100, 140])
def test_names_and_numbers_are_whole_on_a_narrow_terminal(width: int) -> None:
    """At eighty columns no word of a name, no id of a claim and no number is cut."""
    event = _event("enriched")
    told = _printed(event, width)
    assert all(len(line) <= width for line in told.splitlines())
    claims, _, stances = told.partition("Who stands where")
    for table, ids in (
        (claims, [claim["id"] for claim in event["claims"]]),
        (stances, [each for stance in event["stances"] for each in stance["claims"]]),
    ):
        words = set(re.findall(r"[\w’'.-]+", table))
        assert set(ids) <= words
    words = set(re.findall(r"[\w’'-]+", told))
    for claim in event["claims"]:
        assert set(re.findall(r"[\w’'-]+", claim["speaker"]["name"] or "")) <= words
        assert set(claim["kind"].split("_")) <= words
        assert f"{claim['check_worthiness']:.2f}" in told


def test_events_without_claims_say_why() -> None:
    """A skipped and a retracted article are a line of what happened."""
    assert "reads en" in _printed(_event("skipped"), 80)
    assert "withheld" in _printed(_event("retracted"), 80)


def test_no_color_is_plain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where NO_COLOR is set, even a terminal gets no escape sequence; else it gets some."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_event(_event("enriched"))
    assert "\x1b" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    print_event(_event("enriched"))
    assert "\x1b" not in capsys.readouterr().out


def test_a_claim_of_two_pieces_is_shown_without_the_cue_between_them() -> None:
    """An event without text shows positions."""
    claim = {"start": 100, "end": 137, "spans": [{"start": 100, "end": 108}, {"start": 122, "end": 137}]}
    assert _said(claim | {"text": "No mill … may turn it off"}) == "No mill … may turn it off"
    assert _said(claim | {"text": None}) == "100-137"
