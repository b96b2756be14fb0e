"""`python -m tests.chaos`: faults, alone and together, under load; then the logs are judged, and a table printed."""

import argparse
import asyncio
import json
import logging
import random
import secrets
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.chaos.arena import Scale, arena
from tests.chaos.checker import Input, Outcome, Verdict, longest_stall
from tests.chaos.draw import Step, draw
from tests.chaos.faults import FAULTS, strike

_STEPS: Final = 60
_STEPS_SHORT: Final = 12  # as many of them as the time allows
_SECONDS_SHORT: Final = 60.0  # after which no further fault is begun
_MOST_STALL: Final = 30.0  # seconds after the last fault has ended; what the project promises
_MOST_STALL_SHORT: Final = 60.0  # the short version runs wherever CI runs, beside whatever else runs there


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One moment, from its first fault until the backlog was gone; seconds since the epoch.

    `healed` is when the last of its faults had ended, and every broker answered; `flowing`, when HTTP acknowledged
    whatever came, None where it never did.
    """

    faults: Step
    start: float
    healed: float
    flowing: float | None
    end: float

    @property
    def refused_for(self) -> float:
        """How long HTTP refused articles after the last fault, in seconds."""
        return (self.end if self.flowing is None else self.flowing) - self.healed


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the report: a kind of fault, how often it came alone and with others, and what that cost."""

    fault: str
    alone: int
    together: int
    inputs: int
    outcomes: int
    lost: int
    duplicated: int
    longest_stall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole run."""

    seed: int
    delivery: str
    rows: tuple[Row, ...]
    windows: tuple[Window, ...]
    inputs: int
    outcomes: int
    acknowledged: int
    live: int
    slowest: tuple[tuple[float, float, int, int], ...]  # seconds waited, written at, partition, offset
    verdict: Verdict
    hands: tuple[str, ...]
    seconds: float

    @property
    def longest_stall(self) -> float:
        """The longest stall of all, in seconds."""
        return max((row.longest_stall_seconds for row in self.rows), default=0.0)

    def passed(self, *, most_stall: float = _MOST_STALL) -> bool:
        """Return whether every promise was kept, under faults, and no stall was as long as `most_stall` seconds."""
        return bool(self.windows) and self.verdict.clean and not self.hands and self.longest_stall < most_stall


async def run(
    scale: Scale,
    steps: Sequence[Step],
    *,
    seed: int,
    directory: Path,
    say: Callable[[str], None],
    seconds: float = float("inf"),
) -> Report:
    """Inject the faults of one moment after the other, each once the last has been digested, and judge.

    No moment is begun later than `seconds` after everything runs.
    """
    chance = random.Random(seed)  # noqa: S311  # a run can be repeated
    began = time.monotonic()
    windows: list[Window] = []
    async with arena(scale, directory, say) as made:
        ready = time.monotonic()
        for number, step in enumerate(steps, start=1):
            if time.monotonic() - ready > seconds:
                break
            start = time.time()
            await strike(made, step, chance)
            await made.heal()
            healed = time.time()
            await made.caught_up()
            flowing = made.load.flowing if made.api is not None else healed
            windows.append(Window(faults=step, start=start, healed=healed, flowing=flowing, end=time.time()))
            took = f"{healed - start:.0f} s, then {windows[-1].end - healed:.0f} s"
            say(f"{number}/{len(steps)} {' + '.join(step)}: {took}, {len(made.watcher.seen)} outcomes")
        inputs, outcomes, verdict = await made.finish()
        return Report(
            seed=seed,
            delivery=scale.delivery,
            rows=tuple(
                _row(name, windows, inputs, outcomes, verdict)
                for name in dict.fromkeys(name for window in windows for name in window.faults)
            ),
            windows=tuple(windows),
            inputs=len(inputs),
            outcomes=len(outcomes),
            acknowledged=len(made.load.acknowledged),
            live=len(made.live.seen) if made.live is not None else 0,
            slowest=_slowest(inputs, outcomes),
            verdict=verdict,
            hands=tuple(made.hands),
            seconds=time.monotonic() - began,
        )


def _slowest(inputs: Sequence[Input], outcomes: Sequence[Outcome]) -> tuple[tuple[float, float, int, int], ...]:
    seen = {outcome.source: outcome.seen for outcome in outcomes if outcome.seen is not None}
    waits = [
        (seen[each.place] - each.at, each.at, *each.place)
        for each in inputs
        if each.place in seen and each.at is not None
    ]
    return tuple(sorted(waits, reverse=True)[:40])


def _row(
    name: str, windows: Sequence[Window], inputs: Sequence[Input], outcomes: Sequence[Outcome], verdict: Verdict
) -> Row:
    mine = [window for window in windows if name in window.faults]
    within = {
        each.place
        for each in inputs
        if each.at is not None and any(window.start <= each.at < window.end for window in mine)
    }
    troubles = [(each.start, each.healed) for each in windows]
    stalls = [
        max(each.refused_for, longest_stall(inputs, outcomes, start=each.start, end=each.end, troubles=troubles))
        for each in mine
    ]
    return Row(
        fault=name,
        alone=sum(len(window.faults) == 1 for window in mine),
        together=sum(len(window.faults) > 1 for window in mine),
        inputs=len(within),
        outcomes=sum(outcome.source in within for outcome in outcomes),
        lost=sum(place in within for place in verdict.lost),
        duplicated=sum(place in within for place in verdict.duplicated),
        longest_stall_seconds=round(max(stalls, default=0.0), 1),
    )


def table(report: Report) -> str:
    """Return the report for people."""
    head = f"{'fault':<26}{'alone':>7}{'together':>10}{'inputs':>8}{'outcomes':>10}{'lost':>6}{'doubled':>9}"
    lines = [head + f"{'stall, s':>10}"]
    lines += [
        f"{row.fault:<26}{row.alone:>7}{row.together:>10}{row.inputs:>8}{row.outcomes:>10}{row.lost:>6}"
        f"{row.duplicated:>9}{row.longest_stall_seconds:>10.1f}"
        for row in report.rows
    ]
    together = sum(len(window.faults) > 1 for window in report.windows)
    faults = sum(len(window.faults) for window in report.windows)
    lines.append(
        f"seed {report.seed}, {report.delivery}: {len(report.windows)} moments, {together} of them with two faults or "
        f"more, {faults} faults in {report.seconds:.0f} s; {report.inputs} inputs, {report.acknowledged} of them "
        f"acknowledged over HTTP, {report.outcomes} outcomes, {report.live} events seen live; longest stall after the "
        f"last fault {report.longest_stall:.1f} s"
    )
    lines.append(str(report.verdict) + (f"; needed a hand: {', '.join(report.hands)}" if report.hands else ""))
    return "\n".join(lines)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; draw a seed where it names none, and note in `again` the command that repeats the run."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the two-minute version, with a short session timeout")
    parser.add_argument("--seed", type=int, default=None, help="which faults come when; drawn where none is given")
    parser.add_argument("--steps", type=int, default=None, help="moments with faults; each third has two or three")
    parser.add_argument("--seconds", type=float, default=None, help="begin no moment after that many")
    parser.add_argument("--faults", nargs="*", choices=sorted(FAULTS), help="only these")
    parser.add_argument("--together", action="store_true", help="with --faults: all of them at once, each time")
    parser.add_argument("--delivery", default="exactly-once", choices=["exactly-once", "at-least-once"])
    parser.add_argument("--build", default="sound", choices=["sound", "offsets-outside", "shared-id"])
    parser.add_argument("--model", default="instant", choices=["instant", "real"], help="the small one, or none")
    parser.add_argument("--rate", type=float, default=10.0, help="records a second")
    parser.add_argument("--session-timeout", type=float, default=None, help="of the workers, in seconds")
    parser.add_argument("--json", type=Path, default=Path(".claimwire/chaos.json"))
    parser.add_argument("--logs", type=Path, default=None, help="a folder to keep the logs in")
    chosen = parser.parse_args(arguments)
    again = ["python", "-m", "tests.chaos", *arguments]
    if chosen.seed is None:
        chosen.seed = secrets.randbelow(10**6)
        again += ["--seed", str(chosen.seed)]
    chosen.again = shlex.join(again)
    return chosen


def steps_of(chosen: argparse.Namespace) -> list[Step]:
    """Return the moments that these options, with their seed, stand for."""
    count = chosen.steps or (_STEPS_SHORT if chosen.short else _STEPS)
    kinds = tuple(chosen.faults or FAULTS)
    if chosen.together:
        return [kinds] * count
    return draw(chosen.seed, steps=count, kinds=kinds)


def main() -> int:
    """Run, print, write, and return 0 when every promise was kept."""
    chosen = options(sys.argv[1:])
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what the suite's own clients meet is no news
    scale = Scale(
        build=chosen.build,
        model=chosen.model,
        delivery=chosen.delivery,
        session_timeout=chosen.session_timeout or (6.0 if chosen.short else 10.0),
        rate=chosen.rate,
    )
    _say(f"seed {chosen.seed}: to make this run again, {chosen.again}")
    with tempfile.TemporaryDirectory(prefix="claimwire-chaos-") as temporary:
        directory = chosen.logs or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        limit = chosen.seconds or (_SECONDS_SHORT if chosen.short else float("inf"))
        report = asyncio.run(
            run(scale, steps_of(chosen), seed=chosen.seed, directory=directory, say=_say, seconds=limit)
        )
    passed = report.passed(most_stall=_MOST_STALL_SHORT if chosen.short else _MOST_STALL)
    sys.stdout.write(table(report) + "\n")
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(asdict(report) | {"passed": passed}, indent=2) + "\n", encoding="utf-8")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
