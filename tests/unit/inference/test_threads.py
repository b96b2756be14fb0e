"""How many threads the engine takes."""

import os
from pathlib import Path

import pytest

from service.inference.threads import available


@pytest.mark.parametrize(("quota", "expected"), [("150000 100000", 2), ("50000 100000", 1), ("100000 100000", 1)])
def test_a_quota_bounds_the_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, expected: int) -> None:
    """A container with a part of the host's CPUs gets as many threads as its quota, rounded."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    (tmp_path / "cpu.max").write_text(quota)
    assert available(tmp_path) == expected


def test_an_older_quota_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control groups of version 1 keep quota and period in two files."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("400000")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert available(tmp_path) == 4


@pytest.mark.parametrize("content", [None, "max 100000", "nonsense"])
def test_without_a_quota_affinity_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None) -> None:
    """No quota, no limit or an unreadable one: as many threads as CPUs that the process may run on."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5})
    if content is not None:
        (tmp_path / "cpu.max").write_text(content)
    assert available(tmp_path) == 3
