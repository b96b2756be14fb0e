"""Texts with tagged names to examples: windows with the entity layer."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from service.analysis.text.document import segment
from service.core.span import Span
from service.inference import windows
from service.inference.crf import tokens_under
from service.inference.tag_layers import ENTITY_TYPES
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.examples import Example, mark
from training.data.readers import Taught


def entity_examples(
    rows: Sequence[readers.TaggedRow], tokenizer: Tokenizer, window: int, seed: int
) -> Iterator[Example]:
    """Join the rows of a document to a text. Paragraph breaks are lost in the data; some are put back at random."""
    gap = _gap(seed)
    for document in documents(rows):
        yield from _entity_windows(*entity_text(document, gap), tokenizer, window)


def marked_entity_examples(
    articles: Iterable[readers.MarkedArticle], tokenizer: Tokenizer, window: int, seed: int
) -> Iterator[Example]:
    """Join the sentences of an article whose entities are known; the others are left out."""
    gap = _gap(seed)
    for article in articles:
        text = ""
        spans: list[tuple[int, int, str]] = []
        sentences: list[Span] = []
        for start, end in article.sentences:
            text += gap() if text else ""
            moved = len(text) - start
            text += article.text[start:end]
            sentences.append(Span(start + moved, end + moved))
            spans += [(at + moved, to + moved, kind) for at, to, kind in article.entities if start <= at < end]
        yield from _entity_windows(text, spans, sentences, tokenizer, window)


def taught_names(taught: Iterable[Taught], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Cut articles into windows, with the names that a teacher finds in them."""
    for item in taught:
        if item.names:
            sentences = [sentence.span for sentence in segment(item.text).sentences]
            yield from _entity_windows(item.text, item.names, sentences, tokenizer, window)


def _gap(seed: int) -> Callable[[], str]:
    chance = random.Random(seed)  # noqa: S311 - repeatable draws are wanted, not secret ones
    return lambda: "\n" if chance.random() < 0.5 else " "  # noqa: PLR2004


def _entity_windows(
    text: str, spans: Iterable[tuple[int, int, str]], sentences: Sequence[Span], tokenizer: Tokenizer, window: int
) -> Iterator[Example]:
    tokens = tokenizer([text])[0]
    states = np.zeros(len(tokens), dtype=np.int64)
    for start, end, kind in spans:
        mark(states, tokens_under(tokens, start, end), ENTITY_TYPES.index(kind))
    for start, end in windows.cut(len(tokens), windows.starts(tokens, sentences), window):
        yield Example(ids=tokens.ids[start:end], states={"entity": states[start:end]})


def documents(rows: Sequence[readers.TaggedRow]) -> Iterator[list[readers.TaggedRow]]:
    """Group the rows of each document; a row without a document is a group of its own."""
    group: list[readers.TaggedRow] = []
    for row in rows:
        if group and (row.doc is None or row.doc != group[0].doc):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def entity_text(
    document: Sequence[readers.TaggedRow], gap: Callable[[], str], types: dict[str, str] = readers.WORLDWIDE_TYPES
) -> tuple[str, list[tuple[int, int, str]], list[Span]]:
    """Return a document as running text, its entities as (start, end, type), and its rows as sentences."""
    text = ""
    found: list[tuple[int, int, str]] = []
    sentences: list[Span] = []
    for row in document:
        if not row.tokens:
            continue
        piece, places = readers.joined(row.tokens)
        text += gap() if text else ""
        at = len(text)
        text += piece
        sentences.append(Span(at, len(text)))
        found.extend(
            (at + places[first][0], at + places[last][1], kind)
            for first, last, kind in readers.tagged_spans(row, types)
        )
    return text, found, sentences
