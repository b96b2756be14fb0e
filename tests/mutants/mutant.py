"""A mutant: one small bug as a patch, under a few lines that say what it is and what is to catch it.

What the bug does, in a sentence or two.

Test: tests/integration/test_….py::test_…       what catches it; one line each
Chaos: --seed 7 --faults "worker killed"        where no test does: arguments of `python -m tests.chaos`
Equivalent: …                                   why nothing can catch it

--- a/service/…
+++ b/service/…
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PATCHES: Final = Path(__file__).parent / "patches"
_DIFF: Final = "\n--- a/"


class PatchError(Exception):
    """A patch does not apply, or its file does not say what it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One patch and what its file says of it."""

    path: Path
    what: str
    tests: tuple[str, ...]
    chaos: str | None
    equivalent: str | None

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @classmethod
    def read(cls, path: Path) -> "Mutant":
        """Read a patch's head.

        Raises:
            PatchError: it says nothing, names nothing that could catch it, or holds no patch.
        """
        head, found, _ = path.read_text(encoding="utf-8").partition(_DIFF)
        lines = head.splitlines()
        told = {
            name: [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]
            for name in ("Test", "Chaos", "Equivalent")
        }
        what = " ".join(line for line in lines if line and not line.startswith(tuple(f"{name}: " for name in told)))
        if not (found and what and (told["Test"] or told["Chaos"])):
            raise PatchError(f"{path.name} must say what the bug does, name what is to catch it, and hold a patch.")
        return cls(
            path=path,
            what=what,
            tests=tuple(told["Test"]),
            chaos=next(iter(told["Chaos"]), None),
            equivalent=next(iter(told["Equivalent"]), None),
        )


def all_mutants() -> Sequence[Mutant]:
    """Return every mutant, by name."""
    return [Mutant.read(path) for path in sorted(PATCHES.glob("*.patch"))]


def apply(mutant: Mutant, root: Path, *, check: bool = False) -> None:
    """Apply the patch to the tree at `root`; with `check`, only see whether that is possible.

    Raises:
        PatchError: it does not apply: the code has moved on, and the patch has to follow.
    """
    command = ["git", "apply", *(["--check"] if check else []), str(mutant.path)]
    # A copy inside another repository would be taken for a part of that one, and the patch for one of other files.
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(root.parent)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PatchError(f"{mutant.name} does not apply: {done.stderr.strip()}")
