"""When do two articles name the same? Where both have one id of the entity list; else where name and type are equal.

Never by a surname: a person by one word alone, who is on no list, is known to its article only, and so is whoever the
article describes and does not name. What a person says against this is in `corrections`.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Final

from schemas.enriched import EnrichedArticle

_DESCRIBED: Final = frozenset({"unnamed", "document"})  # kinds of speakers whose name is a noun phrase
_APOSTROPHES: Final = str.maketrans("’‘\u02bc", "'''")
_ARTICLE: Final = re.compile(r"^the (?=\S)")
_WORD: Final = re.compile(r"\w+")
_ID_DIGITS: Final = 20  # hexadecimal: 80 bits, so that a billion names meet by chance once in a million ledgers


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The row of `entities` that an entity of an article is.

    Attributes:
        id: of the row: one for each type and name that somebody goes by.
        type, name, normalized_name: as the event has them.
        ref: its id on the entity list.
        article_id: given where only that article knows it.
        canonical_id: who it is: the same in every row that means the same.
    """

    id: str
    type: str
    name: str | None
    normalized_name: str | None
    ref: str | None
    article_id: str | None
    canonical_id: str


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
    namesakes: Counter[tuple[str, str | None]] = Counter()
    found: dict[str, Identity] = {}
    for entity in event.entities:
        kind, name = entity.type, None if entity.name is None else normalized(entity.name)
        shared = bool(name) and entity.id not in described and _is_full_name(entity.name or "", kind)
        if entity.ref is not None or shared:
            own = shared_id(kind, name, entity.ref)
        else:  # by its place among those of its name, so that a correction of the article keeps it
            own = digest("article", event.article.id, kind, str(name), str(namesakes[kind, name]))
            namesakes[kind, name] += 1
        found[entity.id] = Identity(
            id=own,
            type=kind,
            name=entity.name,
            normalized_name=name,
            ref=entity.ref,
            article_id=None if entity.ref is not None or shared else event.article.id,
            canonical_id=entity.ref or own,
        )
    return found


def shared_id(kind: str, normalized_name: str | None, ref: str | None) -> str:
    """Return the id of the row of an entity that several articles may name."""
    key = ("shared", kind) if ref is None else ("ref", ref, kind)
    return digest(*key, str(normalized_name))


def _is_full_name(name: str, kind: str) -> bool:
    """Return whether the name can stand for one entity in any article; one without a capital letter describes."""
    return not name.islower() and (kind != "person" or len(normalized(name).split()) > 1)


def digest(*parts: str) -> str:
    """Return the parts as an id."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:_ID_DIGITS]
