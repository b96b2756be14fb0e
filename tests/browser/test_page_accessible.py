"""What axe-core (MPL-2.0, for these tests only) and a narrow screen say of the page."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom

NARROW = 320  # CSS pixels: what WCAG 2.2 (1.4.10) wants a page to fit into


def walk(page: Page, newsroom: Newsroom) -> None:
    """Fill every view."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam", source="Wire")
    newsroom.post(clippings.HOSTILE.text, id="hostile", title=clippings.MARKUP * 3)
    page.get_by_role("button", name="Use the sample").click()
    expect(page.locator("#playground .title")).to_be_focused()
    page.get_by_role("button", name="Irena Dvoran: 2 claims against Orsania").click()
    page.locator("#playground .raw-event summary").click()
    page.locator("#playground .made summary").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_no_findings_of_axe(browser: Browser, newsroom: Newsroom, scheme: Literal["light", "dark"], width: int) -> None:
    """axe-core has nothing to say on any view, light or dark, wide or narrow."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(newsroom.url)
    findings: dict[str, list[str]] = {}

    def check(view: str) -> None:
        for finding in Axe().run(page).response["violations"]:
            nodes = [node["html"][:120] for node in finding["nodes"]]
            findings[f"{view}: {finding['id']} ({finding['impact']})"] = nodes

    check("empty playground")
    walk(page, newsroom)
    check("playground")
    page.locator("#playground [data-flag=c3]").focus()
    check("playground with a card")
    for view in ("#live", "#status"):
        page.goto(f"{newsroom.url}/{view}")
        expect(page.locator("#live .entry" if view == "#live" else "#status .which .quiet").first).to_be_visible()
        check(view)
    page.goto(f"{newsroom.url}/#live?speaker=nobody")
    expect(page.locator("#live .none-yet")).to_contain_text("passes these filters")
    check("empty filter")
    page.goto(f"{newsroom.url}/#article/dam")
    expect(page.locator("#article .summary")).to_contain_text("claims")
    page.locator("#article .signs summary").click()
    check("article")
    page.emulate_media(media="print")
    check("article on paper")
    context.close()
    assert findings == {}


def test_no_sideways_scrolling_on_a_telephone(page: Page, newsroom: Newsroom) -> None:
    """At 320 pixels no view is wider than the screen."""
    page.set_viewport_size({"width": NARROW, "height": 700})
    walk(page, newsroom)
    widths = {"playground": page.evaluate("document.documentElement.scrollWidth")}
    for view in ("live", "status", "article/hostile"):
        page.goto(f"{newsroom.url}/#{view}")
        page.wait_for_timeout(300)
        widths[view] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(widths, NARROW)


def test_results_are_announced(page: Page) -> None:
    """Screen readers are told of progress, results and refusals: each has a live region."""
    for region in (
        "#playground .progress",
        "#playground .summary",
        "#live .connection",
        "#live .announcement",
        "#badge .word",
    ):
        assert page.locator(region).get_attribute("role") == "status"
    for region in ("#playground .problem", "#banner"):
        assert page.locator(region).get_attribute("role") == "alert"
