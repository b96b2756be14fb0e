"""When do two articles name the same? Without a watch list: where full name and type are equal, and never by a surname.

A person by one word alone is known to its article only, and so is whoever the article describes and does not name.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from schemas.enriched import EnrichedArticle, Entity

_DESCRIBED: Final = frozenset({"unnamed", "document"})  # kinds of speakers whose name is a noun phrase
_APOSTROPHES: Final = str.maketrans("’‘\u02bc", "'''")
_ARTICLE: Final = re.compile(r"^the (?=\S)")
_WORD: Final = re.compile(r"\w+")
_ID_DIGITS: Final = 20  # hexadecimal: 80 bits, so that a billion names meet by chance once in a million ledgers


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The canonical entity that an entity of an article is. `article_id` is given where only that article knows it."""

    id: str
    type: str
    name: str | None
    normalized_name: str | None
    article_id: str | None


def normalized(name: str) -> str:
    """Return the name in the form in which names are compared: compatible characters, case, spaces and dots aside."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_APOSTROPHES).replace(".", "")
    return _ARTICLE.sub("", " ".join(folded.split()))


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name by which it is looked for: each once, without case and accents."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", normalized(name)) if not unicodedata.combining(each))
    return tuple(dict.fromkeys(_WORD.findall(plain)))


def identities(event: EnrichedArticle) -> dict[str, Identity]:
    """Return who each entity of the event is, by its id there (`e1`)."""
    described = {
        claim.speaker.entity for claim in event.claims if claim.speaker.kind in _DESCRIBED and claim.speaker.entity
    }
    return {
        entity.id: _identity(entity, event.article.id, described=entity.id in described) for entity in event.entities
    }


def _identity(entity: Entity, article_id: str, *, described: bool) -> Identity:
    name = None if entity.name is None else normalized(entity.name)
    shared = bool(name) and not described and _is_full_name(entity.name or "", entity.type)
    key = ("shared", entity.type, name) if shared else ("article", article_id, entity.id)
    return Identity(
        id=_digest(*map(str, key)),
        type=entity.type,
        name=entity.name,
        normalized_name=name,
        article_id=None if shared else article_id,
    )


def _is_full_name(name: str, kind: str) -> bool:
    """Return whether the name can stand for one entity in any article; one without a capital letter describes."""
    return not name.islower() and (kind != "person" or len(normalized(name).split()) > 1)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:_ID_DIGITS]
