"""`claimwire serve`: the service until a signal, on a Kafka that is given or on one of its own."""

import asyncio
import time
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from service.bootstrap.serve import Role, serve
from service.commands.console import say
from service.ledger.database import Database, LedgerUnavailableError
from service.ledger.schema import migrate
from service.local_kafka import LocalKafka, free_ports, is_free, who_listens
from service.settings import ApiSettings, Settings
from service.settings.ledger import LedgerSettings
from service.shutdown import Lifecycle
from service.streaming.admin.topics import ensure_topics

LEDGER_FILE: Final = Path(".claimwire/ledger.db")  # stays when the local Kafka is gone
KAFKA_PORT: Final = 9092  # what the README and every Kafka tool expect
PARTITIONS: Final = 4  # enough to see several move, few enough to start at once


def run(settings: Settings, lifecycle: Lifecycle, *, role: Role, local_kafka: bool) -> None:
    """Serve until SIGTERM or SIGINT, which end it in good order at any moment, also while it still starts.

    Args:
        settings: Of every part.
        lifecycle: Hears the signals already.
        role: Which parts run.
        local_kafka: Whether to start a Kafka for it, unless the settings name one.

    Raises:
        ClaimwireError: see `bootstrap.serve.serve` and `LocalKafka.start`.
        KeyboardInterrupt: a signal came before the service ran; what had been started is stopped.

    """
    began = time.monotonic()
    if local_kafka and "bootstrap_servers" in settings.kafka.model_fields_set:
        say(
            f"Using Kafka at {settings.kafka.bootstrap_servers}, which CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS names; "
            "no local one is started, and no topic is made there (`claimwire topics ensure` does that)."
        )
        local_kafka = False
    if local_kafka:
        _on_own_kafka(settings, lifecycle, role=role, began=began)
    else:
        asyncio.run(serve(settings, lifecycle, role=role))


def _on_own_kafka(settings: Settings, lifecycle: Lifecycle, *, role: Role, began: float) -> None:
    settings = settings.model_copy(
        update={"api": _with_free_port(settings.api), "ledger": _with_own_file(settings.ledger, role)}
    )
    with LocalKafka(ports=[_kafka_port()], progress=say) as kafka:
        own = settings.kafka.model_copy(update={"bootstrap_servers": kafka.bootstrap()})
        settings = settings.model_copy(update={"kafka": own})
        matches = None if settings.ledger.url is None else settings.ledger.matches_topic
        asyncio.run(ensure_topics(settings.kafka, partitions=PARTITIONS, matches=matches))

        def ready(address: str) -> None:
            say(
                f"Ready after {time.monotonic() - began:.0f} s: open {address} (Kafka on {kafka.bootstrap()}). "
                "Ctrl-C stops both; articles and events are lost then."
            )

        asyncio.run(serve(settings, lifecycle, role=role, ready=ready))


def _with_own_file(ledger: LedgerSettings, role: Role) -> LedgerSettings:
    """Return the settings with a SQLite file that has its tables, where no database is named."""
    if ledger.url is not None or role not in {"all", "ledger"}:
        return ledger
    try:
        LEDGER_FILE.parent.mkdir(parents=True, exist_ok=True)
        ledger = ledger.model_copy(update={"url": SecretStr(f"sqlite:///{LEDGER_FILE.resolve()}")})
        database = Database(ledger)
        migrate(database)
        database.close()
    except (OSError, LedgerUnavailableError):
        say(f"No ledger is kept: {LEDGER_FILE} cannot be written.")
        return ledger.model_copy(update={"url": None})
    say(f"What events say is kept in {LEDGER_FILE}.")
    return ledger


def _kafka_port() -> int:
    if is_free(KAFKA_PORT):
        return KAFKA_PORT
    (port,) = free_ports(1)
    say(f"Port {KAFKA_PORT} is taken by {who_listens(KAFKA_PORT)}, which is left alone: Kafka gets port {port}.")
    return port


def _with_free_port(api: ApiSettings) -> ApiSettings:
    """Return the settings with a free port in place of the default one, where that is taken and nobody asked for it."""
    if "port" in api.model_fields_set or is_free(api.port):
        return api
    (port,) = free_ports(1)
    say(f"Port {api.port} is taken by another program: HTTP gets port {port}.")
    return api.model_copy(update={"port": port})
