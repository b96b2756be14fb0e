"""The quality of frames, measured through the whole pipeline. Imports `service`."""

import importlib
import os
import sys
from pathlib import Path


def run_module(package: str, folder: Path, arguments: list[str]) -> int:
    """Call `main` of the module that the first argument names with the other arguments; return the exit status.

    Args:
        package: what holds the modules.
        folder: where its files are; "-" in a name means "_".
        arguments: of the command line, the program left out.
    """
    names = sorted(path.stem.replace("_", "-") for path in folder.glob("[a-z]*.py"))
    if not arguments or arguments[0] not in names:
        sys.stderr.write(f"usage: python -m {package} {{{','.join(names)}}} …\n")
        return 2
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service's command line does, before numpy is loaded
    importlib.import_module(f"{package}.{arguments[0].replace('-', '_')}").main(arguments[1:])
    return 0
