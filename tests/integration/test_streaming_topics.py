"""Topics are made, checked, raised where that is safe, and never shrunk."""

import uuid
from typing import Any

import pytest

from service.core.errors import BrokerUnavailableError, ConfigurationError, InfrastructureError
from service.local_kafka import LocalKafka
from service.settings import KafkaSettings, TopicSettings
from service.streaming.admin.dead_letters import list_dead_letters
from service.streaming.admin.erasure import erase
from service.streaming.admin.topics import Done, Finding, ensure_topics

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(kafka: LocalKafka) -> KafkaSettings:
    """Names that no topic has yet."""
    name = uuid.uuid4().hex[:8]
    topics = TopicSettings(articles=f"a-{name}", enriched=f"e-{name}", dead_letter=f"d-{name}")
    return KafkaSettings(bootstrap_servers=kafka.bootstrap(), topics=topics)


def about(findings: list[Finding], topic: str) -> dict[str, tuple[str | None, Done]]:
    """Return what was found about one topic."""
    return {each.what: (each.found, each.done) for each in findings if each.topic == topic}


async def test_absent_topics_are_made_and_then_fit(settings: KafkaSettings) -> None:
    """The first call makes all three, the second finds nothing to do."""
    assert [each.done for each in await ensure_topics(settings, partitions=4)] == [Done.CREATED] * 3
    again = await ensure_topics(settings, partitions=4)
    assert {each.done for each in again} == {Done.OK}
    dead = about(again, settings.topics.dead_letter)
    articles = about(again, settings.topics.articles)
    assert int(dead["max.message.bytes"][0] or 0) > int(articles["max.message.bytes"][0] or 0)
    assert articles["partitions"] == ("4", Done.OK)
    assert articles["cleanup.policy"] == ("delete", Done.OK)


async def test_fewer_partitions_are_told_and_only_grown_when_asked(settings: KafkaSettings) -> None:
    """Too few partitions differ; `grow` adds them."""
    await ensure_topics(settings, partitions=2)
    found = about(await ensure_topics(settings, partitions=5), settings.topics.articles)
    assert found["partitions"] == ("2", Done.DIFFERS)
    await ensure_topics(settings, partitions=5, grow=True)
    found = about(await ensure_topics(settings, partitions=5), settings.topics.articles)
    assert found["partitions"] == ("5", Done.OK)


async def test_nothing_shrinks(settings: KafkaSettings) -> None:
    """More partitions and a higher limit than wanted are kept, and said so."""
    roomy = settings.model_copy(update={"max_event": 8_000_000})
    await ensure_topics(roomy, partitions=6)
    found = about(await ensure_topics(settings, partitions=3), settings.topics.enriched)
    assert found["partitions"] == ("6", Done.KEPT)
    assert found["max.message.bytes"][1] is Done.KEPT


async def test_a_limit_that_is_too_low_is_raised_and_the_rest_stays(settings: KafkaSettings) -> None:
    """Raising one property leaves the others that were set on the topic alone."""
    await ensure_topics(settings, partitions=1)
    larger = settings.model_copy(update={"max_event": 8_000_000})
    found = about(await ensure_topics(larger, partitions=1), settings.topics.enriched)
    assert found["max.message.bytes"][1] is Done.RAISED
    assert {each.done for each in await ensure_topics(larger, partitions=1)} == {Done.OK}


async def test_a_limit_that_kafka_does_not_raise_is_a_sentence(settings: KafkaSettings) -> None:
    """What a broker refuses to change is not told as changed."""
    await ensure_topics(settings, partitions=1)
    beyond = settings.model_copy(update={"max_event": 3_000_000_000})  # more than the property's 31 bits
    with pytest.raises(ConfigurationError, match=f"did not raise max.message.bytes of {settings.topics.enriched}"):
        await ensure_topics(beyond, partitions=1)


async def test_more_replicas_than_brokers_is_a_sentence(settings: KafkaSettings) -> None:
    """What the cluster cannot do is a configuration error that names the topic."""
    with pytest.raises(ConfigurationError, match=settings.topics.articles):
        await ensure_topics(settings, partitions=1, replication=3)


