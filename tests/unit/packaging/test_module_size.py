"""Modules of the service stay short enough to be read at once."""

from pathlib import Path

SERVICE = Path(__file__).parents[3] / "service"
MOST_LINES = 300


def test_no_module_of_the_service_is_longer_than_300_lines() -> None:
    """A module that grows past this is cut in two; there are no exceptions."""
    modules = {path.relative_to(SERVICE.parent): len(path.read_text().splitlines()) for path in SERVICE.rglob("*.py")}
    assert len(modules) > 100
    assert {path: lines for path, lines in modules.items() if lines > MOST_LINES} == {}
