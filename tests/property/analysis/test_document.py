"""Segmentation loses nothing and invents nothing, whatever the text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.analysis.text.document import segment
from service.core.span import Span

PIECES = st.sampled_from(
    [
        *("“", "”", '"', "''", "‘", "’", "«", "»", "„"),
        *("\n", "\n\n", "\r\n", "\u2028", " ", ". ", "! ", ", ", ": ", "- ", "—", "(", ")"),
        *("Mr. ", "U.S. ", "said ", "Jane Roe ", "mill", "A", "1"),
        *("Мост цел", "Ինչո՞ւ", "։ ", "՝ ", "ხიდი ", "Ankara'nın ", "– ", ",- ", "․ ", "“ ", "! — "),
        *("\U0001f469\u200d\U0001f467 ", "e\u0301 ", "שלום ", "مرحبا ", "\u200f", "\u00a0", "\x00"),
    ]
)
LANGUAGES = st.sampled_from(["en", "ru", "hy", "ka", "az", "tr", "uk"])
TEXTS = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200)


@given(TEXTS, LANGUAGES)
def test_sentences_cover_the_text(text: str, language: str) -> None:
    """Every code point that is not white space lies in exactly one sentence and in exactly one paragraph."""
    document = segment(text, language=language)
    for spans in (list(document.paragraphs), [sentence.span for sentence in document.sentences]):
        covered = [False] * len(text)
        for span in spans:
            assert not any(covered[span.start : span.end])
            covered[span.start : span.end] = [True] * (span.end - span.start)
        separators = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
        missed = [
            c for c, hit in zip(text, covered, strict=True) if not hit and not c.isspace() and c not in separators
        ]
        assert missed == []


@given(TEXTS, LANGUAGES)
def test_sentences_lie_in_their_paragraphs(text: str, language: str) -> None:
    """A sentence never crosses a paragraph's border, and both come in order."""
    document = segment(text, language=language)
    assert list(document.sentences) == sorted(document.sentences, key=lambda sentence: sentence.span)
    for sentence in document.sentences:
        assert document.paragraphs[sentence.paragraph].covers(sentence.span)


@given(TEXTS, LANGUAGES)
def test_quotes_nest(text: str, language: str) -> None:
    """Quotes of a paragraph are disjoint or nested, and depth counts the nesting."""
    document = segment(text, language=language)
    for quote in document.quotes:
        assert document.paragraphs[quote.paragraph].covers(quote.span)
        assert quote.span.covers(quote.inner)
        around = [other for other in document.quotes if other.span != quote.span and other.span.covers(quote.span)]
        assert len(around) == quote.depth
        crossing = [
            other
            for other in document.quotes
            if other.span.overlaps(quote.span)
            and not other.span.covers(quote.span)
            and not quote.span.covers(other.span)
        ]
        assert crossing == []


@given(TEXTS, LANGUAGES)
def test_boilerplate_is_in_order_and_apart(text: str, language: str) -> None:
    """Boilerplate spans never overlap."""
    spans = segment(text, language=language).boilerplate
    for before, after in pairwise(spans):
        assert before.end <= after.start


@given(TEXTS, TEXTS)
def test_segmentation_is_deterministic(text: str, title: str) -> None:
    """The same text gives the same document."""
    assert segment(text, title=title) == segment(text, title=title)


@given(TEXTS, LANGUAGES)
def test_spans_show_text(text: str, language: str) -> None:
    """No span begins or ends with white space, but for datelines."""
    document = segment(text, language=language)
    for span in [*document.paragraphs, *(sentence.span for sentence in document.sentences)]:
        shown = Span(span.start, span.end).of(text)
        assert shown == shown.strip()
