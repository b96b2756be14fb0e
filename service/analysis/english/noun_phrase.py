"""Source phrases taken apart: determiner, modifiers, head.

No parser: a source is a short noun phrase, and in English its head is the last word before the first preposition,
comma or relative pronoun.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.analysis.english import function_words, role_nouns
from service.analysis.english.prepositions import COMPARING, PREPOSITIONS
from service.analysis.english.reporting_verbs import REPORTING
from service.analysis.english.words import word_set
from service.core.span import Span

TOKEN = re.compile(r"\w[\w.&-]*(?:['’]\w+)*(?:(?<=s)['’](?=\s))?|[^\w\s]")
_BREAKS = (
    PREPOSITIONS
    | COMPARING
    | word_set(
        """
    among who whom whose which that where when after before during as via including inside outside between across,
    said says
    """
    )
)
_PARTICIPLE = re.compile(  # after a noun: "a poll released on Monday" is a poll
    r"\w{2,}ed|being|made|led|held|given|known|written|sent|taken|put|run|paid|seen|showing|calling|involving"
    r"|representing|seeking|working|living"
)
_LONGER = word_set("among amid across despite toward towards until upon around near like")
_GENERALS = word_set("attorney secretary director surgeon inspector solicitor governor consul auditor")
CLOSED = word_set(
    """
    and or but said says say told when while if because since although though as that which who whom where whose is
    was are were be been being has have had do does did will would can could may might must shall should not no yes
    so then than also to of for from in at with on by about into over after before during under against between
    through without within he she they it we you i him her his its their them us our my your
    """
)


class Form(StrEnum):
    """What a source phrase is."""

    PRONOUN = "pronoun"
    DEFINITE = "definite"
    INDEFINITE = "indefinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A noun phrase: its words in lower case without the determiner, its head, and its determiner.

    `proper` are the modifiers written with a capital, which tell one bearer of a role from another.
    """

    form: Form
    head: str
    modifiers: tuple[str, ...]
    proper: tuple[str, ...] = ()
    determiner: str | None
    plural: bool


def parse(text: str) -> Phrase:
    """Take a source phrase apart."""
    written = TOKEN.findall(text)
    tokens = [bare(token) for token in written]
    if not tokens:
        return Phrase(form=Form.INDEFINITE, head="", modifiers=(), determiner=None, plural=False)
    first = tokens[0]
    if first in function_words.PRONOUNS and (
        len(tokens) == 1 or first not in function_words.POSSESSIVES | {"that", "which"}
    ):
        plural = first in function_words.PLURAL | function_words.FIRST_PLURAL
        return Phrase(form=Form.PRONOUN, head=first, modifiers=(), determiner=None, plural=plural)
    determiner = (
        first if first in function_words.DEFINITES | function_words.INDEFINITES | function_words.POSSESSIVES else None
    )
    start = 1 if determiner else 0
    start += tokens[start : start + 1] == ["same"]
    if determiner and tokens[start : start + 1] == ["of"]:  # "several of the findings" are findings
        start += 1 + (
            tokens[start + 1 : start + 2] != []
            and tokens[start + 1] in function_words.DEFINITES | function_words.POSSESSIVES
        )
    end = next(
        (
            at
            for at in range(start or 1, len(tokens))
            if tokens[at] in _BREAKS
            or not tokens[at][0].isalnum()
            or (at > start and _PARTICIPLE.fullmatch(tokens[at]) and _is_role(tokens[at - 1]))
        ),
        len(tokens),
    )
    if end <= start:  # "some within the party": the determiner is all there is
        start = end - 1
    core = tokens[start:end]
    capital = [word[0].isupper() for word in written[start:end]]
    if core[-1] == "general" and core[-2:-1] and core[-2] in _GENERALS:
        core, capital = core[:-1], capital[:-1]
    head = core[-1]
    definite = determiner in function_words.DEFINITES | function_words.POSSESSIVES
    return Phrase(
        form=Form.DEFINITE if definite else Form.INDEFINITE,
        head=head,
        modifiers=tuple(core[:-1]),
        proper=tuple(
            word
            for at, (word, is_capital) in enumerate(zip(core[:-1], capital, strict=False))
            if is_capital and (at or determiner)
        ),
        determiner=determiner,
        plural=is_plural(head),
    )


def bare(token: str) -> str:
    """Return a word in lower case, without a possessive ending."""
    return re.sub(r"['’]s?$", "", token).casefold() or token


def is_plural(noun: str) -> bool:
    """Return whether a noun is plural by its form, or one of the collective words that take a plural."""
    if noun in role_nouns.COLLECTIVES:
        return True
    return (
        noun.endswith("s")
        and not noun.endswith(("ss", "us", "is", "ics", "news"))
        and noun[:-1] in (role_nouns.PERSON_ROLES | role_nouns.BODY_ROLES | role_nouns.DOCUMENT_ROLES)
    )


def _is_role(noun: str) -> bool:
    return singular(noun) in role_nouns.PERSON_ROLES | role_nouns.BODY_ROLES | role_nouns.DOCUMENT_ROLES


def singular(noun: str) -> str:
    """Return the singular of a regular plural, else the noun."""
    if noun.endswith("ies") and len(noun) > 4:  # noqa: PLR2004
        return noun[:-3] + "y"
    return noun[:-1] if is_plural(noun) and noun.endswith("s") and noun not in role_nouns.COLLECTIVES else noun


def is_person_role(noun: str) -> bool:
    """Return whether a noun describes one person."""
    noun = noun.removeprefix("ex-")
    derived = len(noun) > 5 and noun.endswith(("ist", "woman", "man", "ologist", "crat"))  # noqa: PLR2004
    return noun in role_nouns.PERSON_ROLES or derived


def plural_phrases(text: str, span: Span) -> list[Span]:
    """Return the plural noun phrases of a stretch that can speak: a collective noun and the modifiers before it."""
    found: list[Span] = []
    tokens = list(TOKEN.finditer(text, span.start, span.end))
    for at, token in enumerate(tokens):
        word = token.group().casefold()
        noun = word in role_nouns.COLLECTIVES or (word.endswith("s") and is_plural(word))
        if not noun or word in {"both", "all"}:
            continue
        start = _phrase_start(tokens, at)
        found.append(Span(tokens[start].start(), token.end()))
    return found


def _phrase_start(tokens: Sequence[re.Match[str]], at: int) -> int:
    start = at
    while start > 0 and at - start < 5:  # noqa: PLR2004
        word = tokens[start - 1].group()
        plain = bare(word)
        if plain in CLOSED | _LONGER or not word[0].isalnum() or plain in REPORTING:
            break
        start -= 1
        if plain in function_words.DEFINITES | function_words.INDEFINITES:
            break
    infinitive = start and tokens[start - 1].group() == "to" and start < at  # "to persuade Roe's supporters"
    return start + 1 if infinitive and tokens[start].group().islower() else start
