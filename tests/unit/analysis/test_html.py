"""HTML to text: the visible text of the article, and nothing else."""

import socket
import time

import pytest

from evaluation.extraction import article, pages, score
from service.analysis.text.document import segment
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


def lines(markup: str) -> list[str]:
    """Return the paragraphs extracted."""
    return extract(markup)[0].split("\n")


def test_the_main_text_of_a_page() -> None:
    """Paragraphs stay apart, inline markup vanishes, entities become characters."""
    text, _ = extract(PAGE)
    assert "its owner Jane Roe said in a letter.\n" in text
    assert "The town & the union will meet" in text


@pytest.mark.parametrize(
    "unseen", ["tracked", "color", "hidden paragraph", "Nor this one", "editor", "News", "Contact"]
)
def test_what_a_reader_does_not_see_is_dropped(unseen: str) -> None:
    """Scripts, styles, hidden text, comments and the furniture of the page are not the article."""
    assert unseen not in extract(PAGE)[0]


def test_a_fragment_is_article_text() -> None:
    """A body that is a few bare paragraphs keeps all of them."""
    text, how = extract("<p>The mill closed.</p><ul><li>Forty jobs went.</li></ul><blockquote>“A shame.”</blockquote>")
    assert (how.method, how.share) == ("fragment", 1.0)
    assert text.split("\n") == ["The mill closed.", "Forty jobs went.", "“A shame.”"]


def test_line_breaks_part_paragraphs() -> None:
    """Old sites set their paragraphs with two line breaks."""
    assert lines("The mill closed.<br><br>Forty jobs went.") == ["The mill closed.", "Forty jobs went."]


def test_what_follows_hidden_text_is_kept() -> None:
    """A hidden element takes nothing with it but itself."""
    assert extract("<p>The mill <span hidden>secretly </span>closed.</p>")[0] == "The mill closed."


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>“Go”, he said.</p><p><q>We go</q>, she said.</p>", ["“Go”, he said.", "“We go”, she said."]),
        ("<p>He <q>said <q>no</q> to me</q>.</p>", ["He “said ‘no’ to me”."]),
        ("<p><q>“We go”</q>, she said.</p>", ["“We go”, she said."]),
        ("<pre>First line\nSecond line</pre>", ["First line", "Second line"]),
        (
            "<pre>First line\nSecond line\n \n\nThird\n\n</pre><p>Fourth</p>",
            ["First line", "Second line", "", "Third", "Fourth"],
        ),
        ('<p style="white-space: pre-line">First\nSecond</p>', ["First", "Second"]),
        ("<p>First\nSecond</p>", ["First Second"]),
        ("<p>It held <del>40</del> <ins>14</ins> tons.</p>", ["It held 14 tons."]),
        ("<p>It held <s>40</s> 14 tons.</p>", ["It held 14 tons."]),
        ("<details><summary>What next</summary>She goes.</details>He stays.", ["What next", "She goes.", "He stays."]),
        ("He goes.<hr>She stays.", ["He goes.", "She stays."]),
        ("<center>Mill closes</center>He goes.", ["Mill closes", "He goes."]),
        (
            "He goes.<figure><img><figcaption>The mill</figcaption></figure>She stays.",
            ["He goes.", "The mill", "She stays."],
        ),
        ("<fieldset><legend>Notice</legend>He goes.</fieldset>She stays.", ["Notice", "He goes.", "She stays."]),
        ("<address>Mill Lane</address>He goes.", ["Mill Lane", "He goes."]),
        ("<dl><dt>Mill</dt><dd>He goes.</dd></dl>", ["Mill", "He goes."]),
        ("<hgroup>One</hgroup><search>Two</search><menu>Three</menu>", ["One", "Two", "Three"]),
        ("<x-par>He goes.</x-par><x-par>She stays.</x-par>", ["He goes.", "She stays."]),
        ("<x-box><p>One</p></x-box>Two", ["One", "Two"]),
        ("<p>Minister <x-name>Hallek</x-name>, who goes.</p>", ["Minister Hallek, who goes."]),
        ("<p>the<x-name>Hallek</x-name>plan</p>", ["the Hallek plan"]),
        ('<span style="display: block">One</span><span style="display:block">Two</span>', ["One", "Two"]),
        ('<p>He goes.<sup><a href="#n1">[1]</a></sup> She stays.</p>', ["He goes. She stays."]),
        ("<p>It is 5 m<sup>2</sup> large.</p>", ["It is 5 m2 large."]),
        ("<p>He goes.<!-- and --> She<?x?> stays.</p>", ["He goes. She stays."]),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", ["漢"]),
    ],
)
def test_words_and_lines_are_as_a_reader_sees_them(markup: str, expected: list[str]) -> None:
    """Blocks part lines, inline elements part nothing, quotation marks are drawn and struck text is not read."""
    assert lines(markup) == expected


