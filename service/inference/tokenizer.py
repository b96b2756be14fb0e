"""Text to tokens: word pieces of the encoder's vocabulary, with what its tokenizer throws away added back.

The encoders' tokenizers drop line breaks, and the English ones lower the case. Names, sentence edges and quotations
hang on exactly that, so each token carries a shape beside its word piece: its capitals, the gap before it, and whether
it stands inside a quotation. The pair is one number, `piece + vocabulary * shape`; the encoder's graph takes it apart
again and adds an embedding of the shape to that of the piece.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tokenizers

from service.core.model import Ints, Tokens
from service.core.quotation_marks import DOUBLE

CASES = 4  # no capital, first letter, all letters (two at least), another mixture
GAPS = 3  # glued to the token before, after a space, after a line break or at the start of the text
SHAPES = CASES * GAPS * 2  # the last factor: outside or inside a quotation

_MARKS = re.compile(rf"[\n\r\u2028\u2029]+|[{DOUBLE}]")


class WordPieces(Protocol):
    """What is needed of a fast tokenizer (`tokenizers.Tokenizer` has it), of word pieces or of a unigram model."""

    def encode_batch(self, input: Sequence[str], *, add_special_tokens: bool) -> list[Any]:  # noqa: A002
        """Return encodings with `ids` and `offsets` in code points."""
        ...


class Tokenizer:
    """A word-piece tokenizer that numbers shapes too. `vocabulary` is the number of word pieces."""

    def __init__(self, pieces: WordPieces, vocabulary: int) -> None:
        self._pieces = pieces
        self.vocabulary = vocabulary

    @classmethod
    def load(cls, path: Path, vocabulary: int) -> "Tokenizer":
        """Read a `tokenizer.json`; nothing is fetched from anywhere."""
        backend = tokenizers.Tokenizer.from_file(str(path))  # what transformers wraps, without seconds of imports
        backend.no_truncation()
        backend.no_padding()
        return cls(backend, vocabulary)

    def __call__(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokenize whole texts, without special tokens."""
        encodings = self._pieces.encode_batch(list(texts), add_special_tokens=False)
        return [self._tokens(text, encoding) for text, encoding in zip(texts, encodings, strict=True)]

    def _tokens(self, text: str, encoding: Any) -> Tokens:
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        # A mark of a word's beginning that is a piece by itself has the place of the first letter, as has the piece
        # after it: no place is left to the mark.
        ends = np.minimum(offsets[:, 1], np.append(offsets[1:, 0], len(text)))
        real = ends > offsets[:, 0]
        pieces = np.asarray(encoding.ids, dtype=np.int64)[real]
        places = np.stack([offsets[real, 0], ends[real]], axis=1)
        return Tokens(ids=pieces + self.vocabulary * shapes(text, places), start=places[:, 0], end=places[:, 1])


def shapes(text: str, offsets: Ints) -> Ints:
    """Return the shape of each token, a number below `SHAPES`; `offsets` has shape (tokens, 2)."""
    result = np.zeros(len(offsets), dtype=np.int64)
    quoted = _quoted(text)
    quote_end, inside = next(quoted)
    before = -1
    for index, (start, end) in enumerate(offsets.tolist()):
        while start >= quote_end:
            quote_end, inside = next(quoted)
        if start == before:
            gap = 0
        else:
            between = text[max(before, 0) : start]
            gap = 2 if before < 0 or "\n" in between or "\r" in between or "\u2028" in between else 1
        before = end
        result[index] = (_case(text[start:end]) * GAPS + gap) * 2 + inside
    return result


def line_starts(ids: Ints, vocabulary: int) -> Ints:
    """Return 1 for each token that begins a line, else 0, from their shapes."""
    begins: Ints = ((ids // vocabulary) // 2 % GAPS == GAPS - 1).astype(np.int64)
    return begins


def _case(piece: str) -> int:
    if piece.islower() or not piece[:1].isalpha():
        return 0 if piece == piece.lower() else 3
    if piece.isupper() and len(piece) > 1:
        return 2
    if piece[0].isupper():
        return 1 if len(piece) == 1 or piece[1:] == piece[1:].lower() else 3
    return 0 if piece == piece.lower() else 3


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """Yield (end, inside) of stretches that are in or out of quotation marks, to past the end of the text.

    A line break ends a quotation: one that runs on over paragraphs opens each of them with a mark (Chicago 13.32). The
    mark that opens a quotation in English closes one that was opened low, as Georgian and Russian do.
    """
    inside, opened = 0, ""
    for mark in _MARKS.finditer(text):
        symbol = mark.group()
        closes = symbol in "”»" or symbol[0] in "\n\r\u2028\u2029" or (symbol == "“" and inside and opened == "„")
        now = 0 if closes else 1 - inside if symbol == '"' else 1
        opened = symbol
        if now != inside:
            yield mark.start(), inside
            inside = now
    yield len(text) + 1, inside
    while True:
        yield len(text) + 2, 0
