"""What the multilingual artifact promises: offsets and findings in each of its languages."""

import pytest

from service.analysis.text.document import segment
from service.core.model import Reading
from service.inference.artifact import load_model
from service.inference.model import ClaimwireModel
from service.settings import MULTILINGUAL_MODEL

ARTICLES = {
    "ru": (
        (
            "Министр финансов Анна Орлова заявила в понедельник, что расходы на дороги вырастут на треть.\n\n"
            "«Нас никто не спросил», — сказал депутат Пётр Зимин."
        ),
        {"Анна Орлова", "Пётр Зимин"},
        "расходы на дороги вырастут на треть",
    ),
    "hy": (
        (
            "Նախարար Արամ Վարդանյանը երեկ հայտարարեց, որ ճանապարհների ծախսերը կաճեն մեկ երրորդով։\n\n"
            "«Մեզ ոչ ոք չի հարցրել», - ասաց պատգամավոր Նարե Սիմոնյանը։"
        ),
        {"Արամ Վարդանյանը", "Նարե Սիմոնյանը"},
        "ճանապարհների ծախսերը կաճեն մեկ երրորդով",
    ),
    "ka": (
        (
            "მინისტრმა ნინო კალანდაძემ ორშაბათს განაცხადა, რომ გზების ხარჯები მესამედით გაიზრდება.\n\n"
            "„ჩვენთვის არავის უკითხავს“, — თქვა დეპუტატმა ლევან მიქელაძემ."
        ),
        {"ნინო კალანდაძემ", "ლევან მიქელაძემ"},
        "გზების ხარჯები მესამედით გაიზრდება",
    ),
    "az": (
        (
            "Nazir Leyla Quliyeva bazar ertəsi bildirib ki, yol xərcləri üçdə bir artacaq.\n\n"
            "“Bizdən heç kim soruşmayıb”, - deyə deputat Rəşad Məmmədov bildirib."
        ),
        {"Leyla Quliyeva", "Rəşad Məmmədov"},
        "yol xərcləri üçdə bir artacaq",
    ),
    "tr": (
        (
            "Maliye Bakanı Aylin Kara pazartesi günü yol harcamalarının üçte bir artacağını söyledi.\n\n"
            "Milletvekili Murat Demir, “Bize kimse sormadı” dedi."
        ),
        {"Aylin Kara", "Murat Demir"},
        "Bize kimse sormadı",
    ),
}


@pytest.fixture(scope="module")
def model() -> ClaimwireModel:
    """Open the multilingual artifact."""
    return load_model(MULTILINGUAL_MODEL, warm=False)


@pytest.fixture(params=sorted(ARTICLES))
def language(request: pytest.FixtureRequest) -> str:
    """Return each language that it reads beside English."""
    code: str = request.param
    return code


def read(model: ClaimwireModel, language: str) -> tuple[str, Reading]:
    """Return the article in a language, and its reading."""
    text = ARTICLES[language][0]
    return text, next(model.read([segment(text, language=language)]))


def test_it_says_which_languages_it_reads(model: ClaimwireModel) -> None:
    """The manifest names them, English first."""
    assert model.info.languages[0] == "en"
    assert set(model.info.languages) == {"en", *ARTICLES}


def test_tokens_cover_every_letter_once(model: ClaimwireModel, language: str) -> None:
    """Offsets are code points of the text: in order, apart, and none of white space."""
    text, reading = read(model, language)
    covered = [
        at for start, end in zip(reading.tokens.start, reading.tokens.end, strict=True) for at in range(start, end)
    ]
    assert covered == [at for at, letter in enumerate(text) if not letter.isspace()]


def test_names_and_statements_are_found(model: ClaimwireModel, language: str) -> None:
    """Who speaks is found with its ending, and what is said is."""
    text, reading = read(model, language)
    tagged = model.spans(reading)
    _, people, statement = ARTICLES[language]
    assert people <= {named.span.of(text) for named in tagged.entities}
    assert any(statement in scored.span.of(text) for scored in tagged.contents)
    assert tagged.sources
