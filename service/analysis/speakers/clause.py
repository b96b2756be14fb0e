"""What stands where in a clause: its subject, and the noun before a relative pronoun."""

import re

from service.analysis.coreference.mentions import Mentions
from service.analysis.english import function_words
from service.analysis.english.noun_phrase import plural_phrases
from service.analysis.english.prepositions import PREPOSITIONS, one_of
from service.core.quotation_marks import DOUBLE
from service.core.span import Span

_CLAUSE = 60  # code points that may stand between a noun and what refers to it in the same clause
_NOUN_PHRASE = re.compile(
    rf"\b(?:the|an?|this|that|his|her|its|their)\s(?:[a-z-]+\s)?(?!{one_of(PREPOSITIONS)})(?P<noun>[a-z-]+)\s$",
    re.IGNORECASE,
)


def antecedent_of_relative(mentions: Mentions, source: Span) -> Span | None:
    """Return the phrase right before "who" or "which"."""
    start = max(0, source.start - 160)
    start = max(start, mentions.start_of(source.start))
    piece = mentions.text[start : source.start]
    cut = max(piece.rfind(mark) for mark in "!?;:\n" + DOUBLE)
    start += cut + 1
    here = Span(start, source.start) if start < source.start else None
    if here is None:
        return None
    named = [
        item for item in mentions.within(here) if len(mentions.text[item[0].end : source.start].strip(" ,)(")) < _CLAUSE
    ]
    if named and not mentions.text[named[-1][0].end : source.start].strip(" ,"):
        return named[-1][0]
    phrases = plural_phrases(mentions.text, here)
    beside = _NOUN_PHRASE.search(mentions.text, here.start, here.end)
    if beside is not None and (not phrases or phrases[-1].end <= beside.start()):
        return Span(beside.start(), beside.end("noun"))  # "… for the voters, to the candidate who"
    if phrases and source.start - phrases[-1].end < _CLAUSE:
        return phrases[-1]
    if named:
        return named[-1][0]
    words = list(re.finditer(r"[\w'’-]+", here.of(mentions.text)))
    for at in range(len(words) - 1, max(-1, len(words) - 8), -1):
        if words[at].group().casefold() in function_words.DEFINITES | function_words.INDEFINITES:
            return Span(start + words[at].start(), start + words[-1].end())
    return None
