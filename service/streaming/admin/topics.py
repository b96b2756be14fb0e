"""The topics: made when they are absent, checked when they are there."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from service.core.errors import ConfigurationError
from service.settings import KafkaSettings
from service.streaming.client import REQUEST_MS, connection, meaning
from service.streaming.topic_limits import LIMIT, size_limits, topic_config

_DAY_MS: Final = 86_400_000
_MAX_REPLICATION: Final = 3
_SEEN_SECONDS: Final = 10.0  # for a new topic to be known to every broker
_SEEN_EVERY: Final = 0.05
_PARTITIONS: Final = 12  # of new topics: as many workers may share the work, and most numbers of them share it evenly
_LIMITS: Final = frozenset({"retention.ms", LIMIT})  # raised when too low, never lowered


class Done(StrEnum):
    """What was done about one finding."""

    OK = "ok"
    CREATED = "created"
    RAISED = "raised"
    KEPT = "kept"  # more than is needed; nothing is taken away
    DIFFERS = "differs"  # a person must decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One property of one topic: what it should be, what it was, and what was done."""

    topic: str
    what: str
    wanted: str
    found: str | None
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a topic should be."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def plan(settings: KafkaSettings, *, partitions: int, replication: int, matches: str | None = None) -> tuple[Plan, ...]:
    """Return how the three topics should be, and that of matches, where one is named.

    - `articles`: a week, in which a worker that was down catches up. Never compacted: each revision of an article gives
      an event of its own. Stored uncompressed, since that makes the broker inflate what it is sent and hold the size
      limit against it; otherwise a small record that inflates to gigabytes would reach the worker, whose client
      inflates without a limit.
    - `articles.enriched`: thirty days, so that a new consumer can begin with a month. Not compacted either, since
      compaction would take away events that a slow consumer was promised.
    - `articles.dead-letter`: thirty days, for people are slower.
    - the topic of matches: a week, in which whoever watches reads them.

    With replication n, n - 1 replicas must have a record before it counts: one broker may be lost without losing a
    record, and without stopping writes.
    """
    sync = {"min.insync.replicas": str(max(1, replication - 1)), "cleanup.policy": "delete"}

    names = settings.topics
    sizes = size_limits(settings)

    def one(name: str, days: int, **more: str) -> Plan:
        size = sizes.get(name, sizes[names.enriched])
        config = sync | {"retention.ms": str(days * _DAY_MS), LIMIT: str(size)} | more
        return Plan(name=name, partitions=partitions, replication=replication, config=config)

    return (
        one(names.articles, 7, **{"compression.type": "uncompressed"}),
        one(names.enriched, 30),
        one(names.dead_letter, 30),
        *(() if matches is None else (one(matches, 7),)),
    )


async def ensure_topics(
    settings: KafkaSettings,
    *,
    partitions: int | None = None,
    replication: int | None = None,
    grow: bool = False,
    matches: str | None = None,
) -> list[Finding]:
    """Create missing topics, raise limits that are too low, and report other differences.

    Nothing shrinks. Partitions are only added with `grow`, since that moves keys to other partitions: an article's
    messages keep their order only among those written after it.

    Args:
        settings: The cluster.
        partitions: How many each topic should have: the most workers that can share the work. None: as many as the
            largest of them has, twelve where none exists.
        replication: Copies of each partition; None: as many as there are brokers, three at most.
        grow: Add partitions where there are too few.
        matches: The topic of matches, where a ledger's watches may need it.

    Raises:
        BrokerUnavailableError: no broker answered.
        ConfigurationError: Kafka refused.
    """
    admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        brokers = len((await admin.describe_cluster())["brokers"])
        known = set(await admin.list_topics())
        count = partitions or await _partitions_of(admin, known & set(settings.topics.model_dump().values()))
        copies = replication or min(brokers, _MAX_REPLICATION)
        wanted = plan(settings, partitions=count, replication=copies, matches=matches)
        findings: list[Finding] = []
        for each in wanted:
            findings += await (_check(admin, each, grow=grow) if each.name in known else _create(admin, each))
        async with asyncio.timeout(_SEEN_SECONDS):
            while not {each.name for each in wanted} <= set(await admin.list_topics()):  # noqa: ASYNC110  # Kafka sends no notice
                await asyncio.sleep(_SEEN_EVERY)
    except (KafkaError, OSError, TimeoutError) as error:
        told = meaning(error, doing="checking the topics")
        raise told from error
    else:
        return findings
    finally:
        await admin.close()


async def _partitions_of(admin: AIOKafkaAdminClient, topics: Collection[str]) -> int:
    described = await admin.describe_topics(sorted(topics)) if topics else ()
    return max((len(each["partitions"]) for each in described), default=_PARTITIONS)


async def _create(admin: AIOKafkaAdminClient, wanted: Plan) -> list[Finding]:
    topic = NewTopic(wanted.name, wanted.partitions, wanted.replication, topic_configs=dict(wanted.config))
    answer = await admin.create_topics([topic])
    for _, code, *detail in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise ConfigurationError(
                f"Kafka did not create {wanted.name}: {error.__name__} {detail[0] if detail else ''}."
            )
    told = f"{wanted.partitions} partitions, {wanted.replication} replicas"
    return [Finding(topic=wanted.name, what="topic", wanted=told, found=None, done=Done.CREATED)]


async def _check(admin: AIOKafkaAdminClient, wanted: Plan, *, grow: bool) -> list[Finding]:
    described = (await admin.describe_topics([wanted.name]))[0]
    layout = described["partitions"]
    findings = [
        await _partitions(admin, wanted, len(layout), grow=grow),
        _replication(wanted, min(len(each["replicas"]) for each in layout)),
    ]
    config = await topic_config(admin, wanted.name)
    raised: dict[str, str] = {}
    for what, value in wanted.config.items():
        found = config[what][0]
        done = Done.OK
        if found != value:
            done = Done.DIFFERS
            if what in _LIMITS:
                enough = int(found) == -1 or int(found) > int(value)
                done = Done.KEPT if enough else Done.RAISED
        if done is Done.RAISED:
            raised[what] = value
        findings.append(Finding(topic=wanted.name, what=what, wanted=value, found=found, done=done))
    if raised:
        # AlterConfigs replaces everything that was set on the topic, so what was set goes along.
        own = {name: value for name, (value, is_own) in config.items() if is_own}
        resource = ConfigResource(ConfigResourceType.TOPIC, wanted.name, configs=own | raised)
        for answer in await admin.alter_configs([resource]):  # whose errors aiokafka does not raise
            for code, message, *_ in answer.resources:
                if code:
                    why = f"{for_code(code).__name__} {message}"
                    raise ConfigurationError(f"Kafka did not raise {', '.join(raised)} of {wanted.name}: {why}.")
    return findings


async def _partitions(admin: AIOKafkaAdminClient, wanted: Plan, found: int, *, grow: bool) -> Finding:
    done = Done.OK
    if found > wanted.partitions:
        done = Done.KEPT
    elif found < wanted.partitions:
        done = Done.RAISED if grow else Done.DIFFERS
    if done is Done.RAISED:
        await admin.create_partitions({wanted.name: NewPartitions(wanted.partitions)})
    return Finding(topic=wanted.name, what="partitions", wanted=str(wanted.partitions), found=str(found), done=done)


def _replication(wanted: Plan, found: int) -> Finding:
    done = Done.OK if found == wanted.replication else Done.KEPT if found > wanted.replication else Done.DIFFERS
    return Finding(topic=wanted.name, what="replication", wanted=str(wanted.replication), found=str(found), done=done)
