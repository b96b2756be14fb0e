"""Who is who across articles, without a watch list."""

import pytest

from schemas.enriched import EnrichedArticle
from service.ledger.identity import identities, normalized
from tests.ledger import enriched


def shared(name: str, kind: str, *, speaker_kind: str = "person") -> bool:
    """Return whether an entity of this name may be found in other articles."""
    data = enriched("a", {"speaker": (name, kind), "speaker_kind": speaker_kind})
    (found,) = identities(EnrichedArticle.model_validate(data)).values()
    return found.article_id is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria Zakharova", "MARIA  ZAKHAROVA"),
        ("the White House", "White House"),
        ("U.S.", "US"),
        ("People’s Bank", "People's Bank"),
        ("Straße", "STRASSE"),
        ("\ufb01nland", "Finland"),
    ],
)
def test_how_a_name_is_written_does_not_matter(one: str, other: str) -> None:
    """Case, spaces, dots, apostrophes and a leading article make no other name."""
    assert normalized(one) == normalized(other)


def test_a_person_needs_a_full_name() -> None:
    """A surname alone joins nothing; an organization may have one word."""
    assert shared("Maria Zakharova", "person")
    assert not shared("Zakharova", "person")
    assert shared("Reuters", "organization")


def test_whoever_is_described_joins_nothing() -> None:
    """A noun phrase is no name, whether the event says so or the lack of a capital does."""
    assert not shared("Orsania’s energy ministry", "organization", speaker_kind="unnamed")
    assert not shared("The same statement", "other", speaker_kind="document")
    assert not shared("local officials", "group")


def test_the_type_tells_apart() -> None:
    """A country and a person of one name are two."""
    data = enriched("a", {"speaker": ("Chad Lee", "person")}, {"speaker": ("Chad Lee", "location")})
    found = identities(EnrichedArticle.model_validate(data))
    assert len({each.id for each in found.values()}) == 2
