"""A real Chromium, and the service that it looks at."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from service.local_kafka import LocalKafka
from tests.browser import clippings
from tests.browser.newsroom import Newsroom
from tests.progress import STILL

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
# Without these Chromium looks for its maker's servers at each start, and, as root, does not start at all.
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = STILL * 1000  # ms without what a test waits for, after which it gives up

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once; each test has a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Run a broker that a test may stop and start again, with its data where it was."""
    with LocalKafka(
        directory=tmp_path_factory.mktemp("kafka"), properties={"group.min.session.timeout.ms": "1000"}
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def service(start_service: Callable[[], Any]) -> Any:
    """Run the whole service over that broker; from a thread, since Playwright keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(start_service).result()


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    """Serve the page over a model that knows the clippings."""
    newsroom = Newsroom()
    for report in (
        clippings.DAM,
        clippings.TIDE,
        clippings.NEST,
        clippings.HINTS,
        clippings.CHORUS,
        clippings.HOSTILE,
        clippings.long_article(),
    ):
        newsroom.reports[report.text] = report
    newsroom.start()
    yield newsroom
    newsroom.stop()


@pytest.fixture
def page(browser: Browser, newsroom: Newsroom) -> Iterator[Page]:
    """Open the page; whatever it throws, refuses or complains of fails the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    elsewhere: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on(
        "request", lambda sent: None if sent.url.startswith((newsroom.url, "data:")) else elsewhere.append(sent.url)
    )
    page.goto(newsroom.url)
    yield page
    context.close()
    assert complaints == []
    assert elsewhere == []
