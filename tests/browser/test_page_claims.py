"""The list of an article's claims: sorted, filtered, saved, and in the address."""

import csv
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import clippings
from tests.browser.newsroom import Newsroom
from tests.browser.reader import read

CLAIMS = "#playground .claim-list .entry"


def listed(page: Page) -> list[str]:
    """Return the ids of the listed claims from top to bottom: each entry leads to its claim's sign in the text."""
    ids: list[str] = []
    for link in page.locator(f"{CLAIMS} .claim-link").all():
        link.click()
        ids.append(page.locator("#playground button.flag:focus").get_attribute("data-flag") or "")
    return ids


def expect_filters(page: Page, filters: str) -> None:
    """Wait until the address holds these filters and no others."""
    expect(page).to_have_url(re.compile(r"^[^?]*" + (rf"\?{re.escape(filters)}$" if filters else "$")))


def pick(page: Page, field: str, option: str) -> None:
    """Choose in one of the fields above the text."""
    page.locator(f"#playground .controls [name={field}]").select_option(option)


def saved(page: Page, button: str) -> str:
    """Press a button that saves, and return what is in the file."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes().decode()


def test_list_says_who_what_and_how_sure(page: Page) -> None:
    """Each claim is listed with number, speaker, words, stances, kind, worth and confidence."""
    read(page)
    third = page.locator(CLAIMS).nth(2)
    expect(third.locator(".number")).to_have_text("2")
    expect(third.locator(".name")).to_have_text("Irena Dvoran")
    expect(third.locator(".words")).to_have_text("a slap in the face of two million farmers")
    expect(third.locator(".toward")).to_have_text("against Orsania")
    expect(third.locator(".quiet")).to_have_text("mixed quote · worth checking 40% · confidence 83%")


def test_list_leads_to_the_text(page: Page) -> None:
    """A claim in the list leads to its place in the text, with its card."""
    read(page)
    page.locator(f"{CLAIMS} .claim-link").nth(3).click()
    flag = page.locator('#playground [data-flag="c4"]')
    expect(flag).to_be_focused()
    expect(flag).to_be_in_viewport()
    expect(page.locator("#playground .card")).to_contain_text("Irena Dvoran")


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        ("place", ["c1", "c2", "c3", "c4", "c5", "c6", "c7"]),
        ("speaker", ["c6", "c3", "c4", "c5", "c7", "c1", "c2"]),
        ("worth", ["c6", "c2", "c5", "c7", "c4", "c3", "c1"]),
        ("confidence", ["c1", "c4", "c2", "c6", "c3", "c5", "c7"]),
    ],
)
def test_list_is_sorted(page: Page, order: str, ids: list[str]) -> None:
    """The list is in the order of the text, of names, of worth or of confidence, and its address says so."""
    read(page)
    pick(page, "sort", order)
    first = next(claim for claim in clippings.DAM.found.claims if claim.id == ids[0])
    expect(page.locator(CLAIMS).first).to_contain_text(first.spans[0].of(clippings.DAM.text)[:40])
    expect_filters(page, "" if order == "place" else f"sort={order}")
    assert listed(page) == ids


@pytest.mark.parametrize(
    ("field", "option", "address", "summary"),
    [
        ("kind", "direct_quote", "kind=direct_quote", "2 claims by 2 speakers; 5 claims hidden"),
        ("stance", "favor", "stance=favor", "1 claim by 1 speaker; 6 claims hidden"),
        ("stance", "against", "stance=against", "4 claims by 3 speakers; 3 claims hidden"),
        ("speaker", "e2", "speaker=e2", "2 claims by 1 speaker; 5 claims hidden"),
        ("speaker", "author", "speaker=author", "1 claim by 1 speaker; 6 claims hidden"),
    ],
)
def test_list_and_text_are_filtered(page: Page, field: str, option: str, address: str, summary: str) -> None:
    """A speaker, a stance and a kind narrow list, text and address alike, until they are cleared."""
    read(page)
    pick(page, field, option)
    expect(page.locator("#playground .summary")).to_have_text(summary)
    expect_filters(page, address)
    shown = int(summary.partition(" ")[0])
    expect(page.locator(CLAIMS)).to_have_count(shown)
    expect(page.locator("#playground button.flag")).to_have_count(shown)
    page.locator("#playground .controls").get_by_role("button", name="Clear").click()
    expect(page.locator("#playground .summary")).to_have_text("7 claims by 5 speakers")
    expect_filters(page, "")


def test_filters_in_the_address_are_applied(page: Page) -> None:
    """Reloaded or followed as a link, an address shows the claims that it says, in its order."""
    read(page)
    pick(page, "speaker", "e2")
    pick(page, "sort", "confidence")
    expect(page.locator(CLAIMS)).to_have_count(2)
    page.reload()
    expect(page.locator("#playground .summary")).to_have_text("2 claims by 1 speaker; 5 claims hidden")
    assert listed(page) == ["c4", "c3"]
    page.goto(page.url.replace("speaker=e2&", "stance=favor&least=nonsense&"))
    expect(page.locator("#playground .summary")).to_have_text("1 claim by 1 speaker; 6 claims hidden")
    assert listed(page) == ["c4"]


def test_filters_of_one_view_are_not_those_of_another(page: Page, newsroom: Newsroom) -> None:
    """The live view and the playground each keep their filters; the address names those of the one that is shown."""
    newsroom.post(clippings.NEST.text, id="nest", title="The bridge")
    read(page)
    pick(page, "stance", "against")
    expect(page.locator(CLAIMS)).to_have_count(4)
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#live .entry")).to_have_count(1)
    page.locator("#live [name=stance]").select_option("favor")
    expect(page.locator("#live .filtered")).to_be_visible()
    expect(page).to_have_url(re.compile(r"#live\?stance=favor$"))
    page.get_by_role("link", name="Playground").click()
    expect(page.locator(CLAIMS)).to_have_count(4)
    expect_filters(page, "stance=against")
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#live .entry .open")).to_have_text("The bridge")
    expect(page).to_have_url(re.compile(r"#live\?stance=favor$"))


def test_save_as_csv(page: Page) -> None:
    """The file has a row for each claim that is shown, in its order, with the command line's columns."""
    read(page)
    pick(page, "speaker", "e2")
    pick(page, "sort", "confidence")
    expect(page.locator(CLAIMS)).to_have_count(2)
    text = saved(page, "Save as CSV")
    assert text.count("\r\n") == 3
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["claim"] for row in rows] == ["c4", "c3"]
    assert rows[0]["stances"] == "against Orsania (0.8); favor Keltia (0.8)"
    assert rows[0] | {"stances": "", "text": ""} == {
        "article": "urn:claimwire:playground", "version": "1", "claim": "c4", "kind": "direct_quote",
        "speaker": "Irena Dvoran", "speaker_kind": "person", "start": rows[0]["start"], "end": rows[0]["end"],
        "cue": "told", "check_worthiness": "0.6", "confidence": "0.95", "stances": "", "text": "",
    }  # fmt: skip
    spans = next(claim.spans for claim in clippings.DAM.found.claims if claim.id == "c4")
    assert rows[0]["text"] == " … ".join(span.of(clippings.DAM.text) for span in spans)


