"""Which column of the encoder's tag scores means what: one layout for training, export and the service."""

from dataclasses import dataclass

from service.core.frames import EntityType


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerLayout:
    """A tag layer's name, the types it marks, and how many states (columns) it takes."""

    name: str
    types: tuple[str, ...]

    @property
    def states(self) -> int:
        """Return the outside state and four states a type."""
        return 1 + 4 * len(self.types)


ENTITY_TYPES = tuple(kind.value for kind in EntityType)
ROLE_LAYERS = ("source", "cue", "content", "inner_content", "boilerplate")
LAYERS = (
    *(LayerLayout(name=name, types=(name,)) for name in ROLE_LAYERS),
    LayerLayout(name="entity", types=ENTITY_TYPES),
)
CONTEXT_HEADS = 4  # heads of the attention by which a stance query looks at its claim
