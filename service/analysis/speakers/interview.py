"""Who answers in an interview of `Q:` and `A:`: the person whom the article introduces before the first question."""

from collections.abc import Sequence

from service.analysis.attributions.turns import Turn
from service.analysis.entities.actor import Actor
from service.core.frames import EntityType


def attach_answers(turns: Sequence[Turn], actors: Sequence[Actor]) -> Sequence[Turn]:
    """Add each label of an answer to the mentions of whoever answers.

    Returns:
        The turns, or none of them where the article introduces nobody who could answer.
    """
    answers = [turn.label for turn in turns if turn.answers]
    if not answers:
        return turns
    people = [actor for actor in actors if actor.type is EntityType.PERSON]
    before = [actor for actor in people if min(actor.mentions).start < turns[0].label.start]
    if not before:
        return ()
    min(before, key=lambda actor: min(actor.mentions)).mentions.extend(answers)
    return turns
