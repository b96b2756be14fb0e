"""What a person says of who is who, against `identity`: that two are one, or that in some articles it is another.

A correction leads from one canonical entity to another, everywhere or in one article; one leads to the next. They are
rows of a table of their own, which a rebuild carries over. Pure, but for reading that table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, select

from service.ledger.identity import Identity, digest
from service.ledger.tables import corrections

EVERYWHERE: Final = ""  # in the column `article_id`


@dataclass(frozen=True, slots=True)
class Corrections:
    """The canonical entities that others are, by their id and the article that it is said of, or `EVERYWHERE`."""

    into: Mapping[tuple[str, str], str]

    def canonical(self, entity: str, article: str = EVERYWHERE) -> str:
        """Return who a canonical entity is, in one article."""
        return self.path(entity, article)[-1][0]

    def path(self, entity: str, article: str = EVERYWHERE) -> list[tuple[str, bool]]:
        """Return the canonical entities that corrections lead through, and whether each is so in this article alone.

        What is said of an article comes before what is said of all. Ends where it would come round again.
        """
        found = [(entity, False)]
        while True:
            own, everywhere = self.into.get((entity, article)), self.into.get((entity, EVERYWHERE))
            step = everywhere if own is None or article == EVERYWHERE else own
            if step is None or any(step == seen for seen, _ in found):
                return found
            found.append((step, step is own and article != EVERYWHERE))
            entity = step

    def of(self, identity: Identity, article: str) -> Identity:
        """Return the row of `entities` that an entity of an article is.

        Where articles share a row, and one of them means another by it, that one gets a row of its own.
        """
        if not self.into:
            return identity
        path = self.path(identity.canonical_id, article)
        apart = [entity for entity, is_own in path if is_own]
        own = identity.id if identity.article_id is not None or not apart else split_id(identity.id, apart[-1])
        return replace(identity, id=own, canonical_id=path[-1][0])


def split_id(own: str, into: str) -> str:
    """Return the id of the row that stands for another one in articles where it means somebody else."""
    return digest("split", own, into)


def whom(connection: Connection, entity: str) -> str:
    """Return who a canonical entity is in general; an id that leads nowhere is itself."""
    passed = {entity}
    while True:
        step = select(corrections.c.into_id).where(
            corrections.c.entity_id == entity, corrections.c.article_id == EVERYWHERE
        )
        into = connection.execute(step).scalar_one_or_none()
        if into is None or into in passed:
            return entity
        passed.add(into)
        entity = into


def read_corrections(connection: Connection) -> Corrections:
    """Return all that there are: people make them one by one, so they are few."""
    rows = connection.execute(select(corrections.c.entity_id, corrections.c.article_id, corrections.c.into_id))
    return Corrections({(entity, article): into for entity, article, into in rows})
