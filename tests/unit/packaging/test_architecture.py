"""The tables of docs/architecture.md say what import-linter enforces and what the code imports."""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/architecture.md").read_text()
PACKAGES = ("service", "schemas", "training", "evaluation", "benchmarks")
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under the line that begins so."""
    table = DOCUMENT.partition(f"\n{heading}")[2].partition("\n\n")[2].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def names(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def layers(container: str | None) -> list[list[str]]:
    """Return the layers that import-linter enforces in a container, from the top downwards."""
    (contract,) = [
        each
        for each in CONTRACTS
        if each["type"] == "layers" and each.get("containers") == (None if container is None else [container])
    ]
    return [layer.split(" | ") for layer in contract["layers"]]


def part(module: str) -> str:
    """Return the package of a module as the tables name it."""
    top, *rest = module.split(".")
    return rest[0] if top == "service" and rest else top


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """What the modules of each package of the service import of ours."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        if module.startswith("service."):
            found[part(module)] |= {part(other) for other in graph.find_modules_directly_imported_by(module)}
    return found


@pytest.mark.parametrize(
    ("heading", "container"), [("Inside `service`,", "service"), ("Inside `service.analysis`,", "service.analysis")]
)
def test_the_order_of_the_tables_is_that_of_the_layers(heading: str, container: str) -> None:
    """Every package has its row, and stands where import-linter has it."""
    documented = [name for row in rows(heading) for name in names(row[0])]
    held = layers(container)
    assert sorted(documented) == sorted(name for layer in held for name in layer)
    level = {name: at for at, layer in enumerate(held) for name in layer}
    assert [level[name] for name in documented] == sorted(level.values())


def test_the_order_of_the_top_level_packages_is_that_of_the_layers() -> None:
    """The same for what lies beside the service; tests and deploy are in no contract."""
    documented = [name for row in rows("Top-level packages,") for name in names(row[0])]
    level = {name: at for at, layer in enumerate(layers(None)) for name in layer}
    kept = [name for name in documented if name in level]
    assert set(documented) - set(kept) == {"tests", "deploy"}
    assert [level[name] for name in kept] == sorted(level.values())


def test_what_a_package_imports_is_in_its_row(imported: dict[str, set[str]]) -> None:
    """No package of the service imports another that its row does not name."""
    table = rows("Inside `service`,")
    order = [names(row[0])[0] for row in table]
    for at, (name, _, allowed) in enumerate((names(row[0])[0], row[1], row[2]) for row in table):
        if allowed.startswith("everything below"):
            allowed_names = {*order[at + 1 :], "schemas"} - set(names(allowed.partition(" but ")[2]))
        else:
            allowed_names = set(names(allowed))
        assert imported[name] - {name} <= allowed_names, f"{name} may import {allowed}"


def test_what_a_row_names_is_imported(imported: dict[str, set[str]]) -> None:
    """No row allows more than the package needs."""
    for name, allowed in ((names(row[0])[0], row[2]) for row in rows("Inside `service`,")):
        if not allowed.startswith("everything below"):
            assert set(names(allowed)) <= imported[name], f"{name} does not import all of {allowed}"


def packages_of_the_service() -> set[str]:
    """Return the packages and modules directly in the service."""
    return {name for layer in layers("service") for name in layer}


def test_every_package_of_the_service_is_in_each_rule_about_libraries() -> None:
    """One package may import a library; all others are forbidden to, by its rule or as pure ones."""
    forbidden = [each for each in CONTRACTS if each["type"] == "forbidden"]
    (pure,) = [each for each in forbidden if each["name"].startswith("The analysis and the core are pure")]
    for contract in (each for each in forbidden if each["name"].startswith("Only ")):
        assert set(contract["forbidden_modules"]) & set(pure["forbidden_modules"]), contract["name"]
        named = {part(module) for module in [*contract["source_modules"], *pure["source_modules"]]}
        (owner,) = packages_of_the_service() - named
        assert owner in contract["name"].lower(), contract["name"]


@pytest.mark.parametrize(
    "init",
    [
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("__init__.py"))
        if "migrations" not in path.parts and path.parent.name not in {"service", "schemas"}  # above all, below all
    ],
    ids=str,
)
def test_every_package_says_what_lives_there_and_what_it_imports(init: Path) -> None:
    """The docstring of each `__init__` has a sentence about both."""
    sentences = ast.get_docstring(ast.parse((ROOT / init).read_text())) or ""
    assert re.search(r"\bimports?\b", sentences, re.IGNORECASE)


def test_the_tests_mirror_the_packages() -> None:
    """Each folder of tests that mirror packages is named after what it tests."""
    beside = {"packaging", "deploy", "documents", "chaos", "mutants"}  # what is not a package of Python
    for kind in ("unit", "property", "contract"):
        folders = {path.name for path in (ROOT / "tests" / kind).iterdir() if path.is_dir() and path.name[0] != "_"}
        assert folders <= packages_of_the_service() | set(PACKAGES) | beside, kind
