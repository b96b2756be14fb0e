"""Endings join the cases of one name, and never two names that both stand in the nominative."""

from hypothesis import assume, given
from hypothesis import strategies as st

from service.analysis.entities.cluster import cluster
from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of
from service.core.frames import EntityType
from service.core.model import Named
from service.core.span import Span

# Given names, and surnames with one of their cases. No two of a list are one name in two cases.
NAMES = {
    "ru": (
        "Иван Павел Марина Анна Игорь Мария Глеб Софья",
        "Серов:Серова Орлова:Орловой Лисин:Лисиным Белый:Белого Полянский:Полянскому Гай:Гая Ткач:Ткача Кравец:Кравца",
    ),
    "hy": (
        "Արամ Նաիրա Կարեն Անի Լևոն Մարիամ",
        "Սարյան:Սարյանի Դավթյան:Դավթյանը Մելիքյան:Մելիքյանից Քոչար:Քոչարին Ամատունի:Ամատունու",
    ),
    "ka": (
        "გიორგი ნინო ლევან მარიამ დავით ეკა",
        "ნაკაშიძე:ნაკაშიძის ქობალია:ქობალიას ლომიძე:ლომიძემ გელოვანი:გელოვანმა სააკაძე:სააკაძესთან",
    ),
    "az": (
        "Rauf Lalə Elçin Sevda Kamran Aygün",
        "Səfərov:Səfərovun Quliyeva:Quliyevaya Muradlı:Muradlının Hüseynzadə:Hüseynzadəyə Əsgərov:Əsgərovdan",
    ),
    "tr": (
        "Deniz Kaya Elif Orhan Zeynep Murat",
        "Akın:Akın'ın Yıldız:Yıldız'a Demirci:Demirci'nin Korkmaz:Korkmaz'dan Toprak:Toprak'la",
    ),
}


def names(code: str) -> st.SearchStrategy[tuple[str, str]]:
    """Return full names of a language, each with a case of the surname."""
    given_names, surnames = NAMES[code]
    pairs = [tuple(surname.split(":")) for surname in surnames.split()]
    return st.tuples(st.sampled_from(given_names.split()), st.sampled_from(pairs)).map(
        lambda drawn: (f"{drawn[0]} {drawn[1][0]}", drawn[1][1])
    )


def clusters(language: Language, *people: str) -> list[set[str]]:
    """Return which of some names, each in a sentence of its own, are one person's."""
    text, named = "", []
    for name in people:
        named.append(Named(span=Span(len(text), len(text) + len(name)), type=EntityType.PERSON, confidence=0.9))
        text += f"{name}. "
    return [{span.of(text) for span in actor.mentions} for actor in cluster(text, named, language=language)]


PAIRS = st.sampled_from(sorted(NAMES)).flatmap(lambda code: st.tuples(st.just(code), names(code), names(code)))


@given(PAIRS)
def test_two_nominatives_are_two(pair: tuple[str, tuple[str, str], tuple[str, str]]) -> None:
    """Two full names in the nominative are never joined, whatever endings the language has."""
    code, (one, _), (two, _) = pair
    assume(one != two)
    assert len(clusters(language_of(code), one, two)) == 2


@given(PAIRS)
def test_a_surname_in_another_case_is_its_bearers(pair: tuple[str, tuple[str, str], tuple[str, str]]) -> None:
    """Of two people, whoever is named last."""
    code, (one, case), (two, _) = pair
    assume(one.split()[1] != two.split()[1])
    assert {one, case.partition("'")[0]} in clusters(language_of(code), one, two, case)


@given(PAIRS, st.sampled_from(sorted(NAMES)))
def test_no_language_uses_the_endings_of_another(
    pair: tuple[str, tuple[str, str], tuple[str, str]], other: str
) -> None:
    """A surname in a case of its language is another name to a language that has no such ending."""
    code, (one, case), _ = pair
    assume(code != other and {code, other} != {"az", "tr"})
    assert len(clusters(language_of(other), one, case)) == 2
