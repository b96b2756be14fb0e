"""Who has spoken so far in an article: the attributions resolved up to the one at hand."""

from collections.abc import Iterator

from service.analysis.attributions.attribution import Attribution
from service.analysis.speakers.voice import Voice
from service.core.span import Span


class History:
    """The attributions resolved so far with their voices, in reading order. The author's are passed over."""

    def __init__(self) -> None:
        self._spoken: list[tuple[Attribution, Voice]] = []

    def add(self, attribution: Attribution, voice: Voice) -> None:
        """Note what an attribution was resolved to."""
        self._spoken.append((attribution, voice))

    def latest(self, most: int) -> Iterator[tuple[Attribution, Voice]]:
        """Yield those of the last `most` attributions that are somebody's, latest first."""
        return ((said, voice) for said, voice in reversed(self._spoken[-most:]) if voice.actor is not None)

    def around(self, source: Span) -> Voice | None:
        """Return the voice of the smallest content around a source: "I" in a quote is whoever is quoted."""
        around = [
            (said.hull.end - said.hull.start, voice)
            for said, voice in self._spoken
            if any(piece.covers(source) for piece in said.contents) and voice.actor is not None
        ]
        return min(around, key=lambda item: item[0])[1] if around else None

    def at(self, place: Span) -> Iterator[Voice]:
        """Yield the voices of the attributions whose source or cue holds a place, latest first."""
        for said, voice in self.latest(len(self._spoken)):
            if any(span is not None and span.covers(place) for span in (said.source, said.cue)):
                yield voice
