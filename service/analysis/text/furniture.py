"""Lines of a newspaper that make no claims: teasers, notices, credits, bylines, captions; and datelines.

Their words are English; of other languages, addresses, copyrights and datelines are told, and the model the rest.
"""

import re

from service.analysis.english.reporting_verbs import REPORTING
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language, is_small
from service.core.quotation_marks import CLOSING
from service.core.span import Span

_DATELINE_ROOM = 120  # code points at the start of a paragraph that a dateline stands in

# Lines that publishers put between or around paragraphs. Each pattern is anchored and looks at the start of a line.
_FURNITURE = re.compile(
    r"""(?:
        (?:read|see|watch|listen|learn|find\ out|view)
        \ (?:more|also|next|now|the\ full|it\ in\ full)\b.{0,160}
      | (?:also|further|related)
        \ (?:read|reading|see|watch|on|articles?|stories|story|news|topics?|content|links?)\b.{0,160}
      | (?:related|more\ from|more\ on|recommended|trending|most\ (?:read|popular)|top\ stories|more)
        \s*(?::|>>|»|$).{0,160}
      | (?:don['’]t\ miss|you\ (?:may|might)\ (?:also|like)|editor['’]?s['’]?\ (?:note|pick)s?)\b.{0,200}
      | (?:click|tap|swipe|scroll)\ (?:here|to|for|down)\b.{0,160}
      | (?:sign\ up|subscribe|log\ in|register|follow\ us|join\ (?:us|our)|download\ our|get\ our
        |share\ (?:this|on|via))\b.{0,200}
      | (?:advert(?:isement|ising)?|sponsored(?:\ content)?|story\ continues(?:\ below)?|article\ continues)\b.{0,80}
      | (?:photo|image|picture|file\ photo|photograph|pic|video|graphic|credit|source|caption|illustration)s?
        (?:\ (?:by|credit|courtesy|source))?\s*[:/|©].{0,300}
      | \(?\s*(?:photo|image|picture|file\ photo|photograph)s?\ (?:by|courtesy|via|from)\b.{0,200}
      | (?:©|copyright\b|\(c\)\ ).{0,200}
      | (?:all\ rights\ reserved|terms\ of\ use|privacy\ policy|cookie\ policy|getty\ images|reuters/\w
        |ap\ photo)\b.{0,200}
      | (?:by|written\ by|reported\ by|edited\ by|compiled\ by)\s+[A-Z][^.!?]{1,80}
      | (?:last\ )?(?:updated|published|posted|modified|first\ published)\s*(?:on|at|:|\d).{0,80}
      | (?:tags?|topics?|categor(?:y|ies)|keywords?|share|print|email|comments?)\s*(?::.{0,200}|\d*$)
      | https?://\S+ | www\.\S+ | \S+@\S+\.\S+
      | \(?(?:reporting|additional\ reporting|editing|writing)\ by\b.{0,300}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
# The same of any language.
_ANYWHERE = re.compile(r"(?:(?:©|\(c\)\s).{0,200}|https?://\S+|www\.\S+|\S+@\S+\.\S+)\s*$", re.IGNORECASE)
# What tells a sentence from furniture: it ends as one, and somebody reports something in it. An order to the reader
# ("Sign up …") is one only where the report stands apart from it: "…, she said."
_ENDS_SENTENCE = re.compile(rf"[.!?][{CLOSING})\]]*$")
_AFTER_COMMA = re.compile(r"[,”\"’]\s((?:[\w.'’-]+\s?){1,8})")
_ORDER = re.compile(
    r"(?:read|see|watch|listen|learn|find|view|click|tap|swipe|scroll|sign|subscribe|log|register|follow|join|download|get"
    r"|share|https?|www|by|written|edited|compiled)\b",
    re.IGNORECASE,
)
# A caption with its credit at the end, which is often a long line.
_CREDIT = re.compile(
    r"[.!?)\]|–—-]\s*[(\[]?(?:file\s)?(?:photo(?:graph)?|image|picture|credit)s?"
    r"(?:\s(?:by|credit|courtesy)\b|\s*[:/©|]).{2,120}$",
    re.IGNORECASE,
)

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŌŐŒŔŘŚȘŞŠŢȚŤŪŮŰŲŹŻŽ"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DATE = rf"(?:(?:\d{{1,2}}\ {_MONTH}|{_MONTH}\ \d{{1,2}})(?:,?\ \d{{4}})?)"
_AGENCY = r"""(?:Reuters|AP|AFP|UPI|IANS|PTI|ANI|dpa|DPA|CNN|BBC|NPR|VOA|Xinhua|TASS|Interfax|Bloomberg|Dow\ Jones
    |Yonhap|Kyodo(?:\ News)?|Jiji|ANSA|EFE|Lusa|PAP|ČTK|CTK|MTI|APA|ATS|BTA|HINA|Tanjug|Belga|ANP|NTB|TT|Ritzau|BNS|LETA
    |AAP|JTA|KUNA|WAM|SPA|IRNA|SANA|Petra|MENA|NAN|GNA|Antara|Bernama|Anadolu|AA|Ukrinform|The\ Canadian\ Press
    |Associated\ Press)"""
_DATELINE = re.compile(
    rf"""(?:(?:UPDATED?(?:\ \d)?|BREAKING|EXCLUSIVE|By\ [^\n()]{{3,50}}?)\s*[:|–—-]?\s+)?
    (?:
        [{_UPPER}][{_UPPER}.'’\-/ ]{{2,40}}(?:,\ [{_UPPER}][\w.'’ ]{{1,30}}){{0,2}}(?:,\ {_DATE})?
        (?:\ ?[(/][^()/\n]{{2,30}}[)/])?\s*(?:[-–—:|]{{1,2}}|_)\s
      | (?>[{_UPPER}0-9][\w.'’/-]*+(?:,\ |,|\ )){{0,7}}+\({_AGENCY}\)\s*[-–—:_|]{{0,2}}\s
      | [{_UPPER}][\w.'’-]{{1,30}}(?:\ [{_UPPER}][\w.'’-]{{1,30}}){{0,2}}(?:,\ [{_UPPER}][\w.'’ ]{{1,30}})?,?\ {_DATE}
        \s*[-–—:|]{{1,2}}\s
    )(?=\S)""",
    re.VERBOSE,
)
# Of any language: "КИЕВ (УНИАН) —", "ԵՐԵՎԱՆ, 5 մայիսի, Արմենպրես։"
_PLACE = r"[^\W\d_][\w.’'-]{1,30}(?:\s[^\W\d_][\w.’'-]{1,30}){0,2}"
_FILED = re.compile(
    rf"""{_PLACE}(?:
        \s\((?P<agency>[^\W\d_][^()\n]{{1,30}})\)\s*[-–—]{{1,2}}
      | ,\s\d{{1,2}}\s\w{{3,12}}(?:\s\d{{4}})?(?:,?\s?[—–-]{{0,2}}\s?(?P<filed_by>[^\W\d_][^.!?։:\n—–]{{1,40}}))?
        \s?(?:[.։:]|[—–-]{{1,2}})
    )\s(?=\S)""",
    re.VERBOSE,
)
_WORD = re.compile(r"\w+")


def is_furniture(line: str, language: Language = ENGLISH) -> bool:
    """Return whether a line, which is not longer than some hundreds of characters, is furniture."""
    if not language.has_grammar:
        return _ANYWHERE.match(line) is not None
    return (_FURNITURE.match(line) is not None and not _is_report(line)) or _CREDIT.search(line) is not None


def dateline_end(text: str, paragraph: Span, language: Language = ENGLISH) -> int | None:
    """Return where the dateline at the start of a paragraph ends, None where it has none."""
    end = min(paragraph.end, paragraph.start + _DATELINE_ROOM)
    if language.has_grammar:
        found = _DATELINE.match(text, paragraph.start, end)
        return found.end() if found else None
    found = _FILED.match(text, paragraph.start, end)
    agency = (found["agency"] or found["filed_by"]) if found else None
    return found.end() if found and not (agency and is_small(agency[0])) else None


def _is_report(line: str) -> bool:
    """Return whether a line that begins as furniture does is a sentence all the same."""
    if _ENDS_SENTENCE.search(line) is None:
        return False
    parts = _AFTER_COMMA.findall(line) if _ORDER.match(line) else [line]
    verbs = REPORTING.intersection(word for part in parts for word in _WORD.findall(part.casefold()))
    return any(not verb.endswith("ing") for verb in verbs)
