"""The second reading's answers about the targets that the service would ask about, on articles with frames."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from service.core.model import StanceQuestion, StanceTarget
from service.core.span import Span
from service.inference.crf import trim
from service.inference.model import ClaimwireModel
from training.data import readers
from training.data.examples import STANCES
from training.measure import measure, queries

_TINY = 1e-7


def stances(model: ClaimwireModel, articles: Sequence[readers.AttributionArticle]) -> measure.Result:
    """Ask about every possible target of every claim with a frame whose speaker is not the author.

    Args:
        model: opened; it must read claims twice.
        articles: attributions and speakers are the annotators', names are the model's.
    """
    framed = [article for article in articles if any(item.frame for item in article.attributions)]
    asked: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for name, row in queries.asked(model, framed, {}):
        asked[name][row["attribution"]].append(row)
    pick = measure.Pick()
    for article, reading in zip(framed, measure.read(model, [one.text for one in framed]), strict=True):
        questions: list[StanceQuestion] = []
        labels: list[int] = []
        for item in article.attributions:
            by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in asked[article.id][item.id]:
                by_name[row["name"]].append(row)
            claim = tuple(sorted(span for piece in item.content if (span := trim(article.text, *piece))))
            if not item.frame or item.frame.speaker == "author" or not by_name or not claim:
                continue
            questions.append(
                StanceQuestion(
                    claim=claim,
                    holder=item.frame.speaker,
                    source=Span(*item.source[0]) if item.source else None,
                    targets=tuple(
                        StanceTarget(name=name, mentions=tuple(Span(*row["target"]) for row in rows))
                        for name, rows in by_name.items()
                    ),
                )
            )
            labels += [STANCES.index(rows[0]["label"]) for rows in by_name.values()]
        pick.scores += np.log(model.stance(reading, questions) + _TINY).tolist()
        pick.truth += labels
    decision = model.manifest.choices["second"].decision
    return measure.Result(figures=measure.pick_figures({"gold": pick}, decision), pick={"second": {"gold": pick}})
