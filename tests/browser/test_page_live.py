"""Watch the stream."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom


@pytest.fixture
def live(page: Page) -> Page:
    """Open the live view and wait for the stream."""
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#live .connection")).to_have_text("Connected")
    return page


def titles(page: Page) -> list[str]:
    """Return the headlines from top to bottom."""
    return page.locator("#live .entry .open").all_text_contents()


def test_article_posted_while_the_page_is_open(live: Page, newsroom: Newsroom) -> None:
    """An article posted over HTTP appears by itself, the newest on top, with its speakers and where they stand."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge")
    expect(live.locator("#live .entry")).to_have_count(2)
    assert titles(live) == ["The bridge", "The dam"]
    dam = live.locator("#live .entry").nth(1)
    expect(dam.locator("blockquote")).to_have_text(
        "the filling had taken 340 million cubic metres out of the river in ten weeks"
    )
    expect(dam.locator(".chip").nth(1)).to_contain_text("Irena Dvoran, 2 claims, against and favor")
    expect(live.locator("#live .rate")).to_have_text("2")


def test_events_from_before_are_there(page: Page, newsroom: Newsroom) -> None:
    """Whoever opens the page sees what was there before."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    page.reload()
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#live .entry .open")).to_have_text("The dam")


def test_pause_and_resume(live: Page, newsroom: Newsroom) -> None:
    """A paused list stands still and counts what waits; resumed, it shows it."""
    live.get_by_role("button", name="Pause").click()
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge")
    resume = live.get_by_role("button", name="Resume (2 waiting)")
    expect(resume).to_have_attribute("aria-pressed", "true")
    assert titles(live) == []
    resume.click()
    expect(live.locator("#live .entry")).to_have_count(2)
    assert titles(live) == ["The bridge", "The dam"]


def test_filters(live: Page, newsroom: Newsroom) -> None:
    """The list can be narrowed to an entity, a stance and what is worth checking, for what was and for what comes."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge")
    newsroom.post(clippings.TIDE.text, id="tide", title="The tide")
    expect(live.locator("#live .entry")).to_have_count(3)
    live.get_by_role("searchbox", name="About").fill("orsania")
    expect(live.locator("#live .entry .open")).to_have_text(["The dam"])
    expect(live.locator("#live .filtered")).to_be_visible()
    newsroom.post(clippings.TIDE.text, id="tide-2", title="Another tide")
    newsroom.post(clippings.DAM.text, id="dam-2", title="Another dam")
    expect(live.locator("#live .entry .open")).to_have_text(["Another dam", "The dam"])
    live.get_by_role("button", name="Clear").click()
    expect(live.locator("#live .entry")).to_have_count(5)
    live.locator("#live select").select_option("favor")
    expect(live.locator("#live .entry .open")).to_have_text(["Another dam", "The bridge", "The dam"])
    live.locator("#live [name=check_worthiness]").fill("0.95")
    expect(live.locator("#live .entry .open")).to_have_text(["Another dam", "The dam"])


def test_event_opens_in_the_reading_view(live: Page, newsroom: Newsroom) -> None:
    """An event opens as in the playground, from its own excerpts where the article's text is not at hand."""
    newsroom.post(clippings.DAM.text, id="urn:dam/1 ü", title="The dam")
    live.get_by_role("button", name="The dam").click()
    expect(live.locator("#article .title")).to_be_focused()
    expect(live.locator("#article .summary")).to_have_text("7 claims by 5 speakers")
    for claim in clippings.DAM.found.claims:
        pieces = live.locator(f'#article mark[data-claim="{claim.id}"]').all_text_contents()
        spans = [span.of(clippings.DAM.text) for span in claim.spans]
        assert [piece.endswith(span) for piece, span in zip(pieces, spans, strict=True)] == [True] * len(spans)
    begins = clippings.DAM.found.claims[0].spans[0].start
    expect(live.locator("#article .gap").first).to_have_text(f"… {begins} characters that the event does not carry …")
    live.reload()  # the address alone leads to the event
    expect(live.locator("#article .summary")).to_have_text("7 claims by 5 speakers")
    live.get_by_role("link", name="Back to the stream").click()
    expect(live.locator("#live .entry")).to_have_count(1)


