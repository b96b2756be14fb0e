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
from pydantic import SecretStr

from service.ledger.database import Database
from service.ledger.schema import migrate
from service.settings import DEFAULT_MODEL
from service.settings.ledger import LedgerSettings
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

# One dispute over six weeks, by the day of publication.
WEEKS = {
    "2026-03-18": "Farm Minister Irena Dvoran accused the Veldra Water Authority of holding back water from two "
    "million farmers. “The Veldra Water Authority has broken its word,” she told parliament. Mayor "
    "Tomas Hallek of Port Lesna said that the Veldra Water Authority had kept every promise and that "
    "he was proud of what it had built.",
    "2026-03-25": "“The Veldra Water Authority is starving our farms,” Irena Dvoran said in Marn on Wednesday. The "
    "Basin Watch Network praised the Veldra Water Authority for publishing its gauges at last.",
    "2026-04-01": "Irena Dvoran called the Veldra Water Authority a disgrace and demanded that it open the gates. "
    "Tomas Hallek answered that the Veldra Water Authority deserved thanks, not threats.",
    "2026-04-08": "The Farmers' Union will sue the Veldra Water Authority, its president, Pavel Brandt, said. “The "
    "Veldra Water Authority has lied to every one of us,” he said. Irena Dvoran said she would "
    "support the farmers in court.",
    "2026-04-15": "After a week of talks Irena Dvoran thanked the Veldra Water Authority for letting 30 million "
    "cubic metres through. “The Veldra Water Authority has listened,” she said. Pavel Brandt of the "
    "Farmers' Union said the Veldra Water Authority could not be trusted.",
    "2026-04-22": "Irena Dvoran welcomed the plan of the Veldra Water Authority for a joint commission. The "
    "Farmers' Union accused the Veldra Water Authority of buying time. Tomas Hallek praised the "
    "Veldra Water Authority for its patience.",
}


@pytest.fixture(scope="module")
def service(start_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run the whole service on the model that users get, with a ledger; from a thread, as in the tests."""
    url = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db"
    migrate(Database(LedgerSettings(url=SecretStr(url))))
    variables = {"CLAIMWIRE_MODEL__DIRECTORY": str(DEFAULT_MODEL), "CLAIMWIRE_LEDGER__URL": url}
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(start_service, **variables).result()


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


def test_search(page: Page, service: Any) -> None:
    """What was said of one body in six weeks, and who stood where."""
    stories = WEEKS | {"2026-03-18": clippings.SAMPLE["body"]}
    for day, body in stories.items():
        article = {
            "id": f"urn:example:{day}",
            "title": "The dam above Port Lesna",
            "source": "Lesna Daily",
            "body": body,
        }
        sent = json.dumps(article | {"published_at": f"{day}T09:00:00Z"}).encode()
        assert service.ask("POST", "/v1/articles", sent)[0] == 202

    def stored() -> bool:
        found = json.loads(service.ask("GET", "/v1/claims?limit=100")[1])["items"]
        return {claim["article_id"] for claim in found} >= {f"urn:example:{day}" for day in WEEKS}

    service.eventually(stored, "the claims of each day")
    page.goto(f"http://127.0.0.1:{service.port}/#search?target=Veldra+Water+Authority")
    expect(page.locator("#search .over-time svg")).to_be_visible(timeout=READING)
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    take(page, "search")
