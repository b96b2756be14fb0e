"""No position is lost between the text that is sent and the text that is read."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.analysis.text.characters import as_read
from service.core.span import Span

ODD = "\u00ad\u200b\u200e\u2060\ufeff\u0301\u0308\x85\x93\x94\x81\ufb01\ufb03\uff21\u00a0\u2011\u02bc\U0001d400"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.sampled_from("aeo .“”'"), st.characters(exclude_categories=["Cs"])))


@given(TEXTS)
def test_every_character_that_is_read_stands_somewhere_and_in_order(sent: str) -> None:
    """Places do not go backwards, lie inside the text, and none is empty."""
    read = as_read(sent)
    spans = [read.sent(Span(at, at + 1)) for at in range(len(read.text))]
    assert all(0 <= span.start < span.end <= len(sent) for span in spans)
    assert all(one.start <= other.start and one.end <= other.end for one, other in pairwise(spans))


@given(TEXTS)
def test_what_is_sent_and_not_read_is_invisible(sent: str) -> None:
    """Every character without a counterpart in the text read maps to nothing."""
    read = as_read(sent)
    covered = {
        place
        for at in range(len(read.text))
        for span in [read.sent(Span(at, at + 1))]
        for place in range(span.start, span.end)
    }
    assert as_read("".join(letter for at, letter in enumerate(sent) if at not in covered)).text == ""


@given(TEXTS, st.data())
def test_a_span_reads_the_same_where_it_was_sent(sent: str, data: st.DataObject) -> None:
    """The span of the text sent contains what the span of the text read says."""
    read = as_read(sent)
    if not read.text:
        return
    start = data.draw(st.integers(0, len(read.text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(read.text))))
    again = as_read(read.sent(span).of(sent)).text.replace("…", "\x85")
    assert span.of(read.text).replace("…", "\x85") in again
