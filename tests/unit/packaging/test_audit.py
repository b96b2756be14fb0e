"""The audit of the dependencies fails on a finding, and never reports success without a source of advisories."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.scripts import load_script

SCRIPT = Path(__file__).parents[3] / "requirements" / "audit.py"
SOUND = {"name": "sound", "version": "1.0", "vulns": []}
FLAWED = {"name": "flawed", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture(scope="module")
def audit() -> Any:
    """The script as a module."""
    return load_script(SCRIPT)


def answer(*packages: dict[str, Any]) -> str:
    """Return what pip-audit prints of these packages."""
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize("strict", [False, True])
def test_a_finding_fails_everywhere(audit: Any, strict: bool) -> None:  # noqa: FBT001
    """A known vulnerability is named with the version that fixes it, also beside unknown packages."""
    code, words = audit.verdict(answer(SOUND, FLAWED, UNKNOWN), "", 1, strict=strict)
    assert code == 1
    assert words == "flawed 2.0: PYSEC-1, mended in 2.1"


def test_a_clean_audit_says_of_how_many(audit: Any) -> None:
    """Nothing found among packages that the source knows is a pass."""
    assert audit.verdict(answer(SOUND), "", 0, strict=True) == (0, "Audited 1 packages: no known vulnerability.")


def test_packages_that_the_source_does_not_know_are_not_called_sound(audit: Any) -> None:
    """Behind a mirror without advisories pip-audit reports no vulnerability; here it counts as not audited."""
    said = "knows 1 of 2 packages"
    assert audit.verdict(answer(SOUND, UNKNOWN), "No known vulnerabilities found", 0, strict=False)[0] == 0
    code, words = audit.verdict(answer(SOUND, UNKNOWN), "No known vulnerabilities found", 0, strict=True)
    assert code == 1
    assert words.startswith("NOT AUDITED: ")
    assert said in words
    assert audit.verdict(answer(), "", 0, strict=True)[0] == 1


@pytest.mark.parametrize(
    ("printed", "errors", "code"),
    [("", "invalid requirements input", 1), ("", "", 2), (answer(SOUND), "a crash at the end", 1)],
)
def test_an_audit_that_breaks_fails(audit: Any, printed: str, errors: str, code: int) -> None:
    """Other failures are not tolerated: a lock file that cannot be read, a crash."""
    found, words = audit.verdict(printed, errors, code, strict=False)
    assert found == 1
    assert words.startswith("pip-audit failed")


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--strict",), 1)])
def test_no_source_is_one_line_and_a_failure_where_asked_for(tmp_path: Path, flags: tuple[str, ...], code: int) -> None:
    """The real pip-audit behind a dead proxy: the line says that nothing was audited."""
    lock = tmp_path / "one.lock"
    lock.write_text(f"example==1.0 --hash=sha256:{'ab' * 32}\n")
    run = subprocess.run(
        [sys.executable, SCRIPT, lock, *flags],
        env=os.environ | {"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == code
    (line,) = run.stderr.splitlines()
    assert line.startswith("NOT AUDITED: the source of advisories cannot be reached")


@contextmanager
def osv(advisories: dict[str, dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Serve OSV's query API with these advisories by package; yield its address, and the packages asked about."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(f"{query['package']['name']}=={query['version']}")
            found = advisories.get(query["package"]["name"])
            body = json.dumps({"vulns": [found]} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(lock: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Audit for real, strictly, against a source of one's own."""
    return subprocess.run(
        [sys.executable, SCRIPT, lock, "--strict", "--osv", url],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_pinned_package_is_asked_about() -> None:
    """The real pip-audit asks a source that answers about each package of the service's lock, with its version."""
    lock = SCRIPT.parent / "service.lock"
    pinned = {
        line.split(" ")[0].lower() for line in lock.read_text().splitlines() if "==" in line and line[0].isalpha()
    }
    with osv({}) as (url, asked):
        audited = run(lock, url)
    assert audited.returncode == 0, audited.stderr
    assert audited.stderr == f"Audited {len(asked)} packages: no known vulnerability.\n"
    assert set(asked) <= pinned  # pins for other platforms are not asked about
    assert {name.partition("==")[0] for name in asked} >= {"aiokafka", "fastapi", "lxml", "numpy", "openvino", "orjson"}


def test_an_advisory_on_a_pinned_package_fails(tmp_path: Path) -> None:
    """One advisory at the source is an exit code of one and a line with package, advisory and cure."""
    lock = tmp_path / "one.lock"
    lock.write_text(f"example==1.0 --hash=sha256:{'ab' * 32}\n")
    advisory = {
        "id": "PYSEC-2026-1",
        "summary": "Reads what it must not.",
        "affected": [
            {
                "package": {"name": "example", "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
            }
        ],
    }
    with osv({"example": advisory}) as (url, _):
        audited = run(lock, url)
    assert audited.returncode == 1
    assert audited.stderr == "example 1.0: PYSEC-2026-1, mended in 1.1\n"
