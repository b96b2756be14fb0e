"""Metrics that measure: the model's tokens and stages, and readiness as of the scrape."""

from collections.abc import Sequence

import pytest

from service.analysis.text.document import segment
from service.bootstrap.serve import measured_pipeline
from service.core.health import Check, HealthStatus, Probe
from service.instrument.timed_model import TimedModel
from service.telemetry.metrics import Metrics
from tests.unit.analysis.test_pipeline import ScriptedModel, article


class Words(ScriptedModel):
    """A model with a window large enough for each text."""

    window = 126


def test_padding_is_counted() -> None:
    """Two windows of 40 and 20 tokens, two special tokens each, run as one of 64 and one of 32."""
    metrics = Metrics()
    model = TimedModel(Words(), metrics)
    readings = list(model.read([segment("word " * 40), segment("word " * 20)]))
    assert [len(reading.tokens) for reading in readings] == [40, 20]
    value = metrics.registry.get_sample_value
    assert value("claimwire_tokens_total", {"kind": "real"}) == 60
    assert value("claimwire_tokens_total", {"kind": "padded"}) == 96
    assert value("claimwire_model_seconds_count", {"call": "read"}) == 2


def test_every_stage_of_the_pipeline_is_timed() -> None:
    """Segmentation is timed once per batch, every other stage once per article."""
    metrics = Metrics()
    pipeline = measured_pipeline([ScriptedModel()], metrics)
    pipeline.process([article("The dam holds, she said.", language="en"), article("Nobody spoke.", language="en")])
    for stage, times in {"segment": 1, "read": 2, "resolve": 2, "judge": 2, "assemble": 2}.items():
        assert metrics.registry.get_sample_value("claimwire_stage_seconds_count", {"stage": stage}) == times, stage


class Part:
    """A part of the service with one check, ready or not."""

    failing: frozenset[Probe] = frozenset()

    def checks(self) -> Sequence[Check]:
        """Return the check."""
        return (Check(name="part", status=HealthStatus.PASS, fails=self.failing),)


@pytest.mark.parametrize(("failing", "ready"), [(frozenset(), 1.0), ({Probe.READY}, 0.0), ({Probe.LIVE}, 1.0)])
def test_readiness_is_that_of_the_scrape(failing: frozenset[Probe], ready: float) -> None:
    """`claimwire_ready` has the probe's current answer, whether or not anybody probes."""
    metrics, part = Metrics(), Part()
    metrics.follow_readiness([part])
    part.failing = frozenset(failing)
    assert metrics.registry.get_sample_value("claimwire_ready") == ready
