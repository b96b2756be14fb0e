"""How far a source goes: to the end of the noun phrase that the tagger, or a name found by word order, began.

A name may be the possessor or the modifier of what follows it: "Valley Radio" in "Valley Radio's host, Jane Roe" or in
"Valley Radio host Jane Roe", "Roe" in "Roe supporters".
"""

import re

from service.analysis.english import function_words, role_nouns
from service.analysis.english.noun_phrase import CLOSED, is_person_role, singular
from service.analysis.english.reporting_verbs import REPORTING, end_with_surname
from service.core.quotation_marks import OPENING
from service.core.span import Span

_WORDS = 4
_NAME = r"[A-Z][\w.’'-]*(?:\s(?:[A-Z][\w.’'-]*|de|al|van|von|bin|del|da))*"
_POSSESSED = re.compile(rf"['’]s?\s(?=[\w{OPENING}])")
_DETERMINERS = function_words.DEFINITES | function_words.INDEFINITES | function_words.POSSESSIVES
_DETERMINER = re.compile(
    r"(?:^|\s)((?:the|these|those|his|her|its|their|an?|some|many|most|several)\s"
    r"(?:of\s(?:the|his|her|its|their)\s)?(?:(?:two|three|four|five|\d+)\s)?)$",
    re.IGNORECASE,
)
_NOUN = re.compile(r"\s?([a-z][\w’'-]*)")
_BEARER = re.compile(rf"\s({_NAME})(?<![’'])(?<![’']s)|,\s({_NAME}),")
_CALLED = re.compile(rf"\s(?:called|named|known\sas)\s[{OPENING}]?({_NAME})")


def whole(text: str, source: Span) -> Span:
    """Return a source with the rest of its noun phrase, where that shows beyond doubt; else as it is."""
    source = _determined(text, source)
    if source.of(text)[-1:].isalpha() and source.of(text).split()[-1][0].isupper():
        source = Span(source.start, end_with_surname(text, source.start, source.end) or source.end)
    called = _CALLED.match(text, source.end)
    if called and source.of(text)[:2].casefold() in {"a ", "an"}:
        return Span(source.start, called.end(1))
    if not text[source.end - 1].isalnum() or source.of(text).casefold() in function_words.PRONOUNS:
        return source
    possessed = _POSSESSED.match(text, source.end)
    at = possessed.end() - 1 if possessed else source.end
    end = _person(text, at)
    if end is None:
        return source
    bearer = _BEARER.match(text, end)
    return Span(source.start, bearer.end(1) if bearer and bearer[1] else bearer.end(2) if bearer else end)


def _determined(text: str, source: Span) -> Span:
    """Take in the determiner and the numeral before a common noun: "the two" of "the two ministers"."""
    words = source.of(text).split()
    if not words or words[0].casefold() in _DETERMINERS | function_words.PRONOUNS or not words[-1].islower():
        return source
    before = _DETERMINER.search(text, max(0, source.start - 24), source.start)
    return Span(before.start(1), source.end) if before else source


def _person(text: str, at: int) -> int | None:
    """Return where the role of a person ends that follows a name within a few ordinary words."""
    for _ in range(_WORDS):
        noun = _NOUN.match(text, at) if text[at : at + 1] == " " else None
        if noun is None or noun[1] in CLOSED | REPORTING | function_words.DEFINITES | function_words.INDEFINITES:
            return None
        at = noun.end()
        head = noun[1].rstrip("’'")
        if is_person_role(singular(head)) or head in role_nouns.COLLECTIVES:
            return at if text[at : at + 1] not in {"'", "’"} else None
        if noun[1].endswith(("ed", "ly")):
            return None
    return None
