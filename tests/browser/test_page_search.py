"""Search what all articles said."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from service.bootstrap.answers import AskLedger
from service.core.message import Message
from service.core.questions import Answer, Question
from service.ledger.database import Database, LedgerUnavailableError
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.settings.ledger import LedgerSettings
from tests.browser import clippings
from tests.browser.newsroom import Newsroom
from tests.browser.test_page_accessible import NARROW
from tests.browser.test_page_keyboard import tab_to
from tests.ledger import LOG, enriched, records
from tests.progress import eventually

KELTIA = ("Keltia", "organization")


class Archive:
    """A ledger that tests write into and can cut off."""

    def __init__(self, folder: Path) -> None:
        settings = LedgerSettings(url=SecretStr(f"sqlite:///{folder}/ledger.db"))
        self._database = Database(settings)
        migrate(self._database)
        self._answers = AskLedger(settings)
        self._position = 0
        self.up = True

    async def __call__(self, question: Question) -> Answer:
        """Answer, unless it is cut off."""
        if not self.up:
            raise LedgerUnavailableError("Cut off.")
        return await self._answers(question)

    def keep(self, messages: list[Message]) -> None:
        """Keep what the events say."""
        after = self._position or None
        self._position += len(messages)
        Store(self._database).write(LOG, after=after, position=self._position, messages=messages)

    def close(self) -> None:
        """Close both connections."""
        self._answers.close()
        self._database.close()


@pytest.fixture
def archive(newsroom: Newsroom, tmp_path: Path) -> Iterator[Archive]:
    """A ledger behind the service, which the newsroom's articles come to when a test says so."""
    made = Archive(tmp_path)
    newsroom.stop()
    newsroom.ask = made
    newsroom.start()
    yield made
    newsroom.stop()
    made.close()
    newsroom.start()


def verse(number: int) -> str:
    """Return words that no other number has."""
    digits = hashlib.sha256(str(number).encode()).hexdigest()
    return " ".join(digits[at : at + 6] for at in range(0, 60, 6))


@pytest.fixture
def story(newsroom: Newsroom, archive: Archive) -> Archive:
    """Two articles, read as the model does, and sixty older claims of one person."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam", source="Wire", published_at="2026-03-18T09:30:00Z")
    newsroom.post(
        clippings.NEST.text,
        id="nest",
        title="The bridge",
        source="Courier",
        url="https://news.example/nest",
        published_at="2026-03-17T09:30:00Z",
    )
    eventually(lambda: len(newsroom.broker.log) == 2, "both events are there", pause=0.02)
    verses = [
        enriched(
            f"urn:verse:{number}",
            {
                "speaker": "Ada Brunn",
                "text": f"Harbour, {verse(number)}.",
                "stances": {KELTIA: "favor" if number % 3 else "against"},
            },
            source="Almanac",
            published_at=f"2025-{number // 28 + 1:02}-{number % 28 + 1:02}T12:00:00Z",
        )
        for number in range(60)
    ]
    archive.keep([*newsroom.broker.log, *records(*verses, start=2)])
    return archive


@pytest.fixture
def search(page: Page, newsroom: Newsroom, story: Archive) -> Page:
    """Open the view, and wait for what it shows first."""
    del story
    page.goto(newsroom.url)
    page.get_by_role("link", name="Search").click()
    expect(page.locator("#search .hit").first).to_be_visible()
    return page


def quotes(page: Page) -> list[str]:
    """Return the claims from top to bottom."""
    return page.locator("#search .hit blockquote").all_text_contents()


def test_latest_claims_come_first(search: Page) -> None:
    """Without a filter the latest claims are shown, each with speaker, stances, source, day and article."""
    expect(search.locator("#search .summary")).to_have_text("The first 25 claims")
    hit = search.locator("#search .hit", has_text="a slap in the face of two million farmers")
    expect(hit.locator("strong")).to_have_text("Irena Dvoran")
    expect(hit.locator(".stance")).to_have_text(" against Orsania")
    expect(hit.locator(".news")).to_contain_text("Wire")
    expect(hit.locator("time")).to_have_text("18 March 2026")


def test_claim_leads_to_the_marked_article(search: Page) -> None:
    """An article's title opens it as it is in the live view; only an address of the web is a link to its publisher."""
    search.locator("#search .hit", has_text="a slap in the face").get_by_role("link", name="The dam").click()
    expect(search.locator("#article .summary")).to_have_text("7 claims by 5 speakers")
    search.go_back()
    nest = search.locator("#search .hit", has_text="the bridge is safe").first
    expect(nest.get_by_role("link", name="at its publisher")).to_have_attribute("href", "https://news.example/nest")


