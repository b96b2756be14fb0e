"""Whom of a list that the user keeps an article names: by a full name, an alias or an acronym, and never by a guess."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from service.analysis.entities.actor import Actor
from service.analysis.entities.names import form_of, name_words
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.core.frames import EntityType

_MOST_OF_ACRONYM = 15  # code points
_MOST_WORDS = 4  # of a name that is looked up in the nominative


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Somebody or something on the list. `names` are the full name and the aliases; a `type` of None fits every one."""

    id: str
    names: tuple[str, ...]
    type: EntityType | None = None


class EntityList:
    """The list, looked up by name: a dictionary, so that its length costs an article nothing.

    Args:
        entries: what is on it.
    """

    def __init__(self, entries: Iterable[Listed] = ()) -> None:
        self._named: dict[str, tuple[Listed, ...]] = {}
        self._count = 0
        for entry in entries:
            self._count += 1
            for form in dict.fromkeys(form_of(name) for name in entry.names):
                self._named[form] = (*self._named.get(form, ()), entry)

    def __len__(self) -> int:
        """How many are on the list."""
        return self._count

    def ref(self, actor: Actor, text: str, language: Language = ENGLISH) -> str | None:
        """Return the id of the one on the list whom an article means; None where it is none, or may be several.

        - By the fullest name that the article gives. So a surname alone is somebody on the list only where the article
          gives no more and the list has it as an alias, of one person.
        - Or by another full name that the article gives the same person.
        - Or by the nominative of a name that the article gives in other cases alone: a person's in two of them, since
          "Александра Серова" may be a woman or a man.
        - Or by a body's acronym, where the list knows the body by its acronym alone: two bodies may share one.

        Args:
            actor: an entity of the article.
            text: what its mentions point into.
            language: of the text.
        """
        if not self._named or actor.unnamed:
            return None
        found = self._fitting(actor.name, actor.type)
        if not found:
            written = {span.of(text) for span in actor.mentions}
            if actor.type is EntityType.PERSON:
                full = [form for form in written if len(name_words(form)) > 1]
                found = {entry for form in full for entry in self._fitting(form, actor.type)}
            else:
                short = [form for form in written if _is_acronym(form)]
                found = {
                    entry
                    for form in short
                    for entry in self._fitting(form, actor.type)
                    if all(_is_acronym(name) for name in entry.names)
                }
        if not found and language.declensions:
            found = {entry for name in _nominative(actor, text, language) for entry in self._fitting(name, actor.type)}
        exact = {entry for entry in found if entry.type is actor.type} or found
        return exact.pop().id if len(exact) == 1 else None

    def _fitting(self, name: str, kind: EntityType) -> set[Listed]:
        return {entry for entry in self._named.get(form_of(name), ()) if _fits(entry.type, kind)}


def _nominative(actor: Actor, text: str, language: Language) -> set[str]:
    """Return what the name of an actor may be in the nominative, by all full forms that the text gives."""
    forms = {" ".join(span.of(text).split()) for span in actor.mentions}
    most = max(len(form.split()) for form in forms)
    full = sorted({language.folded(form) for form in forms if len(form.split()) == most})
    person = actor.type is EntityType.PERSON
    if most > _MOST_WORDS or (person and (most == 1 or len(full) == 1)):
        return set()
    words = [[{word, *language.nominatives(word)} for word in form.split()] for form in full]
    alike = [set.intersection(*column) for column in zip(*words, strict=True)]
    return {" ".join(one) for one in product(*alike)}


def _fits(listed: EntityType | None, found: EntityType) -> bool:
    """Return whether one may be the other. A model takes a body for a place easily, a person for neither."""
    if listed is None or EntityType.OTHER in {listed, found}:
        return True
    return (listed is EntityType.PERSON) == (found is EntityType.PERSON)


def _is_acronym(form: str) -> bool:
    return len(form) <= _MOST_OF_ACRONYM and " " not in form and form.replace(".", "").isupper()
