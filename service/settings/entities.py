"""The settings of the list of entities."""

from pathlib import Path

from pydantic import Field

from service.settings.section import Section


class EntitiesSettings(Section):
    """Whom and what events name by an id of yours; off unless a file is set."""

    file: Path | None = Field(
        default=None,
        description="JSON lines (.jsonl) or CSV (.csv) with id, name, type, aliases and notes, see docs/entities.md; "
        "read again within seconds when it changes.",
    )
