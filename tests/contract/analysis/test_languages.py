"""The shipped models in one pipeline: samples in several languages, each read by the model of its language."""

from pathlib import Path

import pytest

from schemas.article import Article as Wire
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import ClaimKind
from service.inference.artifact import load_model
from service.settings import MULTILINGUAL_MODEL
from tests.models import SMALL

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
QUOTES = {  # of each sample, the beginning of a quote and who says it
    "article": ("We are building this dam", "Tomas Hallek"),
    "article-ru": ("Нам каждую неделю твердят", "Павел Брандт"),
    "article-hy": ("Մեզ ամեն շաբաթ ասում են", "Պավել Բրանդտ"),
}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """English by the small model, all else by the multilingual one."""
    return Pipeline(model=load_model(SMALL, warm=False), others=[load_model(MULTILINGUAL_MODEL, warm=False)])


def sample(name: str) -> Article:
    """Return a sample without its language, which is to be found."""
    wire = Wire.model_validate_json((EXAMPLES / f"{name}.json").read_bytes())
    return Article(id=ArticleId(wire.id), title=wire.title, body=wire.body or "")


@pytest.mark.parametrize(
    ("name", "language", "model"),
    [
        ("article", "en", "claimwire-en-small"),
        ("article-ru", "ru", "claimwire-multi-small"),
        ("article-hy", "hy", "claimwire-multi-small"),
    ],
)
def test_a_sample_is_read_by_the_model_of_its_language(
    pipeline: Pipeline, name: str, language: str, model: str
) -> None:
    """Its language is found, the model that read it is named, and a quote that opens a paragraph has its speaker."""
    (outcome,) = pipeline.process([sample(name)])
    assert isinstance(outcome, Enriched)
    assert (outcome.language, outcome.model.name) == (language, model)
    words, speaker = QUOTES[name]
    claims = [claim for claim in outcome.enrichment.claims if words in claim.wording(outcome.text)]
    assert [claim.kind for claim in claims] == [ClaimKind.DIRECT_QUOTE]
    assert (claims[0].speaker.name or "").startswith(speaker)


def test_the_languages_beside_an_article_change_nothing(pipeline: Pipeline) -> None:
    """The samples of three languages in one batch give what each gives alone."""
    batch = [sample(name) for name in QUOTES]
    assert pipeline.process(batch) == [outcome for one in batch for outcome in pipeline.process([one])]
