"""From the first look to an article that is kept: sentence, box, file, key, reload, link, Kafka."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom
from tests.browser.reader import analyze, read

DROP = """([name, type, content]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([typeof content === "string" ? content : new Uint8Array(content)], name, { type }));
  for (const kind of ["dragover", "drop"]) {
    document.querySelector("#body").dispatchEvent(
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


def drop(page: Page, name: str, kind: str, content: Any) -> None:
    """Drop a file on the box."""
    page.evaluate(DROP, [name, kind, content])


@pytest.mark.parametrize("size", [(1400, 900), (390, 800)])
def test_first_come_sentence_box_button_and_sample(page: Page, size: tuple[int, int]) -> None:
    """At a first look, on a telephone too, a sentence says what it is, and box, button and sample can be reached."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()
    parts = [
        page.locator("#playground .lead"),
        page.get_by_label("Text", exact=True),
        page.get_by_role("button", name="Find who says what"),
        page.get_by_role("button", name="Use the sample"),
    ]
    expect(parts[0]).to_contain_text("news article")
    tops = []
    for part in parts:
        expect(part).to_be_in_viewport(ratio=1)
        box = part.bounding_box()
        assert box is not None
        tops.append(box["y"])
    assert tops == sorted(tops)
    headline = page.get_by_label("Headline").bounding_box()
    assert headline is not None
    assert headline["y"] > tops[-1] or headline["x"] > 700, "the options stand below, or beside where there is room"


def test_a_file_is_dropped(page: Page) -> None:
    """A file that is dropped is in the box, as text or as HTML, and says so."""
    drop(page, "dam.txt", "text/plain", clippings.DAM.text)
    expect(page.get_by_label("Text", exact=True)).to_have_value(clippings.DAM.text)
    expect(page.get_by_label("plain text")).to_be_checked()
    expect(page.locator("#playground .progress")).to_have_text("dam.txt is in the box.")
    drop(page, "page.html", "text/html", "<p>One.</p>")
    expect(page.get_by_label("Text", exact=True)).to_have_value("<p>One.</p>")
    expect(page.get_by_label("HTML")).to_be_checked()


def test_a_file_is_picked(page: Page) -> None:
    """A file that is picked is in the box too."""
    page.get_by_label("Or open a file").set_input_files(
        {"name": "dam.txt", "mimeType": "text/plain", "buffer": clippings.DAM.text.encode()}
    )
    expect(page.get_by_label("Text", exact=True)).to_have_value(clippings.DAM.text)


def test_a_file_that_is_not_text_is_refused(page: Page) -> None:
    """A picture, or text in another encoding, is refused in a sentence, and the box stays as it was."""
    page.get_by_label("Text", exact=True).fill("Mine.")
    drop(page, "picture.png", "image/png", [0x89, 0x50, 0x4E, 0x47, 0])
    expect(page.locator("#playground .problem")).to_contain_text(
        "picture.png is not text in UTF-8: save the article as"
    )
    expect(page.get_by_label("Text", exact=True)).to_have_value("Mine.")
    drop(page, "long.txt", "text/plain", "x" * 4_000_001)
    expect(page.locator("#playground .problem")).to_contain_text("long.txt is larger than 4 MB: choose a shorter text.")


@pytest.mark.parametrize("field", ["Text", "Headline"])
def test_control_enter_sends(page: Page, field: str) -> None:
    """Ctrl+Enter anywhere in the form does what the button does, once."""
    page.get_by_label("Text", exact=True).fill(clippings.DAM.text)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/v1/analyze" in request.url else None)
    page.get_by_label(field, exact=field == "Text").press("Control+Enter")
    expect(page.locator("#playground .title")).to_be_focused()
    assert len(sent) == 1


def test_an_article_survives_a_reload(page: Page) -> None:
    """After a reload article and event are there again, from the browser alone: nothing is sent."""
    read(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.reload()
    expect(page.locator("#playground .summary")).to_have_text("7 claims by 5 speakers")
    expect(page.locator("#playground mark")).not_to_have_count(0)
    page.locator(".sender summary").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value(clippings.DAM.text)
    assert sent == []


def test_each_article_has_its_link(page: Page) -> None:
    """Two articles have two addresses, each of which leads to its own; Back goes from one to the other."""
    read(page)
    dam = page.url
    read(page, clippings.NEST)
    expect(page).not_to_have_url(dam)
    page.go_back()
    expect(page.locator("#playground .summary")).to_have_text("7 claims by 5 speakers")
    expect(page).to_have_url(dam)
    page.goto("about:blank")
    page.goto(dam)
    expect(page.locator("#playground .summary")).to_have_text("7 claims by 5 speakers")


def test_the_link_holds_no_text_and_leads_nowhere_else(page: Page, browser: Browser) -> None:
    """The address carries an id alone; in another browser it says why there is nothing."""
    read(page)
    assert len(page.url.partition("#")[2]) < 40
    other = browser.new_context().new_page()
    other.goto(page.url)
    expect(other.locator("#playground .problem")).to_contain_text("This browser does not hold it")
    other.context.close()


def test_an_article_can_be_forgotten(page: Page) -> None:
    """Forgotten, an article is neither on the page nor in the browser."""
    read(page)
    kept = page.url
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("#playground .reading")).to_be_hidden()
    expect(page.get_by_label("Text", exact=True)).to_have_value("")
    assert "Orsania" not in page.evaluate("JSON.stringify(localStorage)")
    page.goto(kept)
    expect(page.locator("#playground .problem")).to_contain_text("No such article")


def test_the_last_twenty_are_kept(page: Page) -> None:
    """The browser holds twenty articles; the oldest goes first."""
    addresses = set()
    for number in range(21):
        with page.expect_event("framenavigated"):  # to the article's own address
            analyze(page, f"Article number {number}.")
        addresses.add(page.url)
    assert len(addresses) == 21
    bodies = [one["article"]["body"] for one in json.loads(page.evaluate("localStorage['claimwire-articles']"))]
    assert bodies == [f"Article number {number}." for number in range(1, 21)]


def test_full_storage_keeps_the_page_working(page: Page) -> None:
    """Where the browser has no room, the article is shown all the same, and not said to be kept."""
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    read(page)
    expect(page.locator("#playground .kept")).to_be_hidden()


def test_send_through_kafka_leads_to_its_event(page: Page) -> None:
    """An article that is sent to Kafka leads to its event as soon as it is there, with its whole text."""
    page.get_by_label("Text", exact=True).fill(clippings.NEST.text)
    page.get_by_label("Headline").fill("The bridge")
    page.get_by_role("button", name="Send through Kafka").click()
    expect(page.locator("#article .title")).to_have_text("The bridge")
    expect(page.locator("#article .title")).to_be_focused()
    expect(page.locator("#article .text .gap")).to_have_count(0)
    expect(page.locator("#article .claim-list .entry")).to_have_count(len(clippings.NEST.found.claims))


def test_waiting_for_an_event_says_so_and_can_be_left(page: Page, newsroom: Newsroom) -> None:
    """Until the event is there the view says what it waits for; whoever goes elsewhere is not called back."""
    commit = newsroom.commit
    newsroom.commit = lambda _event: None  # type: ignore[method-assign] - as if no worker ran
    page.get_by_label("Text", exact=True).fill(clippings.NEST.text)
    page.get_by_role("button", name="Send through Kafka").click()
    expect(page.locator("#article .progress")).to_contain_text("Its event comes as soon as it is read and committed")
    newsroom.commit = commit  # type: ignore[method-assign]
    page.get_by_role("link", name="Live").click()
    newsroom.commit(newsroom.broker.log[-1])
    expect(page.locator("#live .entry")).to_have_count(1)
    expect(page.locator("#article")).to_be_hidden()
    page.go_back()
    expect(page.locator("#article .summary")).to_contain_text("claims by")


def test_another_article_does_not_inherit_the_samples_headline(page: Page) -> None:
    """A text that shares no paragraph with the sample is not sent under its headline or for its topics."""
    page.get_by_role("button", name="Use the sample").click()
    expect(page.locator("#playground .title")).to_have_text(clippings.SAMPLE["title"])
    with page.expect_request("**/v1/analyze") as sent:
        analyze(page, clippings.NEST.text)
    article = json.loads(sent.value.post_data or "")
    assert "title" not in article
    assert "topics" not in article
