"""Metrics that measure: the model's tokens and stages, and readiness as of the scrape."""

from collections.abc import Sequence

import numpy as np
import pytest

from service.bootstrap import open_pipeline
from service.core.health import Check, HealthStatus, Probe
from service.core.model import Encoded, Ints, ModelInfo
from service.instrument.timed_model import MeasuredModel
from service.telemetry.metrics import Metrics
from tests.unit.analysis.test_pipeline import ScriptedModel, article


class Windows:
    """An encoder that gives zeros; the rest of the model is not called here."""

    info = ModelInfo(name="zeros", version="0", sha256="0" * 64)
    window = 126

    def encode(self, windows: Sequence[Ints]) -> Sequence[Encoded]:
        """Return zeros."""
        return [
            Encoded(hidden=np.zeros((len(window), 2), np.float32), tags=np.zeros((len(window), 1), np.float32))
            for window in windows
        ]


def test_padding_is_counted() -> None:
    """Two windows of 40 and 20 tokens, two special tokens each, run as one of 64 and one of 32."""
    metrics = Metrics()
    model = MeasuredModel(Windows(), metrics)  # type: ignore[arg-type]  # half a model is enough
    encoded = list(model.encode([np.zeros(40, np.int64), np.zeros(20, np.int64)]))
    assert [len(window.hidden) for window in encoded] == [40, 20]
    value = metrics.registry.get_sample_value
    assert value("claimwire_tokens_total", {"kind": "real"}) == 60
    assert value("claimwire_tokens_total", {"kind": "padded"}) == 96
    assert value("claimwire_stage_seconds_count", {"stage": "encode"}) == 2


def test_every_stage_of_the_pipeline_is_timed() -> None:
    """Segmentation is timed once a batch; score, resolve and assemble once an article."""
    metrics = Metrics()
    pipeline = open_pipeline(ScriptedModel(), metrics)
    pipeline.process([article("The dam holds, she said.", language="en"), article("Nobody spoke.", language="en")])
    for stage, times in {"segment": 1, "score": 2, "resolve": 2, "assemble": 2}.items():
        assert metrics.registry.get_sample_value("claimwire_stage_seconds_count", {"stage": stage}) == times, stage


class Part:
    """A part of the service with one check, ready or not."""

    failing: frozenset[Probe] = frozenset()

    def checks(self) -> Sequence[Check]:
        """Return the check."""
        return (Check(name="part", status=HealthStatus.PASS, fails=self.failing),)


@pytest.mark.parametrize(("failing", "ready"), [(frozenset(), 1.0), ({Probe.READY}, 0.0), ({Probe.LIVE}, 1.0)])
def test_readiness_is_that_of_the_scrape(failing: frozenset[Probe], ready: float) -> None:
    """`claimwire_ready` tells what a probe would be told now, whether or not anybody probes."""
    metrics, part = Metrics(), Part()
    metrics.follow_readiness([part])
    part.failing = frozenset(failing)
    assert metrics.registry.get_sample_value("claimwire_ready") == ready