def test_own_article_is_shown_in_full(live: Page) -> None:
    """An article that was sent to Kafka from the page opens with its whole text."""
    live.get_by_role("link", name="Playground").click()
    live.get_by_label("Text", exact=True).fill(clippings.NEST.text)
    live.get_by_label("Headline").fill("The bridge")
    live.get_by_role("button", name="Send through Kafka").click()
    expect(live.locator("#playground .progress")).to_contain_text("Kafka has the article")
    live.get_by_role("link", name="Live").click()
    live.get_by_role("button", name="The bridge").click()
    expect(live.locator("#article .text .gap")).to_have_count(0)
    expect(live.locator("#article .text")).to_contain_text("Vale said that")


def test_correction_and_retraction(live: Page, newsroom: Newsroom) -> None:
    """A correction takes its article's place, an older version changes nothing, and a retraction says so."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge")
    newsroom.post(clippings.DAM.text, id="dam", title="The dam, corrected", version=3)
    expect(live.locator("#live .entry .open")).to_have_text(["The dam, corrected", "The bridge"])
    newsroom.post(clippings.DAM.text, id="dam", title="The dam, late", version=2)
    newsroom.post(None, id="nest", version=2, status="withheld")
    expect(live.locator("#live .entry").first).to_contain_text("Taken back by its publisher (withheld).")
    assert titles(live) == ["nest", "The dam, corrected"]


def test_broker_outage_is_shown_and_recovered(live: Page, newsroom: Newsroom) -> None:
    """While no broker answers, every view says so and sending says why it failed; it passes by itself."""
    newsroom.broker.up = False
    banner = live.locator("#banner")
    expect(banner).to_have_text("No broker answers.")
    expect(live.locator("#badge")).to_contain_text("Not healthy")
    live.get_by_role("link", name="Playground").click()
    live.get_by_label("Text", exact=True).fill("A text.")
    live.get_by_role("button", name="Send through Kafka").click()
    expect(live.locator("#playground .problem")).to_contain_text("/problems/broker-unavailable")
    expect(banner).to_be_visible()

    newsroom.broker.up = True
    expect(banner).to_be_hidden()
    expect(live.locator("#badge")).to_contain_text("Healthy")
    live.get_by_role("button", name="Send through Kafka").click()
    expect(live.locator("#playground .progress")).to_contain_text("Kafka has the article")
    expect(live.locator("#playground .problem")).to_be_hidden()


def test_lost_connection_is_told_and_made_up_for(live: Page, newsroom: Newsroom) -> None:
    """While the service is away the view says so; back, it goes on behind the last event, with none lost or twice."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    expect(live.locator("#live .entry")).to_have_count(1)
    newsroom.stop()
    expect(live.locator("#live .connection")).to_contain_text("Not connected.")
    expect(live.locator("#banner")).to_have_text("The service does not answer.")

    behind: list[str | None] = []
    live.on(
        "request", lambda sent: behind.append(sent.headers.get("last-event-id")) if "/v1/events" in sent.url else None
    )
    newsroom.start()
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge")
    expect(live.locator("#live .connection")).to_have_text("Connected")
    assert behind[-1] == "0:0"
    expect(live.locator("#live .entry .open")).to_have_text(["The bridge", "The dam"])
    expect(live.locator("#banner")).to_be_hidden()


def test_hostile_event_is_inert(live: Page, newsroom: Newsroom) -> None:
    """Markup in an event of the stream is shown as letters, in the list and opened."""
    newsroom.post(clippings.HOSTILE.text, id="<b>x</b>", title=clippings.MARKUP, source="<i>wire</i>")
    expect(live.locator("#live .entry .open")).to_have_text(clippings.MARKUP)
    expect(live.locator("#live .entry .news")).to_contain_text("<i>wire</i>")
    expect(live.locator("#live .entries :is(img, script, style, b, i)")).to_have_count(0)
    live.locator("#live .entry .open").click()
    expect(live.locator("#article .title")).to_have_text(clippings.MARKUP)
    expect(live.locator("#article .reading :is(img, script, style, b)")).to_have_count(0)
    expect(live).to_have_title("Article · claimwire")
