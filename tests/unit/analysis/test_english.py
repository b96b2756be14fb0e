"""What is known of English by words alone."""

import pytest

from service.analysis.english.prepositions import governing
from service.analysis.english.subjects import is_subject
from service.core.span import Span


@pytest.mark.parametrize(
    ("before", "preposition"),
    [
        ("the mayor of ", "of"),
        ("a plan by the ", "by"),
        ("an attack on a ", "on"),
        ("they thereof ", None),
        ("a ", None),
    ],
)
def test_a_preposition_governs_the_name_behind_it_and_its_article(before: str, preposition: str | None) -> None:
    """Only a whole word counts, and nothing but an article may stand between."""
    found = governing(f"{before}Riverton", 0, len(before))
    assert (found and found[1]) == preposition


def test_a_preposition_before_the_stretch_governs_nothing_in_it() -> None:
    """Where the stretch begins behind the preposition, none is found."""
    assert governing("the mayor of Riverton", 13, 13) is None


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Roe left.", True),
        ("He came. On Friday Roe left.", True),
        ("The aides of Roe left.", False),
        ("The plan is bad, he told her, said Roe of it.", True),
        ("It is like nothing that he or Roe said before.", True),
        ("“Never.” Roe left.", True),
    ],
)
def test_a_name_is_a_subject_at_the_start_of_its_sentence_or_beside_a_reporting_verb(
    text: str,
    subject: bool,  # noqa: FBT001
) -> None:
    """A preposition or a conjunction before the name is evidence against it, a reporting verb beside it for it."""
    at = text.index("Roe")
    assert is_subject(text, Span(at, at + 3)) is subject
