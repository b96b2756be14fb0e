"""An outage of the broker, as an orchestrator and Prometheus see it on the whole service."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families as parse
from pydantic import SecretStr

from service.ledger.database import Database
from service.ledger.schema import migrate
from service.local_kafka import LocalKafka
from service.settings.ledger import LedgerSettings

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "schemas" / "examples" / "article.json"
ARTICLE = json.loads(SAMPLE.read_bytes())["id"]

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def kafka() -> Iterator[LocalKafka]:
    """One broker of this module's own, which its tests may stop."""
    with LocalKafka() as cluster:
        yield cluster


_LINES_OF_AN_OUTAGE = 2  # its start and its end


def scrape(service: Any) -> Samples:
    """Return the service's metrics, as Prometheus would read them."""
    status, body = service.ask("GET", "/metrics")
    assert status == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parse(body.decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    """Return one sample, 0 where there is none yet."""
    return samples.get((name, frozenset(labels.items())), 0.0)


def until(
    service: Any, condition: Callable[[], bool], what: str, meanwhile: Callable[[], None] = lambda: None
) -> float:
    """Wait for the condition, do something each time it does not hold, and return the seconds that it took."""
    began = time.monotonic()

    def holds() -> bool:
        if not (now := condition()):
            meanwhile()
        return now

    service.eventually(holds, what)
    return round(time.monotonic() - began, 1)


def enriched(service: Any) -> float:
    """Return how many articles the service has enriched and committed."""
    return value(scrape(service), "claimwire_articles_total", outcome="enriched")


def test_an_outage_is_seen_and_survived(
    kafka: LocalKafka, start_service: Callable[..., Any], record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Live stays 200; ready becomes 503 and recovers without a restart; the metrics show both."""
    service = start_service()
    (broker,) = kafka.nodes

    def ready() -> bool:
        return bool(service.ask("GET", "/health/ready")[0] == 200)

    def stays_live() -> None:
        assert service.ask("GET", "/health/live")[0] == 200

    assert service.ask("POST", "/v1/articles", SAMPLE.read_bytes())[0] == 202
    until(service, lambda: enriched(service) == 1, "the first event")
    # Its transaction is committed, but a single broker that is killed before it has written the markers forgets them,
    # and hands the article out again: wait until a reader of committed records has the event.
    service.event(ARTICLE)
    time.sleep(1)  # for the marker of its offset, which no reader sees
    before = scrape(service)
    assert value(before, "claimwire_ready") == 1

    kafka.kill(broker)
    record_testsuite_property("seconds_until_not_ready", until(service, lambda: not ready(), "not ready", stays_live))
    during = scrape(service)
    assert value(during, "claimwire_ready") == 0
    status, body = service.ask("GET", "/health")
    report = json.loads(body)
    assert (status, report["status"]) == (503, "fail")
    assert [check["output"] for check in report["checks"]["ingress"]]
    assert service.ask("POST", "/v1/articles", SAMPLE.read_bytes())[0] == 503
    for _ in range(10):
        stays_live()
        assert not ready()
        time.sleep(0.5)

    kafka.restart(broker)
    kafka.wait()
    record_testsuite_property("seconds_until_ready_again", until(service, ready, "ready again", stays_live))
    assert service.ask("POST", "/v1/articles", SAMPLE.read_bytes())[0] == 202
    until(service, lambda: enriched(service) == 2, "the second event", stays_live)
    after = scrape(service)
    assert value(after, "claimwire_ready") == 1
    assert value(after, "process_start_time_seconds") == value(before, "process_start_time_seconds")
    assert value(after, "claimwire_published_total", result="accepted") == 2
    assert value(after, "claimwire_published_total", result="broker-unavailable") == 1
    assert value(after, "claimwire_transactions_total", result="committed") == 2
    until(service, lambda: "kafka.outage_over" in service.log.read_text(), "the outage's last line", stays_live)
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    told = [line["event"] for line in lines if line["logger"].startswith("aiokafka") or "kafka." in line["event"]]
    plain = [event for event in told if event != "kafka.outage_goes_on"]  # one a minute, however long it takes
    assert len(plain) <= _LINES_OF_AN_OUTAGE * told.count("kafka.outage_over"), told


def test_everything_that_is_read_is_there(start_service: Callable[..., Any], tmp_path: Path) -> None:
    """A live scrape holds every metric, with every label, that the dashboard and the alerts read."""
    ledger = f"sqlite:///{tmp_path}/ledger.db"
    migrate(Database(LedgerSettings(url=SecretStr(ledger))))
    service = start_service(CLAIMWIRE_LEDGER__URL=ledger)
    article = json.loads(SAMPLE.read_bytes())
    posted = json.dumps(article | {"id": "urn:example:topic", "topics": ["The harbour bridge"]}).encode()
    assert service.ask("POST", "/v1/articles", posted)[0] == 202
    assert service.ask("POST", "/v1/analyze", SAMPLE.read_bytes())[0] == 200
    until(service, lambda: enriched(service) == 1, "the event")
    # A dead letter from nothing but HTTP: the body is sound as JSON, and no article once its markup is gone.
    hollow = json.dumps({"id": "urn:example:hollow", "body": "<p> </p>", "body_type": "text/html"}).encode()
    assert service.ask("POST", "/v1/articles", hollow)[0] == 202
    until(
        service,
        lambda: value(scrape(service), "claimwire_dead_letters_total", code="empty-text") == 1,
        "the dead letter",
    )
    until(
        service,
        lambda: any(name == "claimwire_lag_records" for name, _ in scrape(service)),
        "the first look at the lag",
    )
    until(
        service,
        lambda: any(name == "claimwire_ledger_rows_total" for name, _ in scrape(service)),
        "the first rows in the ledger",
    )
    there = {(name, label) for name, labels in scrape(service) for label, _ in (*labels, ("", ""))}
    added = {"job", "instance"}  # by Prometheus
    for query in _queries():
        for selector, grouped in _reads(query):
            assert (selector.name, "") in there, query
            wanted = {matcher.name for matcher in selector.matchers.matchers} | (grouped - {"le"})
            assert {(selector.name, label) for label in wanted - added} <= there, query


def _queries() -> Iterator[str]:
    """Yield every query on our metrics; what a rule records stands for what it is made of."""
    rules = [
        rule
        for group in yaml.safe_load((ROOT / "deploy" / "alerts" / "claimwire.rules.yaml").read_text())["groups"]
        for rule in group["rules"]
    ]
    dashboard = json.loads((ROOT / "deploy" / "dashboards" / "claimwire.json").read_text())
    for expression in (
        *(rule["expr"] for rule in rules),
        *(target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())),
    ):
        yield expression.replace("$__rate_interval", "1m").replace("$job", ".*")


def _reads(query: str) -> list[tuple[promql.VectorSelector, set[str]]]:
    """Return each selector of one of our own metrics with the labels that it is grouped by."""
    found: list[tuple[promql.VectorSelector, set[str]]] = []
    grouped: set[str] = set()

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)
        if isinstance(node, promql.VectorSelector) and str(node.name).startswith(("claimwire_", "process_")):
            found.append((node, set(grouped)))

    promql.walk(promql.parse(query), pre_visit=visit)
    return found