@pytest.mark.parametrize(
    "hiding",
    [
        "hidden",
        'aria-hidden="true"',
        'style="display:none"',
        'style="visibility: hidden"',
        'style="font-size:0"',
        'style="opacity: 0"',
        'style="color: transparent"',
        'style="position:absolute; left:-9999px"',
        'class="visually-hidden"',
    ],
)
def test_what_hides_most_of_a_page_hides_nothing(hiding: str) -> None:
    """A root behind a dialog, or paragraphs that fade in, are read; a hidden note beside a text is not."""
    story = [
        f"The dam will stay shut until May, the minister told the {name} on Tuesday." for name in ("town", "press")
    ]
    note = "Nobody reads this note."
    page = "<html><body>{}</body></html>"
    whole = f"<div {hiding}>{''.join(f'<p>{line}</p>' for line in story)}</div>"
    each = "".join(f"<p {hiding}>{line}</p>" for line in story)
    beside = "".join(f"<p>{line}</p>" for line in story) + f"<p {hiding}>{note}</p>"
    assert lines(page.format(whole)) == lines(page.format(each)) == lines(page.format(beside)) == story


def test_a_wire_story_in_pre_is_unwrapped() -> None:
    """Lines that break inside sentences are paragraphs again, as in plain text."""
    story = (
        "MARN, May 4 - The quarry above the town will not reopen before the\nautumn, the commissioner said.\n\n"
        "The mayor called the decision a disaster for the town and asked\nthe board to think again.\n\nIt did\nnot."
    )
    text = extract(f"<pre>{story}</pre>")[0]
    assert text == story
    assert len(segment(text).paragraphs) == 3


BODY = [
    "The quarry at Marn will not reopen before autumn, Mines Commissioner Petra Lund told the county board on Monday.",
    "Mayor Osman Tarik said the closure had cost the town ninety jobs and asked the board to think again.",
    "Geologist Mira Solano warned that the north face could slip after any heavy rain and bury the road.",
]
ONE, TWO, THREE = BODY


@pytest.mark.parametrize(
    "inside",
    [
        f"<div><p>{ONE}</p><ul><li>{TWO}</li><li>{THREE}</li></ul></div>",
        f"<div><p>{ONE}</p><ol><li>{TWO}</li><li>{THREE}</li></ol></div>",
        f"<div><p>{ONE}</p><ul><li>What they say<ul><li>{TWO}</li><li>{THREE}</li></ul></li></ul></div>",
        f"<div><p>{ONE}</p><dl><dt>The mayor</dt><dd>{TWO}</dd><dt>The expert</dt><dd>{THREE}</dd></dl></div>",
        f"<article><p>{ONE}</p><p>{TWO}</p></article><ul><li>{THREE}</li></ul>",
        f"<article><p>{ONE}</p></article><ol><li>{TWO}</li><li>{THREE}</li></ol><footer>Contact us</footer>",
        f"<div><p>{ONE}</p><table><tr><td><p>{TWO}</p></td></tr><tr><td>{THREE}</td></tr></table></div>",
        f"<article><p>{ONE}</p><table><tr><td>{TWO}</td><td>{THREE}</td></tr></table></article>",
        f"<article><p>{ONE}</p><p><b><a href='/x'>{TWO}</a></b></p><p>{THREE}</p></article>",
        f"<article><p>{ONE}</p><a href='/x'><p>{TWO}</p></a><p>{THREE}</p></article>",
        f"<article><p>{ONE}</p><ul><li><a href='/x'>{TWO}</a></li></ul><p>{THREE}</p></article>",
        f"<article><p>{ONE}</p><h2><a href='/x'>{TWO}</a></h2><p>{THREE}</p></article>",
        f"<article><p>{ONE}</p><p><a>Mayor Osman Tarik</a> <a>{TWO[18:]}</a></p><p>{THREE}</p></article>",
        f"<div class='b'><p>{ONE}</p><p>{TWO}</p></div><p class='ad'>Buy</p><div class='b'><p>{THREE}</p></div>",
        (
            f"<section class='a-part'><p>{ONE}</p></section><section class='a-part'><p>{TWO}</p></section>"
            f"<div class='promo'>Buy now</div><section class='a-part'><p>{THREE}</p></section>"
        ),
        f"<main inert><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></main><dialog open><p>We use cookies.</p></dialog>",
        f"<div class='b'>{ONE}<br><br>{TWO}<br><br>{THREE}</div>",
        f"<article><p>{ONE}</p><blockquote><p>{TWO}</p></blockquote><figure><img></figure><p>{THREE}</p></article>",
        f"<article><p>{ONE}</p><div class='in-read'><div><p>{TWO}</p></div></div><p>{THREE}</p></article>",
        f"<my-story><my-par>{ONE}</my-par><my-par>{TWO}</my-par><my-par>{THREE}</my-par></my-story>",
    ],
)
def test_every_paragraph_of_a_short_page_is_kept(inside: str) -> None:
    """Lists and tables in the text and behind it, links, containers of one class, dialogs, elements of one's own."""
    text = extract(f"<html><head><title>Quarry</title></head><body><header>The Echo</header>{inside}</body></html>")[0]
    assert [line for line in text.split("\n") if line in BODY] == BODY
    assert "cookies" not in text
    assert "Buy" not in text


