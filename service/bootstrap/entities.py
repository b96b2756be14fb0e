"""From settings to the list of entities that articles are held against."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.entity_list.followed import FollowedList
from service.settings.entities import EntitiesSettings
from service.shutdown import background
from service.telemetry.metrics import Metrics


def followed_list(settings: EntitiesSettings, metrics: Metrics, *, reads: bool) -> FollowedList | None:
    """Return the list, which is not read yet; None where no file of it is named, or no article is read."""
    if settings.file is None or not reads:
        return None
    return FollowedList(settings.file, refused=metrics.entity_list_refused.set)


@asynccontextmanager
async def following(tasks: asyncio.TaskGroup, listed: FollowedList | None) -> AsyncIterator[None]:
    """Read the list, if there is one, and follow its file beside the block.

    Raises:
        ConfigurationError: the file is wrong.
    """
    if listed is None:
        yield
        return
    await asyncio.to_thread(listed.load)
    async with background(tasks, listed.run()):
        yield
