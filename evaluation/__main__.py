"""`python -m evaluation NAME …`: run one of the measurements of this folder."""

import importlib
import os
import sys
from pathlib import Path


def main() -> int:
    """Hand the arguments to the measurement that the first one names."""
    names = sorted(path.stem.replace("_", "-") for path in Path(__file__).parent.glob("[a-z]*.py"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:  # noqa: PLR2004  # the program, and the name
        sys.stderr.write(f"usage: python -m evaluation {{{','.join(names)}}} …\n")
        return 2
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service's command line does, before numpy is loaded
    importlib.import_module(f"evaluation.{sys.argv[1].replace('-', '_')}").main(sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
