"""An entity while the stages still add to it."""

from dataclasses import dataclass, field

from service.analysis.english.gender import Gender
from service.analysis.english.given_names import FIRST_NAMES_FEMALE, FIRST_NAMES_MALE
from service.analysis.entities.names import LONGEST_NAME, Mention, fuller, key_of, name_words
from service.core.frames import EntityType
from service.core.span import Span


@dataclass(slots=True, kw_only=True, eq=False)
class Actor:
    """An entity while the stages still add to it. `name` is the fullest form; `keys` are the forms it goes by."""

    name: str
    type: EntityType
    mentions: list[Span] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    gender: Gender | None = None
    unnamed: bool = False

    @property
    def words(self) -> list[str]:
        """The words of the name in lower case."""
        return name_words(self.name)


def add(actor: Actor, mention: Mention) -> None:
    """Add a mention, and the name if it is fuller."""
    actor.mentions.append(mention.span)
    actor.keys.add(key_of(mention.text))
    actor.gender = actor.gender or mention.title
    if len(mention.words) <= LONGEST_NAME and fuller(mention.text, actor.name):
        actor.name = mention.text


def gender_of(actor: Actor) -> Gender | None:
    """Return the gender that the given name shows."""
    if actor.type is not EntityType.PERSON or len(actor.words) < 1:
        return None
    first = actor.words[0]
    if len(actor.words) == 1:
        return None
    if first in FIRST_NAMES_MALE:
        return Gender.MALE
    return Gender.FEMALE if first in FIRST_NAMES_FEMALE else None
