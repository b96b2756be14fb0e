"""How sure a stance must be, by where its target is."""

import numpy as np
import pytest

from service.analysis.entities.actor import Actor
from service.analysis.stances.of_claims import SURE, decide, least
from service.analysis.stances.targets import Aim
from service.core.frames import EntityType, StanceLabel
from service.core.model import Where
from service.core.span import Span


def test_the_manifest_says_how_sure() -> None:
    """A threshold of the manifest replaces the default of its place, and no other."""
    sure = least({"stance_near": 0.9}, author=False)
    assert sure == {**SURE, Where.NEAR: 0.9}


def test_an_author_takes_sides_plainly_or_not_at_all() -> None:
    """The author's floor holds wherever the target is, and lowers nothing."""
    sure = least({"stance_author": 0.7, "stance_near": 0.9}, author=True)
    assert sure == {Where.CONTENT: 0.7, Where.ANAPHOR: 0.7, Where.NEAR: 0.9}


@pytest.mark.parametrize(("where", "said"), [(Where.CONTENT, [StanceLabel.AGAINST]), (Where.NEAR, [])])
def test_what_stands_further_off_must_be_surer(where: Where, said: list[StanceLabel]) -> None:
    """The same probability is enough for a target in the claim's words, and not for one beside it."""
    actor = Actor(name="Jane Roe", type=EntityType.PERSON)
    aim = Aim(actor=actor, mentions=(Span(0, 8),), where=where)
    sure = {Where.CONTENT: 0.3, Where.ANAPHOR: 0.5, Where.NEAR: 0.7}
    found = decide([aim], [np.asarray([0.1, 0.5, 0.4], dtype=np.float32)], sure)
    assert [stance.label for stance in found] == said
