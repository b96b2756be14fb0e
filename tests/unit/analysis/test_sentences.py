"""Sentences in the languages beside English: where a paragraph is cut, and where it only looks so."""

import pytest

from service.analysis.text.document import segment


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        (
            "ru",
            "Ущерб составил 3,1 млрд. рублей. В мэрии это отрицают.",
            ["Ущерб составил 3,1 млрд. рублей.", "В мэрии это отрицают."],
        ),
        (
            "ru",
            "«Кто это подписал?» — спросила Орлова. «Мост цел! Никто не пострадал», — сказал Лисин.",
            ["«Кто это подписал?» — спросила Орлова.", "«Мост цел!", "Никто не пострадал», — сказал Лисин."],
        ),
        (
            "hy",
            "Կամուրջը կանգուն է։ Ինչո՞ւ է այն փակ, ոչ ոք չգիտի: «Սպասեք։ Շուտով կիմանաք»,- ասել է նա։",
            [
                "Կամուրջը կանգուն է։",
                "Ինչո՞ւ է այն փակ, ոչ ոք չգիտի:",
                "«Սպասեք։",
                "Շուտով կիմանաք»,- ասել է նա։",
            ],
        ),
        ("hy", "Նա ասել է․ «Ո՛չ, երբե՛ք»։", ["Նա ասել է․ «Ո՛չ, երբե՛ք»։"]),
        (
            "ka",
            "ხიდი მთელია. „რატომ დაიხურა?“ - იკითხა მან. „არავინ დაშავებულა“.",
            ["ხიდი მთელია.", "„რატომ დაიხურა?“ - იკითხა მან.", "„არავინ დაშავებულა“."],
        ),
        (
            "az",
            "Körpü bağlıdır. “Nə üçün?” – deyə o soruşdu. “Heç kim xəsarət almayıb”, – nazir bildirib.",
            [
                "Körpü bağlıdır.",
                "“Nə üçün?” – deyə o soruşdu.",
                "“Heç kim xəsarət almayıb”, – nazir bildirib.",
            ],
        ),
        (
            "tr",
            '29. dakikada köprü kapandı. "Neden kapandı?" diye sordu Akın. Yanıt Ankara\'dan geldi.',
            ["29. dakikada köprü kapandı.", '"Neden kapandı?" diye sordu Akın.', "Yanıt Ankara'dan geldi."],
        ),
    ],
)
def test_each_language_ends_its_sentences(language: str, text: str, sentences: list[str]) -> None:
    """Marks that close, the writer's words behind a quote, marks inside words and ordinals end no sentence."""
    document = segment(text, language=language)
    assert [sentence.span.of(text) for sentence in document.sentences] == sentences
    assert document.language == language


@pytest.mark.parametrize(
    ("language", "text", "boilerplate"),
    [
        ("ru", "КИЕВ (Вестник) — Мост цел, сказал мэр.", ["КИЕВ (Вестник) — "]),
        ("ru", "ЗАРЕЧЬЕ, 5 мая — Вестник. Мост цел, сказал мэр.", ["ЗАРЕЧЬЕ, 5 мая — Вестник. "]),
        ("hy", "ԵՐԵՎԱՆ, 5 մայիսի, Հորիզոն։ Կամուրջը կանգուն է։", ["ԵՐԵՎԱՆ, 5 մայիսի, Հորիզոն։ "]),
        ("tr", "ANKARA (Ufuk) - Köprü sağlam.", ["ANKARA (Ufuk) - "]),
        ("ru", "В четверг, 5 мая, мост закрыли.", []),
        ("ru", "США — наш сосед, сказал мэр.", []),
        ("ka", "ხიდი მთელიაო, თქვა მერმა: „ეს ასეა.“", []),
        ("az", "Körpünün taleyi\nNazir körpünün bağlandığını deyib.", ["Körpünün taleyi"]),
        ("tr", "Source: köprü için para yok.", []),
        ("ru", "Мост цел.\n© Вестник, 2025", ["© Вестник, 2025"]),
    ],
)
def test_lines_that_make_no_claims(language: str, text: str, boilerplate: list[str]) -> None:
    """Datelines, headlines and copyrights are told in any language; English notices only in English."""
    document = segment(text, language=language)
    assert [span.of(text) for span in document.boilerplate] == boilerplate
