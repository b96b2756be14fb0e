"""Whether words are the subject of a clause, by what stands around them.

`attributions.subject_of_verb` finds the subject of a verb among tagged spans, `speakers.clause` that of a sentence
among mentions.
"""

import re

from service.analysis.english.prepositions import COMPARING, PREPOSITIONS, one_of
from service.analysis.english.reporting_verbs import REPORTING
from service.analysis.english.words import word_set
from service.core.quotation_marks import DOUBLE
from service.core.span import Span

SUBJECT_PRONOUNS = word_set("he she they it")
_OPENING = 5  # words that may stand before the subject of a sentence
_BREAK = re.compile(rf"[.!?;:\n{DOUBLE}]\s*")
_GOVERNING = re.compile(rf"{one_of(PREPOSITIONS | COMPARING)}|\b(?:and|or|as|\w+ing)\b")
_NEXT_WORD = re.compile(r"(?:,[^,.]{2,80},)?\s(\w+)")


def is_subject(text: str, span: Span) -> bool:
    """Return whether a name begins its sentence, or stands right beside a reporting verb."""
    before = text[max(0, span.start - 60) : span.start]
    opening = _BREAK.split(before)[-1]
    if _GOVERNING.search(opening) is None and opening.count(" ") <= _OPENING:
        return True
    after = _NEXT_WORD.match(text, span.end, span.end + 120)
    verb = before.split()[-1] if before.split() else ""
    return verb in REPORTING or (after is not None and after[1] in REPORTING)
