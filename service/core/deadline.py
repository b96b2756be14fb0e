"""How long one piece of work may take: set once around it, looked at wherever it can stop.

The work is arithmetic in a thread, which nothing can interrupt from outside. So whoever loops over the parts of a text
calls `in_time` now and then; without a limit around it that does nothing.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from service.core.errors import TooSlowError

_ends_at: Final[ContextVar[float | None]] = ContextVar("ends_at", default=None)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Let the work within take so long, by the monotonic clock of this machine, and no longer than a limit around it.

    Raises:
        TooSlowError: out of `in_time`, once that is over.
    """
    around = _ends_at.get()
    ends_at = time.monotonic() + seconds
    token = _ends_at.set(ends_at if around is None else min(ends_at, around))
    try:
        yield
    finally:
        _ends_at.reset(token)


def in_time() -> None:
    """Go on, if there is time left.

    Raises:
        TooSlowError: there is none.
    """
    ends_at = _ends_at.get()
    if ends_at is not None and time.monotonic() > ends_at:
        raise TooSlowError("Reading the text took longer than article_timeout allows.")