def test_csv_holds_what_an_article_says_and_runs_nothing(page: Page, newsroom: Newsroom) -> None:
    """Quotes, commas and lines survive, and a cell that a spreadsheet would take for a formula is marked as text."""
    text = '=SUM(1), said the "sheet"\nof sums.'
    formula = clippings.report(
        text,
        cast={"+Ann": (clippings.SpeakerKind.PERSON, ["sheet"])},
        said=[clippings.Said(by="+Ann", words=[text], cue="said")],
    )
    newsroom.reports[text] = formula
    read(page, formula)
    (row,) = list(csv.DictReader(saved(page, "Save as CSV").splitlines(keepends=True)))
    assert row["text"] == f"'{text}"
    assert row["speaker"] == "'+Ann"


def test_save_as_json(page: Page) -> None:
    """The file holds the claims that are shown as the event has them."""
    read(page)
    pick(page, "kind", "mixed_quote")
    expect(page.locator(CLAIMS)).to_have_count(1)
    claims = json.loads(saved(page, "Save as JSON"))
    event = json.loads(page.locator("#playground .event").text_content() or "")
    assert claims == [claim for claim in event["claims"] if claim["kind"] == "mixed_quote"]


def test_more_speakers_than_colours(page: Page) -> None:
    """The eight most quoted have a colour, each its own; all twelve have a number; nobody else is tinted."""
    read(page, clippings.CHORUS)
    entries = page.locator(CLAIMS)
    colours = {
        entry.locator(".name").inner_text(): (entry.get_attribute("class") or "").rpartition("voice-")[2]
        for entry in entries.all()
    }
    assert {colours["Kira"], colours["Lars"]} <= set("12345678")
    given = [colour for colour in colours.values() if colour != "0"]
    assert sorted(given) == list("12345678")
    numbers = {entry.locator(".name").inner_text(): entry.locator(".number").inner_text() for entry in entries.all()}
    assert sorted(map(int, numbers.values())) == list(range(1, 13))
    plain = page.locator("#playground mark.voice-0").first
    assert plain.evaluate("mark => getComputedStyle(mark).getPropertyValue('--tint')") == "0%"


