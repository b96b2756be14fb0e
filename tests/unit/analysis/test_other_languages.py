"""The pipeline over a scripted model in the languages beside English, and that nothing of English grammar is asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

from service.analysis.pipeline import Pipeline
from service.core.article import Enriched
from service.core.frames import ClaimKind
from service.core.model import Reading
from tests.referees import Literal
from tests.unit.analysis.test_pipeline import Script, ScriptedModel, article, claims

LANGUAGES = ("en", "ru", "hy", "ka", "az", "tr")
ENGLISH_ALONE = (
    *("english/", "attributions/fixed_phrases", "attributions/inversion", "attributions/source_extent"),
    *("attributions/subject_of_verb", "attributions/untagged_quotes", "coreference/agreement"),
    *("coreference/described_as", "coreference/descriptions", "coreference/positions", "coreference/pronouns"),
    *("entities/acronyms", "entities/gender", "entities/surnames", "entities/written", "speakers/clause"),
)
NEWS = {
    "ru": (
        "ЗАРЕЧЬЕ (Вестник) — Мост закрыли.\n"
        "«[q1 Мост цел, — [c1 сказала] [s1 мэр [person Марина Орлова]]. — Никто не пострадал]». По словам "
        "[s2 [person Орловой]], [q2 опоры проверят в мае]. [s3 Она] [c3 добавила], что [q3 денег хватит]. "
        "[s4 Многие жители] [c4 считают], что [q4 Орловой верить нельзя].\n"
        "— [q5 Когда его откроют?] — [c5 спросил] [s5 [person Глеб Лисин]]."
    ),
    "hy": (
        "«[q1 Կամուրջը կանգուն է]»,- [c1 ասել է] [s1 քաղաքապետ [person Նաիրա Դավթյանը]]։ "
        "[s2 [person Դավթյանի]] [c2 խոսքով]՝ [q2 հենարանները կստուգեն մայիսին]։ [s3 Նա] [c3 հավելել է], որ "
        "[q3 գումարը կբավարարի]։"
    ),
    "ka": (
        "„[q1 ხიდი მთელია]“, - [c1 თქვა] [s1 მერმა [person ნინო ლომიძემ]]. [s2 [person ლომიძის]] [c2 თქმით], "
        "[q2 საყრდენებს მაისში შეამოწმებენ]. [s3 მან] [c3 დასძინა], რომ [q3 თანხა საკმარისია]."
    ),
    "az": (
        "“[q1 Körpü salamatdır]”, – [c1 deyə] [s1 mer [person Lalə Quliyeva]] bildirib. [s2 [person Quliyevanın]] "
        "[c2 sözlərinə görə], [q2 dayaqlar mayda yoxlanacaq]. [s3 O], [q3 pulun çatacağını] [c3 əlavə edib]."
    ),
    "tr": (
        '"[q1 Köprü sağlam]," [c1 dedi] [s1 Belediye Başkanı [person Deniz Akın]]. [s2 [person Akın\'a]] [c2 göre], '
        "[q2 ayaklar mayısta incelenecek]. [s3 O], [q3 paranın yeteceğini] [c3 ekledi]."
    ),
}
SAID = {
    "ru": [
        ("Марина Орлова", "Мост цел, / Никто не пострадал"),
        ("Марина Орлова", "опоры проверят в мае"),
        ("Марина Орлова", "денег хватит"),
        ("Многие жители", "Орловой верить нельзя"),
        ("Глеб Лисин", "Когда его откроют?"),
    ],
    "hy": [
        ("Նաիրա Դավթյան", "Կամուրջը կանգուն է"),
        ("Նաիրա Դավթյան", "հենարանները կստուգեն մայիսին"),
        ("Նաիրա Դավթյան", "գումարը կբավարարի"),
    ],
    "ka": [
        ("ნინო ლომიძე", "ხიდი მთელია"),
        ("ნინო ლომიძე", "საყრდენებს მაისში შეამოწმებენ"),
        ("ნინო ლომიძე", "თანხა საკმარისია"),
    ],
    "az": [
        ("Lalə Quliyeva", "Körpü salamatdır"),
        ("Lalə Quliyeva", "dayaqlar mayda yoxlanacaq"),
        ("Lalə Quliyeva", "pulun çatacağını"),
    ],
    "tr": [
        ("Deniz Akın", "Köprü sağlam,"),
        ("Deniz Akın", "ayaklar mayısta incelenecek"),
        ("Deniz Akın", "paranın yeteceğini"),
    ],
}


class Multilingual(ScriptedModel):
    """A scripted model that reads six languages."""

    info = replace(ScriptedModel.info, languages=LANGUAGES)

    def references(self, reading: Reading) -> Literal:
        """Take sources at their word, but for pronouns of some languages."""
        return Literal(reading.document.text, frozenset({"она", "նա", "მან", "o", "she"}))


def read(marked: str, language: str) -> Enriched:
    """Send a marked-up text through the pipeline."""
    script = Script.of(marked)
    (outcome,) = Pipeline(model=Multilingual(script)).process([article(script.text, language=language)])
    assert isinstance(outcome, Enriched)
    return outcome


@contextmanager
def called() -> Iterator[set[str]]:
    """Collect the files under `service/analysis` of which functions are called."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            _, found, path = Path(frame.f_code.co_filename).as_posix().partition("/service/analysis/")
            files.update({path} if found else ())

    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("language", sorted(NEWS))
