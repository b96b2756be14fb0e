"""The roles by which a text describes its people and bodies: titles, appositions, predicates, party and state."""

import re
from collections.abc import Callable, Iterable

from service.analysis.english import role_nouns
from service.analysis.english.noun_phrase import CLOSED, TOKEN, bare, is_person_role, parse, singular
from service.analysis.english.reporting_verbs import REPORTING
from service.analysis.english.titles import TITLE_NOUNS, TITLES
from service.analysis.english.words import word_set
from service.analysis.entities.actor import Actor
from service.core.document import Document
from service.core.frames import EntityType
from service.core.quotation_marks import DOUBLE
from service.core.span import Span

_REACH = 90  # code points that a description around a name may take
_KINDRED: dict[str, frozenset[str]] = {
    "lawmaker": frozenset(
        {"senator", "representative", "mp", "parliamentarian", "councillor", "councilor", "legislator", "deputy"}
    ),
    "politician": frozenset(
        {"senator", "representative", "mp", "minister", "governor", "mayor", "candidate", "lawmaker", "president"}
    ),
    "official": frozenset(
        {
            "minister",
            "secretary",
            "director",
            "commissioner",
            "deputy",
            "envoy",
            "ambassador",
            "spokesman",
            "spokeswoman",
            "spokesperson",
        }
    ),
    "diplomat": frozenset({"ambassador", "envoy", "minister", "consul"}),
    "judge": frozenset({"justice", "magistrate"}),
    "leader": frozenset(
        {"president", "chairman", "chair", "chairwoman", "chief", "head", "minister", "premier", "secretary"}
    ),
    "spokesman": role_nouns.VOICES,
    "spokeswoman": role_nouns.VOICES,
    "spokesperson": role_nouns.VOICES,
    "premier": frozenset({"minister"}),
    "congressman": frozenset({"representative"}),
    "congresswoman": frozenset({"representative"}),
    "expert": frozenset({"analyst", "professor", "scholar", "researcher", "economist", "scientist"}),
    "candidate": frozenset({"nominee", "contender"}),
    "nominee": frozenset({"candidate"}),
    "attorney": frozenset({"lawyer"}),
    "lawyer": frozenset({"attorney"}),
    "boss": frozenset({"chief", "head", "director", "ceo"}),
    "chairman": frozenset({"chair", "chairperson", "head"}),
    "chairwoman": frozenset({"chair", "chairperson", "head"}),
    "chief": frozenset(
        {"chairman", "chair", "chairwoman", "chairperson", "president", "director", "head", "leader", "commissioner"}
    ),
    "head": frozenset({"chairman", "chairwoman", "chair", "director", "chief", "leader"}),
}
_KINDS = [  # nouns that one body, or one document, may be called by turns
    word_set(kind)
    for kind in (
        "newspaper paper tabloid daily weekly journal publication outlet magazine website news network channel",
        "channel network broadcaster station outlet news",
        "company firm corporation manufacturer carrier airline bank lender insurer retailer automaker maker startup",
        "union federation association organization organisation group alliance society foundation charity nonprofit",
        "agency bureau office service authority department ministry regulator watchdog",
        "commission committee council board panel",
        "government administration cabinet regime junta",
        "party coalition alliance bloc movement",
        "army military force command",
        "university college school institute institution centre center think-tank",
        "report study paper analysis review document survey assessment",
        "poll survey",
        "letter missive message note",
        "statement declaration communique release",
    )
]
_AFTER_NAME = re.compile(
    r"(?:['’]s\s|,?\s*\([^)]{1,20}\))?\s*(?:,\s*(?:who\s(?:is|was)\s)?|\s(?:is|was)\s)((?:the|an?|its|his|her|one\sof\sthe|former|acting)\s.{3,80})"
)

_SPEAKS = re.compile(rf"(?:[\w’'-]+\s+){{1,5}}?(?:{'|'.join(sorted(REPORTING))})\b")
_ACRONYM = re.compile(r"\(([A-Z][\w.&-]{1,14})\)")
_DETERMINER = re.compile(r"\b(?:the|an?|its|his|her|their)\s", re.IGNORECASE)
_ORIGIN = re.compile(r",?\s+(?:of|from)\s+([A-Z][\w-]+(?:\s[A-Z][\w-]+)?)")  # "Sen. Jane Roe of Riverton"
_SEAT = re.compile(r"(?:['’]s)?,?\s*\(?\b([RDI])-([A-Z][A-Za-z. ]{1,14}?)[.,)]")  # "(D-Vt.)": party and state
_PARTIES = {"R": "republican", "D": "democratic", "I": "independent"}
_STATES = dict(
    pair.split(":")
    for pair in word_set(
        """
    ala:alabama ariz:arizona ark:arkansas cal:california calif:california ca:california az:arizona colo:colorado
    co:colorado conn:connecticut ct:connecticut del:delaware fla:florida fl:florida ga:georgia ill:illinois
    il:illinois ind:indiana kan:kansas kans:kansas ky:kentucky la:louisiana md:maryland mass:massachusetts
    ma:massachusetts mich:michigan mi:michigan minn:minnesota mn:minnesota miss:mississippi mo:missouri mont:montana
    neb:nebraska nev:nevada nv:nevada nh:new_hampshire nj:new_jersey nm:new_mexico ny:new_york nc:north_carolina
    nd:north_dakota oh:ohio okla:oklahoma ore:oregon pa:pennsylvania ri:rhode_island sc:south_carolina
    sd:south_dakota tenn:tennessee tex:texas tx:texas vt:vermont va:virginia wash:washington wva:west_virginia
    wis:wisconsin wi:wisconsin wyo:wyoming
    """
    )
)
STATE_WORDS = frozenset(full.replace("_", " ").split()[-1] for full in _STATES.values()) | word_set(
    "alaska hawaii idaho iowa maine utah"
)
_SAME = {
    "gop": "republican",
    "republicans": "republican",
    "democrat": "democratic",
    "democrats": "democratic",
    "u.s": "american",
    "us": "american",
}


