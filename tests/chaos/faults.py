"""The faults. Each is done to a running arena, and healed, and then the arena must go on by itself."""

import asyncio
import contextlib
import random
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka.errors import KafkaError

from service.local_kafka import Node
from tests.chaos.arena import BACK, PROXIED, Arena
from tests.chaos.outcomes import POISON, TOO_LARGE
from tests.chaos.processes import ServiceProcess
from tests.chaos.proxy import Api, Held

_DOWN: Final = 3.0  # seconds that something killed stays away
_BEYOND: Final = 3.0  # seconds past the session timeout, so that the group has surely given up on a member
_UNSEEN: Final = 11.0  # seconds after which Kafka's controller gives a broker up that says nothing (nine), and some
_REQUEST: Final = 12.0  # seconds after which a client gives a request up (ten), and some
_LATE: Final = (
    Api.PRODUCE,
    Api.OFFSET_FETCH,
    Api.INIT_PRODUCER_ID,
    Api.ADD_PARTITIONS_TO_TXN,
    Api.ADD_OFFSETS_TO_TXN,
    Api.TXN_OFFSET_COMMIT,
    Api.END_TXN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """What one fault is done to: nothing of it is another fault's at the same moment."""

    arena: Arena
    chance: random.Random
    workers: Sequence[ServiceProcess] = ()
    brokers: Sequence[Node] = ()

    @property
    def worker(self) -> ServiceProcess:
        """The one worker."""
        return self.workers[0]

    @property
    def broker(self) -> Node:
        """The one broker."""
        return self.brokers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault, and what it needs to itself.

    `strike` does it and heals it. `brokers` and `workers` are how many it takes; `proxied`: the worker behind the
    proxies is one of them; `coordinator`: the broker is the one that coordinates the group. `alone`: it comes in no
    pair with itself, nor with another of the same word.
    """

    strike: Callable[[Strike], Awaitable[None]]
    workers: int = 0
    brokers: int = 0
    proxied: bool = False
    coordinator: bool = False
    alone: str = ""


# ---------------------------------------------------------------------- workers


async def kill_worker(strike: Strike) -> None:
    """SIGKILL at some moment around a commit; back under the same instance id."""
    arena, worker = strike.arena, strike.worker
    arena.slow_commits(worker.name, 0.5)
    await arena.in_commit(worker.name)
    await asyncio.sleep(strike.chance.uniform(0.0, 2.0))
    worker.send(signal.SIGKILL)
    await worker.gone()
    arena.slow_commits(worker.name, None)
    await asyncio.sleep(_DOWN)
    worker.start()


async def stop_worker(strike: Strike) -> None:
    """SIGTERM: it drains, and comes back."""
    worker = strike.worker
    worker.send(signal.SIGTERM)
    if await worker.gone() != 0:
        strike.arena.hands.append(f"{worker.name} did not drain")
    worker.start()


async def wake_zombie(strike: Strike) -> None:
    """SIGSTOP just before a commit, for longer than the session timeout; then it wakes and wants to go on."""
    arena, worker = strike.arena, strike.worker
    arena.slow_commits(worker.name, 2.0)
    await arena.in_commit(worker.name)
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(arena.scale.session_timeout + _BEYOND)
    arena.slow_commits(worker.name, None)
    worker.send(signal.SIGCONT)


async def add_and_remove_workers(strike: Strike) -> None:
    """Two more workers join, work, and leave again."""
    arena = strike.arena
    more = [arena.worker(f"chaos-more-{number}") for number in (1, 2)]
    for worker in more:
        worker.start()
    await asyncio.sleep(8.0)
    for worker in more:
        worker.send(signal.SIGTERM)
        await worker.gone()
        del arena.workers[worker.name]
    await asyncio.sleep(arena.scale.session_timeout)  # a static member's partitions come back only then


async def slow_commits(strike: Strike) -> None:
    """Each commit of one worker takes four seconds for a while."""
    strike.arena.slow_commits(strike.worker.name, 4.0)
    await asyncio.sleep(8.0)
    strike.arena.slow_commits(strike.worker.name, None)


# ---------------------------------------------------------------------- brokers


async def _kill(strike: Strike, nodes: Sequence[Node]) -> None:
    for node in nodes:
        await asyncio.to_thread(strike.arena.kafka.kill, node)
    await asyncio.sleep(_DOWN)
    for node in nodes:
        strike.arena.kafka.restart(node)


async def kill_broker(strike: Strike) -> None:
    """SIGKILL of one broker, and back."""
    await _kill(strike, strike.brokers)


async def roll_brokers(strike: Strike) -> None:
    """Every broker is stopped in good order and started again, one after the other."""
    kafka = strike.arena.kafka
    for node in strike.brokers:
        try:
            await asyncio.to_thread(kafka.terminate, node)
        except subprocess.TimeoutExpired:
            await asyncio.to_thread(kafka.kill, node)
        kafka.restart(node)
        await asyncio.to_thread(kafka.wait, BACK)


async def freeze_broker(strike: Strike) -> None:
    """SIGSTOP of one broker, sometimes for longer than the controller waits; it wakes as what it was before."""
    strike.arena.freeze(strike.broker)
    await asyncio.sleep(strike.chance.choice([_DOWN, _UNSEEN]))
    strike.arena.thaw(strike.broker)


async def cut_link(strike: Strike) -> None:
    """Two brokers do not hear each other, while the controllers and all clients hear both."""
    links = strike.arena.links
    one, other = strike.brokers
    await links[one.id - 1].cut(other.id)
    await links[other.id - 1].cut(one.id)
    await asyncio.sleep(strike.chance.uniform(6.0, _REQUEST))
    await links[one.id - 1].heal()
    await links[other.id - 1].heal()


# ---------------------------------------------------------------------- the wire


async def partition_network(strike: Strike) -> None:
    """One worker and the brokers do not hear each other, for longer than the session timeout, from mid-commit on."""
    arena = strike.arena
    arena.slow_commits(PROXIED, 1.0)
    await arena.in_commit(PROXIED)
    for proxy in arena.proxies:
        proxy.cut()
    await asyncio.sleep(arena.scale.session_timeout + _BEYOND)
    arena.slow_commits(PROXIED, None)
    for proxy in arena.proxies:
        proxy.heal()


async def _first_held(arena: Arena, api: Api, within: float = 6.0) -> Held | None:
    """Keep the next request of this kind from its broker, whichever that is; None where none comes."""
    waiting = {proxy.hold(api) for proxy in arena.proxies}
    done, _ = await asyncio.wait(waiting, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    for proxy in arena.proxies:
        proxy.forget()
    for more in list(done)[1:]:
        more.result().release()
    return next(iter(done)).result() if done else None


async def reorder_requests(strike: Strike) -> None:
    """Requests of a transaction are given up by their sender, and arrive later, the last one first."""
    held: list[Held] = []
    for api in (Api.END_TXN, strike.chance.choice(_LATE), strike.chance.choice(_LATE)):
        if (found := await _first_held(strike.arena, api)) is not None:
            found.abandon()
            held.append(found)
        await asyncio.sleep(strike.chance.uniform(0.0, 1.5))
    for late in reversed(held):
        late.release()
        await asyncio.sleep(strike.chance.uniform(0.0, 1.0))


async def delay_requests(strike: Strike) -> None:
    """Requests of three kinds arrive late, each kind by another time, so that they pass each other."""
    for proxy in strike.arena.proxies:
        for api in strike.chance.sample(_LATE, 3):
            proxy.delay(api, strike.chance.uniform(0.2, 3.0))
    await asyncio.sleep(8.0)
    for proxy in strike.arena.proxies:
        proxy.forget()


async def hang_a_commit(strike: Strike) -> None:
    """A broker gets the EndTxn of one commit, and its answer gets lost: the result is unknown."""
    waiting = {proxy.mute(Api.END_TXN) for proxy in strike.arena.proxies}
    done, _ = await asyncio.wait(waiting, timeout=_DOWN, return_when=asyncio.FIRST_COMPLETED)
    for proxy in strike.arena.proxies:
        proxy.forget()
    if done:
        await asyncio.sleep(_REQUEST)


# ---------------------------------------------------------------------- records


async def outgrow_the_limit(strike: Strike) -> None:
    """Articles whose events the broker refuses as too large, and one whose processing raises."""
    for title in (TOO_LARGE, TOO_LARGE, POISON, TOO_LARGE):
        strike.arena.load.marks.put_nowait(title)
    await asyncio.sleep(3.0)


async def poison_records(strike: Strike) -> None:
    """Timestamps beyond the calendar, header names that are not UTF-8, tombstones and junk, all over the topic."""
    arena = strike.arena
    for _ in range(3):
        partition = strike.chance.randrange(arena.partitions)
        await arena.load.oddities(partition)
        await arena.load.junk(partition, 5)


async def break_the_model(strike: Strike) -> None:
    """Processing fails until the breaker is open, with junk at the heads of two partitions, and works again."""
    arena = strike.arena
    with arena.broken_model():
        await asyncio.sleep(_DOWN)
        for partition in strike.chance.sample(range(arena.partitions), 2):
            await arena.load.junk(partition, 40)
        await asyncio.sleep(_DOWN)


async def grow_topics(strike: Strike) -> None:
    """Each topic gets one more partition."""
    await strike.arena.grow()
    await asyncio.sleep(_DOWN)


async def abandon_transaction(strike: Strike) -> None:
    """An upstream writer dies with its transaction open: the broker aborts it, and what lies behind it waits."""
    await strike.arena.load.abandon(f"chaos-abandoned-{strike.chance.randrange(10**6)}")


# ---------------------------------------------------------------------- HTTP


async def kill_api(strike: Strike) -> None:
    """SIGKILL of the HTTP side, with requests and an event stream open, and back."""
    api = strike.arena.api
    if api is not None:
        api.send(signal.SIGKILL)
        await api.gone()
        await asyncio.sleep(1.0)
        api.start()


FAULTS: Final[Mapping[str, Fault]] = {
    "worker killed": Fault(strike=kill_worker, workers=1),
    "worker stopped": Fault(strike=stop_worker, workers=1),
    "zombie wakes": Fault(strike=wake_zombie, workers=1),
    "workers added, removed": Fault(strike=add_and_remove_workers, alone="members"),
    "slow commit": Fault(strike=slow_commits, workers=1),
    "broker killed": Fault(strike=kill_broker, brokers=1),
    "coordinator killed": Fault(strike=kill_broker, brokers=1, coordinator=True),
    "all brokers killed": Fault(strike=kill_broker, brokers=3),
    "all brokers in turn": Fault(strike=roll_brokers, brokers=3),
    "broker frozen": Fault(strike=freeze_broker, brokers=1),
    "coordinator frozen": Fault(strike=freeze_broker, brokers=1, coordinator=True),
    "link between brokers cut": Fault(strike=cut_link, brokers=2, alone="link"),
    "network partition": Fault(strike=partition_network, workers=1, proxied=True),
    "requests reordered": Fault(strike=reorder_requests, workers=1, proxied=True),
    "requests delayed": Fault(strike=delay_requests, workers=1, proxied=True),
    "commit times out": Fault(strike=hang_a_commit, workers=1, proxied=True),
    "event too large": Fault(strike=outgrow_the_limit, alone="records"),
    "poison records": Fault(strike=poison_records, alone="records"),
    "broken model, junk ahead": Fault(strike=break_the_model, alone="model"),
    "topics grow": Fault(strike=grow_topics, alone="growth"),
    "upstream writer dies": Fault(strike=abandon_transaction, alone="upstream"),
    "HTTP side killed": Fault(strike=kill_api, alone="api"),
}


def fit(names: Sequence[str], *, workers: int = 3, brokers: int = 3) -> bool:
    """Return whether these faults can be at work at once: each has what it needs to itself."""
    faults = [FAULTS[name] for name in names]
    words = [each.alone for each in faults if each.alone]
    return (
        sum(each.workers for each in faults) <= workers
        and sum(each.brokers for each in faults) <= brokers
        and sum(each.proxied for each in faults) <= 1
        and sum(each.coordinator for each in faults) <= 1
        and len(set(words)) == len(words)
        and len(set(names)) == len(names)
    )


async def strike(arena: Arena, names: Sequence[str], chance: random.Random) -> None:
    """Do these faults at once, each a moment after the other, and return when the last one has healed itself."""
    nodes = list(arena.kafka.nodes)
    chance.shuffle(nodes)
    free = [name for name in arena.names() if name != PROXIED]
    chance.shuffle(free)
    if PROXIED in arena.names():
        free.append(PROXIED)  # taken last: a fault that needs it finds it
    faults = sorted((FAULTS[name] for name in names), key=lambda each: (not each.coordinator, not each.proxied))
    if any(each.coordinator for each in faults):
        with contextlib.suppress(KafkaError, OSError, TimeoutError):  # then any broker will do
            first = await arena.coordinator()
            nodes.sort(key=lambda node: node.id != first.id)
    strikes = []
    for fault in faults:
        names_of = [free.pop() if fault.proxied else free.pop(0) for _ in range(fault.workers)]
        taken = [nodes.pop(0) for _ in range(min(fault.brokers, len(nodes)))]
        own = random.Random(chance.random())  # noqa: S311  # a run can be repeated
        workers = [arena.worker(name) for name in names_of]
        strikes.append((fault, Strike(arena=arena, chance=own, workers=workers, brokers=taken)))
    chance.shuffle(strikes)

    async def after(pause: float, fault: Fault, target: Strike) -> None:
        await asyncio.sleep(pause)
        await fault.strike(target)

    pauses = [0.0, *sorted(chance.uniform(0.0, 3.0) for _ in strikes[1:])]
    async with asyncio.TaskGroup() as tasks:
        for pause, (fault, target) in zip(pauses, strikes, strict=True):
            tasks.create_task(after(pause, fault, target))
