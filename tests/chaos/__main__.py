"""`python -m tests.chaos`: every fault, several times, under load; then the logs are judged, and a table printed."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.chaos.arena import Scale, arena
from tests.chaos.checker import Input, Outcome, Verdict, longest_stall
from tests.chaos.faults import FAULTS

SHORT = (
    "worker killed",
    "event too large",
    "zombie wakes",
    "coordinator killed",
    "network partition",
    "commit times out",
)
_MOST_STALL = 30.0  # seconds; what the project promises
_MOST_STALL_SHORT = 60.0  # seconds; the short version runs wherever CI runs, beside whatever else runs there


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a fault was at work, from its first blow until the backlog was gone; seconds since the epoch."""

    fault: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the report."""

    fault: str
    times: int
    inputs: int
    outcomes: int
    lost: int
    duplicated: int
    longest_stall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole run."""

    rows: tuple[Row, ...]
    inputs: int
    outcomes: int
    slowest: tuple[tuple[float, float, int, int], ...]  # seconds waited, written at, partition, offset
    verdict: Verdict
    hands: tuple[str, ...]
    seconds: float

    def passed(self, *, most_stall: float = _MOST_STALL) -> bool:
        """Return whether every promise was kept, and no stall was as long as `most_stall` seconds."""
        stall = max((row.longest_stall_seconds for row in self.rows), default=0.0)
        return self.verdict.clean and not self.hands and stall < most_stall


async def run(scale: Scale, faults: Sequence[str], *, seed: int, directory: Path, say: Callable[[str], None]) -> Report:
    """Inject the faults one after the other, each once the last has been digested, and judge."""
    chance = random.Random(seed)  # noqa: S311  # a run can be repeated
    began = time.monotonic()
    windows: list[Window] = []
    async with arena(scale, directory, say) as made:
        for number, name in enumerate(faults, start=1):
            start = time.time()
            await FAULTS[name](made, chance)
            await made.caught_up()
            windows.append(Window(fault=name, start=start, end=time.time()))
            say(f"{number}/{len(faults)} {name}: {windows[-1].end - start:.0f} s, {len(made.seen)} outcomes")
        inputs, outcomes, verdict = await made.finish()
        hands = tuple(made.hands)
    return Report(
        rows=tuple(_row(name, windows, inputs, outcomes, verdict) for name in dict.fromkeys(faults)),
        inputs=len(inputs),
        outcomes=len(outcomes),
        slowest=_slowest(inputs, outcomes),
        verdict=verdict,
        hands=hands,
        seconds=time.monotonic() - began,
    )


def _slowest(inputs: Sequence[Input], outcomes: Sequence[Outcome]) -> tuple[tuple[float, float, int, int], ...]:
    seen = {outcome.source: outcome.seen for outcome in outcomes if outcome.seen is not None}
    waits = [(seen[each.place] - each.at, each.at, *each.place) for each in inputs if each.place in seen]
    return tuple(sorted(waits, reverse=True)[:40])


def _row(
    name: str, windows: Sequence[Window], inputs: Sequence[Input], outcomes: Sequence[Outcome], verdict: Verdict
) -> Row:
    mine = [window for window in windows if window.fault == name]
    within = {each.place for each in inputs if any(window.start <= each.at < window.end for window in mine)}
    return Row(
        fault=name,
        times=len(mine),
        inputs=len(within),
        outcomes=sum(outcome.source in within for outcome in outcomes),
        lost=sum(place in within for place in verdict.lost),
        duplicated=sum(place in within for place in verdict.duplicated),
        longest_stall_seconds=round(
            max((longest_stall(inputs, outcomes, start=each.start, end=each.end) for each in mine), default=0.0), 1
        ),
    )


def table(report: Report) -> str:
    """Return the report for people."""
    lines = [f"{'fault':<24}{'times':>6}{'inputs':>8}{'outcomes':>10}{'lost':>6}{'doubled':>9}{'stall, s':>10}"]
    lines += [
        f"{row.fault:<24}{row.times:>6}{row.inputs:>8}{row.outcomes:>10}{row.lost:>6}{row.duplicated:>9}"
        f"{row.longest_stall_seconds:>10.1f}"
        for row in report.rows
    ]
    faults = sum(row.times for row in report.rows)
    lines.append(f"{faults} faults in {report.seconds:.0f} s, {report.inputs} inputs, {report.outcomes} outcomes")
    lines.append(str(report.verdict) + (f"; needed a hand: {', '.join(report.hands)}" if report.hands else ""))
    return "\n".join(lines)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> int:
    """Run, print, write, and return 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="the two-minute version: six faults, short session timeout"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each fault is injected")
    parser.add_argument("--faults", nargs="*", choices=sorted(FAULTS), help="only these")
    parser.add_argument("--build", default="sound", choices=["sound", "offsets-outside", "shared-id"])
    parser.add_argument("--model", default="instant", choices=["instant", "real"], help="the small one, or none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=None, help="articles a second")
    parser.add_argument("--json", type=Path, default=Path(".claimwire/chaos.json"))
    parser.add_argument("--logs", type=Path, default=None, help="a folder to keep the workers' logs in")
    chosen = parser.parse_args()
    kinds = chosen.faults or (SHORT if chosen.short else tuple(FAULTS))
    faults = [name for _ in range(1 if chosen.short else chosen.rounds) for name in kinds]
    scale = Scale(
        build=chosen.build,
        model=chosen.model,
        session_timeout=6.0 if chosen.short else 20.0,
        rate=chosen.rate or (30.0 if chosen.short else 10.0),
    )
    with tempfile.TemporaryDirectory(prefix="claimwire-chaos-") as temporary:
        directory = chosen.logs or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(run(scale, faults, seed=chosen.seed, directory=directory, say=_say))
    passed = report.passed(most_stall=_MOST_STALL_SHORT if chosen.short else _MOST_STALL)
    sys.stdout.write(table(report) + "\n")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(asdict(report) | {"passed": passed}, indent=2) + "\n", encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
