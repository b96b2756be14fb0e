"""Whom spans mean, as questions inside a window: GUM's chains, GAP's pronouns, sources of annotated articles."""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from service.analysis.text.document import segment
from service.core.model import Tokens
from service.inference import windows
from service.inference.tokenizer import Tokenizer
from training.data import readers
from training.data.attribution_examples import mentions
from training.data.examples import Antecedents, Example, Pieces, within
from training.data.readers import AttributionArticle, Offsets

_CANDIDATES = 40  # of one anaphor, the nearest
_FIRST_MENTIONS = 0.25  # of those that mean nobody named before, the share that is asked about
_AUTHOR = "author"

Chained = tuple[Offsets, object]  # a span and the number or name of whom it means


def document_examples(rows: Path, tokenizer: Tokenizer, window: int, seed: int) -> Iterator[Example]:
    """Cut GUM's documents into windows, in which each mention may mean any earlier one (Zeldes, LRE 2017)."""
    for row in readers.rows(rows):
        text = row["text"]
        chance = random.Random(f"{seed}/chains/{row['id']}")  # noqa: S311 - repeatable draws are wanted
        chained = sorted((_without_ending(text, item["span"]), item["chain"]) for item in row["mentions"])
        for tokens, start, end in _windows(text, tokenizer, window):
            example = Example(ids=tokens.ids[start:end])
            placed = _placed(tokens, chained, start, end)
            for at, (anaphor, chain) in enumerate(placed):
                before = placed[max(0, at - _CANDIDATES) : at]
                is_new = all(other != chain for _, other in before)
                if before and (not is_new or chance.random() < _FIRST_MENTIONS):
                    _ask(example, anaphor, chain, before)
            if example.antecedents:
                yield example


def pronoun_examples(rows: Path, tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Yield a window per passage of GAP: a pronoun and two names, one of which it means (Webster et al., TACL 2018)."""
    for row in readers.rows(rows):
        candidates = [(tuple(item["span"]), item["is"]) for item in row["candidates"]]
        if not any(right for _, right in candidates):
            continue
        for tokens, start, end in _windows(row["text"], tokenizer, window):
            anaphor = within(tokens, [tuple(row["pronoun"])], start, end)
            placed = _placed(tokens, candidates, start, end)
            if anaphor and any(right for _, right in placed):
                example = Example(ids=tokens.ids[start:end])
                _ask(example, anaphor, True, placed)
                yield example
                break


def source_examples(articles: Iterable[AttributionArticle], tokenizer: Tokenizer, window: int) -> Iterator[Example]:
    """Cut annotated articles into windows: which name or other source in it does each source mean?

    Where an attribution has no source, its cue is asked about, else its content. A named speaker of whom the window
    holds nothing else is not a question: the answer is outside.
    """
    for article in articles:
        framed = [item for item in article.attributions if item.frame and item.content]
        people = {item.frame.speaker for item in framed if item.frame and item.frame.speaker_kind == "person"}
        names = {item.frame.speaker for item in framed if item.frame}
        names |= {target for item in framed if item.frame for target, _ in item.frame.stances}
        named: list[Chained] = [
            (place, name)
            for name in sorted(names - {_AUTHOR})
            for place in _mentions(article.text, name, is_person=name in people)
        ]
        sources: list[Chained] = [
            (place, item.frame.speaker) for item in framed if item.frame for place in item.source[:1]
        ]
        known = sorted({*named, *sources}, key=lambda one: (one[0], str(one[1])))
        for tokens, start, end in _windows(article.text, tokenizer, window):
            example = Example(ids=tokens.ids[start:end])
            placed = _placed(tokens, known, start, end)
            for item in framed:
                anchor = (item.source or item.cue or item.content)[0]
                anaphor = within(tokens, [anchor], start, end)
                if anaphor is None or item.frame is None or item.frame.speaker == _AUTHOR:
                    continue
                near = sorted(
                    (one for one in placed if one[0] != anaphor), key=lambda one: abs(one[0][0][0] - anaphor[0][0])
                )[:_CANDIDATES]
                means_one = any(speaker == item.frame.speaker for _, speaker in near)
                if near and (means_one or item.frame.speaker_kind == "unnamed"):
                    _ask(example, anaphor, item.frame.speaker, near)
            if example.antecedents:
                yield example


def _mentions(text: str, name: str, *, is_person: bool) -> list[Offsets]:
    """Return where a name stands; a person's surname alone, too."""
    everywhere = [(0, len(text))]
    found = mentions(text, everywhere, name)
    surname = name.rsplit(maxsplit=1)[-1]
    if is_person and surname != name:
        alone = mentions(text, everywhere, surname)
        found += [place for place in alone if not any(start < place[1] and place[0] < end for start, end in found)]
    return found


def _windows(text: str, tokenizer: Tokenizer, window: int) -> Iterator[tuple[Tokens, int, int]]:
    tokens = tokenizer([text])[0]
    sentences = [sentence.span for sentence in segment(text).sentences]
    for start, end in windows.cut(len(tokens), windows.starts(tokens, sentences), window):
        yield tokens, start, end


def _placed(tokens: Tokens, chained: Sequence[Chained], start: int, end: int) -> list[tuple[Pieces, Any]]:
    """Return the spans that lie in a window as its tokens, each once, in the order given."""
    found = {
        pieces: chain for span, chain in reversed(chained) if (pieces := within(tokens, [span], start, end)) is not None
    }
    return [(pieces, found[pieces]) for pieces in reversed(found)]


def _ask(example: Example, anaphor: Pieces, chain: object, candidates: Sequence[tuple[Pieces, Any]]) -> None:
    numbers = [(example.add(pieces), other) for pieces, other in candidates]
    example.antecedents.append(
        Antecedents(
            anaphor=example.add(anaphor),
            candidates=tuple(number for number, _ in numbers),
            right=frozenset(number for number, other in numbers if other == chain),
        )
    )


def _without_ending(text: str, span: Sequence[int]) -> Offsets:
    start, end = span
    return (start, end - 2) if end - start > 3 and text[end - 2 : end] in {"'s", "’s"} else (start, end)  # noqa: PLR2004
