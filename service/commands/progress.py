"""Progress of a command, on stderr: one line that is overwritten on a terminal, nothing elsewhere."""

import sys
from types import TracebackType
from typing import Final, Self

_CLEAR: Final = "\r\x1b[K"  # back to the first column, and erase to the end of the line (ECMA-48, EL)


class Progress:
    """A context manager that leaves no line behind."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def show(self, words: str) -> None:
        """Put these words in the place of those before."""
        if self._live:
            sys.stderr.write(_CLEAR + words)
            sys.stderr.flush()

    def clear(self) -> None:
        """Make room: what is printed next may go to the same terminal."""
        self.show("")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear."""
        self.clear()
