"""`python -m evaluation NAME …`: run one of the measurements of this folder."""

import sys
from pathlib import Path

from evaluation import run_module

if __name__ == "__main__":
    sys.exit(run_module("evaluation", Path(__file__).parent, sys.argv[1:]))
