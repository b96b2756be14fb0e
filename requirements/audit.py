# noqa: INP001  # a script, run by its path
"""Known vulnerabilities of the pinned dependencies: pip-audit's answer, or a line that says there is none.

    python requirements/audit.py LOCK [--strict] [--osv URL]

Exit code 1 where a vulnerability is known, or the audit itself fails. Where the source of advisories cannot be reached
or does not know the packages (a mirror that serves files alone), nothing was audited: one line says so and the exit
code is 0, so that a machine without the source can run the other checks. With --strict that is a failure as well.
--osv asks another source, which speaks OSV's query API: a mirror inside the house, for instance.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

# How pip-audit ends where the source does not answer: its own words, and the errors of `requests` that it lets through.
_UNREACHABLE: Final = (
    "Could not connect to PyPI's vulnerability feed",
    "PyPI is not redirecting properly",
    "requests.exceptions.ConnectionError",
    "requests.exceptions.ProxyError",
    "requests.exceptions.SSLError",
    "requests.exceptions.ReadTimeout",
    "pip_audit._service.interface.ServiceError",
)


def verdict(answer: str, errors: str, code: int, *, strict: bool) -> tuple[int, str]:
    """Return the exit code and what to say.

    Args:
        answer: What pip-audit printed, as JSON.
        errors: What it said on stderr.
        code: Its exit code.
        strict: Whether an audit that did not take place fails.
    """
    try:
        found: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except ValueError:
        if any(word in errors for word in _UNREACHABLE):
            return _not_audited("the source of advisories cannot be reached", strict=strict)
        return 1, f"pip-audit failed:\n{errors}"
    known = [
        f"{each['name']} {each['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version'}"
        for each in found
        for flaw in each.get("vulns", ())
    ]
    if known:
        return 1, "\n".join(known)
    if code:
        return 1, f"pip-audit failed:\n{errors}"
    unknown = [each["name"] for each in found if "skip_reason" in each]
    if unknown or not found:
        return _not_audited(
            f"the source of advisories knows {len(found) - len(unknown)} of {len(found)} packages", strict=strict
        )
    return 0, f"Audited {len(found)} packages: no known vulnerability."


def _not_audited(why: str, *, strict: bool) -> tuple[int, str]:
    then = "--strict does not go on without." if strict else "run `make audit` where it can be."
    return int(strict), f"NOT AUDITED: {why}; {then}"


def main(lock: Path, *, strict: bool, osv: str | None = None) -> int:
    """Ask pip-audit, and say what came of it."""
    asked = subprocess.run(  # noqa: S603  # a fixed command
        [
            *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--requirement", str(lock)),
            *("--format", "json", "--progress-spinner", "off"),
            *(("--vulnerability-service", "osv", "--osv-url", osv) if osv else ()),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    code, words = verdict(asked.stdout, asked.stderr, asked.returncode, strict=strict)
    sys.stderr.write(words + "\n")
    return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lock", type=Path, help="pinned requirements with hashes")
    parser.add_argument("--strict", action="store_true", help="fail where nothing can be audited")
    parser.add_argument("--osv", metavar="URL", help="the address of an OSV query API")
    options = parser.parse_args()
    sys.exit(main(options.lock, strict=options.strict, osv=options.osv))
