"""`claimwire kafka`: a local Apache Kafka."""

from pathlib import Path
from typing import Annotated

import typer

from service.commands.console import say

KAFKA_DIRECTORY = Path(".claimwire/kafka")

app = typer.Typer(help="A local Apache Kafka, for trying and testing.", no_args_is_help=True)


@app.command("start")
def start(
    brokers: Annotated[int, typer.Option(min=1, help="How many brokers.")] = 1,
    port: Annotated[list[int] | None, typer.Option(help="A port for each broker; free ones by default.")] = None,
) -> None:
    """Start a local Apache Kafka that stays.

    Its bootstrap address goes to stdout.
    """
    from service.local_kafka import start_detached

    typer.echo(start_detached(directory=KAFKA_DIRECTORY, brokers=brokers, ports=port, progress=say))


@app.command("stop")
def stop() -> None:
    """End the brokers that `kafka start` left running, and nothing else."""
    from service.local_kafka import stop_detached

    count = stop_detached(directory=KAFKA_DIRECTORY)
    say(f"Stopped {count} broker(s)" if count else "No local Kafka of ours was running here")
