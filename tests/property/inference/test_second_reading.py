"""The window in which one claim is read a second time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.model import StanceQuestion, StanceTarget, Tokens
from service.core.span import Span
from service.inference.second_reading import NAMES, WINDOW, Window, window

SEPARATOR = -1
TEXT = " ".join(f"w{n:03}" for n in range(400))  # four letters and a space each
WORD = 5


def tokenize(texts: list[str]) -> list[Tokens]:
    """Take each word for a token; its id is its number."""
    found = []
    for text in texts:
        starts = np.arange(0, len(text), WORD)
        ids = [int(text[at + 1 : at + 4]) for at in starts]
        found.append(Tokens(ids=np.asarray(ids, dtype=np.int64), start=starts, end=starts + 4))
    return found


TOKENS = tokenize([TEXT])[0]
SENTENCES = [Span(at * WORD, (at + 10) * WORD - 1) for at in range(0, 400, 10)]


def words(first: int, last: int) -> Span:
    """Return the span from one word to another."""
    return Span(first * WORD, last * WORD + 4)


def asked(question: StanceQuestion) -> Window:
    """Return the window of a question."""
    found = window(question, lambda texts: tokenize(list(texts)), TOKENS, SENTENCES, SEPARATOR)
    assert found is not None
    return found


QUESTION = StanceQuestion(
    claim=(words(203, 206),),
    holder="w900 w901",
    source=words(201, 201),
    targets=(
        StanceTarget(name="w910", mentions=(words(204, 204),)),
        StanceTarget(name="w920 w921", mentions=(words(120, 121), words(212, 212))),
    ),
)


def test_names_stand_in_front_and_sentences_behind() -> None:
    """Holder, targets and the claim's sentence with some before it follow each other; spans point at both places."""
    found = asked(QUESTION)
    front = [900, 901, SEPARATOR, 910, SEPARATOR, 920, 921, SEPARATOR]
    assert found.ids[: len(front)].tolist() == front
    context = found.ids[len(front) :].tolist()
    assert context == list(range(context[0], 210))
    assert context[0] % 10 == 0
    assert context[0] < 200
    at = len(front) - context[0]
    assert found.claim == ((203 + at, 206 + at),)
    assert found.holder == ((0, 1), (201 + at, 201 + at))
    assert found.targets == (((3, 3), (204 + at, 204 + at)), ((5, 6),))  # mentions in other sentences are left out


def test_an_unknown_place_of_the_speaker_leaves_the_name() -> None:
    """A speaker who is not mentioned near the claim comes first, alone."""
    assert asked(replace(QUESTION, source=None)).holder == ((0, 1),)


def test_a_claim_without_tokens_has_no_window() -> None:
    """A span without tokens cannot be asked about."""
    question = replace(QUESTION, claim=(Span(4, 5),))
    assert window(question, lambda texts: tokenize(list(texts)), TOKENS, SENTENCES, SEPARATOR) is None


@given(
    first=st.integers(0, 399),
    length=st.integers(1, 400),
    names=st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
def test_no_window_is_too_long(first: int, length: int, names: list[int]) -> None:
    """However long the claim and many the names, the window fits, and each span lies inside it."""
    last = min(399, first + length - 1)
    targets = tuple(StanceTarget(name=" ".join(["w999"] * count), mentions=(words(first, first),)) for count in names)
    found = asked(replace(QUESTION, claim=(words(first, last),), targets=targets))
    assert len(found.ids) <= WINDOW
    assert int((found.ids == SEPARATOR).nonzero()[0].max(initial=0)) < NAMES
    assert len(found.targets) <= len(targets)
    for pieces in (found.claim, *found.targets):
        assert pieces
        assert all(0 <= start <= end < len(found.ids) for start, end in pieces)


@pytest.mark.parametrize("first", [0, 1, 9, 10, 399])
def test_the_edges_of_an_article_are_no_edge_of_the_claim(first: int) -> None:
    """A claim in the first or last sentence has its whole sentence."""
    found = asked(replace(QUESTION, claim=(words(first, first),)))
    sentence = first // 10 * 10
    assert set(range(sentence, min(400, sentence + 10))) <= set(found.ids.tolist())
