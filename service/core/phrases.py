"""Source phrases taken apart: determiner, modifiers, head; and the roles by which a text describes its people.

No parser: a source is a short noun phrase, and in English its head is the last word before the first preposition,
comma or relative pronoun.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.core import lexicon
from service.core.entities import Actor
from service.core.frames import EntityType, Span
from service.core.segment import Document

_TOKEN = re.compile(r"\w[\w.&-]*(?:['’]\w+)*(?:(?<=s)['’](?=\s))?|[^\w\s]")
_BREAKS = frozenset(
    {
        "of",
        "for",
        "from",
        "in",
        "at",
        "with",
        "on",
        "to",
        "by",
        "about",
        "within",
        "among",
        "who",
        "whom",
        "whose",
        "which",
        "that",
        "where",
        "when",
        "after",
        "before",
        "during",
        "under",
        "over",
        "against",
        "as",
        "near",
        "behind",
        "through",
        "via",
        "than",
        "including",
        "like",
        "inside",
        "outside",
        "between",
        "across,",
        "said",
        "says",
    }
)
_REACH = 90  # code points that a description around a name may take
CLOSED = frozenset(
    {
        "and",
        "or",
        "but",
        "said",
        "says",
        "say",
        "told",
        "when",
        "while",
        "if",
        "because",
        "since",
        "although",
        "though",
        "as",
        "that",
        "which",
        "who",
        "whom",
        "where",
        "whose",
        "is",
        "was",
        "are",
        "were",
        "be",
        "been",
        "being",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "may",
        "might",
        "must",
        "shall",
        "should",
        "not",
        "no",
        "yes",
        "so",
        "then",
        "than",
        "also",
        "to",
        "of",
        "for",
        "from",
        "in",
        "at",
        "with",
        "on",
        "by",
        "about",
        "into",
        "over",
        "after",
        "before",
        "during",
        "under",
        "against",
        "between",
        "through",
        "without",
        "within",
        "he",
        "she",
        "they",
        "it",
        "we",
        "you",
        "i",
        "him",
        "her",
        "his",
        "its",
        "their",
        "them",
        "us",
        "our",
        "my",
        "your",
    }
)
_LONGER = frozenset(
    ["among", "amid", "across", "despite", "toward", "towards", "until", "upon", "around", "near", "like"]
)
_TITLE_NOUNS = {
    "sen": "senator",
    "sen.": "senator",
    "gov": "governor",
    "gov.": "governor",
    "rep": "representative",
    "rep.": "representative",
    "gen": "general",
    "gen.": "general",
    "prof": "professor",
    "prof.": "professor",
    "pm": "minister",
    "prime": "minister",
    "dr": "doctor",
    "dr.": "doctor",
    "congressman": "representative",
    "congresswoman": "representative",
    "col": "colonel",
    "col.": "colonel",
}
KINDRED = {
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
    "spokesman": lexicon.VOICES,
    "spokeswoman": lexicon.VOICES,
    "spokesperson": lexicon.VOICES,
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
    "head": frozenset({"chairman", "chairwoman", "chair", "director", "chief", "leader"}),
    "outlet": frozenset({"newspaper", "paper", "magazine", "news", "website"}),
    "firm": frozenset({"company"}),
    "company": frozenset({"firm"}),
}
_AFTER_NAME = re.compile(
    r"(?:['’]s\s|,?\s*\([^)]{1,20}\))?\s*(?:,\s*(?:who\s(?:is|was)\s)?|\s(?:is|was)\s)((?:the|an?|its|his|her|one\sof\sthe|former|acting)\s.{3,80})"
)

_SPEAKS = re.compile(rf"(?:[\w’'-]+\s+){{1,5}}?(?:{'|'.join(sorted(lexicon.REPORTING))})\b")
_ORIGIN = re.compile(r",?\s+(?:of|from)\s+([A-Z][\w-]+(?:\s[A-Z][\w-]+)?)")  # "Sen. Jane Roe of Riverton"


class Form(StrEnum):
    """What a source phrase is."""

    PRONOUN = "pronoun"
    DEFINITE = "definite"
    INDEFINITE = "indefinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A noun phrase: its words in lower case without the determiner, its head, and its determiner."""

    form: Form
    head: str
    modifiers: tuple[str, ...]
    determiner: str | None
    plural: bool


def parse(text: str) -> Phrase:
    """Take a source phrase apart."""
    tokens = [_bare(token) for token in _TOKEN.findall(text)]
    if not tokens:
        return Phrase(form=Form.INDEFINITE, head="", modifiers=(), determiner=None, plural=False)
    first = tokens[0]
    if first in lexicon.PRONOUNS and (len(tokens) == 1 or first not in lexicon.POSSESSIVES | {"that", "which"}):
        plural = first in lexicon.PLURAL | lexicon.FIRST_PLURAL
        return Phrase(form=Form.PRONOUN, head=first, modifiers=(), determiner=None, plural=plural)
    determiner = first if first in lexicon.DEFINITES | lexicon.INDEFINITES | lexicon.POSSESSIVES else None
    core = tokens[1:] if determiner else tokens
    if core[:1] == ["same"]:
        core = core[1:]
    for at, token in enumerate(core):
        if at and (token in _BREAKS or not token[0].isalnum()):
            core = core[:at]
            break
    head = core[-1] if core else ""
    definite = determiner in lexicon.DEFINITES | lexicon.POSSESSIVES
    return Phrase(
        form=Form.DEFINITE if definite else Form.INDEFINITE,
        head=head,
        modifiers=tuple(core[:-1]),
        determiner=determiner,
        plural=is_plural(head),
    )


