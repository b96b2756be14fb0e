"""The tests' own patience: it ends when nothing moves, and only then."""

import time

import pytest

from tests.progress import Progress


def test_progress_gives_up_only_when_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow test waits as long as its count grows; one that stands still fails with what it waited for."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress(still=10.0)
    for count in range(50):
        now += 9.0
        progress.check(count, "fifty events")
    now += 10.5
    with pytest.raises(pytest.fail.Exception, match=r"nothing has moved for 10 s, at 49; awaited: fifty events"):
        progress.check(49, "fifty events")
