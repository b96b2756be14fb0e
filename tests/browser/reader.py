"""What a reader does on the page, as steps that tests share."""

from playwright.sync_api import Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Report


def analyze(page: Page, text: str) -> None:
    """Paste a text and wait for the answer."""
    page.locator(".sender").evaluate("sender => (sender.open = true)")
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Find who says what").click()
    expect(page.locator("#playground .title")).to_be_focused()


def read(page: Page, report: Report = clippings.DAM) -> None:
    """Have an article read that the model knows, and wait until all its claims are listed."""
    analyze(page, report.text)
    expect(page.locator("#playground .claim-list .entry")).to_have_count(len(report.found.claims))
