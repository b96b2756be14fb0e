"""Quotation marks, dialogue and the writer's words between dashes, in the languages beside English."""

import pytest

from service.analysis.attributions.asides import without_asides
from service.analysis.text.characters import as_read
from service.analysis.text.document import segment
from service.core.span import Span


@pytest.mark.parametrize(
    ("language", "text", "quotes"),
    [
        ("ru", "«Мост „Северный“ цел», — сказал он.", [(0, "Мост „Северный“ цел"), (1, "Северный")]),
        (
            "ru",
            'Он сказал: "Мост цел". "Никто не пострадал", - добавил он.',
            [(0, "Мост цел"), (0, "Никто не пострадал")],
        ),
        ("hy", "«Կամուրջը կանգուն է»,- ասել է նա։", [(0, "Կամուրջը կանգուն է")]),
        ("ka", '„ხიდი მთელია", - თქვა მან. "არავინ დაშავებულა”.', [(0, "ხიდი მთელია"), (0, "არავინ დაშავებულა")]),
        ("ka", '"ხიდი მთელია ", თქვა მერმა.', [(0, "ხიდი მთელია")]),
        ("az", "“Körpü salamatdır” – deyə o bildirib.", [(0, "Körpü salamatdır")]),
        ("tr", "\"Ankara'nın kararı 'acele' alındı,\" dedi.", [(0, "Ankara'nın kararı 'acele' alındı,"), (1, "acele")]),
        ("tr", "Ankara'nın kararı Akın'a bildirildi.", []),
        ("tr", "“Köprü ‹Kuzey› sağlam.”", [(0, "Köprü ‹Kuzey› sağlam."), (1, "Kuzey")]),
    ],
)
def test_each_language_has_its_marks(language: str, text: str, quotes: list[tuple[int, str]]) -> None:
    """Nested and mixed; an apostrophe before an ending is none."""
    document = segment(text, language=language)
    assert [(quote.depth, quote.inner.of(text)) for quote in document.quotes] == quotes


def test_one_pair_of_marks_is_around_several_paragraphs() -> None:
    """Outside of English the paragraphs of a quote have no mark of their own."""
    text = "Мэр сказал: «Мост цел.\nЕго проверили.\nНикто не пострадал», и уехал.\nМост закрыт."
    document = segment(text, language="ru")
    assert [(quote.inner.of(text), quote.continues) for quote in document.quotes] == [
        ("Мост цел.", False),
        ("Его проверили.", True),
        ("Никто не пострадал", True),
    ]


def test_a_mark_that_nothing_closes_takes_no_further_paragraph() -> None:
    """A stray opening mark does not make the rest of the article a quote."""
    text = "Газета «Вестник закрыта.\nМост цел.\n«Никто не пострадал», — сказал мэр."
    assert [quote.inner.of(text) for quote in segment(text, language="ru").quotes] == ["Никто не пострадал"]


def test_marks_of_old_armenian_fonts_are_read() -> None:
    """`ՙ` and `՚` stand where newspapers have quotation marks."""
    read = as_read("ՙԿամուրջը կանգուն է՚,- ասել է նա։").text
    assert [quote.inner.of(read) for quote in segment(read, language="hy").quotes] == ["Կամուրջը կանգուն է"]


@pytest.mark.parametrize(
    ("language", "text", "lines"),
    [
        ("ru", "— Мост цел, — сказал мэр. — Никто не пострадал.\n— Когда его откроют?\nМэр уехал.", 2),
        ("ru", "Комиссия решила:\n— Закрыть мост.\n— Проверить опоры.", 0),
        ("ru", "Коротко:\n— десять мостов;\n— пять дорог.", 0),
        ("hy", "-Կամուրջը կանգուն է,- ասել է քաղաքապետը:\n-Ոչ ոք չի տուժել:", 2),
        ("ka", "- ხიდი მთელია, - თქვა მერმა.", 1),
        ("en", "— The bridge stands, — said the mayor.", 0),
    ],
)
def test_lines_of_dialogue_are_quotes(language: str, text: str, lines: int) -> None:
    """A dash opens them, and one of them asks or has the writer's words; a list is none."""
    quotes = segment(text, language=language).quotes
    assert [quote.is_dialogue for quote in quotes] == [True] * lines


@pytest.mark.parametrize(
    ("text", "cues", "pieces"),
    [
        (
            "Мост цел, — сказал он. — Никто не пострадал",
            ["сказал"],
            ["Мост цел,", "Никто не пострадал"],
        ),
        ("Мост цел, — сказал он", ["сказал"], ["Мост цел,"]),
        ("То, что я вижу, — это чудо, — и мы рады", [], ["То, что я вижу, — это чудо, — и мы рады"]),
        ("Կամուրջը կանգուն է,- ասել է նա,- ոչ ոք չի տուժել", ["ասել է"], ["Կամուրջը կանգուն է,", "ոչ ոք չի տուժել"]),
        (
            "Körpü salamatdır, – deyə o bildirib. – Heç kim yoxdur",
            ["bildirib"],
            ["Körpü salamatdır,", "Heç kim yoxdur"],
        ),
        ("ხიდი მთელია, - თქვა მან. - არავინ დაშავებულა", ["თქვა"], ["ხიდი მთელია,", "არავინ დაშავებულა"]),
    ],
)
def test_the_writers_words_are_cut_out_where_a_cue_is_in_them(text: str, cues: list[str], pieces: list[str]) -> None:
    """Dashes alone may set off anything."""
    tagged = [Span(text.index(cue), text.index(cue) + len(cue)) for cue in cues]
    assert [piece.of(text) for piece in without_asides(text, Span(0, len(text)), tagged)] == pieces
