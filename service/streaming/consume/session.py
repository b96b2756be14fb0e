"""One membership of the group after another: joined at first, and again after a pause when one was lost."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from service.streaming.consume.group_member import Membership

_FIRST_REJOIN: Final = 0.5  # seconds before a new membership after one failed; doubled each time …
_LONGEST_REJOIN: Final = 5.0  # … up to this: a cluster that is back is joined within that time


class Session:
    """The membership at hand, and when to join again after it was lost.

    Args:
        new: Makes a membership that has not joined yet.
    """

    def __init__(self, new: Callable[[], Membership]) -> None:
        self._new = new
        self._joined = False
        self._rejoin_at = 0.0
        self._pause = _FIRST_REJOIN
        self.membership: Membership | None = None
        self.problem: str | None = "The group has not been joined yet."

    @property
    def ready(self) -> bool:
        """Whether the group was joined, and nothing has gone wrong since."""
        return self._joined and self.problem is None

    async def join(self, within: float) -> Membership | None:
        """Return the membership once the group was joined, None if that takes longer than `within` seconds.

        A membership is begun where there is none, but not before the pause after the last one is over.

        Raises:
            aiokafka.errors.KafkaError, OSError: joining failed.
        """
        if self.membership is None:
            if (pause := self._rejoin_at - time.monotonic()) > 0:
                await asyncio.sleep(min(pause, within))
                return None
            self.membership = self._new()
            self.membership.join()
        if not self._joined:
            self._joined = await self.membership.joined(within)
            if self._joined:
                self._pause = _FIRST_REJOIN
                self.problem = None
        return self.membership if self._joined else None

    def end(self) -> Membership | None:
        """Let go of the membership and return it: the caller has to leave it."""
        membership, self.membership = self.membership, None
        self._joined = False
        return membership

    def postpone(self) -> None:
        """Join again only after a pause, which is twice as long after each failure."""
        self._rejoin_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_REJOIN)
