"""`claimwire config`: every setting, its value, and what it is."""

from collections.abc import Iterator

from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.settings import Settings


def _rows(section: BaseModel, prefix: str) -> Iterator[tuple[str, str, bool, str]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        variable = f"{prefix}{name}".upper()
        if isinstance(value, BaseModel):
            yield from _rows(value, f"{variable}__")
        else:
            shown = "********" if isinstance(value, SecretStr) else "" if value is None else str(value)
            yield variable, shown, value != field.get_default(call_default_factory=True), field.description or ""


def print_settings(settings: Settings) -> None:
    """Print a table to stdout; a value that differs from its default is bold, a secret is hidden."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Variable", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("What it is", overflow="fold")
    for variable, value, changed, description in _rows(settings, "CLAIMWIRE_"):
        table.add_row(Text(variable), Text(value, style="bold" if changed else ""), Text(description))
    console = Console()
    Console(width=None if console.is_terminal else 160).print(table)
