"""Stance questions as the service will ask them, on the training articles with frames, with the answers of the frames.

Gold frames name targets; the service asks about mentions. Half of the named targets are outside the content: a pronoun
refers to them, or they are named beside it. So the service's own search for targets (`service.analysis.stances`) runs
over the gold attributions, with the names that an artifact finds, and each mention that it would ask about becomes a
row.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.frames import same
from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.mentions import Mentions
from service.analysis.entities.actor import Actor
from service.analysis.entities.cluster import cluster
from service.analysis.speakers.voice import AUTHOR_VOICE, Voice
from service.analysis.stances.targets import Targets
from service.analysis.text.document import segment
from service.core.frames import EntityType, SpeakerKind
from service.core.model import Named
from service.core.span import Span
from service.inference.artifact import load_model
from service.inference.model import ClaimwireModel
from training.data import annotated, readers
from training.measure import measure

_FOLLOWING = 8  # attributions after one that may lie inside it, as in the pipeline


def write(model: Path, data: Path, gold: Path, output: Path) -> None:
    """Write the questions of all training articles with frames as JSON lines, for `train --queries`."""
    opened = load_model(model)
    framed = [
        article
        for article in annotated.training_articles(data, gold)
        if any(item.frame for item in article.attributions)
    ]
    marked = {article.id: article.entities for article in annotated.marked_articles(data)}
    with output.open("w", encoding="utf-8") as lines:
        for article, row in asked(opened, framed, marked):
            lines.write(json.dumps({"id": article} | row) + "\n")


def asked(
    model: ClaimwireModel,
    articles: Sequence[readers.AttributionArticle],
    marked: Mapping[str, Sequence[tuple[int, int, str]]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each article's id with a question: attribution, target, label, name, and the place of the target.

    Args:
        model: finds the names.
        articles: with frames.
        marked: by article, names that are known: start, end, type.
    """
    for article, reading in zip(articles, measure.read(model, [a.text for a in articles]), strict=True):
        document = segment(article.text)
        actors = cluster(article.text, _names(model.spans(reading).entities, marked.get(article.id, ())))
        mentions = Mentions(document, actors)
        known = sorted(
            ((item, _attribution(item)) for item in article.attributions if item.frame and item.content),
            key=lambda pair: (pair[1].hull.start, -pair[1].hull.end),
        )
        voices: list[Voice] = []
        for item, attribution in known:
            voice = _voice(item, attribution, actors)
            if voice.actor is not None:
                mentions.add_speaker(voice.actor, (attribution.source or attribution.hull).start)
            voices.append(voice)
        targets = Targets(document, actors, mentions)
        for at, ((item, attribution), voice) in enumerate(zip(known, voices, strict=True)):
            inner = [
                piece
                for _, other in known[at + 1 : at + 1 + _FOLLOWING]
                if attribution.hull.covers(other.hull)
                for piece in other.contents
            ]
            held = dict(item.frame.stances) if item.frame else {}
            for aim in targets.of(attribution.contents, inner, voice):
                label = next((held[name] for name in held if same(name, aim.actor.name)), "neutral")
                for mention in aim.mentions:
                    yield (
                        article.id,
                        {
                            "attribution": item.id,
                            "target": [mention.start, mention.end],
                            "label": label,
                            "name": aim.actor.name,
                            "where": aim.where,
                        },
                    )


def _names(found: Iterable[Named], marked: Iterable[tuple[int, int, str]]) -> list[Named]:
    """Return the names that the model finds; where an annotator marked some, these replace them."""
    known = [Named(span=Span(start, end), type=EntityType(kind), confidence=1.0) for start, end, kind in marked]
    free = [name for name in found if not any(name.span.overlaps(other.span) for other in known)]
    return sorted([*known, *free], key=lambda name: name.span)


def _attribution(item: readers.Attribution) -> Attribution:
    def hull(spans: Sequence[readers.Offsets]) -> Span | None:
        return Span(min(start for start, _ in spans), max(end for _, end in spans)) if spans else None

    return Attribution(
        contents=tuple(sorted(Span(start, end) for start, end in item.content)),
        cue=hull(item.cue),
        source=hull(item.source),
        confidence=1.0,
    )


def _voice(item: readers.Attribution, attribution: Attribution, actors: Sequence[Actor]) -> Voice:
    """Return the gold speaker as an actor of the article, so that no question is about the speaker's own name."""
    if item.frame is None or item.frame.speaker == "author":
        return AUTHOR_VOICE
    found = next((actor for actor in actors if same(item.frame.speaker, actor.name)), None)
    kind = SpeakerKind(item.frame.speaker_kind)
    return Voice(kind=kind, actor=found, span=attribution.source, confidence=1.0)
