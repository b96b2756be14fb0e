"""The list in use follows its file; a file that is wrong changes nothing, and is told of."""

import asyncio
from pathlib import Path

import pytest
import structlog

from service.core.errors import ConfigurationError
from service.core.health import HealthStatus
from service.entity_list import followed
from service.entity_list.followed import FollowedList

ANN, BOB = '{"id": "Q1", "name": "Ann Lee"}\n', '{"id": "Q2", "name": "Bob Ray"}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of one entity."""
    path = tmp_path / "list.jsonl"
    path.write_text(ANN)
    return path


def test_a_changed_file_is_read_again(file: Path) -> None:
    """A longer one, one that was put in its place, and one that was away for a while."""
    told: list[bool] = []
    listed = FollowedList(file, refused=told.append)
    assert len(listed()) == 0
    listed.load()
    assert len(listed()) == 1
    before = listed()
    listed.refresh()
    assert listed() is before
    assert told == []
    file.write_text(ANN + BOB)
    listed.refresh()
    assert len(listed()) == 2
    beside = file.with_name("other.jsonl")
    beside.write_text(BOB + ANN)
    beside.rename(file)
    before = listed()
    listed.refresh()
    assert listed() is not before
    assert told == [False, False]


def test_a_wrong_file_is_refused_whole_and_the_one_before_stays(file: Path) -> None:
    """Health warns with the line, the gauge is told, the log says it once; a right file ends it."""
    told: list[bool] = []
    listed = FollowedList(file, refused=told.append)
    listed.load()
    file.write_text(ANN + BOB + "nonsense\n")
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            listed.refresh()
    assert [(each["event"], each["log_level"]) for each in logged] == [("entities.refused", "error")]
    assert len(listed()) == 1
    (check,) = listed.checks()
    assert (check.status, check.fails) == (HealthStatus.WARN, frozenset())
    assert check.detail is not None
    assert "is wrong in line 3: it is not JSON. The list before it stays in use." in check.detail
    assert told == [True]
    file.write_text(ANN + BOB)
    listed.refresh()
    (check,) = listed.checks()
    assert (check.status, check.observed["entries"], told) == (HealthStatus.PASS, 2, [True, False])


def test_a_file_that_went_away_is_told_and_looked_for(file: Path) -> None:
    """The list stays, and a file that comes back is read, even if it is the very same."""
    listed = FollowedList(file, refused=lambda _: None)
    listed.load()
    away = file.rename(file.with_name("away.jsonl"))
    listed.refresh()
    assert len(listed()) == 1
    assert "cannot be read" in (listed.checks()[0].detail or "")
    away.rename(file)
    listed.refresh()
    assert listed.checks()[0].status is HealthStatus.PASS


def test_at_the_start_a_wrong_file_is_an_error(file: Path) -> None:
    """There is no list before it that could stay."""
    file.write_text("nonsense")
    with pytest.raises(ConfigurationError, match="line 1"):
        FollowedList(file, refused=lambda _: None).load()


def test_it_looks_again_and_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it runs nobody needs to tell it of a change."""
    monkeypatch.setattr(followed, "_LOOK", 0.01)

    async def main() -> None:
        read = asyncio.Event()
        loop = asyncio.get_running_loop()
        listed = FollowedList(file, refused=lambda _: loop.call_soon_threadsafe(read.set))
        listed.load()
        task = asyncio.create_task(listed.run())
        await asyncio.to_thread(file.write_text, ANN + BOB)
        await read.wait()
        assert len(listed()) == 2
        task.cancel()

    asyncio.run(main())