async def test_nobody_there_is_a_sentence(unused_tcp_port: int) -> None:
    """No broker at the address."""
    with pytest.raises(BrokerUnavailableError):
        await ensure_topics(KafkaSettings(bootstrap_servers=f"127.0.0.1:{unused_tcp_port}"))


@pytest.fixture
def unused_tcp_port() -> Any:
    """A port without a listener."""
    import socket  # noqa: PLC0415  # for this fixture alone

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_partitions_that_are_added_are_read_by_a_running_worker(benches: Any) -> None:
    """A worker finds partitions that its topic did not have when it joined, without being started again."""
    bench = await benches(partitions=1)
    running = bench.worker()
    await bench.eventually(running.ready, "ready")
    await ensure_topics(bench.kafka, partitions=3, grow=True)
    await bench.publish([b"x"] * 3, keys=1, partition=2)
    await bench.eventually(lambda: len(running.states()) == 3, "all three partitions taken")
    await bench.enriched(3)


@pytest.mark.parametrize("others", [0, 1])
async def test_partitions_that_are_added_are_read_after_the_groups_leader_came_back(benches: Any, others: int) -> None:
    """A leader that is back within its session is not told that it leads: what is added is found all the same."""
    bench = await benches(partitions=2)
    leader = bench.kafka.model_copy(update={"instance_id": "leader"})
    first = bench.worker(kafka=leader)
    await bench.eventually(first.ready, "ready")
    workers = [bench.worker(kafka=bench.kafka.model_copy(update={"instance_id": f"other-{n}"})) for n in range(others)]
    for running in workers:
        await bench.eventually(lambda running=running: running.ready() and bool(running.states()), "its share")
    await first.crash()
    workers.append(bench.worker(kafka=leader))
    await bench.eventually(workers[-1].ready, "ready again")
    await ensure_topics(bench.kafka, partitions=4, grow=True)
    await bench.publish([b"x"] * 3, keys=1, partition=3)
    await bench.eventually(lambda: sum(len(each.states()) for each in workers) == 4, "all four partitions taken")
    await bench.enriched(3)


@pytest.mark.parametrize("members", [1, 2])
async def test_partitions_that_were_added_while_nobody_looked_are_read(benches: Any, members: int) -> None:
    """Members that come back within their session get the assignment of before: what it leaves out is found."""
    bench = await benches(partitions=2)
    each_its_own = [bench.kafka.model_copy(update={"instance_id": f"member-{n}"}) for n in range(members)]
    workers = [bench.worker(kafka=settings) for settings in each_its_own]
    await bench.eventually(lambda: all(each.ready() and each.states() for each in workers), "their shares")
    for each in workers:
        await each.crash()
    await ensure_topics(bench.kafka, partitions=4, grow=True)
    workers = [bench.worker(kafka=settings) for settings in each_its_own]
    await bench.publish([b"x"] * 3, keys=1, partition=3)
    await bench.eventually(lambda: sum(len(each.states()) for each in workers) == 4, "all four partitions taken")
    await bench.enriched(3)


async def test_without_a_number_topics_keep_their_partitions(settings: KafkaSettings) -> None:
    """Without a wanted number, no topic has too few partitions; an absent topic gets as many as the others."""
    await ensure_topics(settings, partitions=4)
    more = settings.model_copy(
        update={"topics": settings.topics.model_copy(update={"dead_letter": f"{settings.topics.dead_letter}-2"})}
    )
    assert {each.done for each in await ensure_topics(more)} == {Done.OK, Done.CREATED}
    assert about(await ensure_topics(more), more.topics.dead_letter)["partitions"] == ("4", Done.OK)


async def test_commands_name_the_topics_that_are_absent(settings: KafkaSettings) -> None:
    """Where a topic does not exist, listing dead letters and erasing an article say which, and what makes it."""
    named = f"{settings.topics.articles}, {settings.topics.dead_letter}, {settings.topics.enriched} do not exist: "
    for command in (list_dead_letters(settings), erase(settings, "a")):
        with pytest.raises(InfrastructureError, match=f"{named}`claimwire topics ensure`"):
            await command
