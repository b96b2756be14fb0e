"""Paste an article, see who says what."""

import json
import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom
from tests.browser.reader import analyze


def marked(page: Page, claim: str) -> list[str]:
    """Return the text of each piece of a claim as drawn, its flag left out."""
    pieces: list[str] = page.locator(f'#playground mark[data-claim="{claim}"]').evaluate_all(
        """pieces => pieces.map(piece => {
             const copy = piece.cloneNode(true);
             for (const flag of copy.querySelectorAll("button")) flag.remove();
             return copy.textContent;
           })"""
    )
    return pieces


def point(page: Page, piece: Locator) -> None:
    """Move the mouse onto a piece's first line: a piece of several lines has other text at its middle."""
    piece.evaluate("piece => piece.scrollIntoView({ block: 'center' })")
    line = piece.evaluate("piece => { const { x, y } = piece.getClientRects()[0]; return { x, y }; }")
    page.mouse.move(line["x"] + 40, line["y"] + 12)


def test_paste_and_mark(page: Page) -> None:
    """A pasted article comes back with each claim marked at its own words, in its speaker's colour and its kind."""
    analyze(page, clippings.DAM.text)
    for claim in clippings.DAM.found.claims:
        assert marked(page, claim.id) == [span.of(clippings.DAM.text) for span in claim.spans]
    hallek, dvoran = page.locator('mark[data-claim="c1"]'), page.locator('mark[data-claim="c3"]')
    assert hallek.get_attribute("class") == "claim direct_quote voice-1 holds-0"
    assert dvoran.get_attribute("class") == "claim mixed_quote voice-2 holds-0"
    expect(page.locator("#playground .summary")).to_have_text("7 claims by 5 speakers")


def test_article_is_drawn_whole(page: Page) -> None:
    """The article on the page is the article that was pasted, with nothing lost and nothing twice."""
    for report in (clippings.DAM, clippings.NEST, clippings.TIDE):
        analyze(page, report.text)
        drawn = page.locator("#playground .text p").evaluate_all(
            """paragraphs => paragraphs.map(paragraph => {
                 const copy = paragraph.cloneNode(true);
                 for (const flag of copy.querySelectorAll("button")) flag.remove();
                 return copy.textContent;
               })"""
        )
        assert drawn == report.text.split("\n\n")


def test_emoji_and_right_to_left(page: Page) -> None:
    """Offsets in code points mark the right words behind emoji, joined emoji, flags, Hebrew and Arabic."""
    analyze(page, clippings.TIDE.text)
    for claim in clippings.TIDE.found.claims:
        assert marked(page, claim.id) == [span.of(clippings.TIDE.text) for span in claim.spans]
    directions = page.locator("#playground .text p").evaluate_all("ps => ps.map(p => getComputedStyle(p).direction)")
    assert directions == ["ltr", "rtl", "rtl", "ltr"]


def test_the_language_is_shown_and_told_to_the_browser(page: Page, newsroom: Newsroom) -> None:
    """By its name, for who reads; as `lang` of headline and text, for who hears them; controls stay English."""
    newsroom.multilingual = True
    page.reload()
    page.get_by_role("button", name="Armenian sample").click()
    expect(page.locator("#playground .origin")).to_contain_text("Armenian")
    assert page.locator("#playground .title").get_attribute("lang") == "hy"
    assert page.locator("#playground .text").get_attribute("lang") == "hy"
    assert page.locator("#playground .controls").evaluate("form => form.closest('[lang]').lang") == "en"


def test_samples_are_offered_in_languages_that_are_read(page: Page, newsroom: Newsroom) -> None:
    """Without a model for it, no sample in Russian is offered; with one, it is."""
    expect(page.get_by_role("button", name="Use the sample")).to_be_visible()
    expect(page.get_by_role("button", name="Russian sample")).to_be_hidden()
    newsroom.multilingual = True
    page.reload()
    expect(page.get_by_role("button", name="Russian sample")).to_be_visible()


