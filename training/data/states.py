"""Hidden states and names of training articles, read once by an artifact and kept on disk."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.analysis.text.document import segment
from service.core.document import Document
from service.core.frames import EntityType
from service.core.model import Ints, Named
from service.core.span import Span
from service.inference.manifest import GRAPH, digest
from service.inference.model import ClaimwireModel
from training.data.readers import AttributionArticle

_BATCH = 32  # articles
_TYPES = tuple(EntityType)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """An article as the artifact saw it.

    Attributes:
        start, end: of its n tokens, in code points, shape (n,).
        hidden: the encoder's states as f16, shape (n, width).
        named: the entities that it found.
    """

    document: Document
    start: Ints
    end: Ints
    hidden: NDArray[np.float16]
    named: tuple[Named, ...]


def states(model: ClaimwireModel, articles: Sequence[AttributionArticle], folder: Path) -> Iterator[State]:
    """Yield the state of each article, in order; what lies in the folder is not read again.

    Args:
        model: the artifact.
        articles: whole, in any language that the artifact reads.
        folder: holds a folder for each artifact, and in it a file for each text.
    """
    known = model.manifest
    seen = f"{digest(known.directory / GRAPH)}/{known.layers}"  # what states and names hang on, whatever head is taught
    own = folder / hashlib.sha256(seen.encode()).hexdigest()[:16]
    own.mkdir(parents=True, exist_ok=True)
    for at in range(0, len(articles), _BATCH):
        part = articles[at : at + _BATCH]
        new = [article for article in part if not _path(own, article.text).exists()]
        documents = [segment(article.text, language=article.language) for article in new]
        for document, reading in zip(documents, model.read(documents), strict=True):
            named = model.spans(reading).entities
            np.savez(
                _path(own, document.text),
                start=reading.tokens.start,
                end=reading.tokens.end,
                hidden=reading.hidden.astype(np.float16),
                entities=np.asarray(
                    [(one.span.start, one.span.end, _TYPES.index(one.type)) for one in named], dtype=np.int64
                ).reshape(-1, 3),
                confidences=np.asarray([one.confidence for one in named]),
            )
        for article in part:
            yield _loaded(_path(own, article.text), article)


def _path(folder: Path, text: str) -> Path:
    return folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"


def _loaded(path: Path, article: AttributionArticle) -> State:
    with np.load(path) as kept:
        return State(
            document=segment(article.text, language=article.language),
            start=kept["start"],
            end=kept["end"],
            hidden=kept["hidden"],
            named=tuple(
                Named(span=Span(start, end), type=_TYPES[kind], confidence=float(confidence))
                for (start, end, kind), confidence in zip(kept["entities"].tolist(), kept["confidences"], strict=True)
            ),
        )
