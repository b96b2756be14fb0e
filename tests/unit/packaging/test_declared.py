"""The service declares what it imports, and does not rely on dependencies of its dependencies."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS = {"service", "schemas", "training", "benchmarks"}

# Parts of a declared package that live in a distribution of their own, pinned by it.
PARTS = {"starlette": "fastapi", "pydantic-core": "pydantic"}
# Declared for what a package does beside being imported.
UNSEEN = {
    "opentelemetry-exporter-otlp-proto-http",  # a namespace package: its modules are found under its neighbours
    "psycopg",  # SQLAlchemy loads it by its name in a URL
}


def name_of(requirement: str) -> str:
    """Return the distribution that a requirement names, in its normal form."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported(folder: str) -> set[str]:
    """Return the top-level third-party modules that are imported anywhere below a folder."""
    found: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - OURS - set(sys.stdlib_module_names)


def declared(*, extras: bool) -> set[str]:
    """Return what the service declares, with its extras or without."""
    project = PROJECT["project"]
    more = [each for group in project["optional-dependencies"].values() for each in group] if extras else []
    return {name_of(each) for each in (*project["dependencies"], *more)}


@pytest.mark.parametrize("folder", ["service", "schemas"])
def test_what_is_imported_is_declared(folder: str) -> None:
    """Each module that is imported comes from a distribution that is declared, not from a neighbour of one."""
    known = packages_distributions()
    for module in imported(folder):
        names = {PARTS.get(name, name) for name in map(name_of, known[module])}
        assert names & declared(extras=True), f"{module} comes from {names}, which nothing declares"


def test_what_is_declared_is_imported() -> None:
    """No dependency stays when its last import is gone."""
    known = packages_distributions()
    used = {name_of(name) for folder in OURS & {"service", "schemas"} for m in imported(folder) for name in known[m]}
    assert declared(extras=True) - UNSEEN - {PARTS.get(name, name) for name in used} - used == set()


def test_every_lock_pins_what_is_declared_and_names_no_host() -> None:
    """A lock that was not made again after a change would install something else."""
    locks = {
        name: (ROOT / "requirements" / f"{name}.lock").read_text()
        for name in ("service", "dev", "train", "peers", "build")
    }
    pinned = {
        name: {name_of(found) for found in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
        for name, text in locks.items()
    }
    groups = {name: {name_of(each) for each in group} for name, group in PROJECT["dependency-groups"].items()}
    assert declared(extras=True) <= pinned["service"]
    assert groups["dev"] | pinned["service"] <= pinned["dev"]
    assert groups["train"] | pinned["dev"] <= pinned["train"]
    assert groups["peers"] | pinned["dev"] <= pinned["peers"]
    assert not [text for text in locks.values() if "://" in text]
    assert not (groups["train"] | groups["peers"]) & declared(extras=True)
