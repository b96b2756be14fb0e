"""An annotated article set as lines of speech keeps what is annotated where it is."""

import random

import pytest

from training.data.layouts import as_speech
from training.data.readers import Attribution, AttributionArticle, Frame

LEAD = (
    "The harbour board met on Tuesday in the hall above the fish market, "
    "and it sat there until the lamps had been lit all along the quay."
)
QUOTES = (
    ("Ada Brem", "The ferry will sail in March, as Mr Tolk said it would."),
    ("Jon Tolk", "Nobody asked the crew about it."),
    ("Ada Brem", "We asked everybody who came."),
)


def _article() -> AttributionArticle:
    text, items = LEAD, []
    for number, (name, quote) in enumerate(QUOTES):
        text += f'\n\n"{quote[:-1]}," said {name}.'
        start = text.index(quote[:-1])
        source = text.rindex(name)
        items.append(
            Attribution(
                id=f"E{number}",
                source=((source, source + len(name)),),
                cue=((source - 5, source - 1),),
                content=((start, start + len(quote)),),
                frame=Frame(speaker=name, speaker_kind="person", stances=(), check_worthy=True),
            )
        )
    inner = text.index("it would")
    said = text.index("Mr Tolk said")
    items.append(
        Attribution(
            id="E9",
            source=((said, said + 7),),
            cue=((said + 8, said + 12),),
            content=((inner, inner + 8),),
        )
    )
    return AttributionArticle(id="a", text=text, discard=(), attributions=tuple(items), nested=True)


def _speech(layout: str) -> AttributionArticle:
    for seed in range(100):
        speech = as_speech(_article(), random.Random(seed))  # noqa: S311 - a repeatable draw
        if speech and speech.id == f"a/{layout}":
            return speech
    raise AssertionError(f"no seed draws {layout}")


@pytest.mark.parametrize(
    ("layout", "label", "lines"),
    [("surname", "BREM", 3), ("name", "Ada Brem", 3), ("letters", None, 2), ("dashes", None, 2)],
)
def test_each_quotation_becomes_a_whole_line(layout: str, label: str | None, lines: int) -> None:
    """A content runs from behind its label to the line's end, and the label is the source where it names somebody."""
    speech = _speech(layout)
    outer = [item for item in speech.attributions if item.id != "E9"]
    assert len(outer) == lines
    assert speech.text.startswith(LEAD)
    for item in outer:
        (start, end) = item.content[0]
        line = next(line for line in speech.text.split("\n\n") if speech.text[start:end] in line)
        assert line.endswith(speech.text[start:end])
        assert speech.text[end - 1] == "."
    assert [speech.text[start:end] for start, end in outer[0].source] == ([label] if label else [])
    assert not outer[0].cue


def test_a_statement_inside_a_statement_moves_with_it() -> None:
    """What is attributed inside a quotation points at the same words afterwards."""
    speech = _speech("surname")
    inner = next(item for item in speech.attributions if item.id == "E9")
    assert [speech.text[start:end] for start, end in (*inner.source, *inner.cue, *inner.content)] == [
        "Mr Tolk",
        "said",
        "it would",
    ]


def test_an_article_that_quotes_little_makes_no_transcript() -> None:
    """One quotation is not an interview."""
    article = _article()
    few = AttributionArticle(id="a", text=article.text, discard=(), attributions=article.attributions[:1], nested=True)
    assert all(as_speech(few, random.Random(seed)) is None for seed in range(20))  # noqa: S311 - repeatable draws
