"""`python -m tests.mutants`: plants each small bug in a copy, runs what is to catch it, and prints what did.

First what the mutants name is run on a copy without any: a test that fails anyway catches nothing. The run fails when a
patch does not apply, when a mutant survives whose file does not say that nothing can catch it, and when one is caught
of which it does.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.mutants.mutant import REPOSITORY, Mutant, PatchError, all_mutants, apply

_LEFT_OUT: Final = shutil.ignore_patterns(
    ".*", "__pycache__", "node_modules", "models", "runs", "build", "dist", "training"
)
_LONGEST: Final = 900.0  # seconds; what hangs is caught too
_FAILED: Final = 1  # pytest's exit code where a test failed, and the chaos suite's where a promise was broken
_NAMED: Final = re.compile(r"^(?:FAILED|ERROR) \S+?([^/\s]+\.py(?:::[\w]+)?)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one mutant; `by` is what caught it."""

    name: str
    what: str
    by: str | None
    equivalent: str | None
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether it was caught, or cannot be, as its file says."""
        return (self.by is None) == (self.equivalent is not None)


@contextmanager
def copy() -> Iterator[Path]:
    """Give a copy of the working tree; the models, which no mutant touches, are linked."""
    with tempfile.TemporaryDirectory(prefix="claimwire-mutant-") as temporary:
        root = Path(temporary) / "claimwire"
        shutil.copytree(REPOSITORY, root, ignore=_LEFT_OUT)
        (root / "models").symlink_to(REPOSITORY / "models")
        yield root


def pytest(root: Path, tests: Sequence[str]) -> str | None:
    """Run tests in a copy; return what failed, None when nothing did.

    Raises:
        PatchError: they could not be run.
    """
    code, output = _run(root, ["pytest", "-x", "-q", "-p", "no:cacheprovider", *tests])
    if code is None:
        return "it never ends"
    if code not in (0, _FAILED):
        raise PatchError(f"The tests could not be run:\n{output[-3000:]}")
    return ", ".join(dict.fromkeys(_NAMED.findall(output))) or "a test" if code else None


def chaos(root: Path, arguments: str) -> str | None:
    """Run the chaos suite in a copy; return how it was run when it found something, else None."""
    code, _ = _run(root, ["tests.chaos", *shlex.split(arguments)])
    return f"`python -m tests.chaos {arguments}`" if code else None


def _run(root: Path, module: Sequence[str]) -> tuple[int | None, str]:
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", *module],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout


def plant(mutant: Mutant) -> Result:
    """Plant one mutant and run what is to catch it: its tests, and where none does, the chaos suite.

    Raises:
        PatchError: it does not apply, or its tests cannot be run.
    """
    began = time.monotonic()
    with copy() as root:
        apply(mutant, root)
        by = pytest(root, mutant.tests) if mutant.tests else None
        if by is None and mutant.chaos is not None:
            by = chaos(root, mutant.chaos)
    return Result(
        name=mutant.name, what=mutant.what, by=by, equivalent=mutant.equivalent, seconds=time.monotonic() - began
    )


def table(results: Iterable[Result]) -> str:
    """Return the results as a table in Markdown."""
    lines = ["| mutant | what it does | caught by |", "|---|---|---|"]
    for each in results:
        by = "nothing" if each.by is None else each.by if each.by.startswith("`") else f"`{each.by}`"
        if each.equivalent is not None:
            by = f"{by}; none can: {each.equivalent}"
        lines.append(f"| `{each.name}` | {each.what} | {by} |")
    return "\n".join(lines)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    """Run, print, write, and return 0 when every mutant was caught that can be."""
    mutants = all_mutants()
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *(each.name for each in mutants)], help="only these")
    parser.add_argument("--no-sound-run", action="store_true", help="do not run the tests without any mutant first")
    parser.add_argument("--table", action="store_true", help="run nothing; print the results that are kept")
    parser.add_argument("--json", type=Path, default=Path(".claimwire/mutants.json"), help="kept over several runs")
    chosen = parser.parse_args()
    known = json.loads(chosen.json.read_text(encoding="utf-8")) if chosen.json.exists() else {}
    if chosen.table:
        sys.stdout.write(table(Result(**known[each.name]) for each in mutants if each.name in known) + "\n")
        return 0
    wanted = [each for each in mutants if not chosen.names or each.name in chosen.names]
    for each in wanted:
        apply(each, REPOSITORY, check=True)
    if not chosen.no_sound_run:
        with copy() as root:
            tests = sorted({test for each in wanted for test in each.tests})
            _say(f"without any mutant: {len(tests)} files and tests")
            if failed := pytest(root, tests):
                _say(f"fails without any mutant: {failed}")
                return 1
    results = []
    for number, mutant in enumerate(wanted, start=1):
        results.append(plant(mutant))
        _say(f"{number}/{len(wanted)} {mutant.name}: {results[-1].by or 'SURVIVED'} ({results[-1].seconds:.0f} s)")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    known |= {each.name: asdict(each) for each in results}
    chosen.json.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(table(results) + "\n")
    failed_ones = [each.name for each in results if not each.passed]
    if failed_ones:
        _say(f"not as they should be: {', '.join(failed_ones)}")
    return 1 if failed_ones else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PatchError as error:
        sys.exit(str(error))
