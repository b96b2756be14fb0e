"""One word for one thing: kinds and stances have the event's names everywhere."""

import re
from pathlib import Path

import pytest

from service.core.frames import ClaimKind, SpeakerKind, StanceLabel

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("word", [*ClaimKind, *SpeakerKind, *StanceLabel])
def test_the_readme_names_every_kind_and_stance(word: str) -> None:
    """The table of the event lists each value as the event has it."""
    assert f"`{word}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("kind", ClaimKind)
def test_the_page_calls_a_kind_what_the_event_calls_it(kind: ClaimKind) -> None:
    """A filter's label is the event's own word, with spaces, as in the tables of the command line."""
    page = (ROOT / "service/api/web/index.html").read_text()
    labels = re.findall(rf'value="{kind}"[^>]*>\s*<span[^>]*>([^<]+)</span>', page)
    assert labels
    assert set(labels) == {kind.replace("_", " ")}
