"""The page over the whole service: the small model and a real broker."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from service.local_kafka import LocalKafka
from tests.browser import clippings
from tests.models import ON_SMALL
from tests.progress import STILL

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(browser: Browser, service: Any) -> Iterator[Page]:
    """Open the page of the real service."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(STILL * 1000)
    page.goto(f"http://127.0.0.1:{service.port}")
    yield page
    page.close()


def test_sample_is_read_by_the_model(page: Page) -> None:
    """The sample comes back from the model with every claim drawn at its words, and its main speakers listed."""
    with page.expect_response("**/v1/analyze") as answered:
        page.get_by_role("button", name="Use the sample").click()
    event = answered.value.json()
    body = clippings.SAMPLE["body"]
    expect(page.locator("#playground .title")).to_be_focused()
    assert len(event["claims"]) >= 5
    for claim in event["claims"]:
        pieces = page.locator(f'#playground mark[data-claim="{claim["id"]}"]')
        drawn = "".join(
            pieces.evaluate_all("""pieces => pieces.map((piece) => {
            const copy = piece.cloneNode(true);
            for (const flag of copy.querySelectorAll("button")) flag.remove();
            return copy.textContent;
        })""")
        )
        assert drawn.split() == "".join(body[span["start"] : span["end"]] for span in claim["spans"]).split()
    speakers = page.locator("#playground .claim-list .name").all_text_contents()
    assert {"Irena Dvoran", "Lena Okafor"} <= set(speakers)


def test_csv_of_the_page_is_that_of_the_command_line(page: Page, tmp_path: Path) -> None:
    """The page saves the rows that `claimwire analyze --format csv` prints for the same article."""
    page.get_by_role("button", name="Use the sample").click()
    expect(page.locator("#playground .title")).to_be_focused()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    saved = Path(download.value.path()).read_bytes().decode()
    article = tmp_path / "article.json"
    article.write_text(json.dumps(clippings.SAMPLE), encoding="utf-8")
    printed = subprocess.run(
        [sys.executable, "-m", "service", "analyze", "--format", "csv", article],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | ON_SMALL,
    ).stdout
    rows, expected = (list(csv.DictReader(io.StringIO(text, newline=""))) for text in (saved, printed))
    assert len(rows) >= 5
    assert sorted(rows, key=_claim) == sorted(expected, key=_claim)


def _claim(row: dict[str, str]) -> str:
    return row["claim"]


def test_article_over_http_appears_live(page: Page, service: Any) -> None:
    """An article posted over HTTP goes through Kafka and the model onto the open page, and opens there."""
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#live .connection")).to_have_text("Connected")
    article = clippings.SAMPLE | {"id": "urn:test:live", "title": "Through Kafka"}
    assert service.ask("POST", "/v1/articles", json.dumps(article).encode())[0] == 202
    page.get_by_role("button", name="Through Kafka").click()
    expect(page.locator("#article .summary")).to_contain_text("claims by")


def test_broker_outage(page: Page, service: Any, kafka: LocalKafka) -> None:
    """A broker that goes away is told on the page; when it is back the page says so and articles come through again."""
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#badge")).to_contain_text("Healthy")
    kafka.stop(gracefully=False)
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#badge")).to_contain_text("Not healthy")

    kafka.start()
    service.wait_until_ready()
    expect(page.locator("#banner")).to_be_hidden()
    article = clippings.SAMPLE | {"id": "urn:test:after", "title": "After the outage"}
    assert service.ask("POST", "/v1/articles", json.dumps(article).encode())[0] == 202
    expect(page.get_by_role("button", name="After the outage")).to_be_visible()