def test_neighbours_never_share_a_colour(page: Page) -> None:
    """No two speakers whose claims follow each other in the text or the list have one colour."""
    read(page, clippings.CHORUS)
    for place in ("#playground mark", CLAIMS):
        drawn = page.locator(place).evaluate_all(
            """parts => parts.map((part) => [
                 part.querySelector(".number, .number-only").textContent,
                 getComputedStyle(part).getPropertyValue("--voice"),
                 part.classList.contains("voice-0"),
               ])"""
        )
        for (one, colour, plain), (other, next_colour, _) in pairwise(drawn):
            assert one == other or plain or colour != next_colour, (one, other)


def test_the_chosen_speaker_has_a_colour(page: Page) -> None:
    """Whoever is chosen has a colour, however seldom they are quoted."""
    read(page, clippings.CHORUS)
    expect(page.locator('#playground mark[data-claim="c10"]')).to_have_class("claim direct_quote voice-0 holds-0")
    pick(page, "speaker", "e10")
    expect(page.locator(CLAIMS)).to_have_count(1)
    expect(page.locator("#playground mark.voice-0")).to_have_count(0)


def test_one_legend_explains_every_sign(page: Page) -> None:
    """There is one legend, and each kind of mark, shape and number in the reading stands in it."""
    for report in (clippings.DAM, clippings.NEST, clippings.HINTS, clippings.CHORUS):
        read(page, report)
        expect(page.locator("#playground .legend")).to_have_count(1)
        explained, used = (
            set(page.locator(place).evaluate_all("parts => parts.flatMap(part => [...part.classList])"))
            for place in (".signs [class]", "#playground :is(.text, .claim-list, .stances) :is(mark, .shape)")
        )
        used = {name.replace("mixed", "direct") for name in used if not name.startswith(("voice-", "holds-", "lit"))}
        assert used <= explained


def test_matrix_keeps_names_in_view(page: Page) -> None:
    """However far the table is scrolled, its first row and first column stay where they are."""
    page.set_viewport_size({"width": 700, "height": 500})
    read(page, clippings.CHORUS)
    place = page.locator("#playground .matrix-place")
    place.scroll_into_view_if_needed()
    place.evaluate("place => place.scrollTo(300, 300)")
    at, corner, row, head = (
        page.locator(f"#playground {part}").bounding_box()
        for part in (
            ".matrix-place",
            ".matrix thead th:first-child",
            ".matrix tbody tr:last-child th",
            ".matrix thead th:last-child",
        )
    )
    assert None not in (at, corner, row, head)
    assert place.evaluate("place => [place.scrollLeft > 0, place.scrollTop > 0]") == [True, True]
    assert abs(corner["x"] - at["x"]) < 1
    assert abs(row["x"] - at["x"]) < 1
    assert abs(corner["y"] - at["y"]) < 1
    assert abs(head["y"] - at["y"]) < 1


def test_matrix_is_a_list_on_a_telephone(page: Page) -> None:
    """At 390 pixels the table is a list, whose entries open their claims."""
    page.set_viewport_size({"width": 390, "height": 800})
    read(page)
    expect(page.locator("#playground .matrix")).to_be_hidden()
    expect(page.locator("#playground .matrix-list > li > p")).to_have_text(
        ["1Tomas Hallek", "2Irena Dvoran", "4Basin Watch Network"]
    )
    expect(page.locator("#playground .matrix-list .count")).to_have_text(
        [
            "against Keltia · 1 claim",
            "against Orsania · 2 claims",
            "favor Keltia · 1 claim",
            "against Orsania · 1 claim",
        ]
    )
    page.get_by_role("button", name="Irena Dvoran: 2 claims against Orsania").click()
    expect(page.locator("#playground .cell-claims .claim-link")).to_have_count(2)
