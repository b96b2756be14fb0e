"""Waiting in tests ends when nothing moves, and only then."""

import time

import pytest

from tests.progress import STILL, Progress, eventually


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


def test_eventually_waits_while_something_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """It returns what it waited for however long that takes, and fails once what it watches stands still."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "sleep", sleep)
    found = eventually(lambda: now >= 10 * STILL and "it", "it", moved=lambda: now // 10, pause=1.0)
    assert found == "it"
    with pytest.raises(pytest.fail.Exception, match="awaited: the rest"):
        eventually(lambda: now > 100 * STILL, "the rest", moved=lambda: min(now, 20 * STILL), pause=1.0)
    assert now == pytest.approx(21 * STILL, abs=2.0)
