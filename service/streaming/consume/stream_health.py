"""What a stream says of its own health."""

import time
from collections.abc import Mapping
from typing import Final

from service.core.health import Check, HealthStatus, Probe
from service.streaming.consume.partition import Lane, Partition

_TOLD_AFTER: Final = 20.0  # seconds that a partition may fail to get on, as it does in a fail-over, before it is told


def polling(*, silent: float, in_hand: float, longest: float) -> Check:
    """Return whether polls go on: `silent` seconds since the last, `in_hand` seconds with one batch."""
    stuck = max(in_hand, silent) > longest
    return Check(
        name="poll",
        status=HealthStatus.FAIL if stuck else HealthStatus.PASS,
        fails=frozenset({Probe.LIVE, Probe.READY}) if stuck else frozenset(),
        detail="No poll, or one batch in hand, for longer than max_poll_interval." if stuck else None,
        observed={"seconds_since_poll": round(silent, 3), "seconds_in_hand": round(in_hand, 3)},
    )


def group(lanes: Mapping[Partition, Lane], *, problem: str | None, waiting: str | None) -> Check:
    """Return how the group and each partition stand.

    Args:
        lanes: Those that are ours.
        problem: Why there is no session, if there is none.
        waiting: What holds partitions up that are sound themselves.
    """
    problem = problem or stuck(lanes)
    return Check(
        name="group",
        status=HealthStatus.FAIL if problem else HealthStatus.WARN if waiting else HealthStatus.PASS,
        fails=frozenset({Probe.READY}) if problem else frozenset(),
        detail=problem or waiting,
        observed={
            "partitions": {str(partition): str(lane.state) for partition, lane in sorted(lanes.items())},
            "positions": {str(partition): lane.position for partition, lane in sorted(lanes.items())},
        },
    )


def stuck(lanes: Mapping[Partition, Lane]) -> str | None:
    """Say why partitions have not got on for a while; None where all do."""
    now = time.monotonic()
    failing = [
        lane for lane in lanes.values() if lane.failing_since is not None and now - lane.failing_since > _TOLD_AFTER
    ]
    if not failing:
        return None
    numbers = ", ".join(str(lane.partition) for lane in sorted(failing, key=lambda lane: lane.partition))
    return f"Nothing is committed of partitions {numbers}: {failing[0].problem}"