def test_claims_of_several_spans_and_nested_claims(page: Page) -> None:
    """An interrupted claim, one over two paragraphs, three in one another and two that cross are each drawn right."""
    analyze(page, clippings.NEST.text)
    assert marked(page, "c4") == ["I was there,", "and I saw it fall.", "“It fell in seconds."]
    assert marked(page, "c5") == ["one two three"]
    assert marked(page, "c6") == ["three", " four five"]
    inside = page.locator('mark[data-claim="c1"] mark[data-claim="c2"] mark[data-claim="c3"]')
    expect(inside).to_have_count(1)
    expect(page.locator("#playground button.flag")).to_have_count(6)
    bottoms = [
        page.locator(f'mark[data-claim="{claim}"]').first.evaluate("mark => mark.getClientRects()[0].bottom")
        for claim in ("c1", "c2", "c3")
    ]
    assert bottoms[0] > bottoms[1] > bottoms[2], "the line of a claim lies below those of the claims inside it"


def test_hover_shows_the_claim(page: Page) -> None:
    """Pointing at a claim shows its speaker, cue, target, stance and confidences, and lights their words up."""
    analyze(page, clippings.DAM.text)
    point(page, page.locator('mark[data-claim="c3"]'))
    card = page.locator("#playground .card")
    expect(card).to_contain_text("Irena Dvoran")
    expect(card).to_contain_text("mixed quote by “called”")
    expect(card).to_contain_text("against Orsania80%")
    expect(card).to_contain_text("Confidence83%")
    expect(card).to_contain_text("Worth checking40%")
    expect(page.locator("#playground .source.lit")).to_have_text("Irena Dvoran")
    expect(page.locator("#playground .cue.lit")).to_have_text("called")
    assert set(page.locator("#playground .mention.lit.against").all_text_contents()) == {"Orsania"}
    page.mouse.move(2, 2)
    expect(card).to_be_hidden()


def test_hover_on_nested_claims_shows_the_innermost(page: Page) -> None:
    """Where claims lie in one another, pointing shows the innermost one under the pointer."""
    analyze(page, clippings.NEST.text)
    card = page.locator("#playground .card")
    point(page, page.locator('mark[data-claim="c3"]'))
    expect(card).to_contain_text("favor Bridge Trust")
    point(page, page.locator('mark[data-claim="c1"]'))
    expect(card).to_contain_text("Vale")


def test_a_click_pins_the_card(page: Page) -> None:
    """A click keeps a claim's card where it is until Escape."""
    analyze(page, clippings.DAM.text)
    point(page, page.locator('mark[data-claim="c3"]'))
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(2, 2)
    expect(page.locator("#playground .card")).to_contain_text("Irena Dvoran")
    page.keyboard.press("Escape")
    expect(page.locator("#playground .card")).to_be_hidden()


def test_confidence_filter(page: Page) -> None:
    """The slider hides claims and stances that are less sure, and says how many."""
    analyze(page, clippings.DAM.text)
    page.locator("#playground [name=least]").fill("0.85")
    expect(page.locator("#playground .summary")).to_have_text("4 claims by 3 speakers; 3 claims hidden")
    assert sorted(set(page.locator("#playground [data-claim]").evaluate_all("ms => ms.map(m => m.dataset.claim)"))) == [
        "c1", "c2", "c4", "c6",
    ]  # fmt: skip
    expect(page.locator("#playground .matrix")).to_have_count(0)  # every stance in this article is at 80 %


def test_matrix_opens_its_claims(page: Page) -> None:
    """The matrix counts claims in favor and against by holder and target, and each cell lists its claims."""
    analyze(page, clippings.DAM.text)
    table = page.locator("#playground .matrix")
    assert table.locator("thead th").all_text_contents() == ["Speaker", "Orsania", "Keltia"]
    assert table.locator("tbody th").all_text_contents() == ["1Tomas Hallek", "2Irena Dvoran", "4Basin Watch Network"]
    page.get_by_role("button", name="Irena Dvoran: 2 claims against Orsania").click()
    opened = page.locator("#playground .cell-claims")
    expect(opened.get_by_role("heading")).to_have_text("Irena Dvoran: 2 claims against Orsania")
    expect(opened.get_by_role("heading")).to_be_focused()
    expect(opened.locator(".claim-link")).to_have_count(2)


