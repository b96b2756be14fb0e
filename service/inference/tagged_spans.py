"""Tag scores of one text to spans with calibrated probabilities."""

from collections.abc import Sequence

import numpy as np

from service.core.frames import EntityType
from service.core.model import Named, Reading, Scored, Tagged
from service.core.span import Span
from service.inference import windows
from service.inference.calibration import sigmoid
from service.inference.crf import TaggedSpan, characters, decode
from service.inference.manifest import Binary, Manifest
from service.inference.tag_layers import ROLE_LAYERS

_ENTITY = "entity"
_LEAST_PROBABILITY = 1e-7  # 0 and 1 have no logit


def breaks(reading: Reading) -> list[int]:
    """Return the tokens that begin a paragraph, hard-wrapped lines not counted."""
    return windows.starts(reading.tokens, reading.document.paragraphs)


def tagged_spans(reading: Reading, manifest: Manifest) -> Tagged:
    """Decode every tag layer. A content inside a content joins the list; one that lies in none is left out."""
    names = (*ROLE_LAYERS, _ENTITY)
    layers = [manifest.layers[name] for name in names]
    decoded = dict(zip(names, decode(reading.tags, layers, breaks(reading)), strict=True))
    found = {name: _scored(reading, manifest.binaries.get(name, Binary()), decoded[name]) for name in ROLE_LAYERS}
    contents = {scored.span: scored for scored in found["content"]}
    for scored in found["inner_content"]:
        if any(outer.covers(scored.span) for outer in contents):
            contents.setdefault(scored.span, scored)
    return Tagged(
        sources=found["source"],
        cues=found["cue"],
        contents=tuple(sorted(contents.values(), key=lambda scored: (scored.span.start, -scored.span.end))),
        boilerplate=found["boilerplate"],
        entities=_entities(reading, manifest.binaries.get(_ENTITY, Binary()), decoded[_ENTITY]),
    )


def _scored(reading: Reading, binary: Binary, decoded: Sequence[TaggedSpan]) -> tuple[Scored, ...]:
    return tuple(
        Scored(span=span, confidence=_confidence(binary, tagged)) for span, tagged in _characters(reading, decoded)
    )


def _entities(reading: Reading, binary: Binary, decoded: Sequence[TaggedSpan]) -> tuple[Named, ...]:
    return tuple(
        Named(span=span, type=EntityType(tagged.type), confidence=_confidence(binary, tagged))
        for span, tagged in _characters(reading, decoded)
    )


def _characters(reading: Reading, decoded: Sequence[TaggedSpan]) -> list[tuple[Span, TaggedSpan]]:
    """Return spans of characters in order. Of two that trimming makes equal, the first stays."""
    found: dict[Span, TaggedSpan] = {}
    for tagged in decoded:
        span = characters(reading.document.text, reading.tokens, tagged.first, tagged.last)
        if span is not None:
            found.setdefault(span, tagged)
    return sorted(found.items(), key=lambda item: item[0])


def _confidence(binary: Binary, tagged: TaggedSpan) -> float:
    probability = min(max(tagged.probability, _LEAST_PROBABILITY), 1 - _LEAST_PROBABILITY)
    return float(sigmoid(binary, np.asarray(np.log(probability / (1 - probability)), dtype=np.float32)))
