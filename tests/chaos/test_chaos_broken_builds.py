"""The suite finds builds that are broken on purpose, and finds nothing wrong with the sound one."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.__main__ import run
from tests.chaos.arena import Scale


@pytest.mark.parametrize(
    ("build", "fault", "clean"),
    [
        ("offsets-outside", "worker killed", False),
        ("shared-id", "zombie wakes", False),
        ("sound", "worker killed", True),
        ("sound", "zombie wakes", True),
    ],
)
def test_the_checker_tells_builds_apart(tmp_path: Path, build: str, fault: str, *, clean: bool) -> None:
    """Offsets outside the transaction, or one transactional id for many partitions, give doubled events."""
    patience = 60.0 if clean else 30.0
    scale = Scale(
        brokers=1, workers=2, partitions=4, rate=30.0, session_timeout=4.0, patience=patience, http=False, build=build
    )
    report = asyncio.run(run(scale, [(fault,)] * (2 if clean else 3), seed=1, directory=tmp_path, say=print))
    assert report.verdict.clean is clean, str(report.verdict)
    if not clean:
        assert report.verdict.duplicated