def _bare(token: str) -> str:
    return re.sub(r"['’]s?$", "", token).casefold() or token


def is_plural(noun: str) -> bool:
    """Tell whether a noun is plural by its form, or one of the collective words that take a plural."""
    if noun in lexicon.COLLECTIVES:
        return True
    return (
        noun.endswith("s")
        and not noun.endswith(("ss", "us", "is", "ics", "news"))
        and noun[:-1] in (lexicon.PERSON_ROLES | lexicon.BODY_ROLES | lexicon.DOCUMENT_ROLES)
    )


def singular(noun: str) -> str:
    """Return the singular of a regular plural, else the noun."""
    if noun.endswith("ies") and len(noun) > 4:  # noqa: PLR2004
        return noun[:-3] + "y"
    return noun[:-1] if is_plural(noun) and noun.endswith("s") and noun not in lexicon.COLLECTIVES else noun


def is_person_role(noun: str) -> bool:
    """Tell whether a noun describes one person."""
    noun = noun.removeprefix("ex-")
    return noun in lexicon.PERSON_ROLES or (len(noun) > 5 and noun.endswith(("ist", "woman", "man", "ologist", "crat")))  # noqa: PLR2004


def roles(document: Document, actor: Actor) -> tuple[set[str], set[str]]:
    """Return how the text describes an actor: the nouns that say what it is, and all words of its descriptions."""
    words: set[str] = set(actor.words)
    for mention in actor.mentions[:40]:  # an actor is introduced early
        words.update(_before(document.text, mention))
        words.update(_after(document.text, mention))
    words = {_TITLE_NOUNS.get(word, word) for word in words}
    if actor.type is EntityType.PERSON:
        return {word for word in words if is_person_role(word)}, words
    return {singular(word) for word in words & (lexicon.BODY_ROLES | lexicon.DOCUMENT_ROLES)}, words


def _before(text: str, mention: Span) -> Iterable[str]:
    piece = text[max(0, mention.start - _REACH) : mention.start]
    stop = max(piece.rfind(mark) for mark in '!?;:\n"“”()—–')
    piece = piece[stop + 1 :]
    if piece.rstrip().endswith(","):
        phrase = re.split(r",\s", piece.rstrip()[:-1])[-1].strip()
        parsed = parse(phrase)
        if phrase and is_person_role(parsed.head) and (parsed.determiner in {"the", "a", "an"} or phrase[0].isupper()):
            yield parsed.head
            yield from parsed.modifiers
        return
    tokens = _TOKEN.findall(piece)
    for at in range(len(tokens) - 1, -1, -1):
        word = _bare(tokens[at])
        office = word == "of" and at and is_person_role(_bare(tokens[at - 1]))  # "Secretary of State Jane Roe"
        if tokens[at] == "." and at and _bare(tokens[at - 1]) in lexicon.TITLES:
            continue
        if word.endswith(".") and "." not in word[:-1] and word[:-1] not in lexicon.TITLES:
            return  # the sentence before
        if not office and (word in CLOSED or not word[0].isalpha() or word in {"the", "a", "an"}):
            return
        yield word.rstrip(".")


def _after(text: str, mention: Span) -> Iterable[str]:
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
        if is_person_role(phrase.head) or phrase.head in lexicon.BODY_ROLES or phrase.head in lexicon.DOCUMENT_ROLES:
            yield phrase.head
            yield from phrase.modifiers


def plural_phrases(text: str, span: Span) -> list[Span]:
    """Return the plural noun phrases of a stretch that can speak: a collective noun and the modifiers before it."""
    found: list[Span] = []
    tokens = list(_TOKEN.finditer(text, span.start, span.end))
    for at, token in enumerate(tokens):
        word = token.group().casefold()
        noun = word in lexicon.COLLECTIVES or (word.endswith("s") and is_plural(word))
        if not noun or word in {"both", "all"}:
            continue
        start = _phrase_start(tokens, at)
        found.append(Span(tokens[start].start(), token.end()))
    return found


def _phrase_start(tokens: Sequence[re.Match[str]], at: int) -> int:
    start = at
    while start > 0 and at - start < 5:  # noqa: PLR2004
        word = tokens[start - 1].group()
        plain = _bare(word)
        if plain in CLOSED | _LONGER or not word[0].isalnum() or plain in lexicon.REPORTING:
            break
        start -= 1
        if plain in lexicon.DEFINITES | lexicon.INDEFINITES:
            break
    infinitive = start and tokens[start - 1].group() == "to" and start < at  # "to persuade Roe's supporters"
    return start + 1 if infinitive and tokens[start].group().islower() else start
