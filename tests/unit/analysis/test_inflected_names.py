"""Names that take endings: one entity for all cases of a name, called by its nominative, and never a made-up form."""

import pytest

from service.analysis.entities.cluster import cluster
from service.analysis.languages.lookup import language_of
from service.core.frames import EntityType
from service.core.model import Named
from service.core.span import Span


def named(text: str, **kinds: str) -> list[Named]:
    """Return every place of each name, given as person="Jane Roe|Roe"; of names at one place the longest."""
    found: dict[int, Named] = {}
    for kind, names in kinds.items():
        for name in sorted(names.split("|"), key=len, reverse=True):
            for at in range(len(text)):
                inside = any(one.span.start <= at < one.span.end for one in found.values())
                goes_on = text[at + len(name) : at + len(name) + 1].isalpha()
                if text.startswith(name, at) and not inside and not goes_on:
                    found[at] = Named(span=Span(at, at + len(name)), type=EntityType(kind), confidence=0.9)
    return sorted(found.values(), key=lambda item: item.span)


def entities(code: str, text: str, **kinds: str) -> dict[str, list[str]]:
    """Return the mentions of each entity as written, by its name."""
    actors = cluster(text, named(text, **kinds), language=language_of(code))
    return {actor.name: [span.of(text) for span in actor.mentions] for actor in actors}


@pytest.mark.parametrize(
    ("code", "text", "kinds", "expected"),
    [
        (
            "ru",
            (
                "По словам Марины Орловой, мост закроют. Орлова добавила, что ждет ответа. Марина Орлова говорила с "
                "Павлом Лисиным. Лисину ответа не дали, Павел Лисин молчит."
            ),
            {"person": "Марины Орловой|Орлова|Марина Орлова|Павлом Лисиным|Лисину|Павел Лисин"},
            {
                "Марина Орлова": ["Марины Орловой", "Орлова", "Марина Орлова"],
                "Павел Лисин": ["Павлом Лисиным", "Лисину", "Павел Лисин"],
            },
        ),
        (
            "ru",
            "Министерство связи Верховии молчит. Представитель Министерства связи назвал Верховию соседом.",
            {"organization": "Министерство связи|Министерства связи", "location": "Верховии|Верховию"},
            {
                "Министерство связи": ["Министерство связи", "Министерства связи"],
                "Верховии": ["Верховии", "Верховию"],
            },
        ),
        (
            "hy",
            (
                "Վարչապետ Արամ Սահակյանը խոսեց Նաիրա Դավթյանի հետ։ Սահակյանի խոսքով՝ Դավթյանը սխալվում է։ "
                "Նաիրա Դավթյան անունը բոլորը գիտեն։"
            ),
            {"person": "Արամ Սահակյանը|Նաիրա Դավթյանի|Սահակյանի|Դավթյանը|Նաիրա Դավթյան"},
            {
                "Արամ Սահակյան": ["Արամ Սահակյանը", "Սահակյանի"],
                "Նաիրա Դավթյան": ["Նաիրա Դավթյանի", "Դավթյանը", "Նաիրա Դավթյան"],
            },
        ),
        (
            "ka",
            (
                "გიორგი ნაკაშიძემ თქვა, რომ ხიდი მთელია. ნაკაშიძის თქმით, არავინ დაშავებულა. მერმა ლევან ქობალიამ "
                "ნაკაშიძეს უპასუხა. გიორგი ნაკაშიძე კმაყოფილია."
            ),
            {"person": "გიორგი ნაკაშიძემ|ნაკაშიძის|ლევან ქობალიამ|ნაკაშიძეს|გიორგი ნაკაშიძე"},
            {
                "გიორგი ნაკაშიძე": ["გიორგი ნაკაშიძემ", "ნაკაშიძის", "ნაკაშიძეს", "გიორგი ნაკაშიძე"],
                "ლევან ქობალია": ["ლევან ქობალიამ"],
            },
        ),
        (
            "az",
            (
                "Nazir Rauf Səfərov körpünün bağlandığını deyib. Səfərovun sözlərinə görə, Lalə Quliyevaya məlumat "
                "verilib. Lalə Quliyeva isə Səfərovdan cavab gözləyir."
            ),
            {"person": "Rauf Səfərov|Səfərovun|Lalə Quliyevaya|Lalə Quliyeva|Səfərovdan"},
            {
                "Rauf Səfərov": ["Rauf Səfərov", "Səfərovun", "Səfərovdan"],
                "Lalə Quliyeva": ["Lalə Quliyevaya", "Lalə Quliyeva"],
            },
        ),
        (
            "tr",
            (
                "Bakan Deniz Akın'ın sözleri Irmak Belediyesi'nde yankılandı. Akın'a göre köprü sağlam. "
                "Irmak Belediyesi yanıt vermedi."
            ),
            {"person": "Deniz Akın'ın|Akın'a", "organization": "Irmak Belediyesi'nde|Irmak Belediyesi"},
            {
                "Deniz Akın": ["Deniz Akın", "Akın"],
                "Irmak Belediyesi": ["Irmak Belediyesi", "Irmak Belediyesi"],
            },
        ),
    ],
)
def test_cases_of_a_name_are_one_entity(
    code: str, text: str, kinds: dict[str, str], expected: dict[str, list[str]]
) -> None:
    """Surnames too; the entity has its name from the text, in the nominative where it stands there."""
    assert entities(code, text, **kinds) == expected


