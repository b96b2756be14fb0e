"""Segmentation: paragraphs, sentences, quotes and what is furniture, on text as newspapers set it."""

import time

import pytest

from service.analysis.text.document import segment
from service.analysis.text.quotes import find_quotes, is_speech, with_both_marks
from service.core.document import Document
from service.core.span import Span


def sentences(document: Document) -> list[str]:
    """Return the sentences' texts."""
    return [sentence.span.of(document.text) for sentence in document.sentences]


def quotes(document: Document) -> list[str]:
    """Return the outermost quotes' texts, marks left out."""
    return [quote.inner.of(document.text) for quote in document.quotes if quote.depth == 0]


def furniture(text: str, title: str | None = None) -> list[str]:
    """Return the texts that make no claims."""
    document = segment(text, title=title)
    return [span.of(text) for span in document.boilerplate]


def test_titles_and_initials_end_no_sentence() -> None:
    """A dot after "Mr." or an initial is not a full stop."""
    document = segment("Mr. J. K. Roe met Gen. Doe at 5 p.m. on Monday. They spoke.")
    assert sentences(document) == ["Mr. J. K. Roe met Gen. Doe at 5 p.m. on Monday.", "They spoke."]


def test_a_long_quote_has_sentences_of_its_own() -> None:
    """A quote of several sentences is not a single one."""
    document = segment("“He left. Then he came back,” said Roe.")
    assert sentences(document) == ["“He left.", "Then he came back,” said Roe."]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    """A mail's line break is not a paragraph's end."""
    text = "The council met on Monday\nto vote on the budget for\nthe year.\n\nIt did not\nagree on any\nof the plans."
    assert len(segment(text).paragraphs) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We go now,” he said.", "We go now,"),
        ('"We go now," he said.', "We go now,"),
        ("''We go now,'' he said.", "We go now,"),
        ("«We go now», he said.", "We go now"),
        ("„We go now“, he said.", "We go now"),
        ("‘We don’t go now,’ he said.", "We don’t go now,"),
        ("'We don't go now,' he said.", "We don't go now,"),
        ("It’s the workers’ right: “Go now!”", "Go now!"),
    ],
)
def test_quotation_marks_of_every_kind(text: str, expected: str) -> None:
    """Each house style is read; an apostrophe is not a mark."""
    assert quotes(segment(text)) == [expected]


def test_a_quote_in_a_quote_is_deeper() -> None:
    """Single marks inside double ones are a quote of their own."""
    document = segment("“He told me ‘no way’ and left.”")
    assert [(quote.depth, quote.inner.of(document.text)) for quote in document.quotes] == [
        (0, "He told me ‘no way’ and left."),
        (1, "no way"),
    ]


@pytest.mark.parametrize(("opening", "closing"), [("“", "”"), ('"', '"'), ("«", "»")])
def test_a_quote_goes_on_over_paragraphs(opening: str, closing: str) -> None:
    """An opening mark on each paragraph and one closing mark at the end are one quote."""
    document = segment(f"{opening}One.\n\n{opening}Two.\n\n{opening}Three.{closing}\n\nThe end is here.")
    assert [quote.continues for quote in document.quotes] == [False, True, True]
    assert quotes(document) == ["One.", "Two.", "Three."]


def test_a_mark_never_closed_opens_nothing_else() -> None:
    """A stray mark in one paragraph leaves the next one alone."""
    document = segment('The 5" pipe broke. Nobody saw it.\n"We did," said Roe.')
    assert quotes(document) == ["We did,"]


def test_a_scare_quote_is_no_utterance() -> None:
    """A term in quotation marks is not taken for speech."""
    text = "The “great reset” plan failed. “We never wanted any of it.”"
    assert [is_speech(text, quote) for quote in find_quotes(text, segment(text).paragraphs)] == [False, True]


