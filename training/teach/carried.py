"""Names carried over from English to the other languages of the parallel documents.

The English model tags the names of each English line; the multilingual encoder's states say which words of the
translation they are (`training.data.aligned_names`). A line counts as known where every name of it is surely found.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from service.core.model import Tokens
from service.inference.artifact import load_model
from service.inference.tokenizer import Tokenizer
from training.data import annotated
from training.data.aligned_names import Line, Name, names_in_translation, words_of
from training.measure import measure
from training.network.network import Network
from training.teach.losses import Special, pad
from training.teach.train import load_base

LAYER = 7  # of the twelve: its states lead 97% of the words of annotated sources into their translations
_TOKENS = 500  # of a line, at most


def write(model: Path, base: Path, data: Path, output: Path) -> None:
    """Write what is known of the names in each translation, in the form of `polnear.entities.jsonl`.

    Args:
        model: the English artifact that tags names.
        base: the multilingual encoder, as `prepare-base` makes it.
        data: the data folder.
        output: a folder; one file for each language.
    """
    english = annotated.parallel_texts(data, "en")
    tagger = load_model(model)
    names = {
        document: [(one.span.start, one.span.end, one.type.value) for one in tagger.spans(reading).entities]
        for document, reading in zip(english, measure.read(tagger, list(english.values())), strict=True)
    }
    network, tokenizer, special = load_base(base)
    network.eval()

    def lines_of(text: str) -> list[Line]:
        return _lines_of(network, tokenizer, special, text.split("\n"))

    own = {document: lines_of(text) for document, text in english.items()}
    for language in annotated.PARALLEL_LANGUAGES[1:]:
        with annotated.parallel_names(language, output).open("w", encoding="utf-8") as rows:
            for document, text in annotated.parallel_texts(data, language).items():
                sentences, entities = _known(names[document], own[document], lines_of(text))
                row = {"id": document, "characters": len(text), "sentences": sentences, "entities": entities}
                rows.write(json.dumps(row) + "\n")
        print(f"names carried over to {language}", file=sys.stderr, flush=True)


def _known(
    names: Sequence[Name], own: Sequence[Line], others: Sequence[Line]
) -> tuple[list[tuple[int, int]], list[Name]]:
    """Return the lines of a translation in which every name is surely known, and these names."""
    sentences: list[tuple[int, int]] = []
    entities: list[Name] = []
    for (at, line), (there, other) in zip(_placed(own), _placed(others), strict=True):
        inside = [(a - at, b - at, kind) for a, b, kind in names if at <= a and b <= at + len(line.text)]
        found = names_in_translation(inside, line, other)
        if found is not None and other.text.strip():
            sentences.append((there, there + len(other.text)))
            entities += [(there + a, there + b, kind) for a, b, kind in found]
    return sentences, entities


def _placed(lines: Sequence[Line]) -> Iterator[tuple[int, Line]]:
    at = 0
    for line in lines:
        yield at, line
        at += len(line.text) + 1


def _lines_of(network: Network, tokenizer: Tokenizer, special: Special, lines: Sequence[str]) -> list[Line]:
    """Return each line with a vector for each word: the mean of the states of its pieces in one layer."""
    tokenized = tokenizer(lines)
    ids, mask = pad([tokens.ids[:_TOKENS] % tokenizer.vocabulary for tokens in tokenized], special)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        layers = network.encoder(ids, mask, output_hidden_states=True).hidden_states
    read: NDArray[np.float32] = layers[LAYER][:, 1:].float().numpy()
    return [_line(text, tokens, pieces) for text, tokens, pieces in zip(lines, tokenized, read, strict=True)]


def _line(text: str, tokens: Tokens, pieces: NDArray[np.float32]) -> Line:
    words: list[tuple[int, int]] = []
    vectors: list[NDArray[np.float32]] = []
    for start, end in words_of(text):
        under = np.flatnonzero((tokens.start[:_TOKENS] < end) & (tokens.end[:_TOKENS] > start))
        if len(under):
            vector = pieces[under].mean(axis=0)
            words.append((start, end))
            vectors.append(vector / np.linalg.norm(vector))
    width = pieces.shape[1]
    return Line(
        text=text,
        words=tuple(words),
        vectors=np.stack(vectors) if vectors else np.zeros((0, width), dtype=np.float32),
    )
