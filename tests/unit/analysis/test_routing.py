"""Several models in one pipeline: each article is read by that of its language, whatever else is in the batch."""

from collections.abc import Sequence

import pytest

from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched, Outcome, Skipped
from service.core.frames import ClaimKind
from service.core.model import ModelInfo
from tests.unit.analysis.test_pipeline import ScriptedModel

ENGLISH = "The mill lost 400 jobs in May. The town had warned the board before."
RUSSIAN = "Завод потерял 400 мест в мае. Город предупреждал совет о закрытии."
UKRAINIAN = "Завод втратив 400 місць у травні. Місто попереджало раду про закриття."


class English(ScriptedModel):
    """The main model."""

    info = ModelInfo(name="main", version="1", sha256="a" * 64, thresholds={"author_statement": 0.5})


class Multilingual(ScriptedModel):
    """Reads English too, where it is asked, and is sure of no statement of the author's."""

    info = ModelInfo(
        name="multi", version="2", sha256="b" * 64, languages=("en", "ru"), thresholds={"author_statement": 0.99}
    )


@pytest.fixture
def pipeline() -> Pipeline:
    """A pipeline over both."""
    return Pipeline(model=English(), others=[Multilingual()])


def articles(*bodies: str, language: str | None = None) -> list[Article]:
    """Return an article for each body."""
    return [
        Article(id=ArticleId(f"urn:test:{number}"), body=body, language=language) for number, body in enumerate(bodies)
    ]


def readers(outcomes: Sequence[Outcome]) -> list[str | None]:
    """Return the name of the model that read each article, None where none did."""
    return [outcome.model.name if isinstance(outcome, Enriched) else None for outcome in outcomes]


def test_each_article_is_read_by_the_model_of_its_language(pipeline: Pipeline) -> None:
    """A mixed batch gives its results in the order asked; what both models know is the main one's."""
    outcomes = pipeline.process(articles(RUSSIAN, ENGLISH, UKRAINIAN, RUSSIAN, ENGLISH, ENGLISH))
    assert readers(outcomes) == ["multi", "main", None, "multi", "main", "main"]
    assert [outcome.article.id for outcome in outcomes if not isinstance(outcome, Skipped)] == [
        f"urn:test:{number}" for number in (0, 1, 3, 4, 5)
    ]
    assert [outcome.language for outcome in outcomes if isinstance(outcome, Enriched)] == ["ru", "en", "ru", "en", "en"]


def test_a_language_that_nobody_reads_is_skipped_with_all_that_are_read(pipeline: Pipeline) -> None:
    """The sentence says what the text was found to be in, and what would be read."""
    (outcome,) = pipeline.process(articles(UKRAINIAN))
    assert isinstance(outcome, Skipped)
    assert outcome.detected_language == "uk"
    assert outcome.detail == "The article is in 'uk'; the languages read here are en, ru."


def test_settings_are_those_of_the_model_that_read(pipeline: Pipeline) -> None:
    """The same figure is a statement by the threshold of the one and none by that of the other."""
    russian, english = pipeline.process(articles(RUSSIAN, ENGLISH))
    assert isinstance(russian, Enriched)
    assert isinstance(english, Enriched)
    assert russian.enrichment.claims == ()
    assert [claim.kind for claim in english.enrichment.claims] == [ClaimKind.AUTHOR_STATEMENT]


def test_articles_in_other_languages_change_nothing(pipeline: Pipeline) -> None:
    """An article gives the same alone and between articles of every language."""
    batch = articles(ENGLISH, RUSSIAN, UKRAINIAN, ENGLISH, RUSSIAN)
    together = pipeline.process(batch)
    assert together == [outcome for one in batch for outcome in pipeline.process([one])]


@pytest.mark.parametrize(
    ("stated", "body", "reader"),
    [("ru-RU", RUSSIAN, "multi"), ("ru", ENGLISH, "main"), ("en", RUSSIAN, "multi"), ("uk", RUSSIAN, None)],
)
def test_a_stated_language_is_believed_where_the_script_allows_it(
    pipeline: Pipeline, stated: str, body: str, reader: str | None
) -> None:
    """Russian in Latin letters is not; Ukrainian in Cyrillic is, and nobody reads it."""
    assert readers(pipeline.process(articles(body, language=stated))) == [reader]
