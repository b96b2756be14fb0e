"""Every panel and every alert, answered by a real Prometheus that scrapes the real service at work."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from tests.progress import eventually

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SAMPLE = ROOT / "schemas" / "examples" / "article.json"
DASHBOARD = json.loads((DEPLOY / "dashboards" / "claimwire.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if panel["type"] != "row"}
ARTICLES = 15  # one a second, so that every rate has scrapes to span


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    port: int

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its HTTP API."""
        with urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def sum_of(self, metric: str) -> float:
        """Return the sum of a metric's series, 0 where there is none, or no answer yet."""
        try:
            return sum(float(series["value"][1]) for series in self.get("query", query=metric)["result"])
        except (OSError, HTTPException):
            return 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def prometheus(
    tool: Callable[[str], str], start_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Prometheus with the deployed configuration, pointed at a service that is given articles, good and bad."""
    service, folder, port = start_service(), tmp_path_factory.mktemp("prometheus"), _free_port()
    configuration = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    configuration["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    rules = (DEPLOY / "alerts" / "claimwire.rules.yaml").read_text().replace("interval: 30s", "interval: 1s")
    (folder / "claimwire.rules.yaml").write_text(rules)
    configuration["rule_files"] = ["claimwire.rules.yaml"]
    (scrape,) = configuration["scrape_configs"]
    del scrape["authorization"]  # on loopback the service has no keys
    scrape["static_configs"] = [{"targets": [f"127.0.0.1:{service.port}"]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    command = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as child:
        try:
            scraped = Prometheus(port)
            eventually(lambda: scraped.sum_of("up"), "the first scrape")
            _work(service)
            seen = partial(scraped.sum_of, "claimwire_articles_total")
            eventually(lambda: seen() == ARTICLES, f"{ARTICLES} committed articles in a scrape", moved=seen)
            yield scraped
        finally:
            child.terminate()
            child.wait(30)


def _work(service: Any) -> None:
    """Give the service articles, every third of them hollow."""
    article = json.loads(SAMPLE.read_bytes())
    for number in range(1, ARTICLES + 1):
        hollow = {"body": "<p> </p>", "body_type": "text/html"} if number % 3 == 0 else {}
        body = json.dumps(article | {"id": f"urn:example:{number}"} | hollow).encode()
        assert service.ask("POST", "/v1/articles", body)[0] == 202
        if number == 1:
            assert service.ask("POST", "/v1/analyze", SAMPLE.read_bytes())[0] == 200
        time.sleep(1)


@pytest.mark.parametrize("title", PANELS)
def test_a_panel_has_an_answer(prometheus: Prometheus, title: str) -> None:
    """Each query of each panel gives at least one series with a number in it."""
    for target in PANELS[title]["targets"]:
        query = target["expr"].replace("$__rate_interval", "1m").replace("$job", ".*")
        result = prometheus.get("query", query=query)["result"]
        values = [float(series["value"][1]) for series in result]
        assert [value for value in values if value == value], query  # noqa: PLR0124  # all but NaN


def test_the_numbers_are_those_of_the_run(prometheus: Prometheus) -> None:
    """Enriched articles and dead letters are counted apart, nothing waits long, and the padding is a share."""

    def number(query: str) -> float:
        ((_, value),) = [series["value"] for series in prometheus.get("query", query=query)["result"]]
        return float(value)

    assert number('claimwire_articles_total{outcome="enriched"}') == ARTICLES - ARTICLES // 3
    assert number('claimwire_dead_letters_total{code="empty-text"}') == ARTICLES // 3
    assert number('claimwire_published_total{result="accepted"}') == ARTICLES
    assert (
        0
        <= number('1 - claimwire_tokens_total{kind="real"} / ignoring (kind) claimwire_tokens_total{kind="padded"}')
        < 0.9
    )
    assert number("claimwire_ready") == 1


def test_the_alerts_are_loaded_and_see_the_dead_letters(prometheus: Prometheus) -> None:
    """Prometheus evaluates every rule without error; one article in three is bad, and that alert is on its way."""
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == 12
    assert {rule["health"] for rule in rules} == {"ok"}
    states = {rule["name"]: rule["state"] for rule in rules if rule["type"] == "alerting"}
    assert states["ClaimwireDeadLetters"] == "pending"
    assert "firing" not in states.values()
