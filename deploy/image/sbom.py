#!/usr/bin/env python3
"""Print what an image is made of, as CycloneDX 1.6: packages of Debian and Python, and the models with their hashes."""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

Component = dict[str, Any]

_DPKG = Path("/var/lib/dpkg/status")


def python_packages() -> Iterator[Component]:
    """Yield the packages of the environment that this runs in."""
    for package in sorted(metadata.distributions(), key=lambda each: each.name.lower()):
        name = re.sub(r"[-_.]+", "-", package.name).lower()
        licence = package.metadata["License-Expression"]
        yield {
            "type": "application" if name == "claimwire" else "library",
            "bom-ref": f"pkg:pypi/{name}@{package.version}",
            "name": name,
            "version": package.version,
            "purl": f"pkg:pypi/{name}@{package.version}",
            **({"licenses": [{"expression": licence}]} if licence else {}),
        }


def debian_packages(status: Path = _DPKG) -> Iterator[Component]:
    """Yield the installed packages of the base; none where it is not Debian's."""
    if not status.is_file():
        return
    for paragraph in status.read_text(encoding="utf-8").split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version|Architecture): (.*)$", paragraph, flags=re.MULTILINE))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        purl = f"pkg:deb/debian/{fields['Package']}@{fields['Version']}?arch={fields['Architecture']}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": fields["Package"],
            "version": fields["Version"],
            "purl": purl,
        }


def model(folder: Path) -> Component:
    """Return the model as a component, its files beneath it."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{manifest['name']}@{manifest['version']}",
        "name": manifest["name"],
        "version": manifest["version"],
        "components": [
            {
                "type": "file",
                "name": path.relative_to(folder).as_posix(),
                "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ],
    }


def main() -> None:
    """Write the document to stdout. It has no time and no serial number: the same image gives the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, nargs="+", required=True, help="Folders, each with a manifest.json.")
    arguments = parser.parse_args()
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "claimwire", "version": metadata.version("claimwire")}},
        "components": [*debian_packages(), *python_packages(), *map(model, arguments.model)],
    }
    json.dump(document, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
