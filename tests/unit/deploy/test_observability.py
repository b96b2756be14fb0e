"""Alerts and dashboard: they read metrics that exist, and what they point to is there."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client import CollectorRegistry

from service.analysis.text.document import segment
from service.bootstrap.serve import measured_pipeline
from service.instrument.timed_model import TimedModel
from service.telemetry.metrics import LedgerMetrics, Metrics
from tests.unit.analysis.test_pipeline import ScriptedModel, article

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"

RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts" / "claimwire.rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD = json.loads((DEPLOY / "dashboards" / "claimwire.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]

PROMETHEUS_OWN = {"up", "ALERTS"}


def plain(query: str) -> str:
    """Put values in the place of Grafana's variables."""
    return query.replace("$__rate_interval", "1m").replace("$job", ".*")


def selectors(query: str) -> Iterator[promql.VectorSelector]:
    """Yield each selector of a query."""
    found: list[promql.VectorSelector] = []
    promql.walk(
        promql.parse(plain(query)),
        pre_visit=lambda node: found.append(node) if isinstance(node, promql.VectorSelector) else None,
    )
    yield from found


def exposed(registry: CollectorRegistry) -> set[str]:
    """Return every sample name that a registry may give, of series that do not exist yet too."""
    endings = {
        "counter": ("_total",),
        "gauge": ("",),
        "histogram": ("_bucket", "_sum", "_count"),
        "info": ("_info",),
        "summary": ("_sum", "_count"),
    }
    return {f"{family.name}{ending}" for family in registry.collect() for ending in endings[family.type]}


@pytest.mark.parametrize("query", [*(rule["expr"] for rule in RULES), *QUERIES])
def test_a_query_reads_metrics_that_exist(query: str) -> None:
    """Every query parses, and each of its metrics is one of ours, of Prometheus, or recorded by a rule."""
    names = {selector.name for selector in selectors(query)}
    assert names
    registry = Metrics().registry
    LedgerMetrics(registry)
    assert names <= exposed(registry) | RECORDED | PROMETHEUS_OWN


def test_every_metric_is_looked_at() -> None:
    """Every metric is read by a panel or an alert."""
    read = {selector.name for query in (*QUERIES, *(rule["expr"] for rule in RULES)) for selector in selectors(query)}
    ours = {family.name for family in Metrics().registry.collect() if family.name.startswith("claimwire_")}
    assert {name for name in ours if not any(str(each).startswith(name) for each in read)} == set()


def test_every_stage_has_its_curve() -> None:
    """The dashboard names stages and calls that exist, each once, and all of them but the whole batch."""
    metrics = Metrics()
    pipeline = measured_pipeline([ScriptedModel()], metrics)
    pipeline.process([article("The dam holds, she said.", language="en", topics=("The dam should stay.",))])
    model = TimedModel(ScriptedModel(), metrics)
    (reading,) = model.read([segment("The dam holds.")])
    model.stance(reading, [])
    model.weigh([])
    model.topics([("The dam holds.", "The dam should stay.")])
    for label, metric, untimed in (
        ("stage", metrics.stage_seconds, {"settle"}),
        ("call", metrics.model_seconds, set()),
    ):
        timed = {sample.labels[label] for family in metric.collect() for sample in family.samples}
        found = [names for query in QUERIES for names in re.findall(rf'{label}=~"([^"]+)"', query)]
        assert sorted("|".join(found).split("|")) == sorted(timed | untimed)


def test_metrics_are_named_by_convention() -> None:
    """Base units only, and what is a time says so."""
    for family in Metrics().registry.collect():
        assert re.fullmatch(r"(claimwire|process)_[a-z_]+", family.name), family.name
        assert not re.search(r"_(ms|millis|milliseconds|minutes|kb|mb|percent)$", family.name), family.name
        assert family.documentation


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_has_its_chapter_in_the_runbook(alert: dict[str, Any]) -> None:
    """Every alert links to a section of the runbook that exists."""
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), flags=re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["for"]


def test_every_alert_has_a_rule_test() -> None:
    """Every alert has a test case in which it fires."""
    cases = yaml.safe_load((DEPLOY / "alerts" / "claimwire.test.yaml").read_text())["tests"]
    fired = {check["alertname"] for case in cases for check in case["alert_rule_test"] if check["exp_alerts"]}
    assert {alert["alert"] for alert in ALERTS} == fired


def test_panels_do_not_overlap() -> None:
    """Each panel has an id, a title, a description and a place of its own."""
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["title"] and panel["description"] and panel["targets"] for panel in PANELS)
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for at in [panel["gridPos"]]
        for x, y in itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"]))
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_the_keys_for_trying_are_the_same_everywhere() -> None:
    """One set of public keys serves compose and the dev overlay."""
    one, other = DEPLOY / "trying" / "api-keys", DEPLOY / "k8s" / "overlays" / "dev" / "secret" / "api-keys"
    assert one.read_text() == other.read_text()
