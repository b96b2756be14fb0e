"""What the commands share: the settings with their logging, and lines on stderr."""

import typer

from service.settings import Settings
from service.telemetry.logs import configure_logging


def load_settings() -> Settings:
    """Return the settings of the environment, with logging set up by them.

    Raises:
        ClaimwireError: see `Settings.load`.

    """
    settings = Settings.load()
    configure_logging(level=settings.log.level, form=settings.log.format)
    return settings


def say(line: str) -> None:
    """Print a line to stderr."""
    typer.echo(line, err=True)
