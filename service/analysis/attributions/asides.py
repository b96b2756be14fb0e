"""The writer's words inside somebody's speech, cut out of it: «Мост цел, — сказал он. — Никто не пострадал»."""

from collections.abc import Sequence

from service.analysis.text.dialogue import possible_asides
from service.analysis.text.quotes import trimmed
from service.core.span import Span


def without_asides(text: str, span: Span, cues: Sequence[Span]) -> list[Span]:
    """Return the pieces of a stretch of speech between the writer's words, which hold a cue each."""
    edges = [span.start]
    for aside in possible_asides(text, span):
        if any(aside.covers(cue) for cue in cues):
            edges += (aside.start, aside.end)
    edges.append(span.end)
    pieces = (trimmed(text, start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))
    return [piece for piece in pieces if piece is not None]
