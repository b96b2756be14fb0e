"""Agreement: whether an actor can be meant by a pronoun, by gender, number and kind."""

from service.analysis.english import function_words
from service.analysis.english.gender import Gender
from service.analysis.english.noun_phrase import is_person_role, is_plural, parse, singular
from service.analysis.entities.actor import Actor
from service.core.frames import EntityType


def agreement(actor: Actor, pronoun: str) -> float | None:
    """Return 1 where an actor surely agrees with a pronoun, 0 where it may, None where it cannot."""
    gender = (
        Gender.MALE
        if pronoun in function_words.MASCULINE
        else Gender.FEMALE
        if pronoun in function_words.FEMININE
        else None
    )
    if gender is not None:
        if actor.type is not EntityType.PERSON:
            return None
        if actor.gender is None:
            # A noun phrase that names no person's role ("a number of families") is not "he".
            return None if actor.unnamed and not is_person_role(singular(parse(actor.name).head)) else 0.0
        return 1.0 if actor.gender is gender else None
    if pronoun in function_words.PLURAL:
        if actor.type in {EntityType.PERSON, EntityType.LOCATION}:
            return None
        return 1.0 if actor.type is EntityType.GROUP or is_plural(actor.words[-1] if actor.words else "") else 0.0
    if pronoun == "someone":
        return 0.0 if actor.type is EntityType.PERSON else None
    if pronoun in function_words.NEUTER:
        return 1.0 if actor.type in {EntityType.ORGANIZATION, EntityType.LOCATION, EntityType.OTHER} else None
    return 0.0
