"""Whom of the user's list an article names, each on a text of a sentence or two."""

import pytest

from service.analysis.entities.cluster import cluster
from service.analysis.entities.listed import EntityList, Listed
from service.analysis.languages.lookup import language_of
from service.core.frames import EntityType
from tests.unit.analysis.test_resolution import named

PERSON, ORGANIZATION, LOCATION = EntityType.PERSON, EntityType.ORGANIZATION, EntityType.LOCATION
ROE = Listed(id="Q1", names=("Jane Roe", "J. R. Roe", "简罗伊"), type=PERSON)
BOARD = Listed(id="Q2", names=("Harbour River Board", "HRB"), type=ORGANIZATION)


def refs(text: str, *entries: Listed, **kinds: str) -> dict[str, str | None]:
    """Return the id on the list of each entity of a text, by its name."""
    listed = EntityList(entries)
    return {actor.name: listed.ref(actor, text) for actor in cluster(text, named(text, **kinds))}


@pytest.mark.parametrize(
    "written", ["Jane Roe", "JANE ROE", "Jane Roe’s", "President Jane Roe", "J. R. Roe", "Jané Roe"]
)
def test_a_full_name_or_an_alias_is_who_is_meant(written: str) -> None:
    """Case, accents, a title and a possessive aside."""
    assert list(refs(f"{written} spoke.", ROE, person=written).values()) == ["Q1"]


def test_an_alias_in_any_script_is_found() -> None:
    """A list may hold the names that other languages have."""
    assert refs("Then 简罗伊 spoke.", ROE, person="简罗伊") == {"简罗伊": "Q1"}


def test_a_surname_is_whoever_the_article_names_in_full() -> None:
    """The mentions by surname are the entity's, and so is its id; those of a namesake are not."""
    assert refs("Jane Roe spoke. Roe left.", ROE, person="Jane Roe|Roe") == {"Jane Roe": "Q1"}
    assert refs("Mark Roe spoke. Roe left.", ROE, person="Mark Roe|Roe") == {"Mark Roe": None}


def test_a_surname_alone_is_nobody_unless_the_list_says_so() -> None:
    """Where the article gives no more than "Roe", an alias of one person makes it sure, and one of two does not."""
    assert refs("Roe left.", ROE, person="Roe") == {"Roe": None}
    known = Listed(id="Q1", names=("Jane Roe", "Roe"), type=PERSON)
    assert refs("Roe left.", known, person="Roe") == {"Roe": "Q1"}
    assert refs("Mark Roe spoke. Roe left.", known, person="Mark Roe|Roe") == {"Mark Roe": None}
    other = Listed(id="Q3", names=("Mark Roe", "Roe"), type=PERSON)
    assert refs("Roe left.", known, other, person="Roe") == {"Roe": None}


def test_a_longer_form_of_a_listed_name_is_the_person_where_the_article_has_both() -> None:
    """Any full name that the article gives the person counts."""
    text = "Jane Mary Roe spoke. Jane Roe left."
    assert refs(text, ROE, person="Jane Mary Roe|Jane Roe") == {"Jane Mary Roe": "Q1"}


def test_an_acronym_beside_the_body_is_the_body() -> None:
    """It is found by either, and with both in the text by the long form."""
    assert refs("The Harbour River Board (HRB) met.", BOARD, organization="Harbour River Board|HRB") == {
        "Harbour River Board": "Q2"
    }
    assert refs("The HRB met.", BOARD, organization="HRB") == {"HRB": "Q2"}


def test_an_acronym_is_not_another_body_that_has_it_too() -> None:
    """Beside the long form of another body the letters tell nothing, unless the list knows no long form."""
    text = "The Hill Road Bank (HRB) closed."
    assert refs(text, BOARD, organization="Hill Road Bank|HRB") == {"Hill Road Bank": None}
    short = Listed(id="Q4", names=("HRB",), type=ORGANIZATION)
    assert refs(text, short, organization="Hill Road Bank|HRB") == {"Hill Road Bank": "Q4"}


def test_the_type_chooses_among_namesakes() -> None:
    """A person is no place; of a place and a body of one name, the type that the article shows is taken."""
    place = Listed(id="Q5", names=("Orsania",), type=LOCATION)
    body = Listed(id="Q6", names=("Orsania",), type=ORGANIZATION)
    assert refs("Orsania agreed.", place, organization="Orsania") == {"Orsania": "Q5"}
    assert refs("Orsania agreed.", place, body, organization="Orsania") == {"Orsania": "Q6"}
    assert refs("Orsania agreed.", place, person="Orsania") == {"Orsania": None}
    assert refs("Jane Roe spoke.", ROE, Listed(id="Q7", names=("Jane Roe",), type=PERSON), person="Jane Roe") == {
        "Jane Roe": None
    }


def test_an_entry_without_a_type_fits_every_one() -> None:
    """A list need not say what its entries are."""
    assert refs("Orsania agreed.", Listed(id="x", names=("Orsania",)), location="Orsania") == {"Orsania": "x"}


@pytest.mark.parametrize(
    ("text", "kinds", "expected"),
    [
        ("О Глебе Серове молчат. Глеба Серова ждут.", {"person": "Глебе Серове|Глеба Серова"}, "Q1"),
        ("Ждут Глеба Серова.", {"person": "Глеба Серова"}, None),
        ("Глеб Серов здесь.", {"person": "Глеб Серов"}, "Q1"),
        ("Решение Министерства связи.", {"organization": "Министерства связи"}, "Q2"),
        ("Решение Министерства почты.", {"organization": "Министерства почты"}, None),
    ],
)
def test_a_name_in_other_cases_is_looked_up_in_the_nominative(
    text: str, kinds: dict[str, str], expected: str | None
) -> None:
    """A person's in two of them; a name in one case alone may be another's nominative."""
    entries = (
        Listed(id="Q1", names=("Глеб Серов",), type=PERSON),
        Listed(id="Q2", names=("Министерство связи",), type=ORGANIZATION),
    )
    (actor,) = cluster(text, named(text, **kinds), language=language_of("ru"))
    assert EntityList(entries).ref(actor, text, language_of("ru")) == expected
