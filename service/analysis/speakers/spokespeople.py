"""Whose anonymous voice, and whose document, a source is."""

import re

from service.analysis.coreference.mentions import Mentions
from service.analysis.english import role_nouns
from service.analysis.english.noun_phrase import Phrase, singular
from service.analysis.english.prepositions import governing
from service.analysis.entities.actor import Actor
from service.core.frames import EntityType
from service.core.span import Span

_OF_A_BODY = frozenset({"officials", "leadership", "management"})
_PART = re.compile(
    r"(?:the|this|that)\s(?:\w+\s)*?(\w+)['’]s?\s(?:\w+\s)?(?:summary|conclusions?|findings?|introduction|foreword|text|data)$",
    re.IGNORECASE,
)


def owner(mentions: Mentions, source: Span, phrase: Phrase) -> Actor | None:
    """Return the body whose anonymous voice, or whose document, a source is."""
    voice = singular(phrase.head) in role_nouns.VOICES or phrase.head in role_nouns.VOICES
    paper = singular(phrase.head) in role_nouns.DOCUMENT_ROLES
    if not voice and not paper and phrase.head not in _OF_A_BODY:
        return None
    for mention, actor in mentions.within(source):
        after = mentions.text[mention.end : source.end]
        preposition = governing(mentions.text, source.start, mention.start)
        possessive = re.match(r"['’]s?(?:\s|$)", after) is not None
        piece = phrase.head in role_nouns.PIECES and after.split() == [phrase.head]
        if (not paper or piece) and actor.type is EntityType.ORGANIZATION:
            return actor
        if paper and (possessive or (preposition is not None and preposition[1] in {"from", "by"})):
            return actor if actor.type in {EntityType.PERSON, EntityType.ORGANIZATION} else None
    return None


def part_of(text: str, source: Span) -> Span | None:
    """Return the document that a source is a part of: "the report" of "the report's summary"."""
    part = _PART.match(source.of(text))
    if part is None or singular(part[1].casefold()) not in role_nouns.DOCUMENT_ROLES:
        return None
    return Span(source.start, source.start + part.end(1))
