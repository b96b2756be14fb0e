"""What must hold in the logs at the end, whatever was done to the cluster meanwhile. Pure: it sees lists, no Kafka."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

Place = tuple[int, int]  # partition and offset, in the input topic unless said otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an outcome says: `event`, or the code of a dead letter; and a digest of its key, value and headers."""

    kind: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One committed record of the input topic.

    `at` is when it was written, in seconds, None where its timestamp does not say. `gives` is what should become of it,
    None where nobody knows. `article` is the digest of what it says, by which its acknowledgement is recognised.
    """

    place: Place
    at: float | None
    gives: Content | None = None
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One committed record of an output topic, in the order of its log.

    `seen` is when the watcher had it. `excused`: written while processing was made to fail, so a dead letter that says
    so is right as well.
    """

    topic: str
    partition: int
    offset: int
    source: Place
    content: Content | None = None
    excused: bool = False
    seen: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One event as the live stream gave it, in the order in which it came; the place is that in the output topic."""

    place: Place
    source_id: str  # the event's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong. Everything empty: nothing is."""

    lost: tuple[Place, ...] = ()
    duplicated: tuple[Place, ...] = ()
    invented: tuple[Place, ...] = ()
    disordered: tuple[tuple[Place, Place], ...] = ()
    altered: tuple[Place, ...] = ()
    behind: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # partition: committed offset, log end
    forgotten: tuple[Place, ...] = ()  # acknowledged over HTTP, and not in the log
    live_doubled: tuple[Place, ...] = ()
    live_disordered: tuple[tuple[Place, Place], ...] = ()
    live_aborted: tuple[Place, ...] = ()
    live_missed: tuple[Place, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        return not any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        """Tell what is wrong in one line."""
        told = {
            "lost": self.lost,
            "duplicated": self.duplicated,
            "invented": self.invented,
            "out of order": self.disordered,
            "of another content": self.altered,
            "partitions behind": self.behind,
            "acknowledged and not in the log": self.forgotten,
        }
        live = {
            "doubled": self.live_doubled,
            "out of order": self.live_disordered,
            "never committed": self.live_aborted,
            "missed": self.live_missed,
        }
        line = ", ".join(f"{name} {len(found)}" for name, found in told.items())
        return f"{line}; live: {', '.join(f'{name} {len(found)}' for name, found in live.items())}"


def check(
    inputs: Sequence[Input],
    outcomes: Sequence[Outcome],
    *,
    committed: Mapping[int, int],
    ends: Mapping[int, int],
    acknowledged: Mapping[Place, str] | None = None,
    exactly_once: bool = True,
) -> Verdict:
    """Hold the outcomes against the inputs.

    Each input has exactly one outcome, in whichever topic, and its content is what the input should give. In each
    partition of an output topic, the outcomes of one input partition lie in the order of their inputs. The group's
    offsets are the log ends. What HTTP acknowledged is in the input's log, as it was sent.

    At least once, an input may have several outcomes, each of the right content, and the first of each are in order.
    """
    times = Counter(outcome.source for outcome in outcomes)
    known = {each.place: each for each in inputs}
    return Verdict(
        lost=tuple(sorted(known.keys() - times.keys())),
        duplicated=tuple(sorted(place for place, count in times.items() if count > 1)) if exactly_once else (),
        invented=tuple(sorted(times.keys() - known.keys())),
        disordered=tuple(_disordered(outcomes, exactly_once=exactly_once)),
        altered=tuple(
            sorted(each.source for each in outcomes if each.source in known and not _right(known[each.source], each))
        ),
        behind={
            partition: (committed.get(partition, 0), end)
            for partition, end in ends.items()
            if committed.get(partition, 0) != end
        },
        forgotten=tuple(
            sorted(
                place
                for place, article in (acknowledged or {}).items()
                if place not in known or known[place].article != article
            )
        ),
    )


def _right(given: Input, outcome: Outcome) -> bool:
    if given.gives is None or outcome.content == given.gives:
        return True
    return outcome.excused and outcome.content is not None and outcome.content.kind == "processing-failed"


def _disordered(outcomes: Sequence[Outcome], *, exactly_once: bool) -> list[tuple[Place, Place]]:
    """Return neighbours of one input partition that lie the wrong way round in one log."""
    last: dict[tuple[str, int, int], int] = {}
    seen: set[tuple[str, int, Place]] = set()
    wrong = []
    for outcome in sorted(outcomes, key=lambda each: (each.topic, each.partition, each.offset)):
        again = (outcome.topic, outcome.partition, outcome.source)
        if again in seen and not exactly_once:
            continue
        seen.add(again)
        partition, offset = outcome.source
        where = (outcome.topic, outcome.partition, partition)
        if offset < last.get(where, -1):
            wrong.append(((partition, last[where]), outcome.source))
        last[where] = offset
    return wrong


def check_live(seen: Sequence[Live], log: Mapping[Place, str], *, since: Mapping[int, int]) -> Verdict:
    """Hold what a reader of the live stream was given against the committed events of the output topic, by place.

    Args:
        seen: What came, in the order in which it came, over all of the reader's connections.
        log: Every committed event: its place, and its id.
        since: Where the reader began, by partition; in a partition that is not named, at its first event.
    """
    times = Counter(each.place for each in seen)
    wrong = []
    last: dict[int, int] = defaultdict(lambda: -1)
    for each in seen:
        partition, offset = each.place
        if offset < last[partition]:
            wrong.append(((partition, last[partition]), each.place))
        last[partition] = offset
    return Verdict(
        live_doubled=tuple(sorted(place for place, count in times.items() if count > 1)),
        live_disordered=tuple(wrong),
        live_aborted=tuple(sorted({each.place for each in seen if log.get(each.place) != each.source_id})),
        live_missed=tuple(sorted(place for place in log if place not in times and place[1] > since.get(place[0], -1))),
    )


def longest_stall(
    inputs: Iterable[Input],
    outcomes: Iterable[Outcome],
    *,
    start: float,
    end: float,
    troubles: Sequence[tuple[float, float]],
) -> float:
    """Return the longest time in seconds from writing to reading, among inputs written between `start` and `end`.

    `troubles` are the times at which faults were at work, each from its first fault until the last had ended, in order.
    What a record waits is the longest time in one piece without any.
    """
    seen = {outcome.source: outcome.seen for outcome in outcomes if outcome.seen is not None}
    waits = [
        _longest_calm(each.at, seen[each.place], troubles)
        for each in inputs
        if each.at is not None and start <= each.at < end and each.place in seen
    ]
    return max(waits, default=0.0)


def _longest_calm(begin: float, end: float, troubles: Sequence[tuple[float, float]]) -> float:
    longest = 0.0
    for began, healed in troubles:
        if began >= end:
            break
        longest = max(longest, began - begin)
        begin = max(begin, healed)
    return max(longest, end - begin)
