"""The second look at stances: what stands around an answer, and what that does to it."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.frames import SpeakerKind
from service.core.model import Candidate, Where
from service.core.span import Span
from service.inference.weighing import FEATURES, features, weigh

WEIGHTS = {"answer": 0.8, "opposite": -0.1, "constant": -0.4, "near": -0.7, "elsewhere": 0.3, "rival": -0.2}


def candidate(favor: float, against: float, *, claim: int = 0, holder: str = "e1", target: str = "e2") -> Candidate:
    """Return an answer about a target that a claim of ten words names."""
    return Candidate(
        claim=Span(claim * 100, claim * 100 + 50),
        holder=holder,
        kind=SpeakerKind.PERSON,
        target=target,
        mentions=3,
        words=10,
        where=Where.CONTENT,
        answer=np.asarray([favor, against, 1 - favor - against], dtype=np.float32),
    )


articles = st.lists(
    st.builds(
        lambda favor, against, claim, holder, target: candidate(
            favor, against, claim=claim, holder=f"e{holder}", target=f"e{target}"
        ),
        st.floats(0, 0.5, width=32),
        st.floats(0, 0.5, width=32),
        st.integers(0, 3),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("weights", [{}, {"answer": 1.0}])
def test_without_weights_an_answer_stands(weights: dict[str, float]) -> None:
    """No weights, and the weight that reads the answer alone, leave probabilities as they are."""
    found = weigh([candidate(0.2, 0.7), candidate(0.1, 0.3, claim=1)], weights)
    assert found == pytest.approx(np.asarray([[0.2, 0.7, 0.1], [0.1, 0.3, 0.6]]), abs=1e-5)


def test_an_article_without_candidates_has_no_stances() -> None:
    """Nothing in, nothing out, in the shape that is promised."""
    assert weigh([], WEIGHTS).shape == (0, 3)


@given(articles)
def test_sides_are_treated_alike(article: list[Candidate]) -> None:
    """Who is for where others are against gets the same probabilities with the sides exchanged."""
    turned = [
        candidate(float(c.answer[1]), float(c.answer[0]), claim=c.claim.start // 100, holder=c.holder, target=c.target)
        for c in article
    ]
    assert weigh(turned, WEIGHTS)[:, [1, 0, 2]] == pytest.approx(weigh(article, WEIGHTS), abs=1e-4)


@given(articles, st.randoms(use_true_random=False))
def test_order_does_not_matter(article: list[Candidate], chance: random.Random) -> None:
    """Each candidate has the same probabilities, which sum to one, wherever it stands in the list."""
    order = list(range(len(article)))
    chance.shuffle(order)
    found = weigh(article, WEIGHTS)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert weigh([article[at] for at in order], WEIGHTS) == pytest.approx(found[order], abs=1e-5)


def test_the_same_speaker_elsewhere_counts() -> None:
    """What a speaker says of a target in another claim makes the same side likelier, and another speaker's does not."""
    doubtful = candidate(0.1, 0.3)
    alone = weigh([doubtful], WEIGHTS)[0, 1]
    assert weigh([doubtful, candidate(0.02, 0.9, claim=1)], WEIGHTS)[0, 1] > alone
    assert weigh([doubtful, candidate(0.02, 0.9, claim=1, holder="e9")], WEIGHTS)[0, 1] == pytest.approx(alone)


def test_features_say_what_they_are_named() -> None:
    """Of two targets in one claim each has the other as its rival, and the claim counts two."""
    table = features([candidate(0.1, 0.8, target="e2"), candidate(0.25, 0.25, target="e3")])
    column = {name: table[:, :, at] for at, name in enumerate(FEATURES)}
    assert column["answer"][0] == pytest.approx([0.0, np.log(8)], abs=1e-4)
    assert column["opposite"][0] == pytest.approx([np.log(8), 0.0], abs=1e-4)
    assert column["rival"][1] == pytest.approx([np.log(8)] * 2, abs=1e-4)
    assert column["targets"][0] == pytest.approx([np.log(2)] * 2)
    assert not column["elsewhere"].any()
