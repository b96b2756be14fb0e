"""Invisible and legacy characters: normalized for reading, with offsets in the text that was sent."""

import time

import pytest

from service.analysis.text.characters import as_read
from service.analysis.text.document import segment
from service.core.span import Span


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Hal\u00adlek", "Hallek"),
        ("Hal\u200blek", "Hallek"),
        ("Hal\u2060lek", "Hallek"),
        ("\u200eHallek\u200f said", "Hallek said"),
        ("\u202aHallek\u202c \u2066said\u2069", "Hallek said"),
        ("Hal\ufefflek", "Hallek"),
        ("Hal\u200dlek and Tarn\ufe0f", "Hallek and Tarn"),
        ("\x93We go,\x94 he said\x85", "“We go,” he said…"),
        ("It\x92s \x9660 \x80", "It’s –60 €"),
        ("One\x85Two", "One\x85Two"),
        ("a \ufb01rm o\ufb03ce", "a firm office"),
        ("\uff28\uff41\uff4c\uff4c\uff45\uff4b\uff1a", "Hallek:"),
        ("\U0001d407allek", "Hallek"),
        ("Jose\u0301 Nun\u0303ez", "José Nuñez"),
        ("x\u0336 said", "x\u0336 said"),
        ("Mr\u00a0Hallek\u202fsaid\u3000so", "Mr Hallek said so"),
        ("Al\u2011Amin O\u02bcHara", "Al-Amin O’Hara"),
        ("Plain – “text”, naïve café.", "Plain – “text”, naïve café."),
    ],
)
def test_characters_are_read_as_they_are_meant(sent: str, read: str) -> None:
    """Characters that are invisible, or shown as other characters."""
    assert as_read(sent).text == read


@pytest.mark.parametrize(
    "sent",
    ["Tomas Hal\u00adlek said", "Tomas Hal\u200b\u200blek said", "\ufeffTomas Hallek\u200f said", "Tomas Hallek said"],
)
def test_a_name_is_found_where_it_was_sent(sent: str) -> None:
    """A span takes in what is invisible inside it, and not what is around it."""
    text = as_read(sent)
    at = text.text.index("Tomas Hallek")
    found = text.sent(Span(at, at + len("Tomas Hallek"))).of(sent)
    assert as_read(found).text == "Tomas Hallek"
    assert (found[0], found[-1]) == ("T", "k")


def test_legacy_quotation_marks_make_quotes() -> None:
    """What windows-1252 calls a quotation mark is one."""
    document = segment(as_read("\x93It is a pamphlet for the evening news,\x94 he said.").text)
    assert [quote.inner.of(document.text) for quote in document.quotes] == ["It is a pamphlet for the evening news,"]


@pytest.mark.parametrize("sent", ["\u00ad" * 1_000_000, "a\u0301" * 500_000, "\ufb01 " * 500_000, "a\u200b" * 500_000])
def test_hostile_characters_take_linear_time(sent: str) -> None:
    """A megabyte of invisible characters is read quickly."""
    started = time.process_time()
    as_read(sent)
    assert time.process_time() - started < 5
