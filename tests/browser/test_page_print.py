"""The page on paper."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom
from tests.browser.reader import read

CONTROLS = "button, select, input, textarea, summary, form, nav"


def shown(page: Page, selector: str) -> list[str]:
    """Return the tags of what is drawn of a selector."""
    tags: list[str] = page.locator(selector).evaluate_all(
        "parts => parts.filter(part => part.checkVisibility()).map(part => `${part.tagName} ${part.className}`)"
    )
    return tags


def test_names_stand_in_place_of_colours(page: Page) -> None:
    """On paper each claim begins with its speaker's name, and no number, tint or colour tells anything."""
    read(page, clippings.CHORUS)
    page.emulate_media(media="print")
    assert shown(page, "#playground .number, #playground .number-only") == []
    names = page.locator("#playground button.flag").evaluate_all(
        "flags => flags.map(flag => getComputedStyle(flag, '::before').content)"
    )
    assert names == [f'"{claim.speaker.name}"' for claim in clippings.CHORUS.found.claims]
    colours = page.locator("#playground :is(mark, .flag, .shape)").evaluate_all(
        "parts => [...new Set(parts.map(part => getComputedStyle(part).color))]"
    )
    assert colours == ["rgb(0, 0, 0)"]


@pytest.mark.parametrize("view", ["playground", "live", "article/dam"])
def test_no_controls_are_printed(page: Page, newsroom: Newsroom, view: str) -> None:
    """What can be pressed, typed into or chosen is not on paper, but for what is text: signs, claims and counts."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    read(page)
    if view != "playground":
        page.goto(f"{newsroom.url}/#{view}")
        expect(page.locator("#live .entry, #article .claim-list .entry").locator("visible=true").first).to_be_visible()
    page.emulate_media(media="print")
    text = ("BUTTON flag", "BUTTON claim-link", "BUTTON count", "BUTTON open")
    assert [control for control in shown(page, CONTROLS) if control not in text] == []


def test_pdf_holds_every_name_and_no_button(page: Page, tmp_path: Path) -> None:
    """A PDF of the page says who says what in words, with every claim listed and nobody's row cut off.

    It is read by pdftotext of poppler-utils, which `make test-browser` installs.
    """
    read(page, clippings.CHORUS)
    file = tmp_path / "page.pdf"
    page.pdf(path=file, format="A4")
    text = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout
    for claim in clippings.CHORUS.found.claims:
        assert text.count(str(claim.speaker.name)) >= 2
    assert "Lars" in text.partition("Who stands where")[2]
    for words in ("Find who says what", "Save as CSV", "Sort by", "Copy the event", "Forget it", "What the signs mean"):
        assert words not in text
