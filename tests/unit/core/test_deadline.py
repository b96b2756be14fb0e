"""Limits around work."""

import pytest

from service.core.deadline import in_time, limited
from service.core.errors import TooSlowError


def test_work_past_its_limit_ends() -> None:
    """Within a limit that is over, work ends where it looks; without one, or after it, it goes on."""
    in_time()
    with limited(60):
        in_time()
        with pytest.raises(TooSlowError), limited(-1):
            in_time()
        in_time()
    in_time()


def test_the_narrower_limit_holds() -> None:
    """A limit within another one gives no more time."""
    with limited(-1), limited(60), pytest.raises(TooSlowError):
        in_time()
