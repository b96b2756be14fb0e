"""The text of a claim out of its pieces."""

import pytest

from service.core.frames import joined
from service.core.span import Span


@pytest.mark.parametrize(
    ("text", "pieces", "claim"),
    [
        ("“We pay,” he said.", ["We pay,"], "We pay,"),
        ('"No!", he said. "We will pay for it."', ["No!", "We will pay for it."], "No! … We will pay for it."),
        ("“No mill,” Roe told us. “may turn it off”", ["No mill,", "may turn it off"], "No mill, … may turn it off"),
        ("Taxes, she said, would rise.", ["Taxes", "would rise"], "Taxes … would rise"),
        ("“First.\n\n“Second,” he said. “Third.”", ["First.", "Second,", "Third."], "First. Second, … Third."),
        ("It is “a farce” and “a shame”, he says", ["a farce", "a shame"], "a farce … a shame"),
        ("«Un.»\n«Deux.»", ["Un.", "Deux."], "Un. Deux."),
    ],
)  # fmt: skip
def test_the_pieces_of_a_statement_are_read_without_what_parts_them(text: str, pieces: list[str], claim: str) -> None:
    """An ellipsis stands where words are left out, and a space where a quote goes on in the next paragraph."""
    spans = [Span(text.index(piece), text.index(piece) + len(piece)) for piece in pieces]
    assert joined(text, spans) == claim