def kindred(noun: str) -> frozenset[str]:
    """Return the other nouns that may stand for whom or what a noun describes."""
    kinds = (kind for kind in _KINDS if noun in kind)
    return _KINDRED.get(noun, frozenset()).union(*kinds) - {noun}


def canonical(word: str) -> str:
    """Return one word for those that describe the same: "GOP" is Republican."""
    plain = word.rstrip(".")
    return _SAME.get(plain, plain)


def roles(document: Document, actor: Actor, floor: Callable[[Span], int]) -> tuple[set[str], set[str]]:
    """Return how the text describes an actor: the nouns that say what it is, and all words of its descriptions.

    Args:
        document: the text.
        actor: whose roles are wanted.
        floor: where what stands before a mention begins to be about somebody else.
    """
    words: set[str] = set(actor.words)
    for mention in actor.mentions[:40]:  # an actor is introduced early
        words.update(_before(document.text, mention, floor(mention)))
        words.update(_after(document.text, mention))
    words |= {TITLE_NOUNS[word] for word in words & TITLE_NOUNS.keys()}
    words = {canonical(word) for word in words}
    if actor.type is EntityType.PERSON:
        return {word for word in words if is_person_role(word)}, words
    return {singular(word) for word in words & (role_nouns.BODY_ROLES | role_nouns.DOCUMENT_ROLES)}, words


def _before(text: str, mention: Span, floor: int) -> Iterable[str]:
    piece = text[max(floor, mention.start - _REACH) : mention.start]
    piece = _ACRONYM.sub(r"\1", piece)
    stop = max(piece.rfind(mark) for mark in "!?;:\n()—–" + DOUBLE)
    piece = piece[stop + 1 :]
    if piece.rstrip().endswith(","):
        yield from _apposed(piece.rstrip()[:-1])
        return
    tokens = TOKEN.findall(piece)
    for at in range(len(tokens) - 1, -1, -1):
        word = bare(tokens[at])
        office = word == "of" and at and is_person_role(bare(tokens[at - 1]))  # "Secretary of State Jane Roe"
        if tokens[at] == "." and at and bare(tokens[at - 1]) in TITLES:
            continue
        if word.endswith(".") and "." not in word[:-1] and word[:-1] not in TITLES:
            return  # the sentence before
        if at and tokens[at].islower() and not is_person_role(word) and _ends_a_title(tokens[at - 1]):
            return  # "the director slammed Jane Roe"
        if not office and (word in CLOSED or not word[0].isalpha() or word in {"the", "a", "an"}):
            return
        yield word.rstrip(".")


def _ends_a_title(token: str) -> bool:
    """Return whether a word is an office: "director", "Director"; not "Libertarian", which goes on."""
    word = bare(token)
    return is_person_role(word) and (token.islower() or word in TITLES)


def _apposed(piece: str) -> Iterable[str]:
    """Yield what the noun phrase at the end of a piece says of the name behind its comma: "the engineer, Jane Roe"."""
    starts = [match.start() for match in _DETERMINER.finditer(piece)]
    starts += [match.end() for match in re.finditer(r",\s", piece)][-1:] or [0]
    for start in sorted(starts, reverse=True):
        phrase = parse(piece[start:])
        rest = {word.casefold() for word in piece[start:].split()} & REPORTING
        if is_person_role(phrase.head) and not rest and (phrase.determiner or piece[start : start + 1].isupper()):
            yield phrase.head
            yield from phrase.modifiers
            return


def _after(text: str, mention: Span) -> Iterable[str]:
    seat = _SEAT.match(text, mention.end, mention.end + _REACH)
    if seat:
        state = re.sub(r"[. ]", "", seat[2]).casefold()
        yield _PARTIES[seat[1]]
        yield from _STATES.get(state, seat[2].strip(" .").casefold()).replace("_", " ").split()
    origin = _ORIGIN.match(text, mention.end, mention.end + _REACH)
    if origin:
        yield from origin[1].casefold().split()
    match = _AFTER_NAME.match(text, mention.end, mention.end + _REACH)
    if match is None:
        return
    phrases = re.split(r"[.,;:\n—–(]", match[1])[0]
    if _SPEAKS.match(phrases):
        return  # "… the Roe Dam, its operator said": the next clause, and no apposition
    for part in re.split(r"\sand\s", phrases):
        phrase = parse(part)
        if (
            is_person_role(phrase.head)
            or phrase.head in role_nouns.BODY_ROLES
            or phrase.head in role_nouns.DOCUMENT_ROLES
        ):
            yield phrase.head
            yield from phrase.modifiers