def test_stances_below_one_half_are_hints_everywhere(page: Page) -> None:
    """A stance the model doubts has a hollow sign and a question mark in text, lists, card, table and topics."""
    page.get_by_label("Topics").fill("The mill should close")
    analyze(page, clippings.HINTS.text)
    reading = page.locator("#playground .reading")
    signs = reading.locator("button.flag").evaluate_all(
        "flags => flags.map(flag => flag.querySelector('.shape').classList.contains('hint'))"
    )
    assert signs == [True, True, False]
    expect(reading.locator("[data-flag=c1]")).to_have_accessible_name(
        "Rush, direct quote; against the mill? (a hint); worth checking 50%; confidence 90%"
    )
    expect(reading.locator(".claim-link .shape.hint")).to_have_count(2)
    reading.locator("[data-flag=c1]").focus()
    expect(reading.locator(".card .toward li")).to_have_text("against the mill?35%")
    expect(reading.locator(".card .toward .shape.hint")).to_have_count(1)
    expect(reading.locator(".matrix .count")).to_have_text(["2", "1?"])
    expect(reading.locator(".matrix .shape.hint")).to_have_count(1)
    expect(reading.locator(".matrix-list .shape.hint")).to_have_count(1)
    expect(reading.locator(".topic .proposition")).to_contain_text("the article: favor?, 40%")
    expect(reading.locator(".topic .count")).to_have_text("Rush: favor?30%")
    expect(reading.locator(".topic .shape.hint")).to_have_count(2)


def test_topics_of_the_user(page: Page) -> None:
    """Topics that the user types go with the article, and come back with the article's stance and each holder's."""
    topic = clippings.SAMPLE["topics"][0]
    page.get_by_label("Topics").fill(f"  {topic}\n\nA topic that the model says nothing on\n")
    with page.expect_request("**/v1/analyze") as sent:
        analyze(page, clippings.DAM.text)
    assert json.loads(sent.value.post_data or "")["topics"] == [topic, "A topic that the model says nothing on"]
    expect(page.locator("#playground .topic")).to_contain_text(f"{topic}the article: neutral, 60%")
    page.get_by_role("button", name="Irena Dvoran: against 80%").click()
    expect(page.locator("#playground .cell-claims .claim-link")).to_have_count(2)


def test_sample(page: Page) -> None:
    """The sample is the repository's own, is analyzed at a click, and keeps what it says of itself."""
    with page.expect_request("**/v1/analyze") as sent:
        page.get_by_role("button", name="Use the sample").click()
    assert json.loads(sent.value.post_data or "") == clippings.SAMPLE
    expect(page.locator("#playground .title")).to_have_text(clippings.SAMPLE["title"])
    expect(page.locator("#playground .origin")).to_contain_text("The Harbour Gazette")


def test_edited_sample_is_another_article(page: Page) -> None:
    """An edited sample is no longer sent under the sample's name, source and date."""
    page.get_by_role("button", name="Use the sample").click()
    expect(page.locator("#playground .title")).to_be_focused()
    with page.expect_request("**/v1/analyze") as sent:
        analyze(page, "Another text.")
    article = json.loads(sent.value.post_data or "")
    assert article["id"] != clippings.SAMPLE["id"]
    assert "source" not in article


def test_html_is_read_as_html(page: Page, newsroom: Newsroom) -> None:
    """Pasted markup is sent as HTML, and the offsets are drawn over the text that the event carries."""
    body = f"<p>{clippings.DAM.text}</p>"
    newsroom.reports[body] = clippings.DAM
    page.get_by_label("HTML").check()
    analyze(page, body)
    assert marked(page, "c3") == ["a slap in the face of two million farmers"]


