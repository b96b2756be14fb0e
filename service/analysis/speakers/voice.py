"""Who an attribution ends at."""

from dataclasses import dataclass

from service.analysis.entities.actor import Actor
from service.core.frames import AUTHOR, EntityType, SpeakerKind
from service.core.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who an attribution ends at. `actor` is None only for the author."""

    kind: SpeakerKind
    actor: Actor | None
    span: Span | None
    confidence: float

    @property
    def name(self) -> str:
        """The speaker's fullest name."""
        return self.actor.name if self.actor else AUTHOR


AUTHOR_VOICE = Voice(kind=SpeakerKind.AUTHOR, actor=None, span=None, confidence=0.6)


def speaker_kind(actor: Actor) -> SpeakerKind:
    """Return what kind of speaker an actor makes."""
    if actor.unnamed:
        return SpeakerKind.DOCUMENT if actor.type is EntityType.OTHER else SpeakerKind.UNNAMED
    return {
        EntityType.PERSON: SpeakerKind.PERSON,
        EntityType.OTHER: SpeakerKind.DOCUMENT,
        EntityType.GROUP: SpeakerKind.UNNAMED,
    }.get(actor.type, SpeakerKind.ORGANIZATION)
