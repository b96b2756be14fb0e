"""The last look at a stance: the answer of the stance head, weighed with what stands around claim and target.

The head sees one claim and one mention at a time. Whether a speaker takes a side at all shows in more: where the target
stands, how much the article is about it, what else the claim names, what the same speaker says of the same target
elsewhere. A conditional logit (McFadden, 1974) puts these together: favor and against each have a utility, linear in
`FEATURES`, neutral has none, and probabilities are the softmax of the three. The weights are the same for favor and
against, so that nothing is learned about whom people like.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from service.core.frames import SpeakerKind
from service.core.model import Candidate, Floats, Where
from service.inference.heads import softmax

FEATURES = (
    "answer",  # log odds of this side against neutral, from the stance head
    "opposite",  # those of the other side
    "constant",
    "near",  # the target is named beside the claim
    "anaphor",  # the target is meant by a pronoun or a description in it
    "mentions",  # of the target in the article, log
    "targets",  # that the claim might have, log
    "words",  # of the claim, log
    "author",  # who speaks
    "document",
    "unnamed",
    "elsewhere",  # mean answer for the same speaker and target in other claims
    "rival",  # the strongest answer, of either side, for another target of the claim
)
_CLIP = 8.0  # log odds past which an answer says nothing more
_TINY = 1e-6


def weigh(candidates: Sequence[Candidate], weights: Mapping[str, float]) -> Floats:
    """Return probabilities of favor, against, neutral, shape (candidates, 3).

    Args:
        candidates: all of one article.
        weights: by feature; without any the answers stand as they are.
    """
    if not candidates:
        return np.zeros((0, 3), dtype=np.float32)
    if not weights:
        return np.stack([candidate.answer for candidate in candidates])
    utility = features(candidates) @ np.asarray([weights.get(name, 0.0) for name in FEATURES])
    return softmax(np.concatenate([utility, np.zeros((len(candidates), 1))], axis=1)).astype(np.float32)


def features(candidates: Sequence[Candidate]) -> Floats:
    """Return the features of favor and of against for each candidate, shape (candidates, 2, features)."""
    answers = np.log(np.maximum(np.stack([c.answer for c in candidates]).astype(np.float64), _TINY))
    odds = np.clip(answers[:, :2] - answers[:, 2:], -_CLIP, _CLIP)
    table = np.zeros((len(candidates), 2, len(FEATURES)))
    for index, (candidate, targets) in enumerate(zip(candidates, _targets(candidates), strict=True)):
        shared = {
            "constant": 1.0,
            "near": candidate.where is Where.NEAR,
            "anaphor": candidate.where is Where.ANAPHOR,
            "mentions": np.log1p(candidate.mentions),
            "targets": np.log(targets),
            "words": np.log1p(candidate.words),
            "author": candidate.kind is SpeakerKind.AUTHOR,
            "document": candidate.kind is SpeakerKind.DOCUMENT,
            "unnamed": candidate.kind is SpeakerKind.UNNAMED,
        }
        for name, value in shared.items():
            table[index, :, FEATURES.index(name)] = value
    table[:, :, FEATURES.index("answer")] = odds
    table[:, :, FEATURES.index("opposite")] = odds[:, ::-1]
    table[:, :, FEATURES.index("elsewhere")] = _elsewhere(candidates, odds)
    table[:, :, FEATURES.index("rival")] = _rivals(candidates, odds)[:, None]
    return table.astype(np.float32)


def _targets(candidates: Sequence[Candidate]) -> list[int]:
    members = _grouped([candidate.claim for candidate in candidates])
    return [len(members[candidate.claim]) for candidate in candidates]


def _elsewhere(candidates: Sequence[Candidate], odds: np.ndarray) -> np.ndarray:
    """Return, for each side, the mean odds of the other candidates of the same speaker and target; 0 without any."""
    found = np.zeros_like(odds)
    for members in _grouped([(candidate.holder, candidate.target) for candidate in candidates]).values():
        if len(members) > 1:
            found[members] = (odds[members].sum(axis=0) - odds[members]) / (len(members) - 1)
    return found


def _rivals(candidates: Sequence[Candidate], odds: np.ndarray) -> np.ndarray:
    """Return the strongest odds of the claim's other candidates; 0 without any."""
    strongest = odds.max(axis=1)
    found = np.zeros(len(candidates))
    for members in _grouped([candidate.claim for candidate in candidates]).values():
        for index in members:
            found[index] = max((strongest[other] for other in members if other != index), default=0.0)
    return found


def _grouped(keys: Sequence[object]) -> dict[object, list[int]]:
    groups: dict[object, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[key].append(index)
    return groups