def test_command_makes_the_same_event(page: Page) -> None:
    """The command that the page shows is run by a shell and prints the event that the page shows."""
    body = "It’s a \"quote\", a 'quote', a `tick`, a $HOME, a \\, an 🌊 and\nARTICLE\na line's end."
    analyze(page, body)
    page.locator("#playground .made summary").click()
    page.get_by_role("button", name="Copy the command").click()
    expect(page.locator("#playground .made .said")).to_have_text("Copied")
    command = page.evaluate("navigator.clipboard.readText()")
    printed = subprocess.run(["bash", "-c", command], check=True, capture_output=True, timeout=20).stdout
    page.locator("#playground .raw-event summary").click()
    assert json.loads(printed) == json.loads(page.locator("#playground .event").text_content() or "")


def test_event_can_be_copied(page: Page) -> None:
    """The raw event is shown as it came and can be copied."""
    analyze(page, clippings.DAM.text)
    page.locator("#playground .raw-event summary").click()
    page.get_by_role("button", name="Copy the event").click()
    expect(page.locator("#playground .raw-event .said")).to_have_text("Copied")
    event = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert [claim["id"] for claim in event["claims"]] == [claim.id for claim in clippings.DAM.found.claims]


def test_problem_is_shown(page: Page) -> None:
    """A refusal shows the problem's title and detail as text, in an alert."""
    page.get_by_label("Text", exact=True).fill("x" * 600_000 + "y")
    page.route("**/v1/analyze", lambda route: route.continue_(post_data='{"id": "a", "body": "b", "nope": 1}'))
    page.get_by_role("button", name="Find who says what").click()
    alert = page.locator("#playground .problem")
    expect(alert).to_contain_text("A field is not known")
    expect(alert).to_contain_text("HTTP 422 · /problems/unknown-field")
    expect(alert).to_have_attribute("role", "alert")


@pytest.mark.parametrize("asked", ["text", "title"])
def test_hostile_article_is_inert(page: Page, asked: str) -> None:
    """Markup and scripts in an article, its headline or its names are shown as the letters that they are."""
    if asked == "title":
        page.get_by_label("Headline").fill(clippings.MARKUP)
    analyze(page, clippings.HOSTILE.text)
    assert marked(page, "c1") == [clippings.HOSTILE.found.claims[0].spans[0].of(clippings.HOSTILE.text)]
    expect(page.locator("#playground .reading :is(img, script, style, b, iframe)")).to_have_count(0)
    expect(page.locator("#playground .claim-list .name")).to_have_text("<b>Mallory</b>")
    point(page, page.locator('mark[data-claim="c1"]'))
    expect(page.locator("#playground .card")).to_contain_text("favor <b>Mallory</b>")
    expect(page).to_have_title("Playground · claimwire")


def test_address_that_is_a_script_is_no_link(page: Page) -> None:
    """An article's address becomes a link only where it leads to the web."""
    event = page.evaluate(
        """async (body) => (await (await fetch("v1/analyze", {
             method: "POST", headers: { "content-type": "application/json" },
             body: JSON.stringify({ id: "a", body, url: "javascript:alert(1)" }) })).json())""",
        clippings.NEST.text,
    )
    assert event["article"]["url"] == "javascript:alert(1)"
    page.route("**/v1/analyze", lambda route: route.fulfill(json=event))
    analyze(page, clippings.NEST.text)
    expect(page.locator("#playground .origin a")).to_have_count(0)


def test_five_thousand_words(page: Page, record_testsuite_property: Callable[[str, object], None]) -> None:
    """An article of 5,000 words is drawn with at most half a second of the page's processor time."""
    report = clippings.long_article()
    analyze(page, clippings.DAM.text)  # what is loaded once does not count
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # processor time, whatever else the machine does

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float({metric["name"]: metric["value"] for metric in metrics}["TaskDuration"])

    page.locator(".sender").evaluate("sender => (sender.open = true)")
    page.get_by_label("Text", exact=True).fill(report.text)
    before = used()
    page.get_by_role("button", name="Find who says what").click()
    expect(page.locator("#playground mark").nth(len(report.found.claims) - 1)).to_be_attached()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")  # until it is painted
    seconds = used() - before
    record_testsuite_property("5,000 words: seconds of processor time to draw", round(seconds, 2))
    assert seconds < 0.5
