"""What lower-casing throws away, as a number beside the word piece."""

import numpy as np
import pytest
import tokenizers

from service.inference.tokenizer import GAPS, SHAPES, Tokenizer, line_starts, shapes


def shape(text: str, *pieces: str) -> list[tuple[int, int, int]]:
    """Return (capitals, gap, quoted) of each piece, found in order."""
    offsets, at = [], 0
    for piece in pieces:
        at = text.index(piece, at)
        offsets.append((at, at + len(piece)))
        at += len(piece)
    numbers = shapes(text, np.asarray(offsets))
    assert ((numbers >= 0) & (numbers < SHAPES)).all()
    return [(int(n) // 2 // GAPS, int(n) // 2 % GAPS, int(n) % 2) for n in numbers]


def test_capitals_are_told_apart() -> None:
    """No capital, a first one, all of them, and a mixture have four numbers."""
    found = shape("we Went NATO McCain A 42", "we", "Went", "NATO", "McCain", "A", "42")
    assert [capitals for capitals, _, _ in found] == [0, 1, 2, 3, 1, 0]


def test_gaps_are_told_apart() -> None:
    """A glued token, one after a space, and one that begins a line or the text have three numbers."""
    found = shape("One, two\n\nThree", "One", ",", "two", "Three")
    assert [gap for _, gap, _ in found] == [2, 0, 1, 2]


@pytest.mark.parametrize(
    ("text", "pieces", "inside"),
    [
        ("a “b” c", ("a", "b", "c"), [0, 1, 0]),
        ('a "b" c', ("a", "b", "c"), [0, 1, 0]),
        ("“a\n“b” c", ("a", "b", "c"), [1, 1, 0]),
        ("“a\nb", ("a", "b"), [1, 0]),
        ("«a» b", ("a", "b"), [1, 0]),
        ("„a“ b", ("a", "b"), [1, 0]),
        ("„a” b", ("a", "b"), [1, 0]),
    ],
)
def test_quotations_are_told_apart(text: str, pieces: tuple[str, ...], inside: list[int]) -> None:
    """A token knows whether it stands in a quotation; a line break ends one that is not opened again."""
    assert [quoted for _, _, quoted in shape(text, *pieces)] == inside


def test_line_starts_are_read_back_from_the_ids() -> None:
    """The line breaks before tokens can be told from their ids alone."""
    text = "One two\nThree"
    offsets = np.asarray([(0, 3), (4, 7), (8, 13)])
    ids = np.asarray([5, 6, 7]) + 100 * shapes(text, offsets)
    assert line_starts(ids, 100).tolist() == [1, 0, 1]


def unigram(*pieces: str) -> Tokenizer:
    """Return a tokenizer of a unigram model whose words begin with a mark, as the multilingual encoder's."""
    model = tokenizers.models.Unigram([("<unk>", 0.0), *((piece, -1.0) for piece in pieces)], unk_id=0)
    backend = tokenizers.Tokenizer(model)
    backend.normalizer = tokenizers.normalizers.NFKC()
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.WhitespaceSplit(),
            tokenizers.pre_tokenizers.Metaspace(prepend_scheme="always"),
        ]
    )
    return Tokenizer(backend, len(pieces) + 1)


@pytest.mark.parametrize(
    ("text", "pieces", "covered"),
    [
        ("Анна ушла", ("▁Анна", "▁ушл", "а"), ["Анна", "ушл", "а"]),
        ("  პუტინმა  თქვა", ("▁", "პუტინ", "მა", "▁თქვა"), ["პუტინ", "მა", "თქვა"]),
        ("«Ոչ»", ("▁«", "Ոչ", "»"), ["«", "Ոչ", "»"]),
        ("երևան", ("▁երե", "ւան"), ["եր", "ևան"]),
    ],
)
def test_pieces_cover_the_letters_that_they_stand_for(text: str, pieces: tuple[str, ...], covered: list[str]) -> None:
    """The mark of a word's beginning has no place of its own, and a letter that two pieces share belongs to one."""
    tokens = unigram(*pieces)([text])[0]
    found = [text[start:end] for start, end in zip(tokens.start, tokens.end, strict=True)]
    assert found == covered


def test_a_marked_word_keeps_the_gap_before_it() -> None:
    """A word whose mark is a piece by itself still begins a line."""
    tokenizer = unigram("▁", "ა", "▁ბ")
    tokens = tokenizer(["ბ\nა"])[0]
    assert line_starts(tokens.ids, tokenizer.vocabulary).tolist() == [1, 1]