def test_filters_are_in_the_address(search: Page) -> None:
    """Words, names, stance, source and time narrow what is shown; the address says how, and a reload keeps it."""
    search.get_by_role("searchbox", name="Words").fill("slaps farmers")
    expect(search.locator("#search .hit")).to_have_count(1)
    expect(search).to_have_url(re.compile(r"#search\?text=slaps\+farmers$"))
    search.get_by_role("searchbox", name="Words").fill("")
    search.get_by_role("combobox", name="About").fill("orsania")
    search.locator("#search [name=label]").select_option("against")
    search.locator("#search [name=since]").fill("2026-01-01")
    expect(search.locator("#search .hit")).to_have_count(3)
    search.reload()
    expect(search.locator("#search .hit")).to_have_count(3)
    expect(search.get_by_role("combobox", name="About")).to_have_value("orsania")
    expect(search.locator("#search [name=since]")).to_have_value("2026-01-01")
    search.locator("#search [name=worth]").fill("1")
    expect(search.locator("#search .summary")).to_have_text("No claim passes these filters. Clear shows all.")
    expect(search.locator("#search .found")).to_be_hidden()
    search.get_by_role("button", name="Clear").click()
    expect(search.locator("#search .hit")).to_have_count(25)
    expect(search).to_have_url(re.compile(r"#search$"))


def test_sorted_by_worth(search: Page) -> None:
    """What is most worth checking can come first."""
    search.locator("#search [name=order]").select_option("worth")
    expect(search.locator("#search .hit").first).to_contain_text("worth checking 96%")
    expect(search).to_have_url(re.compile(r"order=worth$"))


def test_more_goes_on_behind_the_last(search: Page) -> None:
    """Show more adds the next claims and leads to the first of them, until there are no more."""
    more = search.get_by_role("button", name="Show more")
    search.get_by_role("combobox", name="Speaker").fill("ada brunn")
    expect(search.locator("#search .hit strong").first).to_have_text("Ada Brunn")
    for count in (25, 50, 60):
        expect(search.locator("#search .hit")).to_have_count(count)
        if count < 60:
            more.click()
            expect(search.locator("#search .hit").nth(count).locator("a").first).to_be_focused()
    expect(more).to_be_hidden()
    expect(search.locator("#search .summary")).to_have_text("60 claims")
    assert len(set(quotes(search))) == 60


def test_names_are_offered_while_typing(search: Page) -> None:
    """Some letters of any word of a name bring the full names that begin so."""
    search.get_by_role("combobox", name="Speaker").fill("bru")
    expect(search.locator("#speakers option")).to_have_count(1)
    expect(search.locator("#speakers option")).to_have_attribute("value", "Ada Brunn")


def test_who_stands_where(search: Page) -> None:
    """A chosen holder and target have a chart over time, with its numbers; rankings lead on by a click."""
    expect(search.locator("#search .over-time")).to_contain_text("Choose whom it is about")
    expect(search.locator("#search .quoted li").first).to_have_text("Ada Brunn 60 claims")
    expect(search.locator("#search .quoted p")).to_contain_text("Among the latest 7")
    disputed = search.locator("#search .disputed li", has_text="Keltia")
    expect(disputed).to_have_text("Keltia 41 favor, 21 against")
    disputed.get_by_role("link").click()
    expect(search.locator("#search .quoted a").first).to_have_attribute("href", re.compile("target=Keltia&speaker="))
    search.locator("#search .quoted").get_by_role("link", name="Ada Brunn").click()
    expect(search).to_have_url(re.compile(r"#search\?target=Keltia&speaker=Ada\+Brunn$"))
    expect(search.locator("#search figcaption")).to_have_text(
        "Ada Brunn toward Keltia: 40 claims favor, 20 against, by day"
    )
    search.locator("#search [name=until]").fill("2025-01-05")
    expect(search.locator("#search figcaption")).to_have_text(
        "Ada Brunn toward Keltia: 2 claims favor, 2 against, by day"
    )
    search.locator("#search figure summary").click()
    rows = search.locator("#search figure tbody tr").all_text_contents()
    assert rows == ["2025-01-0101", "2025-01-0210", "2025-01-0310", "2025-01-0401"]
    assert search.locator("#search rect.favor").count() == 4


def test_csv(search: Page) -> None:
    """What passes the filters can be saved, all of it and not the first page alone."""
    search.get_by_role("combobox", name="Speaker").fill("ada brunn")
    expect(search.locator("#search .hit strong").first).to_have_text("Ada Brunn")
    with search.expect_download() as waiting:
        search.get_by_role("button", name="Save as CSV").click()
    table = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert waiting.value.suggested_filename == "claims.csv"
    assert len(table) == 60
    assert {row["speaker"] for row in table} == {"Ada Brunn"}


