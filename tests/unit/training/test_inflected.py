"""Names with the endings that a sentence gives them."""

import pytest

from training.data.inflected import inflected_mentions


@pytest.mark.parametrize(
    ("language", "name", "text", "found"),
    [
        ("ru", "Анна Орлова", "Совет поддержал Анну Орлову, а Орловой не хватило голосов.", ["Анну Орлову"]),
        ("ru", "Анна Орлова", "Об Орловой там не говорили.", ["Орловой"]),
        ("hy", "Վահե Սարյան", "Խորհուրդը քննադատեց Վահե Սարյանին։", ["Վահե Սարյանին"]),
        ("ka", "ნინო ბერიძე", "საბჭომ ნინო ბერიძეს მხარი დაუჭირა.", ["ნინო ბერიძეს"]),
        ("tr", "Aylin Kara", "Kurul, Aylin Kara'yı eleştirdi.", ["Aylin Kara"]),
        ("az", "Leyla Quliyeva", "Şura Leyla Quliyevanı tənqid etdi.", ["Leyla Quliyevanı"]),
        ("ru", "Орлова", "Орёл улетел, орлиное гнездо пусто.", []),
        ("ru", "Вера", "Он говорил о вере.", []),
    ],
)
def test_a_name_is_found_in_whatever_case(language: str, name: str, text: str, found: list[str]) -> None:
    """A name is mentioned as a whole, or by its longest run of words, each with an ending of its own or none."""
    places = inflected_mentions(text, [(0, len(text))], name, language)
    assert [text[start:end] for start, end in places] == found


def test_only_the_given_pieces_are_searched() -> None:
    """A mention outside the content is none."""
    text = "Орлова против Орловой."
    assert inflected_mentions(text, [(0, 6)], "Орлова", "ru") == [(0, 6)]
