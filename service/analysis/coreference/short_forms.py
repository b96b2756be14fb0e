"""Short forms that stand for somebody named before: "both", "the two lawmakers", "the latter", "the campaign".

A reader fills them from what stands just before: two people, one of the two, or the body that a person's name tells
apart ("the Roe campaign"), which no tagger marks as a name.
"""

import re

from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import rank
from service.analysis.english import function_words, role_nouns
from service.analysis.english.noun_phrase import Phrase
from service.analysis.entities.actor import Actor
from service.core.span import Span

_TWO = re.compile(
    r"(?:they\s+)?both(?:\s+of\s+them|\s+\w+)?|(?:the|these|those)\s+(?:two|pair|duo|couple)(?:\s+\w+)?", re.IGNORECASE
)
_ONE_OF_TWO = re.compile(r"the\s+(former|latter)(?:['’]s)?", re.IGNORECASE)
_BODIES = frozenset({"administration", "campaign", "camp", "team", "ministry", "department", "committee", "commission"})
_TOLD_APART = r"(?<!\w)((?:[A-Z][\w.-]*(?:['’]s?)?\s+){1,3})"  # the capitalised words before a body's noun
_REACH = 5  # sentences back in which the two were named
_BODY_REACH = 4000  # code points back in which the body was


def means_two(text: str, source: Span) -> bool:
    """Return whether a source is "both" or "the two", with or without a noun."""
    return _TWO.fullmatch(source.of(text)) is not None


def two(mentions: Mentions, source: Span) -> list[Actor]:
    """Return whom "both" or "the two" stands for: two who were named together, else the last two."""
    together = [actor for actor, _ in rank(mentions, source, "they") if " and " in actor.name]
    if together:
        return together[:1]
    return [actor for _, actor in sorted(mentions.lately(source, _REACH)[-2:], key=lambda item: item[0])]


def one_of_two(mentions: Mentions, source: Span) -> Actor | None:
    """Return the person that "the former" or "the latter" stands for."""
    match = _ONE_OF_TWO.fullmatch(source.of(mentions.text))
    people = mentions.lately(source, _REACH)[-2:]
    if match is None or len(people) < 2:  # noqa: PLR2004
        return None
    return people[0 if match[1].casefold() == "former" else 1][1]


def body(text: str, source: Span, phrase: Phrase) -> str | None:
    """Return the full name of a body in short: "the campaign", or the officials of "the administration".

    It is the last in the text that the same noun and a name were given to ("the Roe campaign", "Roe’s campaign").
    """
    voices = phrase.head in role_nouns.VOICES or phrase.head == "officials"
    noun = phrase.modifiers[0] if voices and len(phrase.modifiers) == 1 else phrase.head
    bare = not phrase.modifiers and phrase.determiner in {"the", "this", "that"}
    if noun not in _BODIES or not (bare or (voices and noun != phrase.head)):
        return None
    start = max(0, source.start - _BODY_REACH)
    last = None
    for last in re.finditer(rf"{_TOLD_APART}{noun}\b", text[start : source.start]):  # noqa: B007 - the last one
        pass
    if last is None:
        return None
    words = last[1].split()
    while words and words[0].casefold() in function_words.DEFINITES | function_words.INDEFINITES | {
        "in",
        "at",
        "for",
        "but",
        "and",
    }:
        words = words[1:]
    return " ".join([*words, noun]) if words else None
