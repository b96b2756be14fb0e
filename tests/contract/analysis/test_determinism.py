"""Same input, model and engine give the same event, whatever else is in the batch."""

from pathlib import Path

import pytest

from schemas.article import Article as Wire
from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Enriched
from service.core.frames import Claim, Enrichment
from service.inference.artifact import load_model
from service.inference.encoder import EngineName
from service.inference.manifest import NAME

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted(path.parent for path in (ROOT / "models").glob(f"*/{NAME}"))
ENGINES: tuple[EngineName, ...] = ("openvino", "onnxruntime")
SAMPLE = Wire.model_validate_json((ROOT / "schemas/examples/article.json").read_bytes())
BATCH = 32
ALIKE = 0.9  # of the claims: int8 kernels of two vendors round differently, so labels near the edge can differ


def article(number: int) -> Article:
    """Return the sample's first `number` thirty-seconds, so that a batch of them has mixed lengths."""
    return Article(id=ArticleId(f"a{number}"), body=SAMPLE.body[: len(SAMPLE.body) * number // BATCH], language="en")


def enriched(pipeline: Pipeline, *numbers: int) -> list[Enrichment | None]:
    """Read articles in one batch."""
    outcomes = pipeline.process([article(number) for number in numbers])
    return [outcome.enrichment if isinstance(outcome, Enriched) else None for outcome in outcomes]


def label(claim: Claim) -> tuple[object, ...]:
    """Return what a claim says, without its confidences."""
    return claim.spans, claim.kind, claim.speaker.kind, claim.speaker.name, claim.cue


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.name)
def pipelines(request: pytest.FixtureRequest) -> dict[EngineName, Pipeline]:
    """Open each shipped model on both engines."""
    return {engine: Pipeline(model=load_model(request.param, engine=engine)) for engine in ENGINES}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_event_does_not_depend_on_its_batch(pipelines: dict[EngineName, Pipeline], engine: EngineName) -> None:
    """Alone, first and last of 32 articles of mixed lengths, and in another order, an article gives the same frames."""
    pipeline = pipelines[engine]
    numbers = list(range(1, BATCH + 1))
    together = enriched(pipeline, *numbers)
    assert sum(bool(one and one.claims) for one in together) > BATCH // 2
    assert enriched(pipeline, *reversed(numbers)) == together[::-1]
    for number in (BATCH // 3, BATCH):
        assert enriched(pipeline, number) == [together[number - 1]]


def test_both_engines_say_the_same(pipelines: dict[EngineName, Pipeline]) -> None:
    """Nine of ten claims of the sample have the same spans, kind, speaker and cue on both engines."""
    one, other = (
        {label(claim) for frames in enriched(pipelines[engine], BATCH) if frames for claim in frames.claims}
        for engine in ENGINES
    )
    assert len(one & other) >= ALIKE * max(len(one), len(other))
