"""How fast the ledger answers and writes, on PostgreSQL and on SQLite, with tables as large as wanted.

usage: python -m benchmarks ledger [--url postgresql://…] [--claims N] [--articles N] [--watches N] [--rebuild N]
                                   [--each N]

Fills a fresh database with N claims, their articles, names and stances, and asks each kind of question many times,
with popular and rare names and words alike: p50, p95 and the slowest in milliseconds, the mean of CPU time, which a
busy machine does not stretch, and which large tables a plan reads from end to end. Then the sink: events of ten
claims, written in batches as the ledger writes them, onto the tables that are full; and once more with N watches. Then
`claimwire ledger rebuild` of N articles from a local Kafka. Without a URL it is a SQLite file in a temporary folder; in
PostgreSQL it is a schema of its own, which is dropped at the end. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr
from sqlalchemy import event, text

from benchmarks.made_up import ledger as contents
from service.core.questions import (
    ClaimsQuestion,
    EntitiesQuestion,
    Filters,
    Question,
    RankingQuestion,
    SeriesQuestion,
    StancesQuestion,
)
from service.core.watches import NewWatch
from service.ledger.answers import Answers
from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.ledger.watches import Watches
from service.local_kafka import LocalKafka
from service.settings import KafkaSettings
from service.settings.ledger import LedgerSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.consume.stored_sink import Log

_PEOPLE: Final = 50_000
_LARGE: Final = ("claims", "articles", "stances", "entities", "entity_words", "claim_bands")
_SINCE: Final = datetime(2025, 10, 1, tzinfo=UTC)


def main(arguments: Sequence[str]) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ledger", description=__doc__)
    parser.add_argument("--url", default=None, help="of a PostgreSQL; a SQLite file by default")
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=2_000, help="written through the sink")
    parser.add_argument("--rebuild", type=int, default=0, help="articles in a topic of a local Kafka; 0: leave it out")
    parser.add_argument("--watches", type=int, default=0, help="saved searches, for a second run of the sink")
    parser.add_argument("--each", type=int, default=60, help="questions of each kind")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="claimwire-ledger-") as folder:
        url = options.url or f"sqlite:///{folder}/ledger.db"
        settings = LedgerSettings(url=SecretStr(url), db_schema=f"benchmark_{uuid.uuid4().hex[:8]}", timeout=600)
        database = Database(settings)
        try:
            found = measured(settings, database, options)
        finally:
            _drop(database)
            database.close()
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def measured(settings: LedgerSettings, database: Database, options: argparse.Namespace) -> dict[str, object]:
    """Fill the database and return the figures."""
    migrate(database)
    world = contents.world(people=_PEOPLE)
    began = time.perf_counter()
    with database.transaction(writes=True) as opened:
        opened.exec_driver_sql(
            "SET LOCAL statement_timeout = 0" if database.is_postgres else "PRAGMA cache_size=-64000"
        )
        contents.fill(opened, world, count=options.claims, seed=1)
        opened.exec_driver_sql("UPDATE counters SET value = 1000000000 WHERE name = 'claims'")
    _say(f"{options.claims} claims are there after {time.perf_counter() - began:.0f} s")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
        opened.exec_driver_sql("VACUUM ANALYZE" if database.is_postgres else "ANALYZE")
    reading = Database(settings, read_only=True)
    answers = {kind: _asked(reading, asked) for kind, asked in _questions(world, options.each)}
    reading.close()
    found: dict[str, object] = {
        "database": "PostgreSQL" if database.is_postgres else "SQLite",
        "claims": options.claims,
        "answers": answers,
        "sink": _sink(database, world, options.articles),
    }
    if options.watches:
        _watch(database, world, options.watches)
        found["sink_watched"] = _sink(database, world, options.articles, seed=4) | {"watches": options.watches}
    if options.rebuild:
        found["rebuild"] = asyncio.run(_rebuild(settings, world, options.rebuild))
    return found


def _questions(world: contents.World, each: int) -> Iterator[tuple[str, list[Question]]]:
    """Give each kind of question with different names, words and days."""
    chance = np.random.default_rng(7)

    def person() -> str:
        return world.people[contents.zipf(chance, len(world.people), 1)[0]]

    def word() -> str:
        return world.words[contents.zipf(chance, len(world.words), 1)[0]]

    def since() -> datetime:
        return _SINCE - timedelta(days=int(chance.integers(300)))

    def claims(**filters: Any) -> Question:
        return ClaimsQuestion(filters=Filters(**filters))

    def worth(**filters: Any) -> Question:
        return ClaimsQuestion(filters=Filters(**filters), order="worth")

    def stances(**filters: Any) -> Question:
        return StancesQuestion(filters=Filters(**filters))

    kinds: Mapping[str, Callable[[], Question]] = {
        "claims, latest": claims,
        "claims of a speaker": lambda: claims(speaker=person()),
        "claims of a speaker, by worth": lambda: worth(speaker=person()),
        "claims with a word": lambda: claims(text=word()),
        "claims with two words": lambda: claims(text=f"{word()} {word()}"),
        "claims with a word, by worth": lambda: worth(text=word()),
        "claims with a word in a month": lambda: claims(text=word(), since=(at := since()), until=at + timedelta(30)),
        "claims of a speaker with a word": lambda: claims(speaker=person(), text=word()),
        "claims against a target": lambda: claims(target=person(), label="against"),
        "claims of a source, worth 0.6": lambda: claims(source=str(chance.choice(world.outlets)), worth=0.6),
        "claims of 0.99 confidence": lambda: claims(confidence=0.99),
        "claims of the author": lambda: claims(speaker="author"),
        "stances, latest": stances,
        "stances toward a target": lambda: stances(target=person()),
        "stances of a holder toward a target": lambda: stances(speaker=person(), target=person()),
        "series of a target, by week": lambda: SeriesQuestion(target=person(), bucket="week"),
        "series of a holder and a target": lambda: SeriesQuestion(target=person(), holder=person()),
        "entities by two letters": lambda: EntitiesQuestion(prefix=word()[:2]),
        "entities by four letters": lambda: EntitiesQuestion(prefix=word()[:4]),
        "who is quoted most": lambda: RankingQuestion(by="quoted"),
        "who is quoted most with a word": lambda: RankingQuestion(by="quoted", filters=Filters(text=word())),
        "who is disputed most": lambda: RankingQuestion(by="disputed"),
    }
    for kind, ask in kinds.items():
        yield kind, [ask() for _ in range(each)]


def _asked(database: Database, questions: Sequence[Question]) -> dict[str, object]:
    """Ask each once, and once more for its plan."""
    answers = Answers(database)
    answers.answer(questions[0])
    took, rows = [], 0
    cpu = _cpu_seconds(database)
    for question in questions:
        began = time.perf_counter()
        rows += len(answers.answer(question).rows)
        took.append(1_000 * (time.perf_counter() - began))
    cpu = _cpu_seconds(database) - cpu
    with _plans(database) as scanned:
        for question in questions:
            answers.answer(question)
    p50, p95 = np.percentile(took, (50, 95))
    figures = {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "max_ms": round(max(took), 1)}
    return figures | {"cpu_ms": round(1_000 * cpu / len(took), 1), "rows": rows, "read_whole": dict(scanned)}


def _cpu_seconds(database: Database) -> float:
    """Return the CPU time of this process and of its connection's server process, where that is on this machine.

    A busy machine stretches times, but not these. What parallel workers of PostgreSQL do is not in it.
    """
    own = time.process_time()
    if not database.is_postgres:
        return own
    with database.transaction() as opened:
        server = Path(f"/proc/{opened.exec_driver_sql('SELECT pg_backend_pid()').scalar_one()}/stat")
    if not server.exists():
        return own
    used = server.read_text().rpartition(")")[2].split()[11:13]  # proc(5): utime, stime
    return own + sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _plans(database: Database) -> Iterator[dict[str, int]]:
    """Count the plans of the block's statements that read a large table from end to end, by table."""
    scanned: dict[str, int] = {}

    def look(opened: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        explain = "EXPLAIN (FORMAT JSON) " if database.is_postgres else "EXPLAIN QUERY PLAN "
        driver = opened.connection.driver_connection
        with_cursor = driver.cursor()
        with_cursor.execute(explain + statement, parameters)
        found = with_cursor.fetchall()
        for table in _read_whole(found, is_postgres=database.is_postgres):
            scanned[table] = scanned.get(table, 0) + 1

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        yield scanned
    finally:
        event.remove(database.engine, "before_cursor_execute", look)


def _read_whole(plan: Sequence[Any], *, is_postgres: bool) -> Iterator[str]:
    if not is_postgres:
        for row in plan:  # "SCAN claims" without an index; with one, rows come in its order, and a limit ends them
            words = str(row[3]).split()
            if words[0] == "SCAN" and words[1] in _LARGE and "INDEX" not in words:
                yield words[1]
        return
    nodes = [row["Plan"] for row in plan[0][0]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", ())
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in _LARGE:
            yield node["Relation Name"]


def _watch(database: Database, world: contents.World, count: int) -> None:
    """Make watches, half of them for a name and half for two words, as if long ago."""
    chance = np.random.default_rng(9)
    kept = Watches(database)
    for number in range(count):
        name = world.people[contents.zipf(chance, len(world.people), 1)[0]]
        words = " ".join(world.words[at] for at in contents.zipf(chance, len(world.words), 2))
        filters = Filters(speaker=name) if number % 2 else Filters(text=words)
        kept.add(NewWatch(name=f"watch {number}", filters=filters, url=None))
    with database.writing() as opened:
        opened.exec_driver_sql("UPDATE watches SET created_at = '2020-01-01 00:00:00'")


def _sink(database: Database, world: contents.World, count: int, seed: int = 2) -> dict[str, float]:
    """Write events in batches of the default size; return articles and rows a second."""
    store, position, rows = Store(database), 0, 0
    log = Log(topic=f"made/up/{seed}", partition=0)
    made = iter(list(contents.events(world, count=count, seed=seed, topic="made-up")))
    began, cpu = time.perf_counter(), _cpu_seconds(database)
    while batch := list(islice(made, LedgerSettings().max_events)):
        after = position or None
        position += len(batch)
        rows += sum(store.write(log, after=after, position=position, messages=batch).rows.values())
    seconds, cpu = time.perf_counter() - began, _cpu_seconds(database) - cpu
    return {
        "articles": count,
        "articles_a_second": round(count / seconds),
        "rows_a_second": round(rows / seconds),
        "cpu_ms_an_article": round(1_000 * cpu / count, 1),
    }


async def _rebuild(settings: LedgerSettings, world: contents.World, count: int) -> Mapping[str, float]:
    """Rebuild from a topic of `count` articles by the command; return its rate, and its memory at its most."""
    with LocalKafka(progress=_say) as local:
        kafka = KafkaSettings(bootstrap_servers=local.bootstrap())
        await ensure_topics(kafka, partitions=4)
        producer = AIOKafkaProducer(**connection(kafka), acks="all", linger_ms=20)
        await producer.start()
        for each in contents.events(world, count=count, seed=3, topic=kafka.topics.enriched):
            await producer.send(kafka.topics.enriched, value=each.value, key=each.key, headers=list(each.headers))
        await producer.stop()
        _say(f"{count} articles are in the topic")
        settings_of_it = {
            "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "CLAIMWIRE_LEDGER__URL": settings.url.get_secret_value() if settings.url else "",
            "CLAIMWIRE_LEDGER__DB_SCHEMA": settings.db_schema,
            "CLAIMWIRE_LEDGER__TIMEOUT": str(settings.timeout),
        }
        command = [sys.executable, "-m", "service", "ledger", "rebuild", "--forget-expired"]
        began = time.perf_counter()
        cpu, most = await asyncio.to_thread(_run, command, os.environ | settings_of_it)
        seconds = time.perf_counter() - began
    return {
        "articles": count,
        "seconds": round(seconds),
        "articles_a_second": round(count / seconds),
        "cpu_ms_an_article": round(1_000 * cpu / count, 1),
        "process_mib": most,
    }


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, int]:
    """Run a command to its end; return its seconds of CPU time, and its memory at its most in MiB."""
    process = subprocess.Popen(command, env=environment, stdout=sys.stderr)  # noqa: S603  # our own
    _pid, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError("the command failed; see above")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def _drop(database: Database) -> None:
    if database.is_postgres:
        with database.transaction(writes=True) as opened:
            opened.execute(text("SET LOCAL statement_timeout = 0"))
            opened.execute(text(f"DROP SCHEMA IF EXISTS {database.schema} CASCADE"))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
