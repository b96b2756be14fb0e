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
    live.locator("#live [name=stance]").select_option("favor")
    expect(live.locator("#live .entry .open")).to_have_text(["Another dam", "The bridge", "The dam"])
    live.locator("#live [name=check_worthiness]").fill("0.95")
    expect(live.locator("#live .entry .open")).to_have_text(["Another dam", "The dam"])


def test_filters_by_speaker_source_and_time(live: Page, newsroom: Newsroom) -> None:
    """The list can be narrowed to who speaks, to whom it comes from and to when it came, and the address says so."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam", source="The Daily Wire")
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge", source="Courier")
    expect(live.locator("#live .entry")).to_have_count(2)
    live.get_by_role("searchbox", name="Speaker").fill("dvoran")
    expect(live.locator("#live .entry .open")).to_have_text(["The dam"])
    assert live.url.endswith("#live?speaker=dvoran")
    newsroom.post(clippings.NEST.text, id="nest-2", title="Another bridge", source="Courier")
    newsroom.post(clippings.DAM.text, id="dam-2", title="Another dam", source="Courier")
    expect(live.locator("#live .entry .open")).to_have_text(["Another dam", "The dam"])
    live.get_by_role("searchbox", name="Speaker").fill("")
    live.get_by_role("searchbox", name="Source").fill("daily")
    expect(live.locator("#live .entry .open")).to_have_text(["The dam"])
    live.reload()
    expect(live.get_by_role("searchbox", name="Source")).to_have_value("daily")
    expect(live.locator("#live .entry .open")).to_have_text(["The dam"])
    live.get_by_role("button", name="Clear").click()
    expect(live.locator("#live .entry")).to_have_count(4)


def test_filter_by_time_lets_go_of_what_has_become_old(page: Page, newsroom: Newsroom) -> None:
    """An article that is older than the filter allows is not shown, or leaves the list when it has become so."""
    page.clock.install()
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    page.goto(f"{newsroom.url}/#live?minutes=15")
    expect(page.locator("#live [name=minutes]")).to_have_value("15")
    expect(page.locator("#live .entry")).to_have_count(1)
    page.clock.fast_forward("16:00")
    expect(page.locator("#live .entry")).to_have_count(0)
    expect(page.locator("#live .none-yet")).to_contain_text("passes these filters")
    page.locator("#live [name=minutes]").select_option("60")
    page.clock.run_for(1_000)  # as long as a filter waits for another key
    expect(page.locator("#live .entry")).to_have_count(1)


def test_empty_filter_says_so(live: Page, newsroom: Newsroom) -> None:
    """A list that the filters have emptied says so, and another that there is nothing yet."""
    empty = live.locator("#live .none-yet")
    expect(empty).to_have_text("Nothing yet. Articles appear here as soon as their events are committed.")
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    expect(empty).to_be_hidden()
    live.get_by_role("searchbox", name="Speaker").fill("nobody of this name")
    expect(empty).to_have_text(
        "No article of the last 200 passes these filters. New ones that do appear here; Clear shows all."
    )
    live.get_by_role("searchbox", name="Speaker").fill("")
    live.get_by_role("searchbox", name="About").fill("nothing of this name")
    expect(empty).to_have_text(
        "No article that the service still holds passes these filters. New ones that do appear here; Clear shows all."
    )
    live.get_by_role("searchbox", name="About").fill("orsania")
    expect(empty).to_be_hidden()


@pytest.mark.parametrize(
    ("filters", "words", "who"),
    [
        ("", "the filling had taken 340 million cubic metres", "Basin Watch Network"),
        ("speaker=irena dvoran", "No government has the right", "Irena Dvoran"),
        ("stance=favor", "No government has the right", "Irena Dvoran"),
        ("entity=keltia&stance=against", "We are building this dam", "Tomas Hallek"),
        ("speaker=tomas hallek&check_worthiness=0.8", "the reservoir would hold", "Tomas Hallek"),
    ],
)
def test_hit_shows_the_claim_that_matched(page: Page, newsroom: Newsroom, filters: str, words: str, who: str) -> None:
    """An entry shows the claim for which it is in the list, with its speaker and stances."""
    newsroom.post(clippings.DAM.text, id="dam", title="The dam")
    page.goto(f"{newsroom.url}/#live?{filters}")
    page.reload()
    expect(page.locator("#live .entry blockquote")).to_contain_text(words)
    expect(page.locator("#live .entry .matched strong")).to_have_text(who)


def test_doubted_stance_is_a_hint_in_the_list(live: Page, newsroom: Newsroom) -> None:
    """A stance below one half has a hollow sign and a question mark in the list too."""
    newsroom.post(clippings.HINTS.text, id="mill", title="The mill")
    expect(live.locator("#live .matched .stance")).to_have_text(" against the mill?")
    expect(live.locator("#live .matched .shape.hint")).to_have_count(1)
    expect(live.locator("#live .chip .shape.hint")).to_have_count(0)  # of her stances the surest one is at one half


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
