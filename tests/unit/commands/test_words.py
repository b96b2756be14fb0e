"""One word for one thing: kinds and stances have the event's names everywhere."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from service.commands.tables import render
from service.core.frames import ClaimKind, SpeakerKind, StanceLabel

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("word", [*ClaimKind, *SpeakerKind, *StanceLabel])
def test_the_readme_names_every_kind_and_stance(word: str) -> None:
    """The table of the event lists each value as the event has it."""
    assert f"`{word}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("word", [*ClaimKind, *StanceLabel])
def test_the_page_filters_by_the_events_words(word: str) -> None:
    """A filter's label is the event's own word, with spaces, as in the tables of the command line."""
    page = (ROOT / "service/api/web/index.html").read_text()
    labels = re.findall(rf'<option value="{word}">([^<]+)</option>', page)
    assert labels
    assert set(labels) == {word.replace("_", " ")}


@pytest.mark.parametrize("label", StanceLabel)
def test_the_page_and_the_tables_say_a_stance_as_the_event_does(label: str) -> None:
    """A stance toward somebody begins with the event's own word on the page, and the tables explain each by it."""
    words = (ROOT / "service/api/web/stances.js").read_text()
    assert re.search(rf'\b{label}: "{label}\b', words)
    event = json.loads((ROOT / "schemas/examples/enriched.json").read_bytes())
    output = io.StringIO()
    Console(file=output, width=140).print(render(event))
    assert re.search(rf"[+−·] {label}\b", output.getvalue().partition("Who says what")[0])
