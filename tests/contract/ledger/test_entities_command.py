"""`claimwire entities`: what it prints, and what it says when it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.ledger.database import Database
from service.ledger.store import Store
from service.settings.ledger import LedgerSettings
from tests.ledger import LOG, enriched, records

ROOT = Path(__file__).parents[3]


@pytest.fixture
def named(ledger_settings: LedgerSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names the ledger."""
    assert ledger_settings.url is not None
    monkeypatch.setenv("CLAIMWIRE_LEDGER__URL", ledger_settings.url.get_secret_value())
    monkeypatch.setenv("CLAIMWIRE_LEDGER__DB_SCHEMA", ledger_settings.db_schema)


def claimwire(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `claimwire entities`."""
    return subprocess.run(
        [sys.executable, "-m", "service", "entities", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def lines(*arguments: str) -> list[list[str]]:
    """Return the cells of the lines that the command prints."""
    done = claimwire(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.usefixtures("named")
def test_entities_are_found_merged_and_split(ledger: Database) -> None:
    """By a name, by an article; the corrections are listed with when and of which article they are."""
    told = [enriched("a", {"speaker": "Ann Lee"}), enriched("b", {"speaker": "Anna Lee"}, {"speaker": "Ray"})]
    Store(ledger).write(LOG, after=None, position=2, messages=records(*told))
    (ann, *rest), (_, *other) = lines("list", "ann l")
    assert (rest, other) == (["person", "Ann Lee"], ["person", "Anna Lee"])
    by_name = {name: each for each, _, name in lines("list", "--article", "b")}
    assert by_name.keys() == {"Anna Lee", "Ray"}
    assert lines("merge", ann, by_name["Anna Lee"], by_name["Ray"]) == [[ann]]
    assert lines("list", "anna") == [[ann, "person", "Ann Lee", "Anna Lee", "Ray"]]
    ((apart,),) = lines("split", ann, "--article", "b")
    found = {(before, into, name, article) for before, into, name, _, article in lines("list", "--corrected")}
    assert found == {
        (by_name["Anna Lee"], ann, "Ann Lee", ""),
        (by_name["Ray"], ann, "Ann Lee", "b"),
        (ann, apart, "Anna Lee", "b"),
    }
    assert lines("split", by_name["Ray"]) == [[by_name["Ray"]]]
    assert lines("list", "--article", "a") == [[ann, "person", "Ann Lee"]]


@pytest.mark.usefixtures("named", "ledger")
def test_what_it_cannot_do_is_one_sentence() -> None:
    """And exit code 1."""
    for arguments, told in (
        (["list"], "Say one of three"),
        (["list", "ann", "--corrected"], "Say one of three"),
        (["list", "--article", "a"], "has no article a"),
        (["merge", "x", "y"], "has no entity x"),
        (["split", "x"], "x was not merged into another"),
        (["split", "x", "--article", "a"], "has no entity x"),
    ):
        done = claimwire(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("claimwire: ")
        assert told in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("named")
def test_tables_of_another_version_are_refused() -> None:
    """Before anything is looked up."""
    done = claimwire("list", "ann")
    assert done.returncode == 1
    assert "claimwire ledger migrate" in done.stderr