def test_a_title_in_marks_is_no_utterance() -> None:
    """A quoted name of a programme is not taken for speech, whatever follows it; a slogan that ends a sentence is."""
    text = "On “Midday with Charlie Roe,” he stayed. “Make Mills Great Again!” he said."
    assert [is_speech(text, quote) for quote in find_quotes(text, segment(text).paragraphs)] == [False, True]


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("He called it “a farce.” She left.", "it “a farce.", "it “a farce.”"),
        ("He called it “a farce”, he said.", "it “a farce", "it “a farce”"),
        ("He called it “a farce.” She left.", "it “a farce", "it “a farce.”"),
        ("It was “a farce” from the start.", "a farce” from the start", "“a farce” from the start"),
        ('It was "a farce" or "a lie," he said.', 'a farce" or "a lie', '"a farce" or "a lie,"'),
        ("It was “a farce” from the start.", "a farce", "a farce"),
        ("It was “a farce from the start.”", "It was “a farce", "It was “a farce"),
        ("It was “a farce” from the start.", "from the start", "from the start"),
    ],
)
def test_a_span_has_both_marks_of_a_quote_inside_it(text: str, cut: str, whole: str) -> None:
    """Where only the mark was cut off; a quote alone stays without its marks, and words are never added."""
    at = text.index(cut)
    assert with_both_marks(text, Span(at, at + len(cut)), segment(text).quotes).of(text) == whole


@pytest.mark.parametrize(
    "line",
    [
        "Read more: The mill that never was",
        "ALSO READ | Ten towns to see",
        "Sign up for our newsletter",
        "Photo: Jane Roe/Agency",
        "By Jane Roe",
        "Advertisement",
        "- ‘The mill is lost’ – opinion",
        "• Ten towns to see before you leave",
        "© 2025 The Mill Gazette. All rights reserved.",
        "https://example.org/mill",
    ],
)
def test_furniture_makes_no_claims(line: str) -> None:
    """Teasers, credits and notices are boilerplate."""
    assert furniture(f"The mill closed on Monday after a fire.\n{line}\nIt had 40 workers.") == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Also on Tuesday, she said that taxes would rise by two percent next year.",
        "Published on Tuesday, the report says that the ministry knew.",
        "Reporting by the Harbour Gazette last week showed that the ministry knew, Senator Ben Ashe said.",
        "Also in March, Hallek warned that the basin was half empty.",
        "Also present was Senator Ben Ashe, who said that the vote would be repeated.",
        "Published by the ministry in May, the figures show that rents fell.",
        "Published in 2019, her book argued that the treaty was dead.",
        "Reporting in the Star shows that two mayors knew, the court heard.",
        "Reporting the theft was a mistake, the driver told the court.",
        "Reporting from Marn is a risk, the editor said.",
        "Editing the minutes was a mistake, she admitted.",
        "Related cases were found in Marn, the minister told reporters.",
        "More on this will follow, the minister said.",
        "Sign up now, the minister told voters.",
        "“Read more books,” the minister told pupils.",
        "Image problems, he said, were the least of it.",
        "Copyright law must change, the minister said.",
        "Share prices will fall, the bank warned.",
        "Advertising is a lie, she said.",
        "By Monday, the minister said, the mill would be open.",
    ],
)
def test_a_sentence_that_reports_is_no_furniture(line: str) -> None:
    """However a line begins, it belongs to the article when it ends as a sentence and reports speech."""
    assert furniture(f"The mill closed on Monday after a fire.\n{line}\nIt had 40 workers.") == []


@pytest.mark.parametrize(
    "line",
    [
        "Click here to read what the minister said.",
        "Read more: Minister says dam stays shut.",
        "Subscribe to hear what she told us.",
        "Reporting by Jane Roe; Editing by Ann Poe.",
        "Additional reporting by Ben Ashe in Marn.",
        "Photo: Jane Roe/Agency.",
    ],
)
def test_a_notice_that_ends_as_a_sentence_is_furniture(line: str) -> None:
    """An instruction to the reader or a credit is not a report because of a verb in it."""
    assert furniture(f"The mill closed on Monday after a fire.\n{line}\nIt had 40 workers.") == [line]