def test_a_size_set_back_is_seen() -> None:
    """Lists in a font of no size, with items of some size, are an old way to close gaps between them."""
    assert lines('<ul style="font-size:0"><li style="font-size:16px">He goes.</li></ul><p>She stays.</p>') == [
        "He goes.",
        "She stays.",
    ]


@pytest.mark.parametrize(
    "markup",
    [
        '<html><head><title>Dam row</title></head><body><div id="app"></div><script>boot()</script></body></html>',
        "<html><head><title>Dam row</title></head><body><noscript>Enable JavaScript.</noscript></body></html>",
        "<title>Dam row</title><style>p {}</style>",
        "<html><body><svg><title>Logo</title></svg><img alt='A dam'></body></html>",
        "<html><body><div hidden>Nobody reads this note.</div></body></html>",
        "<html><body><footer>Copyright The Mill Gazette</footer></body></html>",
    ],
)
def test_a_page_without_visible_text_is_empty(markup: str) -> None:
    """Titles, scripts, pictures and a footer alone are not an article."""
    assert extract(markup)[0] == ""


@pytest.mark.parametrize("page", sorted(pages()))
def test_every_shape_of_page_keeps_its_article(page: str) -> None:
    """Of each page, nearly every word of the article comes out, and little else."""
    found = score(extract(pages()[page])[0], article(pages()[page]))
    assert found.f1 >= 0.96
    assert found.recall >= 0.95


@pytest.mark.parametrize(
    ("page", "method"),
    [
        ("semantic-article", "main-text"),
        ("two-containers", "widened"),
        ("linked-paragraphs", "widened"),
        ("press-release", "widened"),
        ("live-blog", "widened"),
    ],
)
def test_the_way_taken_is_told(page: str, method: str) -> None:
    """What trafilatura keeps stands as it is, or is widened."""
    how = extract(pages()[page])[1]
    assert how.method == method
    assert how.share >= 0.95


def test_bylines_and_credits_are_not_put_back() -> None:
    """What trafilatura leaves out between paragraphs and is a byline, a credit or a notice stays out."""
    page = pages()["two-containers"]
    odd = [
        '<p class="byline">By Jane Roe · 21 May, 6.05 p.m.</p>',
        "<figure><figcaption>A bucket under the dome. Photo: Rui Haldane / Vellmar Courier</figcaption></figure>",
        "<div>Advertisement</div>",
    ]
    first, *rest = page.split("<p>")
    assert extract("<p>".join([first, rest[0] + "".join(odd), *rest[1:]]))[0] == extract(page)[0]


def test_an_article_in_furniture_is_found() -> None:
    """A page that calls everything a footer still has a text."""
    text = "The dam will stay shut until May, the minister told the town on Tuesday."
    markup = f"<html><body><nav>Home</nav><footer><p>{text}</p></footer></body></html>"
    assert lines(markup) == [text]
    assert extract(markup)[1].method == "body"


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
    assert extract(markup)[0] in {"", "<", "ab"}


def test_a_large_page_takes_bounded_time() -> None:
    """Extraction at the limits takes bounded time."""
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
    assert detect(text) == code


def test_a_text_too_short_to_tell_is_taken_as_expected() -> None:
    """Two words show no language."""
    assert detect("OK. 12.") == "en"


def test_a_language_tag_is_its_primary_subtag() -> None:
    """Region and script do not matter."""
    assert [primary(tag) for tag in ("en", "en-GB", "EN_us", "zh-Hant-TW")] == ["en", "en", "en", "zh"]
