"""The pictures of the page in `docs/images`, taken from the whole service: `make screenshots`.

Written as tests, which gives them the service and the browser; not collected with them, since they change files.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from service.settings import DEFAULT_MODEL
from tests.browser import clippings

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 400_000
READING = 120_000  # ms

STORIES = [
    {
        "title": "Ferry line to sue port over dredging delay",
        "source": "Lesna Daily",
        "body": "The Northern Ferry Line will sue the port of Lesna over a delay in dredging, its chairwoman said on "
        "Monday. “The port has broken every promise that it made to us,” Ada Brunn told reporters. She said that 140 "
        "sailings had been canceled since October.\n\nThe port authority rejected the charge. “We are digging as fast "
        "as the weather lets us,” said its director, Karl Osten. He added that Brunn had known the dates for a year.",
    },
    {
        "title": "Teachers' union welcomes minister's pledge on class sizes",
        "source": "Marn Courier",
        "body": "The National Union of Teachers welcomed a pledge by Education Minister Rosa Veil to cap classes at 24 "
        "pupils. “This is the best news in ten years,” its president, Imre Castell, said. The Treasury warned that the "
        "plan would cost 300 million crowns a year.\n\nOpposition leader Paul Grau called the pledge “a cheque without "
        "a bank” and accused Veil of buying votes.",
    },
    {
        "title": "Archive says letters of general are forged",
        "source": "The Harbour Gazette",
        "body": "The State Archive said on Friday that eleven letters attributed to General Otto Maar were forgeries. "
        "According to the archive, the paper was made after 1950. Maar died in 1921.\n\nThe auction house Brandt "
        "& Sons, which sold the letters in June, said it had acted in good faith. “We trusted the expert opinion we "
        "were given,” said its spokeswoman, Lia Kern.",
    },
]


@pytest.fixture(scope="module")
def service(start_service: Callable[..., Any]) -> Any:
    """Run the whole service on the model that users get; from a thread, as in the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(start_service, CLAIMWIRE_MODEL__DIRECTORY=str(DEFAULT_MODEL)).result()


@pytest.fixture
def page(browser: Browser, service: Any) -> Any:
    """Open the page of the real service, with more pixels than it needs on most screens."""
    context = browser.new_context(viewport={"width": 1280, "height": 1010}, device_scale_factor=1.25)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{service.port}")
    yield page
    context.close()


def take(page: Page, name: str) -> None:
    """Write a picture that is small enough for a repository."""
    expect(page.locator("#badge")).to_contain_text("Healthy", timeout=READING)
    IMAGES.mkdir(exist_ok=True)
    picture = page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    assert len(picture) < MOST_BYTES


def test_playground(page: Page) -> None:
    """The sample, read, with a card open on what a person said against somebody."""
    page.get_by_role("button", name="Use the sample").click()
    expect(page.locator("#playground .title")).to_be_focused(timeout=READING)
    page.locator("#playground .headline").evaluate("line => scrollTo(0, line.getBoundingClientRect().top - 80)")
    claim = page.locator("#playground .claim:has(> .flagpole .against)").first
    line = claim.evaluate("claim => { const { x, y } = claim.getClientRects()[0]; return { x, y }; }")
    page.mouse.move(line["x"] + 40, line["y"] + 12)
    expect(page.locator("#playground .card")).to_be_visible()
    take(page, "playground")


def test_live(page: Page, service: Any) -> None:
    """The stream, with the sample and some stories in it."""
    page.get_by_role("link", name="Live").click()
    for number, story in enumerate([*STORIES, clippings.SAMPLE]):
        article = {"id": f"urn:example:story:{number}"} | story
        assert service.ask("POST", "/v1/articles", json.dumps(article).encode())[0] == 202
        expect(page.locator("#live .entry")).to_have_count(number + 1, timeout=READING)
    expect(page.locator("#live .rate")).to_have_text(str(len(STORIES) + 1))
    page.mouse.move(0, 0)
    take(page, "live")
