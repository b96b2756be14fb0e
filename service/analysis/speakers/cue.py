"""What a cue shows about its source: that it stands for nobody, shares a subject, or is addressed to somebody."""

import re

from service.analysis.english.reporting_verbs import REPORTING
from service.analysis.english.words import words
from service.core.span import Span

_IMPERSONAL = re.compile(
    r"(?:is|was|has been|had been)\s(?:\w+ly\s|also\s)?"
    r"(?:said|reported|believed|thought|claimed|alleged|understood|expected|hoped|feared|learned|learnt|known|announced)\b"
)
ADDRESSED = re.compile(
    r"(?:is|was|were|being|been)\s(?:\w+ly\s|also\s)?(?:asked|pressed|questioned|challenged|quizzed)\b"
)


def is_nobody(text: str, source: Span, cue: Span | None) -> bool:
    """Return whether a source stands for nobody: "one might think", "it was reported"."""
    word = source.of(text).casefold()
    if word != "it" or cue is None:
        return word == "one"
    told = _IMPERSONAL.match(cue.of(text)) is not None
    return told and not text.startswith(" to ", cue.end)  # "it is expected to rise" is about something


def carries_subject(text: str, cue: Span) -> bool:
    """Return whether a cue is a verb that shares the subject of the one before: "…, adding", "and vowed"."""
    first = words(cue.of(text))[:1]
    before = text[max(0, cue.start - 12) : cue.start].split()
    if first and first[0].endswith("ly"):  # "and angrily said"
        first = words(cue.of(text))[1:2]
    if before and before[-1].endswith("ly"):
        before.pop()
    joined = bool(before) and before[-1].strip(",") in {"and", "but", "then", "also", "or"}
    verb = bool(first) and (first[0] in REPORTING or first[0].endswith("ed"))
    return bool(first) and (first[0].endswith("ing") or (joined and verb))
