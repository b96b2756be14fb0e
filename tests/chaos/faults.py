"""The faults. Each is done to a running arena, and healed, and then the arena must go on by itself."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from service.local_kafka import Node
from service.streaming.client import connection
from tests.chaos.arena import POISON, PROXIED, TOO_LARGE, Arena

Fault = Callable[[Arena, random.Random], Awaitable[None]]

_DOWN: Final = 3.0  # seconds that something killed stays away
_BEYOND: Final = 6.0  # seconds past the session timeout, so that the group has surely given up on a member


async def kill_worker(arena: Arena, chance: random.Random) -> None:
    """SIGKILL at some moment around a commit; back under the same instance id."""
    name = chance.choice(arena.names())
    arena.slow_commits(name, 0.5)
    await arena.in_commit(name)
    await asyncio.sleep(chance.uniform(0.0, 2.0))
    worker = arena.worker(name)
    worker.send(signal.SIGKILL)
    await worker.gone()
    arena.slow_commits(name, None)
    await asyncio.sleep(_DOWN)
    worker.start()


async def stop_worker(arena: Arena, chance: random.Random) -> None:
    """SIGTERM: it drains, and comes back."""
    worker = arena.worker(chance.choice(arena.names()))
    worker.send(signal.SIGTERM)
    if await worker.gone() != 0:
        arena.hands.append(f"{worker.name} did not drain")
    worker.start()


async def wake_zombie(arena: Arena, chance: random.Random) -> None:
    """SIGSTOP just before a commit, for longer than the session timeout; then it wakes and wants to go on."""
    name = chance.choice(arena.names())
    arena.slow_commits(name, 2.0)
    await arena.in_commit(name)
    worker = arena.worker(name)
    worker.send(signal.SIGSTOP)
    await asyncio.sleep(arena.scale.session_timeout + _BEYOND)
    arena.slow_commits(name, None)
    worker.send(signal.SIGCONT)


async def add_and_remove_workers(arena: Arena, chance: random.Random) -> None:
    """Two more workers join, work, and leave again."""
    del chance
    more = [arena.worker(f"chaos-more-{number}") for number in (1, 2)]
    for worker in more:
        worker.start()
    await asyncio.sleep(8.0)
    for worker in more:
        worker.send(signal.SIGTERM)
        await worker.gone()
        del arena.workers[worker.name]
    await asyncio.sleep(arena.scale.session_timeout)  # a static member's partitions come back only then


async def _bounce(arena: Arena, node: Node) -> None:
    await asyncio.to_thread(arena.kafka.kill, node)
    await asyncio.sleep(_DOWN)
    arena.kafka.restart(node)
    await asyncio.to_thread(arena.kafka.wait)


async def kill_broker(arena: Arena, chance: random.Random) -> None:
    """SIGKILL of a broker that does not coordinate the group, and back."""
    coordinator = await _coordinator(arena)
    await _bounce(arena, chance.choice([node for node in arena.kafka.nodes if node.id != coordinator]))


async def kill_coordinator(arena: Arena, chance: random.Random) -> None:
    """SIGKILL of the broker that coordinates the group, and back."""
    del chance
    coordinator = await _coordinator(arena)
    await _bounce(arena, next(node for node in arena.kafka.nodes if node.id == coordinator))


async def _coordinator(arena: Arena) -> int:
    admin = AIOKafkaAdminClient(**connection(arena.settings))
    await admin.start()
    try:
        return int(await admin.find_coordinator(arena.settings.group))
    finally:
        await admin.close()


async def roll_brokers(arena: Arena, chance: random.Random) -> None:
    """Every broker is stopped in good order and started again, one after the other."""
    del chance
    for node in arena.kafka.nodes:
        await asyncio.to_thread(arena.kafka.terminate, node)
        arena.kafka.restart(node)
        await asyncio.to_thread(arena.kafka.wait)
        await asyncio.sleep(2.0)


async def partition_network(arena: Arena, chance: random.Random) -> None:
    """One worker and the brokers do not hear each other, for longer than the session timeout, from mid-commit on."""
    del chance
    arena.slow_commits(PROXIED, 1.0)
    await arena.in_commit(PROXIED)
    for proxy in arena.proxies:
        proxy.cut()
    await asyncio.sleep(arena.scale.session_timeout + _BEYOND)
    arena.slow_commits(PROXIED, None)
    for proxy in arena.proxies:
        proxy.heal()


async def outgrow_the_limit(arena: Arena, chance: random.Random) -> None:
    """Articles whose events the broker refuses as too large, and one whose processing raises."""
    del chance
    await arena.mark(TOO_LARGE, TOO_LARGE, POISON, TOO_LARGE)
    await asyncio.sleep(4.0)


async def slow_commits(arena: Arena, chance: random.Random) -> None:
    """Each commit of one worker takes four seconds for a while."""
    name = chance.choice(arena.names())
    arena.slow_commits(name, 4.0)
    await asyncio.sleep(10.0)
    arena.slow_commits(name, None)


async def hang_a_commit(arena: Arena, chance: random.Random) -> None:
    """One commit takes longer than its deadline: its result is unknown."""
    name = chance.choice(arena.names())
    arena.slow_commits(name, 25.0)
    await arena.in_commit(name)
    await asyncio.sleep(1.0)
    arena.slow_commits(name, None)


FAULTS: Final[Mapping[str, Fault]] = {
    "worker killed": kill_worker,
    "worker stopped": stop_worker,
    "zombie wakes": wake_zombie,
    "workers added, removed": add_and_remove_workers,
    "broker killed": kill_broker,
    "coordinator killed": kill_coordinator,
    "all brokers in turn": roll_brokers,
    "network partition": partition_network,
    "event too large": outgrow_the_limit,
    "slow commit": slow_commits,
    "commit times out": hang_a_commit,
}
