"""Everything without a mouse."""

from playwright.sync_api import Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom

MOST_STOPS = 60  # presses of Tab; more to get anywhere would be a trap


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, and see that it can be seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            style = page.evaluate(
                "(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])"
                "(getComputedStyle(document.activeElement))"
            )
            assert style[0] != "none"
            assert style[1] != "0px"
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def test_playground_by_keyboard(page: Page) -> None:
    """Type an article, send it, walk from claim to claim, read a card, open a cell and its claim: keys alone."""
    tab_to(page, ".skip")
    tab_to(page, "#playground [name=body]")
    page.keyboard.insert_text(clippings.DAM.text)
    tab_to(page, "#playground button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("#playground .title")).to_be_focused()

    tab_to(page, "#playground button.flag")
    card = page.locator("#playground .card")
    expect(card).to_contain_text("Tomas Hallek")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("Irena Dvoran")
    expect(page.locator(":focus")).to_have_accessible_name(
        "Irena Dvoran, mixed quote; against Orsania; worth checking 40%; confidence 83%"
    )
    page.keyboard.press("End")
    expect(card).to_contain_text("The author")
    page.keyboard.press("Home")
    expect(card).to_contain_text("Tomas Hallek")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()

    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_contain_text("Tomas Hallek")
    tab_to(page, "#playground .claim-list .claim-link")
    expect(card).to_be_hidden()
    tab_to(page, "#playground .matrix .count")
    page.keyboard.press("Enter")
    expect(page.locator("#playground .cell-claims h4")).to_be_focused()
    tab_to(page, "#playground .cell-claims .claim-link")
    page.keyboard.press("Enter")
    expect(page.locator("#playground button.flag:focus")).to_have_count(1)


def test_live_by_keyboard(page: Page, newsroom: Newsroom) -> None:
    """Go to the stream, pause it, resume it, open an article and go back: keys alone."""
    tab_to(page, "nav a[href='#live']")
    page.keyboard.press("Enter")
    expect(page.locator("#live-title")).to_be_focused()
    tab_to(page, "#live .pause")
    page.keyboard.press("Space")
    newsroom.post(clippings.DAM.text, title="The dam")
    expect(page.locator("#live .pause")).to_have_text("Resume (1 waiting)")
    page.keyboard.press("Space")
    tab_to(page, "#live .open")
    page.keyboard.press("Enter")
    expect(page.locator("#article .title")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#article .back")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#live-title")).to_be_focused()


def test_skip_link(page: Page) -> None:
    """The first stop of all leads past the header, and leaves the view as it is."""
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#playground') !== null")
