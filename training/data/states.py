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


def states(model: ClaimwireModel, texts: Sequence[str], folder: Path) -> Iterator[State]:
    """Yield the state of each text, in order; what lies in the folder is not read again.

    Args:
        model: the artifact.
        texts: whole articles.
        folder: holds a folder for each artifact, and in it a file for each text.
    """
    known = model.manifest
    seen = f"{digest(known.directory / GRAPH)}/{known.layers}"  # what states and names hang on, whatever head is taught
    own = folder / hashlib.sha256(seen.encode()).hexdigest()[:16]
    own.mkdir(parents=True, exist_ok=True)
    for at in range(0, len(texts), _BATCH):
        part = texts[at : at + _BATCH]
        new = [text for text in part if not _path(own, text).exists()]
        documents = [segment(text) for text in new]
        for text, reading in zip(new, model.read(documents), strict=True):
            named = model.spans(reading).entities
            np.savez(
                _path(own, text),
                start=reading.tokens.start,
                end=reading.tokens.end,
                hidden=reading.hidden.astype(np.float16),
                entities=np.asarray(
                    [(one.span.start, one.span.end, _TYPES.index(one.type)) for one in named], dtype=np.int64
                ).reshape(-1, 3),
                confidences=np.asarray([one.confidence for one in named]),
            )
        for text in part:
            yield _loaded(_path(own, text), text)


def _path(folder: Path, text: str) -> Path:
    return folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"


def _loaded(path: Path, text: str) -> State:
    with np.load(path) as kept:
        return State(
            document=segment(text),
            start=kept["start"],
            end=kept["end"],
            hidden=kept["hidden"],
            named=tuple(
                Named(span=Span(start, end), type=_TYPES[kind], confidence=float(confidence))
                for (start, end, kind), confidence in zip(kept["entities"].tolist(), kept["confidences"], strict=True)
            ),
        )
