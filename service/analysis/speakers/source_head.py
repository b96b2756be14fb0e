"""The heads of a source: which of the names in a noun phrase it is about, and which only tell more of it.

"Mayor Jane Roe of Riverton" is Jane Roe, "Roe's spokesman" and "the Roe family" are not.
"""

import re
from collections.abc import Sequence

from service.analysis.coreference.mentions import Mentions
from service.analysis.english import role_nouns
from service.analysis.english.noun_phrase import Form, Phrase, is_person_role, parse
from service.analysis.english.prepositions import PREPOSITIONS, one_of
from service.analysis.english.titles import TITLES
from service.analysis.english.words import word_set
from service.analysis.entities.actor import Actor
from service.analysis.entities.names import CONNECTIVES
from service.core.frames import EntityType
from service.core.quotation_marks import CLOSING
from service.core.span import Span

_COMPLEMENT = re.compile(
    rf"(?:{one_of(PREPOSITIONS)}|\bde)\s+"
    r"(?:the\s+|an?\s+|his\s+|her\s+)?(?P<words>(?:[\w.'’-]+\s+){0,6})$"
)
_NEXT_WORD = re.compile(r"\s+([^\W\d_][\w-]*)")
_NO_NOUN = word_set(
    """
    and or who which that is was has had said says also himself herself itself in of at from on to with as for by
    """
)
_CHARGES = word_set(  # what a title may end in: "chief of staff Jane Roe" is Jane Roe
    """
    staff state police parliament mission operations communications research security education health defence defense
    intelligence policy strategy
    """
)
_NAME_REACH = 60  # code points in which the name behind a title ends
_CLAUSE = re.compile(r"\bwho\b|\bwhich\b|,\s[a-z]+ed\s(?:\w+\s)?(?:by|with|for|in|on|to)\b")  # what only tells more
_BRACKETS = re.compile(r"\([^()]{0,30}\)")


def with_name(mentions: Mentions, source: Span, phrase: Phrase) -> Span:
    """Return the source with the name right behind it, where the tagger took the title alone."""
    if not is_person_role(phrase.head):
        return source
    behind = Span(source.end, source.end + _NAME_REACH)
    for mention, actor in mentions.within(behind):
        if actor.type is EntityType.PERSON and not mentions.text[source.end : mention.start].strip(" ,"):
            return Span(source.start, mention.end)
        break
    return source


def named_heads(mentions: Mentions, source: Span) -> list[tuple[Span, Actor]]:
    """Return the mentions inside a source that name its head, and not a possessor, complement or modifier."""
    found: list[tuple[Span, Actor]] = []
    for mention, actor in mentions.within(source):
        before = mentions.text[source.start : mention.start]
        after = mentions.text[mention.end : source.end]
        complement = _COMPLEMENT.search(before)
        ends = actor.type is EntityType.PERSON and not after.strip(" ," + CLOSING)
        if complement and not (ends and _names_a_body(complement["words"] or "")):
            continue
        if re.match(r"['’]s?\s+\S", after) and (after[1:2] in {"s", " "}):
            continue
        noun = _NEXT_WORD.match(after)
        if noun and noun[1] not in _NO_NOUN and (noun[1].islower() or is_person_role(noun[1].casefold())):
            continue
        if _CLAUSE.search(before):
            continue
        if before.endswith("(") and parse(before).form is not Form.PRONOUN:
            continue  # an acronym, a place or a party in brackets
        between = _BRACKETS.sub("", mentions.text[found[-1][0].end : mention.start]) if found else ""
        if found and not re.search(r"[,;:]|\band\b|&", between):
            found.pop()  # "FBI Director Jane Roe": what stands before a name without a break is its title
        found.append((mention, actor))
    return found


def joint(mentions: Mentions, named: Sequence[tuple[Span, Actor]]) -> str | None:
    """Return "A and B" where a source joins several."""
    if len({actor for _, actor in named}) < 2:  # noqa: PLR2004
        return None
    between = mentions.text[named[0][0].end : named[1][0].start]
    several = len(named) > 2  # noqa: PLR2004
    if not re.fullmatch(r"\s*(?:,|and|&|,\s*and)\s*(?:the\s+)?(?:[\w.-]+\s+){0,4}", between) or (
        between.strip().startswith(",") and "and" not in between and not several
    ):
        return None
    names = list(dict.fromkeys(actor.name for _, actor in named))
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _names_a_body(words: str) -> bool:
    """Return whether what stands between a preposition and a person's name is a body's name, not the person's title.

    In "head of the committee for Harbour Safety Jane Roe" Roe is the head; in "a spokesman for Senator Jane Roe" not.
    """
    every = words.split()
    titles = TITLES | role_nouns.PERSON_ROLES
    return bool(every) and all(
        word.casefold() in CONNECTIVES | _CHARGES or (word[0].isupper() and word.casefold().rstrip(".") not in titles)
        for word in every
    )
