"""The command line: its commands, keys, and errors of one sentence."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.__main__ import app
from service.api.access.auth import parse_keys

ROOT = Path(__file__).parents[3]


def _claimwire(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("group", ["", "topics", "dead-letter", "schemas", "keys", "kafka", "ledger", "entities"])
def test_lists_of_commands_are_whole(group: str) -> None:
    """With `-h`, every command has a line of its own, and no line is cut."""
    done = CliRunner().invoke(app, [*group.split(), "-h"], prog_name="claimwire", env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.output
    commands = done.stdout.partition("Commands:")[2].splitlines()
    assert len(commands) > 1
    assert not any(line.endswith("...") for line in commands)


def test_the_version_is_that_of_the_project() -> None:
    """`--version` says what the project's file says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert _claimwire("--version").stdout == f"claimwire {project['version']}\n"


def test_completion_is_offered() -> None:
    """A script for the shell is printed, which completes `claimwire`."""
    done = _claimwire("--show-completion", "bash")
    assert done.returncode == 0, done.stderr
    assert "complete -o default -F _claimwire_completion claimwire" in done.stdout


def test_a_new_key_is_printed_apart_from_the_line_to_store() -> None:
    """The key goes to stdout alone; the line on stderr is one that the service reads, and does not hold the key."""
    done = _claimwire("keys", "new", "press", "--scope", "write", "--scope", "read", "--expires", "2030-01-31")
    assert done.returncode == 0, done.stderr
    (key,) = done.stdout.split()
    line = done.stderr.splitlines()[-1]
    (stored,) = parse_keys(line)["press"]
    assert {str(scope) for scope in stored.scopes} == {"write", "read"}
    assert key not in done.stderr


def test_an_unknown_scope_is_one_sentence() -> None:
    """A wrong scope is named beside the right ones, without a traceback."""
    done = _claimwire("keys", "new", "press", "--scope", "everything")
    assert done.returncode == 1
    assert done.stderr == "claimwire: everything is not a scope; the scopes are write, read, metrics and watch.\n"


def test_no_broker_is_one_sentence() -> None:
    """A command that needs Kafka says that no broker answers, and which setting names the brokers."""
    done = subprocess.run(
        [sys.executable, "-m", "service", "topics", "ensure"],
        cwd=ROOT,
        env={"CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("claimwire: ")]
    assert "No broker answered" in sentence
    assert "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS" in sentence
    assert "Traceback" not in done.stderr
