"""How much text makes one batch: as much as is read in a given time, going by the batches before."""

import statistics
from collections import deque
from typing import Final

_REMEMBERED: Final = 9  # batches; their median does not follow one that was held up by a bad article or a busy machine
_MOST: Final = 1 << 40  # bytes: more than any batch; a clock that saw no time pass says nothing of more


class Pace:
    """Learns how long a byte takes, whatever the model, the engine and the cores.

    All articles of a batch come out together, so the first of them waits for the last. A batch that is bounded by a
    count alone takes five times as long with a model five times as slow, or with articles five times as long.

    Args:
        seconds: How long one batch may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._latest: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def size(self) -> int | None:
        """The bytes of the next batch, at least one; None while nothing is known."""
        if not self._latest:
            return None
        return max(1, round(min(_MOST, self._seconds / statistics.median(self._latest))))

    def note(self, size: int, seconds: float) -> None:
        """So many bytes took so long."""
        if size > 0 and seconds / size > 0:
            self._latest.append(seconds / size)
