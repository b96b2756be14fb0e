"""Who answers in an interview of `Q:` and `A:`: the person whom the article introduces before the first question."""

from collections.abc import Sequence

from service.analysis.attributions.turns import Turn
from service.analysis.entities.actor import Actor
from service.core.frames import EntityType


def introduced(turns: Sequence[Turn], actors: Sequence[Actor]) -> Sequence[Turn]:
    """Return the turns, with each label of an answer as a mention of whoever answers; none where nobody is named."""
    answers = [turn.label for turn in turns if turn.answers]
    if not answers:
        return turns
    people = [actor for actor in actors if actor.type is EntityType.PERSON]
    before = [actor for actor in people if min(actor.mentions).start < turns[0].label.start]
    if not before:
        return ()
    min(before, key=lambda actor: min(actor.mentions)).mentions.extend(answers)
    return turns