def test_each_language_has_its_claims_and_speakers(language: str) -> None:
    """Surnames in any case, pronouns and people never named resolve; the writer's words are no claim."""
    outcome = read(NEWS[language], language)
    assert outcome.language == language
    assert claims(outcome) == SAID[language]
    assert outcome.enrichment.claims[0].kind is ClaimKind.DIRECT_QUOTE


@pytest.mark.parametrize("language", sorted(NEWS))
def test_english_grammar_is_not_asked_of_other_languages(language: str) -> None:
    """No function of `analysis.english`, nor of the modules that are built on it, is called for their documents."""
    with called() as files:
        read(NEWS[language], language)
    assert [path for path in sorted(files) if path.startswith(ENGLISH_ALONE)] == []


def test_english_grammar_is_asked_of_english() -> None:
    """What the test above looks for does happen; each module of its list exists."""
    text = (
        "“[q1 The bridge stands],” [c1 said] [s1 [person Jane Roe]], the mayor. According to her, it is safe. "
        "[s2 Paul Lind] [c2 told] reporters [q2 that she is wrong and her plan failed]."
    )
    with called() as files:
        read(text, "en")
    assert "english/noun_phrase.py" in files
    assert "attributions/subject_of_verb.py" in files
    folder = Path(sys.modules[Pipeline.__module__].__file__ or "").parent
    assert all((folder / name).is_dir() or (folder / f"{name}.py").is_file() for name in ENGLISH_ALONE)


def test_an_utterance_that_the_tagger_missed_is_found_beside_a_cue() -> None:
    """In a quote with the writer's words inside, behind a colon, and in a line of dialogue; a term in marks is none."""
    outcome = read(
        "«Мост цел, — [c1 сказал] [s1 [person Глеб Лисин]]. — Никто не пострадал». Проект «Новый северный мост города» "
        "закрыт.\nВ мэрии ответили:\n«Мы ждем решения суда по этому делу».\n— Мост откроют, — [c2 добавил] [s2 он].",
        "ru",
    )
    assert [text for _, text in claims(outcome)] == [
        "Мост цел, / Никто не пострадал",
        "Мы ждем решения суда по этому делу",
        "Мост откроют,",
    ]


def test_a_claim_has_no_cue_before_it_where_no_list_says_so() -> None:
    """After which words a statement is an object was counted in English alone."""
    outcome = read("[s1 [person Глеб Лисин]] [c1 обвинил] [q1 мэрию во лжи].", "ru")
    assert [claim.with_cue for claim in outcome.enrichment.claims] == [False]


@pytest.mark.parametrize(
    ("tagged", "claimed"),
    [
        (
            "«[q1 Мост цел], — [c1 сказал] [s1 [person Глеб Лисин]]. — Никто не пострадал».",
            "Мост цел / Никто не пострадал",
        ),
        (
            "«Мост цел, — [c1 сказал] [s1 [person Глеб Лисин]]. — [q1 Никто не пострадал]».",
            "Мост цел, / Никто не пострадал",
        ),
        ("«[q1 Мост цел] и открыт», — [c1 сказал] [s1 [person Глеб Лисин]].", "Мост цел"),
    ],
)
def test_a_quote_that_the_writer_interrupts_is_whole(tagged: str, claimed: str) -> None:
    """Where the tagger saw one part of it, the other one belongs to the same cue; other quotes stay as tagged."""
    assert claims(read(tagged, "ru")) == [("Глеб Лисин", claimed)]
