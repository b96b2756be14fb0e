#!/usr/bin/env python3
"""Render the overlays into `rendered/`, for those who apply plain files, and for tests that have no kustomize.

Each rendered file starts with a digest of every source file, so that a test can tell a stale one without rendering.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

OVERLAYS = ("dev", "production", "scale", "ledger")

_HERE = Path(__file__).parent
_SOURCES = ("base", "components", "overlays")


def header() -> str:
    """Return the first line of a file that is rendered from the sources as they are now."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in _SOURCES for path in (_HERE / folder).rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(_HERE).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return f"# Rendered by `make manifests` from sources of sha256 {digest.hexdigest()}; change those, not this.\n"


def render(overlay: str) -> str:
    """Return what kustomize makes of an overlay.

    Raises:
        FileNotFoundError: neither kustomize nor kubectl is on the PATH.

    """
    folder = str(_HERE / "overlays" / overlay)
    if kustomize := shutil.which("kustomize"):
        command = [kustomize, "build", folder]
    elif kubectl := shutil.which("kubectl"):
        command = [kubectl, "kustomize", folder]
    else:
        raise FileNotFoundError("Rendering needs kustomize 5 or kubectl on the PATH; install one of them.")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  # fixed arguments


def main() -> int:
    """Render all overlays."""
    for overlay in OVERLAYS:
        target = _HERE / "rendered" / f"{overlay}.yaml"
        target.parent.mkdir(exist_ok=True)
        target.write_text(header() + render(overlay))
        print(target.relative_to(Path.cwd()), file=sys.stderr)  # noqa: T201  # its output
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
