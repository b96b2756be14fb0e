"""HTML to text: what a reader sees of the article, and nothing else."""

import socket
import time

import pytest

from service.analysis.text.html import TooComplexError, extract
from service.analysis.text.language import detect, primary

PAGE = """<!DOCTYPE html><html><head><title>Mill closes</title><style>p {color: red}</style>
<script>var secret = "tracked";</script></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>Mill closes</h1>
<p>The mill on the river closed on Monday after ninety years, its owner <b>Jane Roe</b> said in a letter.</p>
<p>“We kept it open as long as we could,” she wrote. “There is nothing left to grind in this valley.”</p>
<p style="display: none">Nobody should ever read this hidden paragraph about the mill.</p>
<p hidden>Nor this one, which hides in another way altogether.</p>
<!-- an editor's comment -->
<p>Forty people lose their work. The town &amp; the union will meet on Thursday to talk about what comes next.</p>
</article><footer>All rights reserved. Contact us.</footer></body></html>"""


def test_the_main_text_of_a_page() -> None:
    """Paragraphs stay apart, inline markup vanishes, entities become characters."""
    text = extract(PAGE)
    assert "its owner Jane Roe said in a letter.\n" in text
    assert "The town & the union will meet" in text


@pytest.mark.parametrize(
    "unseen", ["tracked", "color", "hidden paragraph", "Nor this one", "editor", "News", "Contact"]
)
def test_what_a_reader_does_not_see_is_dropped(unseen: str) -> None:
    """Scripts, styles, hidden text, comments and the furniture of the page are not the article."""
    assert unseen not in extract(PAGE)


def test_a_fragment_is_article_text() -> None:
    """A body that is a few bare paragraphs keeps all of them."""
    text = extract("<p>The mill closed.</p><ul><li>Forty jobs went.</li></ul><blockquote>“A shame.”</blockquote>")
    assert text.split("\n") == ["The mill closed.", "Forty jobs went.", "“A shame.”"]


def test_line_breaks_part_paragraphs() -> None:
    """Old sites set their paragraphs with two line breaks."""
    assert extract("The mill closed.<br><br>Forty jobs went.").split("\n") == ["The mill closed.", "Forty jobs went."]


def test_what_follows_hidden_text_is_kept() -> None:
    """A hidden element takes nothing with it but itself."""
    assert extract("<p>The mill <span hidden>secretly </span>closed.</p>") == "The mill closed."


@pytest.mark.parametrize(
    "markup",
    ["<div>" * 100_000, "<b>" * 1000 + "x", "<p>x</p>" * 100_000, "x" * 5_000_000],
    ids=["deep", "deep inline", "many", "long"],
)
def test_markup_past_the_limits_is_refused(markup: str) -> None:
    """Size, depth and number of elements are bounded before any parser sees them."""
    with pytest.raises(TooComplexError):
        extract(markup)


@pytest.mark.parametrize(
    "markup", ["", "<", "<p>", "</p></p>", "<!--", "\x00<p>a\x00b</p>", "<html></html>", "<p>" * 150]
)
def test_broken_markup_is_read_as_far_as_it_goes(markup: str) -> None:
    """No markup raises anything but the limits' own error."""
    assert extract(markup) in {"", "<", "ab"}


def test_a_large_page_takes_bounded_time() -> None:
    """Extraction at the limits takes seconds, not minutes."""
    markup = (
        "<html><body><article>" + "<p>The mill closed on Monday, they said.</p>" * 25_000 + "</article></body></html>"
    )
    started = time.process_time()
    extract(markup)
    assert time.process_time() - started < 30


def test_extraction_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, images and frames are never followed."""

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    extract(PAGE.replace("<article>", '<article><img src="http://192.0.2.1/x.png"><iframe src="http://192.0.2.1/">'))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The council met on Monday to vote on the budget for the coming year, and the mayor was against it.", "en"),
        ("Der Rat trat am Montag zusammen, um über den Haushalt für das kommende Jahr abzustimmen.", "de"),
        ("El consejo se reunió el lunes para votar el presupuesto del próximo año, dijo la alcaldesa.", "es"),
        ("Совет собрался в понедельник, чтобы проголосовать за бюджет на следующий год.", "ru"),
        ("议会星期一开会对明年的预算进行表决。市长表示反对。", "zh"),
    ],
)
def test_languages_are_told_apart(text: str, code: str) -> None:
    """A sentence is enough."""
    assert detect(text, expected="en") == code


def test_a_text_too_short_to_tell_is_taken_as_expected() -> None:
    """Two words show no language."""
    assert detect("OK. 12.", expected="en") == "en"


def test_a_language_tag_is_its_primary_subtag() -> None:
    """Region and script do not matter."""
    assert [primary(tag) for tag in ("en", "en-GB", "EN_us", "zh-Hant-TW")] == ["en", "en", "en", "zh"]
