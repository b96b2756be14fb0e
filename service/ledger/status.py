"""How a ledger's database stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from service.ledger.database import Database
from service.ledger.schema import Revisions, revisions
from service.ledger.tables import articles, claims, entities, logs
from service.streaming.consume.stored_sink import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a database holds. Without tables of ours, only the revisions say something."""

    revisions: Revisions
    rows: Mapping[str, int]
    positions: Mapping[Log, int]


def status(database: Database) -> Status:
    """Return how the database stands.

    Raises:
        LedgerUnavailableError: it does not answer.
        ConfigurationError: it refuses us.
    """
    with database.transaction() as connection:
        stand = revisions(connection)
        if stand.found is None or not stand.known:
            return Status(revisions=stand, rows={}, positions={})
        rows = {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in (articles, claims, entities)
        }
        places = connection.execute(select(logs.c.topic, logs.c.partition, logs.c.position).order_by(logs.c.id))
        positions = {Log(topic=topic, partition=partition): position for topic, partition, position in places}
        return Status(revisions=stand, rows=rows, positions=positions)
