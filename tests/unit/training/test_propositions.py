"""Propositions to what they are about, and single arguments to longer texts."""

import pytest

from training.data.propositions import JOINED, joined, matter, with_matters
from training.data.readers import TopicRow


@pytest.mark.parametrize(
    ("proposition", "told"),
    [
        ("We should ban boxing", ("boxing", False)),
        ("The city must subsidize ferries.", ("ferries", True)),
        ("Night trains should be abolished", ("night trains", False)),
        ("Free school meals are necessary", ("free school meals", True)),
        ("Zoos do more harm than good", ("zoos", False)),
        ("The use of drones in parks should be banned", ("use of drones in parks", False)),
    ],
)
def test_a_plain_proposition_tells_its_matter_and_its_side(proposition: str, told: tuple[str, bool]) -> None:
    """The open part of the pattern is the matter; its verb decides the side."""
    assert matter(proposition) == told


@pytest.mark.parametrize(
    "proposition",
    [
        "Boxing should not be banned",
        "We should support the ban on boxing",
        "It should be allowed to patent genes",
        "Children should be banned from boxing rings",
        "The council should ban every shop that sells what nobody needs at all",
        "Boxing is a sport",
    ],
)
def test_a_proposition_whose_side_is_not_plain_gives_no_matter(proposition: str) -> None:
    """Negation, a ban inside the matter, pronouns, long rests and other forms are left out rather than guessed at."""
    assert matter(proposition) is None


def test_a_matter_turns_the_label_where_the_proposition_is_against_it() -> None:
    """Whoever is for a ban is against what is banned; the proposition's own row stays as it was."""
    row = TopicRow(text="It breaks bones.", topic="We should ban boxing", label="favor")
    assert list(with_matters([row])) == [TopicRow(text="It breaks bones.", topic="boxing", label="against")]


def test_joined_arguments_are_of_one_side_and_none_is_used_twice() -> None:
    """Each longer text holds between two and five arguments of one topic and one label."""
    rows = [
        TopicRow(text=f"Reason {number} of {label}", topic="zoos", label=label)
        for label in ("favor", "against", "neutral")
        for number in range(9)
    ]
    texts = list(joined(rows, seed=1))
    assert {row.label for row in texts} == {"favor", "against"}
    parts = [part for row in texts for part in row.text.rstrip(".").split(". ")]
    assert len(parts) == len(set(parts))
    for row in texts:
        own = row.text.rstrip(".").split(". ")
        assert JOINED[0] <= len(own) <= JOINED[1]
        assert all(part.endswith(f"of {row.label}") for part in own)
