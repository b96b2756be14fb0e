"""Names of an English line in its translation."""

import numpy as np
import pytest

from training.data.aligned_names import Line, names_in_translation, words_of


def line(text: str, meanings: str) -> Line:
    """Return a line whose words have the vectors of these letters, one each."""
    words = words_of(text)
    assert len(words) == len(meanings)
    return Line(
        text=text, words=tuple(words), vectors=np.eye(26, dtype=np.float32)[[ord(one) - 97 for one in meanings]]
    )


ENGLISH = line("Ada Okoro left the Water Board of Lagos", "abcdefgh")


@pytest.mark.parametrize(
    ("text", "meanings", "found"),
    [
        ("Из Управления водой Лагоса ушла Ада Окоро", "dfehcab", ["Управления водой", "Лагоса", "Ада Окоро"]),
        ("Из управления водой Лагоса ушла Ада Окоро", "dfehcab", None),  # no capital: perhaps no name
        ("Из Управления ушла водой Лагоса Ада Окоро", "dfcehab", None),  # the place is broken
        ("Из Управления водой Лагоса ушла Окоро", "dfehcb", None),  # a word leads nowhere surely
        ("წყლის სამმართველო ლაგოსში დატოვა ადა ოკორომ", "efhcab", ["წყლის სამმართველო", "ლაგოსში", "ადა ოკორომ"]),
    ],
)
def test_a_name_is_where_its_words_lead_and_lead_back_from(text: str, meanings: str, found: list[str] | None) -> None:
    """Names keep their types; one that is not surely found leaves the whole line unknown."""
    names = [(0, 9, "person"), (19, 30, "organization"), (34, 39, "location")]
    places = names_in_translation(names, ENGLISH, line(text, meanings))
    assert (places and sorted(text[start:end] for start, end, _ in places)) == (found and sorted(found))
    if places:
        assert {kind for _, _, kind in places} == {"person", "organization", "location"}


def test_a_line_without_words_has_no_names() -> None:
    """An empty translation is no reason to fail."""
    assert names_in_translation([], line("", ""), line("...", "")) == []