@pytest.mark.parametrize(
    ("code", "text", "people", "names"),
    [
        (
            "ru",
            "Саша Петров спорил. Саша Петрова молчала.",
            "Саша Петров|Саша Петрова",
            ["Саша Петров", "Саша Петрова"],
        ),
        ("ru", "Иван Серов и Анна Серова спорили.", "Иван Серов|Анна Серова", ["Анна Серова", "Иван Серов"]),
        (
            "az",
            "Rauf Quliyev və Lalə Quliyeva danışıb.",
            "Rauf Quliyev|Lalə Quliyeva",
            ["Lalə Quliyeva", "Rauf Quliyev"],
        ),
        ("hy", "Արա Սարյանը և Արամ Սարյանը խոսեցին։", "Արա Սարյանը|Արամ Սարյանը", ["Արա Սարյան", "Արամ Սարյան"]),
        ("ka", "ნინო ქობალია და ნინა ქობალია.", "ნინო ქობალია|ნინა ქობალია", ["ნინა ქობალია", "ნინო ქობალია"]),
        ("tr", "Kaya Akın ve Kayan Akın konuştu.", "Kaya Akın|Kayan Akın", ["Kaya Akın", "Kayan Akın"]),
    ],
)
def test_an_ending_does_not_join_two_people(code: str, text: str, people: str, names: list[str]) -> None:
    """Brother and sister, and two given names that differ by what looks like an ending, stay two."""
    assert sorted(entities(code, text, person=people)) == names


def test_endings_are_those_of_the_language() -> None:
    """A Russian ending joins nothing in a Turkish text, and no ending does in a language without a table."""
    text = "Петров. Петрову. Петровым."
    for code, number in (("ru", 1), ("tr", 3), ("xx", 3)):
        assert len(entities(code, text, person="Петров|Петрову|Петровым")) == number


def test_a_surname_alone_is_whoever_was_named_last() -> None:
    """Of two people of one surname, whatever its case."""
    text = "Иван Серов приехал. Орлова ждет. Глеб Серов уехал. По словам Серова, мост цел."
    found = entities("ru", text, person="Иван Серов|Глеб Серов|Серова")
    assert found["Глеб Серов"] == ["Глеб Серов", "Серова"]


@pytest.mark.parametrize(
    ("code", "text", "tagged", "name"),
    [
        ("ru", "Об этом сказал мэр Павел Лисин вчера.", "мэр Павел Лисин", "Павел Лисин"),
        ("ru", "Об этом пишет «Вестник Заречья».", "«Вестник Заречья».", "Вестник Заречья"),
        ("hy", "Գրել է «Հորիզոն»-ը։", "«Հորիզոն»-ը", "Հորիզոն"),
        ("az", "NATO-nun qərarı.", "NATO-nun", "NATO"),
        ("tr", "O'Brien'ın sözleri.", "O'Brien'ın", "O'Brien"),
        ("tr", "Kur'an okundu.", "Kur'an", "Kur'an"),
    ],
)
def test_a_name_is_cut_to_what_is_written_as_one(code: str, text: str, tagged: str, name: str) -> None:
    """No office in small letters, no marks, no ending that a mark sets apart; an apostrophe in a name stays."""
    kind = "person" if name in {"Павел Лисин", "O'Brien"} else "organization"
    assert list(entities(code, text, **{kind: tagged})) == [name]


def test_a_body_and_its_acronym_are_one() -> None:
    """In brackets behind the name, or as its initials."""
    text = "Союз речных портов (СРП) против. В СРП ждут. Лига малых городов за. ЛМГ ответила."
    found = entities("ru", text, organization="Союз речных портов|СРП|Лига малых городов|ЛМГ")
    assert found == {
        "Союз речных портов": ["Союз речных портов", "СРП", "СРП"],
        "Лига малых городов": ["Лига малых городов", "ЛМГ"],
    }


def test_untagged_cases_of_a_name_are_found() -> None:
    """The tagger saw a name once; its other cases are mentions too, small words that look alike are not."""
    text = "Лисин молчит. От Лисина ждут ответа, Лисину пишут, а лисина тут ни при чем."
    assert entities("ru", text, person="Лисин") == {"Лисин": ["Лисин", "Лисина", "Лисину"]}


@pytest.mark.parametrize(
    ("code", "people", "name"),
    [
        ("ru", "Глеба Серова|Глебом Серовым|Глеба Серова", "Глеба Серова"),
        ("ru", "Глеба Серова|Серов", "Серов"),
        ("hy", "Արա Սարյանը", "Արա Սարյան"),
        ("hy", "Նաիրա Քոչարին|Նաիրա Քոչարից", "Նաիրա Քոչար"),
        ("hy", "Նաիրա Քոչարին", "Նաիրա Քոչարին"),
        ("ka", "ნინო ბერიძემ", "ნინო ბერიძე"),
        ("ka", "დავით გელოვანმა", "დავით გელოვანმა"),
        ("az", "Lalə Quliyevanın|Lalə Quliyevaya", "Lalə Quliyeva"),
        ("az", "Rauf Səfərovun", "Rauf Səfərovun"),
    ],
)
def test_a_name_is_never_made(code: str, people: str, name: str) -> None:
    """An ending is cut off where it is certain, or where two cases show what stands before it; no letter is added."""
    assert list(entities(code, people.replace("|", ". "), person=people)) == [name]