def test_failures_are_told(search: Page, archive: Archive) -> None:
    """A ledger that does not answer is told, and what was found before is not shown as if it were the answer."""
    archive.up = False
    search.get_by_role("searchbox", name="Words").fill("harbour")
    expect(search.locator("#search .problem")).to_contain_text("The ledger's database does not answer")
    expect(search.locator("#search .found")).to_be_hidden()
    archive.up = True
    search.get_by_role("searchbox", name="Words").fill("harbours")
    expect(search.locator("#search .problem")).to_be_hidden()
    expect(search.locator("#search .hit")).to_have_count(25)


def test_without_a_ledger_the_setting_is_named(page: Page) -> None:
    """A service without a ledger says which setting it needs."""
    page.get_by_role("link", name="Search").click()
    expect(page.locator("#search .problem")).to_contain_text("CLAIMWIRE_LEDGER__URL")


def test_empty_ledger_says_so(page: Page, newsroom: Newsroom, archive: Archive) -> None:
    """Before the first event, the view says that there is nothing yet."""
    del archive
    page.goto(f"{newsroom.url}/#search")
    expect(page.locator("#search .summary")).to_contain_text("Nothing yet.")


def test_searching_is_told_while_it_lasts(search: Page) -> None:
    """While an answer is awaited the view is busy, and says so."""
    waiting: list[Callable[[], Any]] = []
    search.route("**/v1/claims?*", lambda route: waiting.append(route.continue_))
    search.get_by_role("searchbox", name="Words").fill("harbour")
    expect(search.locator("#search .summary")).to_have_text("Searching …")
    expect(search.locator("#search")).to_have_attribute("aria-busy", "true")
    waiting[0]()
    expect(search.locator("#search .summary")).to_have_text("The first 25 claims")
    expect(search.locator("#search")).to_have_attribute("aria-busy", "false")


def test_hostile_words_stay_words(page: Page, newsroom: Newsroom, archive: Archive) -> None:
    """Markup in a claim, a title, a name and an address is shown as text, and no link runs a script."""
    newsroom.post(clippings.HOSTILE.text, id="hostile", title=clippings.MARKUP, source=clippings.MARKUP)
    eventually(lambda: len(newsroom.broker.log) == 1, "the event is there", pause=0.02)
    archive.keep(newsroom.broker.log)
    evil = enriched("urn:evil", {"speaker": clippings.MARKUP + " Doe", "text": clippings.MARKUP}, title=None)
    evil["article"]["url"] = "javascript:alert(1)"
    archive.keep(records(evil, start=1))
    page.goto(f"{newsroom.url}/#search")
    expect(page.locator("#search .hit blockquote", has_text=clippings.MARKUP).first).to_be_visible()
    assert page.locator("#search a[href^=javascript]").count() == 0
    assert page.locator("#search script, #search img").count() == 0


def test_search_by_keyboard(search: Page) -> None:
    """Type words, reach a claim's article and a ranking, by keys alone."""
    tab_to(search, "#search [name=text]")
    search.keyboard.insert_text("farmers")
    search.keyboard.press("Enter")
    expect(search.locator("#search .hit")).to_have_count(1)
    tab_to(search, "#search .hit a")
    tab_to(search, "#search .quoted a")
    search.keyboard.press("Enter")
    expect(search.get_by_role("combobox", name="Speaker")).to_have_value("Irena Dvoran")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_no_findings_of_axe_in_search(
    browser: Browser, newsroom: Newsroom, story: Archive, scheme: Literal["light", "dark"], width: int
) -> None:
    """axe-core has nothing to say on results, chart, emptiness and failure; no screen is too narrow."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True, reduced_motion="reduce"
    )
    page = context.new_page()
    findings: dict[str, list[str]] = {}

    def check(view: str) -> None:
        for finding in Axe().run(page).response["violations"]:
            nodes = [node["html"][:120] for node in finding["nodes"]]
            findings[f"{view}: {finding['id']} ({finding['impact']})"] = nodes

    page.goto(f"{newsroom.url}/#search?target=Keltia")
    expect(page.locator("#search figure")).to_be_visible()
    page.locator("#search figure summary").click()
    check("results")
    page.set_viewport_size({"width": NARROW, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW
    page.goto(f"{newsroom.url}/#search?text=zebra")
    expect(page.locator("#search .summary")).to_contain_text("No claim passes")
    check("empty")
    story.up = False
    page.goto(f"{newsroom.url}/#search?text=zebras")
    expect(page.locator("#search .problem")).to_be_visible()
    check("failed")
    context.close()
    assert findings == {}


def test_answers_are_those_of_the_api(search: Page, newsroom: Newsroom) -> None:
    """The first page shows what `GET /v1/claims` gives, in its order."""
    rows = httpx.get(f"{newsroom.url}/v1/claims?limit=25", timeout=10).json()["items"]
    assert quotes(search) == [row["text"] for row in rows]
