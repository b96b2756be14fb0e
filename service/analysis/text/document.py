"""The first stage: an article to a document of paragraphs, sentences and quotes, all as offsets into its text."""

import re
from collections.abc import Sequence
from itertools import pairwise

from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of
from service.analysis.text.furniture import dateline_end, is_furniture
from service.analysis.text.quotes import find_quotes, trimmed
from service.analysis.text.sentences import sentence_spans
from service.core.document import Document, Quote, Sentence
from service.core.quotation_marks import CLOSING, DOUBLE
from service.core.span import Span

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_TERMINAL = re.compile(rf"[.!?:;,…][{CLOSING})\]\s]*$")
_TERMINAL_ANYWHERE = re.compile(rf"[.!?:;,…։՝][{CLOSING}“)\]\s]*$")  # of other languages than English
_BULLET = re.compile(r"[-–—•*▪■►▶»›·‣●○◦]\s*\S")
_WRAP_COLUMNS = 100  # hard-wrapped text (mail, wire feeds) breaks lines at 60 to 80 columns; no paragraph is so short
_HEADLINE_CHARACTERS = 160
_TEASER_CHARACTERS = 240
_TAIL = 400  # how much of a line's end or start a pattern looks at


def segment(text: str, *, title: str | None = None, language: str = "en") -> Document:
    """Cut a plain text into paragraphs, sentences and quotes and find its boilerplate. Time is linear in the text.

    Args:
        text: what is read.
        title: the article's; a line that repeats it is boilerplate.
        language: of the text, as ISO 639-1 code.
    """
    facts = language_of(language)
    paragraphs = _paragraphs(text)
    quotes = find_quotes(text, paragraphs, facts)
    sentences: list[Sentence] = []
    by_paragraph: list[list[Quote]] = [[] for _ in paragraphs]
    for quote in quotes:
        by_paragraph[quote.paragraph].append(quote)
    for number, paragraph in enumerate(paragraphs):
        sentences.extend(
            Sentence(span=span, paragraph=number)
            for span in sentence_spans(text, paragraph, by_paragraph[number], facts)
        )
    return Document(
        text=text,
        language=facts.code,
        title=title,
        paragraphs=paragraphs,
        sentences=tuple(sentences),
        quotes=quotes,
        boilerplate=_boilerplate(text, paragraphs, title, facts),
    )


def _paragraphs(text: str) -> tuple[Span, ...]:
    lines = [span for match in _LINE.finditer(text) if (span := trimmed(text, match.start(), match.end())) is not None]
    return tuple(_unwrapped(text, lines)) if _is_wrapped(text, lines) else tuple(lines)


def _is_wrapped(text: str, lines: Sequence[Span]) -> bool:
    """Return whether text is hard-wrapped, so that lines are not paragraphs: short, most broken inside sentences."""
    if len(lines) < 4 or not _BLANK_LINE.search(text):  # noqa: PLR2004
        return False
    if max(line.end - line.start for line in lines) > _WRAP_COLUMNS:
        return False
    broken = sum(
        not _BLANK_LINE.search(text, line.end, after.start)
        and _TERMINAL.search(text, max(line.start, line.end - 8), line.end) is None
        and text[after.start].islower()
        for line, after in pairwise(lines)
    )
    return broken * 3 > len(lines)


def _unwrapped(text: str, lines: Sequence[Span]) -> list[Span]:
    blocks: list[Span] = []
    for line in lines:
        if blocks and not _BLANK_LINE.search(text, blocks[-1].end, line.start):
            blocks[-1] = Span(blocks[-1].start, line.end)
        else:
            blocks.append(line)
    return blocks


def _boilerplate(text: str, paragraphs: Sequence[Span], title: str | None, language: Language) -> tuple[Span, ...]:
    """Return the spans that make no claims, in order."""
    found: list[Span] = []
    headlines = {_words(title)} if title else set()
    body_seen = False
    terminal = _TERMINAL if language.has_grammar else _TERMINAL_ANYWHERE
    introduced = False  # the line before ends in a colon: what follows is its list or its quote
    for paragraph in paragraphs:
        line = paragraph.of(text) if paragraph.end - paragraph.start <= _TAIL else None
        open_ended = terminal.search(text, max(paragraph.start, paragraph.end - 8), paragraph.end) is None
        bullet = line is not None and _BULLET.match(line) is not None
        if line is None:
            body_seen = True
        elif (
            is_furniture(line, language)
            or _words(line) in headlines
            or (bullet and open_ended and not introduced and len(line) <= _TEASER_CHARACTERS)
        ):
            found.append(paragraph)
        elif open_ended and not bullet and len(line) <= _HEADLINE_CHARACTERS and line[-1] not in DOUBLE + "'":
            # A headline, strapline, crosshead, caption or list entry: no sentence, hence no statement.
            found.append(paragraph)
            if not body_seen:
                headlines.add(_words(line))
        else:
            body_seen = True
        dateline = dateline_end(text, paragraph, language)
        if dateline is not None and (not found or found[-1] != paragraph) and dateline < paragraph.end:
            found.append(Span(paragraph.start, dateline))
        introduced = text[paragraph.end - 1] in language.leads_in
    return tuple(found)


def _words(line: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", line.casefold()))
