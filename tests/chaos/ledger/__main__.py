"""`python -m tests.chaos.ledger`: break ledgers, workers, brokers, the database and the network under load; then judge.

The tables must be what a checker computes from the topic alone: nothing lost, nothing doubled, nothing stale. Of what a
watch matches, all that still holds must have been received, and nothing that no event says. Prints one JSON object, and
exits with 1 where a promise was broken.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from service.streaming.admin.topic_contents import parts
from tests.chaos.ledger.stage import SESSION, Stage, stage, until_nothing_is_left
from tests.chaos.ledger.worker import WATCHED, claims_of
from tests.ledger import expected, held

_DOWN: Final = 3.0  # seconds that something stays away
_LONG: Final = SESSION + 4.0  # so that the group has surely given up on a member

Fault = Callable[[Stage, random.Random], Awaitable[None]]


async def kill_a_ledger(it: Stage, chance: random.Random) -> None:
    """SIGKILL one."""
    chance.choice(it.ledgers).send(signal.SIGKILL)
    await asyncio.sleep(_DOWN)


async def kill_every_ledger(it: Stage, chance: random.Random) -> None:
    """SIGKILL all at once."""
    del chance
    for each in it.ledgers:
        each.send(signal.SIGKILL)
    await asyncio.sleep(_DOWN)


async def stop_a_ledger(it: Stage, chance: random.Random) -> None:
    """SIGTERM one, as a rollout does."""
    chosen = chance.choice(it.ledgers)
    chosen.send(signal.SIGTERM)
    await chosen.gone()


async def freeze_a_ledger(it: Stage, chance: random.Random) -> None:
    """Let one stand still until another has its partitions; it then goes on as if nothing had been."""
    chance.choice(it.ledgers).send(signal.SIGSTOP)
    await asyncio.sleep(_LONG)


async def kill_a_worker(it: Stage, chance: random.Random) -> None:
    """SIGKILL one."""
    chance.choice(it.workers).send(signal.SIGKILL)
    await asyncio.sleep(_DOWN)


async def stop_postgresql(it: Stage, chance: random.Random) -> None:
    """End the database in good order."""
    del chance
    await asyncio.to_thread(it.postgres.stop, signal.SIGINT)
    await asyncio.sleep(_DOWN)


async def kill_postgresql(it: Stage, chance: random.Random) -> None:
    """End it in the middle of whatever it does."""
    del chance
    await asyncio.to_thread(it.postgres.stop, signal.SIGKILL)
    await asyncio.sleep(_DOWN)


async def cut_postgresql(it: Stage, chance: random.Random) -> None:
    """Swallow what goes between the ledgers and the database."""
    del chance
    it.pipe.cut()
    await asyncio.sleep(_LONG)


async def cut_brokers(it: Stage, chance: random.Random) -> None:
    """Swallow what goes between one ledger and the brokers."""
    del chance
    for proxy in it.proxies:
        proxy.cut()
    await asyncio.sleep(_LONG)


async def kill_a_broker(it: Stage, chance: random.Random) -> None:
    """SIGKILL one."""
    node = chance.choice(it.kafka.nodes)
    if node.process is not None:
        node.process.kill()
        await asyncio.to_thread(node.process.wait)
    await asyncio.sleep(_DOWN)


async def kill_ledgers_and_postgresql(it: Stage, chance: random.Random) -> None:
    """Everything that keeps the tables, at once."""
    await asyncio.gather(kill_every_ledger(it, chance), kill_postgresql(it, chance))


FAULTS: Final[tuple[Fault, ...]] = (
    kill_a_ledger,
    kill_every_ledger,
    stop_a_ledger,
    freeze_a_ledger,
    kill_a_worker,
    stop_postgresql,
    kill_postgresql,
    cut_postgresql,
    cut_brokers,
    kill_a_broker,
    kill_ledgers_and_postgresql,
)


async def run(directory: Path, *, count: int, rate: float, seed: int) -> dict[str, Any]:
    """Run it, and return the report."""
    chance = random.Random(seed)  # noqa: S311  # a run can be repeated
    struck: Counter[str] = Counter()
    began = time.monotonic()
    async with stage(directory, count=count, rate=rate, say=_say) as it:
        load = asyncio.create_task(it.load.run())
        while not load.done():
            faults = list(FAULTS)
            chance.shuffle(faults)
            for fault in faults:
                if load.done():
                    break
                _say(f"{time.monotonic() - began:5.0f} s, {it.load.written['articles']} articles: {fault.__name__}")
                await fault(it, chance)
                await it.heal()
                struck[fault.__name__] += 1
                await asyncio.sleep(_DOWN)
        await load
        await it.heal()
        _say(f"{time.monotonic() - began:5.0f} s: all is written")
        await it.workers_are_done()
        log = [each async for part in parts(it.settings, it.settings.topics.enriched, most=1_000) for each in part]
        wanted = expected(log)

        async def differing() -> int:
            return sum(differences(wanted, _held(it)).values())

        await until_nothing_is_left(differing, "differences")
        await it.delivered()
        found = _held(it)
        (watch,) = it.watches.all()
        return {
            "seed": seed,
            "seconds": round(time.monotonic() - began),
            "written": dict(it.load.written),
            "faults": dict(struck),
            "records_of_the_topic": len(log),
            "articles_in_the_tables": len(found),
            "rows_compared": sum(1 + len(each["rows"]) for each in wanted.values()),
            "tables": differences(wanted, found),
            "matches": _matches(wanted, it) | {"given_up": watch.given_up},
        }


def _held(it: Stage) -> dict[str, Any]:
    with it.database.transaction() as opened:
        opened.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return held(opened)


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, int]:
    """Return how many articles are lost, stale or wrongly there, and how many rows come too often."""
    doubled = 0
    for key in wanted.keys() & found.keys():
        rows = Counter(map(repr, found[key]["rows"]))
        rows.subtract(Counter(map(repr, wanted[key]["rows"])))
        doubled += sum(
            count for count in rows.values() if count > 0 and found[key]["version"] == wanted[key]["version"]
        )
    return {
        "lost": len(wanted.keys() - found.keys()),
        "left_over": len(found.keys() - wanted.keys()),
        "stale": sum(found[key] != wanted[key] for key in wanted.keys() & found.keys()),
        "doubled": doubled,
    }


def _matches(wanted: Mapping[str, Any], it: Stage) -> dict[str, int]:
    """Hold what was received against what must have been."""
    due = {
        (article, each["version"], f"c{number}")
        for article, each in wanted.items()
        if each["status"] == "enriched"
        for number, claim in enumerate(claims_of(article, each["version"]), start=1)
        if claim["speaker"] == WATCHED
    }
    ids: Counter[str] = Counter()
    received = set()
    for each in it.receiver.received:
        data = json.loads(each.body)["data"]
        received.add((data["claim"]["article_id"], data["version"], data["claim"]["claim"]))
        ids[each.id] += each.is_signed()
    said = {
        (article, version, f"c{number}")
        for article, version, _claim in received
        for number, claim in enumerate(claims_of(article, version), start=1)
        if claim["speaker"] == WATCHED
    }
    return {
        "due": len(due),
        "received": len(received),
        "lost": len(due - received),
        "invented": len(received - said),
        "unsigned": sum(not count for count in ids.values()),
        "received_again": sum(count - 1 for count in ids.values() if count),
    }


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.ledger", description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=20.0, help="records a second, at most")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="claimwire-ledger-chaos-"))
    _say(f"logs: {directory}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing is left running
    report = asyncio.run(run(directory, count=options.articles, rate=options.rate, seed=options.seed))
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    promises = [*report["tables"].values(), *(report["matches"][name] for name in ("lost", "invented", "unsigned"))]
    return 1 if any(promises) else 0


if __name__ == "__main__":
    sys.exit(main())
