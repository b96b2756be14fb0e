"""The list that is in use: read at the start, and again whenever its file changes."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from service.analysis.entities.listed import EntityList
from service.core.errors import ConfigurationError
from service.core.health import Check, HealthStatus
from service.entity_list.entries import read_list
from service.telemetry.logs import logger

_LOOK: Final = 2.0  # seconds between two looks at the file

_log = logger(__name__)


class FollowedList:
    """The list of a file, and of every later state of it that is free of errors.

    Looks at the file's times, size and identity, so that a file that was replaced is noticed, as well as one that
    Kubernetes put in the place of another by a link. What is wrong is refused whole, and the list before it stays.

    Args:
        file: JSON lines or CSV.
        refused: Told after each reading whether the file on disk is refused.
    """

    def __init__(self, file: Path, *, refused: Callable[[bool], None]) -> None:
        self._file = file
        self._refused = refused
        self._list = EntityList()
        self._seen: tuple[int, int, int] | None = None
        self._problem: str | None = None

    def __call__(self) -> EntityList:
        """Return the list that is in use."""
        return self._list

    def load(self) -> None:
        """Read the file for the first time. Blocks.

        Raises:
            ConfigurationError: see `read_list`.
        """
        self._seen = self._stat()
        self._list = read_list(self._file)
        _log.info("entities.read", entries=len(self._list))

    async def run(self) -> None:
        """Follow the file, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            await asyncio.to_thread(self.refresh)

    def refresh(self) -> None:
        """Read the file again if it is another than before, or could not be opened before. Blocks."""
        stat = self._stat()
        if stat is not None and stat == self._seen:
            return
        self._seen = None  # until it is read: a file that cannot be opened now is tried again
        try:
            self._list = read_list(self._file)
        except ConfigurationError as error:
            if not isinstance(error.__context__, OSError):
                self._seen = stat
            if str(error) != self._problem:
                _log.error("entities.refused", error=str(error))
            self._problem = str(error)
        else:
            self._seen, self._problem = stat, None
            _log.info("entities.read", entries=len(self._list))
        self._refused(self._problem is not None)

    def checks(self) -> Sequence[Check]:
        """Return whether the file on disk is the list in use; a warning where it is not, since the one before is."""
        return (
            Check(
                name="entities",
                status=HealthStatus.WARN if self._problem else HealthStatus.PASS,
                detail=self._problem and f"{self._problem} The list before it stays in use.",
                observed={"entries": len(self._list)},
            ),
        )

    def _stat(self) -> tuple[int, int, int] | None:
        """Return what changes with the file; None where there is none."""
        try:
            stat = self._file.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
