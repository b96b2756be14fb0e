"""Questions of coreference: who is asked about, among whom, and what is right."""

import json
from pathlib import Path

import pytest

from service.inference.tokenizer import Tokenizer
from tests.models import SMALL
from training.data.coreference_examples import document_examples, pronoun_examples, source_examples
from training.data.examples import Example
from training.data.readers import Attribution, AttributionArticle, Frame

WINDOW = 120
TEXT = "Ada Brem runs the ferry. She said it was late. Her brother said that he knew, and Ms Brem agreed."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """The small model's tokenizer."""
    return Tokenizer.load(SMALL / "tokenizer.json", 30522)


def _span(words: str, after: str = "") -> tuple[int, int]:
    start = TEXT.index(words, TEXT.index(after))
    return start, start + len(words)


def _asked(example: Example) -> dict[str, tuple[int, int]]:
    """Return for each anaphor how many candidates it has, and how many are right."""
    return {str(example.spans[one.anaphor]): (len(one.candidates), len(one.right)) for one in example.antecedents}


def test_a_mention_means_the_earlier_ones_of_its_chain(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """A pronoun's right answers are the mentions before it in its chain, and never those after it."""
    chains = [("Ada Brem", 1), ("the ferry", 2), ("She", 1), ("it", 2), ("Ms Brem", 1)]
    row = {"id": "d", "text": TEXT, "mentions": [{"span": _span(words), "chain": chain} for words, chain in chains]}
    (tmp_path / "gum.jsonl").write_text(json.dumps(row) + "\n")
    (example,) = document_examples(tmp_path / "gum.jsonl", tokenizer, WINDOW, seed=1)
    assert list(_asked(example).values()) == [(2, 1), (3, 1), (4, 2)]


def test_a_pronoun_is_asked_with_both_names(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """One of two names is right; a passage in which neither is teaches nothing."""
    text = "Ada met Una before she sailed."
    row = {
        "id": "p",
        "text": text,
        "pronoun": [19, 22],
        "candidates": [{"span": [0, 3], "is": False}, {"span": [8, 11], "is": True}],
    }
    neither = {**row, "candidates": [{**one, "is": False} for one in row["candidates"]]}
    (tmp_path / "gap.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(neither) + "\n")
    (example,) = pronoun_examples(tmp_path / "gap.jsonl", tokenizer, WINDOW)
    assert list(_asked(example).values()) == [(2, 1)]


def test_a_source_means_the_names_and_sources_of_its_speaker(tokenizer: Tokenizer) -> None:
    """A pronoun source means its speaker's names; of somebody never named, "none of these" is right."""

    def attribution(number: int, source: str, speaker: str, kind: str) -> Attribution:
        place = _span(source)
        return Attribution(
            id=f"E{number}",
            source=(place,),
            cue=(),
            content=((place[1] + 6, place[1] + 12),),
            frame=Frame(speaker=speaker, speaker_kind=kind, stances=(), check_worthy=False),
        )

    article = AttributionArticle(
        id="a",
        text=TEXT,
        discard=(),
        attributions=(
            attribution(1, "She", "Ada Brem", "person"),
            attribution(2, "Her brother", "Her brother", "unnamed"),
        ),
    )
    (example,) = source_examples([article], tokenizer, WINDOW)
    right = [(len(one.candidates), len(one.right)) for one in example.antecedents]
    assert right == [(3, 2), (3, 0)]
