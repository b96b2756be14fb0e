"""References inside a claim: the pronouns and descriptions in its words that mean an entity named elsewhere."""

import re
from collections.abc import Iterator

from service.analysis.coreference.descriptions import described
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import rank
from service.analysis.english import function_words, role_nouns
from service.analysis.english.noun_phrase import CLOSED, parse
from service.analysis.entities.actor import Actor
from service.core.span import Span

_PRONOUN = re.compile(r"\b(?:he|him|his|she|her|they|them|their|it|its)\b", re.IGNORECASE)
_DESCRIPTION = re.compile(
    r"\b(?:the|this|that|these|those|his|her|its|their)\s+((?:[\w’'-]+\s+){0,3}?)([a-z]+)\b", re.IGNORECASE
)
_NOUNS = role_nouns.PERSON_ROLES | role_nouns.BODY_ROLES | role_nouns.DOCUMENT_ROLES
_SURE = 0.5  # probability below which a pronoun or a description is left unresolved
_MOST = 12  # references of one claim; past that a claim is an essay


def add_groups(mentions: Mentions, piece: Span) -> None:
    """Note the groups that a plural pronoun of a claim may mean, where the text is English."""
    if not mentions.language.has_grammar:
        return
    for match in _PRONOUN.finditer(mentions.text, piece.start, piece.end):
        if match.group().casefold() in function_words.PLURAL:
            mentions.add_groups(match.start())


def references(mentions: Mentions, piece: Span, speaker: Actor | None) -> Iterator[tuple[Span, Actor]]:
    """Yield the spans of a piece of a claim that mean a named actor, with it, where the text is English.

    Args:
        mentions: who was named where.
        piece: the claim's words.
        speaker: who says them; "he" in a quote is not the one quoted.
    """
    if not mentions.language.has_grammar:
        return
    found = 0
    quoted = mentions.quoted_share(piece) > 0.5  # noqa: PLR2004
    for match in _PRONOUN.finditer(mentions.text, piece.start, piece.end):
        span = Span(*match.span())
        ranked = rank(mentions, span, match.group().casefold(), speaker=speaker if quoted else None)
        if ranked and ranked[0][1] >= _SURE and not ranked[0][0].unnamed:
            yield span, ranked[0][0]
        found += 1
        if found >= _MOST:
            return
    for match in _DESCRIPTION.finditer(mentions.text, piece.start, piece.end):
        head = match[2].casefold()
        if head not in _NOUNS or any(word.casefold() in CLOSED for word in match[1].split()):
            continue
        span = Span(*match.span())
        hit = described(mentions, span, parse(span.of(mentions.text)), speaker)
        if hit is not None and hit[1] >= _SURE and not hit[0].unnamed:
            yield span, hit[0]
        found += 1
        if found >= _MOST:
            return