@pytest.mark.parametrize(
    "credit",
    [
        "Photo: Rui Haldane / Vellmar Courier",
        "Photograph by Rui Haldane",
        "(Photo by Rui Haldane)",
        "Image: Vellmar Courier/AFP",
        "Picture courtesy of the mill",
        "Credit: Vellmar Courier",
    ],
)
def test_a_long_line_with_a_credit_at_its_end_is_a_caption(credit: str) -> None:
    """A caption may be longer than any headline."""
    line = f"Volunteers carry buckets in Vellmar, when the rain came through the roof {'again ' * 16}. {credit}"
    assert furniture(f"The mill closed on Monday after a fire.\n{line}\nIt had 40 workers.") == [line]


@pytest.mark.parametrize(
    "dateline",
    [
        "WARSAW — ",
        "PORT LESNA, Keltia (AP) — ",
        "Paris, 3 May (Reuters) - ",
        "(Reuters) - ",
        "By Jane Roe LONDON (Reuters) - ",
        "BRUSSELS/PARIS, Nov 3 (Reuters) - ",
        "SÃO PAULO — ",
        "ŁÓDŹ, Poland (PAP) – ",
        "ST. PETERSBURG, Russia (AP) _ ",
        "MEXICO CITY, Jan. 5 /PRNewswire/ -- ",
        "UPDATE 2: LONDON (Reuters) - ",
        "London, 3 May – ",
        "KYIV | ",
        "NEW DELHI: ",
        "Washington, D.C., May 3, 2026 — ",
    ],
)
def test_datelines_of_every_common_form(dateline: str) -> None:
    """With an agency, a date, a region, an update's number or a byline before the place, or with none of them."""
    assert furniture(f"{dateline}The mill closed on Monday.") == [dateline]


@pytest.mark.parametrize("text", ["Hallek – the minister – left.", "I said — no.", "The U.S. – and Keltia – left."])
def test_a_dash_alone_makes_no_dateline(text: str) -> None:
    """A parenthesis between dashes is part of its sentence."""
    assert furniture(text) == []


def test_a_headline_and_its_repetition_are_boilerplate() -> None:
    """A line without an end is not a statement, at the top or again at the foot."""
    body = "Mill closes\nThe mill closed on Monday.\nMill closes"
    assert furniture(body) == ["Mill closes", "Mill closes"]


def test_the_title_repeated_in_the_body_is_boilerplate() -> None:
    """Even with a full stop, the title's words are the title."""
    assert furniture("Mill closes.\nThe mill closed on Monday.", title="Mill closes") == ["Mill closes."]


def test_a_dateline_is_set_apart() -> None:
    """Where it was written is not part of the first sentence's claim."""
    assert furniture("RIVERTON (Reuters) - The mill closed on Monday.") == ["RIVERTON (Reuters) - "]


def test_a_list_after_a_colon_is_kept() -> None:
    """What a sentence introduces is its content, bullets or not."""
    assert furniture("The board demands:\n- new roofs for all mills\nIt met on Monday.") == []


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "a" * 1_000_000,
        "“" * 10_000 + "x",
        '"' * 10_000,
        "‘“" * 5_000 + "x" + "”’" * 5_000,
        "Mr. " * 50_000,
        "A. B. " * 50_000,
        "- x\n" * 50_000,
        "\x00\x01\x02\ud7ff\u200f\u202e" * 20_000,
        "said " * 100_000,
        "(" * 100_000,
        "By " + "A" * 100_000,
        "A " * 100_000 + "(Reuters",
        ("A" * 118 + "\n") * 5_000,
        ("By " + "Aa " * 39 + "\n") * 5_000,
        ("Read, " + "a " * 190 + ".\n") * 2_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    """Segmenting a megabyte takes linear time."""
    started = time.process_time()
    segment(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "«" * 100_000,
        '"' * 100_000,
        "«а\n" * 20_000,
        "— Да, — да, — да.\n" * 20_000,
        "— Да?\n" * 20_000,
        "А" * 100_000 + " (",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_takes_linear_time_in_other_languages(text: str) -> None:
    """Marks that nothing closes are looked for a few paragraphs far, and dialogue line by line."""
    started = time.process_time()
    segment(text, language="ru")
    assert time.process_time() - started < 5
