"""What must hold in the logs at the end, whatever was done to the cluster meanwhile. Pure: it sees lists, no Kafka."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Place = tuple[int, int]  # partition and offset in the input topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One record of the input topic; `at` is when it was written, in seconds."""

    place: Place
    key: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One committed record of an output topic, in the order of its log; `seen` is when the live reader had it."""

    topic: str
    partition: int
    offset: int
    source: Place
    key: str
    seen: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong. Everything empty: nothing is."""

    lost: tuple[Place, ...] = ()
    duplicated: tuple[Place, ...] = ()
    invented: tuple[Place, ...] = ()
    disordered: tuple[tuple[Place, Place], ...] = ()
    behind: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # partition: committed offset, log end

    @property
    def clean(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.duplicated or self.invented or self.disordered or self.behind)

    def __str__(self) -> str:
        """Tell what is wrong in one line."""
        return (
            f"lost {len(self.lost)}, duplicated {len(self.duplicated)}, invented {len(self.invented)}, "
            f"out of order {len(self.disordered)}, partitions behind {len(self.behind)}"
        )


def check(
    inputs: Sequence[Input],
    outcomes: Sequence[Outcome],
    *,
    committed: Mapping[int, int],
    ends: Mapping[int, int],
) -> Verdict:
    """Hold the outcomes against the inputs.

    Each input has exactly one outcome, in whichever topic. The outcomes of one key lie in each output topic in the
    order of their inputs. The group's offsets are the log ends.
    """
    found: dict[Place, int] = defaultdict(int)
    for outcome in outcomes:
        found[outcome.source] += 1
    known = {each.place for each in inputs}
    return Verdict(
        lost=tuple(sorted(known - found.keys())),
        duplicated=tuple(sorted(place for place, times in found.items() if times > 1)),
        invented=tuple(sorted(found.keys() - known)),
        disordered=tuple(_disordered(outcomes)),
        behind={
            partition: (committed.get(partition, 0), end)
            for partition, end in ends.items()
            if committed.get(partition, 0) != end
        },
    )


def _disordered(outcomes: Sequence[Outcome]) -> list[tuple[Place, Place]]:
    """Return neighbours of one key and log that lie the wrong way round."""
    last: dict[tuple[str, int, str], Place] = {}
    wrong = []
    for outcome in sorted(outcomes, key=lambda each: (each.topic, each.partition, each.offset)):
        where = (outcome.topic, outcome.partition, outcome.key)
        before = last.get(where)
        if before is not None and outcome.source < before:
            wrong.append((before, outcome.source))
        last[where] = outcome.source
    return wrong


def longest_stall(inputs: Sequence[Input], outcomes: Sequence[Outcome], *, start: float, end: float) -> float:
    """Return the longest time in seconds from writing to reading, among inputs written between `start` and `end`."""
    seen = {outcome.source: outcome.seen for outcome in outcomes if outcome.seen is not None}
    waits = [seen[each.place] - each.at for each in inputs if start <= each.at < end and each.place in seen]
    return max(waits, default=0.0)
