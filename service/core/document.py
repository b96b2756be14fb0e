"""A text and its parts: paragraphs, sentences, quotes, all as offsets into it."""

from dataclasses import dataclass

from service.core.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quote inside one paragraph.

    `span` takes the marks in; `inner` leaves them out, and white space at the edges too. `depth` is 0 for a quote in
    no other. `continues` says that it carries on the quote at the end of the paragraph before, `is_dialogue` that it is
    a paragraph which a dash marks as speech.
    """

    span: Span
    inner: Span
    paragraph: int
    depth: int = 0
    continues: bool = False
    is_dialogue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence without the white space around it, and the paragraph that it stands in."""

    span: Span
    paragraph: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and its parts, in order. What is not white space lies in exactly one paragraph and one sentence.

    `boilerplate` holds what makes no claims: headlines, teasers, bylines, captions, datelines, site furniture.
    `language` is that of the text, as ISO 639-1 code.
    """

    text: str
    title: str | None
    paragraphs: tuple[Span, ...]
    sentences: tuple[Sentence, ...]
    quotes: tuple[Quote, ...]
    boilerplate: tuple[Span, ...]
    language: str = "en"
