"""Names as written: cut to the bare name, compared, abbreviated."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.analysis.english.function_words import PRONOUNS
from service.analysis.english.gender import Gender
from service.analysis.english.given_names import FIRST_NAMES_FEMALE, FIRST_NAMES_MALE
from service.analysis.english.titles import BEFORE_NAMES, FEMALE_TITLES, MALE_TITLES, OFFICES, TITLES
from service.analysis.text.quotes import trimmed
from service.core.frames import EntityType
from service.core.model import Named
from service.core.quotation_marks import MARKS
from service.core.span import Span

_EDGE = " \t\n\r\xa0.,;:!?()[]–—-*" + MARKS
_AFTER = "".join(sorted(set(_EDGE) - set(".'’)")))
_ABBREVIATED = ("Jr.", "Sr.", "Inc.", "Co.", "Corp.", "Ltd.")
_TITLE = re.compile(r"([\w-]+\.?)\s+")
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_ARTICLES = frozenset({"the", "a", "an"})
_JOINT = re.compile(r"\s?\([^()]*\)?,?(?:\sand\s)?\s?|,\s(?!(?:Jr|Sr)\b)(?:and\s)?|\s(?:and|&|along\swith)\s|['’]s?\s")
_ROLE_WORD = re.compile(
    r"\b(?:(?!(?:and|of|de|da|di|du|del|la|le|van|von|der|den|al|el|bin|ibn|bint|abu|dos|das|do|y|e)\s)[a-z][\w-]*"
    rf"|(?<=\s)(?:{'|'.join(OFFICES)}))\s+"
)
_BETWEEN = re.compile(r"[\s.-]+")
POSSESSIVE = re.compile(r"['’]s?$")
NAME_WORD = re.compile(r"\w[\w.&'’/-]*")
_PARTICLES = frozenset({"de", "da", "di", "du", "del", "la", "le", "van", "von", "der", "al", "el", "bin", "ibn"})
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
CONNECTIVES = frozenset(
    {
        "of",
        "the",
        "for",
        "and",
        "in",
        "on",
        "at",
        "de",
        "da",
        "do",
        "del",
        "la",
        "le",
        "al",
        "el",
        "bin",
        "ibn",
        "von",
        "van",
        "und",
        "&",
    }
)
LONGEST_NAME = 12  # words; a longer "name" is a tagging accident and is kept as it is, linked to nothing

# Names of one state that every newsroom uses for each other. No demonyms, no capitals: those mean a government.
_SAME_STATE = {
    "us": "united states",
    "u.s": "united states",
    "usa": "united states",
    "u.s.a": "united states",
    "america": "united states",
    "united states of america": "united states",
    "uk": "united kingdom",
    "u.k": "united kingdom",
    "britain": "united kingdom",
    "great britain": "united kingdom",
    "uae": "united arab emirates",
    "eu": "european union",
    "e.u": "european union",
    "un": "united nations",
    "u.n": "united nations",
}


def name_words(name: str) -> list[str]:
    """Return a name's words in lower case, without a final dot, possessive or connective punctuation."""
    return [POSSESSIVE.sub("", word).rstrip(".").casefold() for word in NAME_WORD.findall(_plain(name))]


def _plain(name: str) -> str:
    """Drop accents: one newspaper's Fernández is another's Fernandez, sometimes in the same article."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def key_of(name: str) -> str:
    """Return the form under which equal names meet: no article, no case, no possessive, one state one name."""
    plain = _ARTICLE.sub("", " ".join(name.split()), count=1) if _ARTICLE.match(name) else " ".join(name.split())
    plain = POSSESSIVE.sub("", plain).rstrip(".").casefold()
    return _SAME_STATE.get(plain, plain)


def spelling(name: str) -> str:
    """Return the form under which two spellings of one name meet: "TV 9" and "TV9", "Al-Noor" and "Al Noor"."""
    return _BETWEEN.sub("", key_of(name))


def form_of(name: str) -> str:
    """Return the form under which names of two texts meet: as `spelling`, accents and kinds of apostrophes aside."""
    return spelling(_plain(name).replace("’", "'"))


@dataclass(slots=True, kw_only=True, eq=False)
class Mention:
    """A tagged span cut to the bare name; `title` is the gender that a title before it shows."""

    span: Span
    type: EntityType
    text: str
    words: list[str]
    title: Gender | None


def typed(text: str, item: Named) -> Named:
    """Return a tagged span as a person's where a title or a given name shows one and the tagger saw neither kind."""
    words = item.span.of(text).split()
    if item.type is not EntityType.OTHER or not words:
        return item
    titled = words[0].casefold() in BEFORE_NAMES and len(words) > 1
    given = len(words) in {2, 3} and words[0].casefold() in FIRST_NAMES_MALE | FIRST_NAMES_FEMALE
    if (titled or given) and all(word[0].isupper() and word.strip(".").isalpha() for word in words):
        return replace(item, type=EntityType.PERSON)
    return item


def parted(text: str, item: Named) -> list[Named]:
    """Return the names that a tagger ran together: of "Roe and Mill Director Ada Poe" two, of "a Roe aide, Lind" Lind.

    A person's name ends at a bracket, a comma, an "and" or a possessive, and begins after the last title before it.
    What stands before a title in small letters is what the person is of, and left to be found elsewhere.
    """
    if item.type is not EntityType.PERSON:
        return [item]
    found: list[Named] = []
    start = item.span.start
    for end, following in [
        *((match.start(), match.end()) for match in _JOINT.finditer(text, item.span.start, item.span.end)),
        (item.span.end, item.span.end),
    ]:
        titles = [match.end() for match in _ROLE_WORD.finditer(text, start, end)]
        begin = next((at for at in reversed(titles) if text[at:end].strip()), start)
        words = [word.group() for word in NAME_WORD.finditer(text, begin, end)]
        if any(word[0].isupper() and word.casefold() not in _SUFFIXES for word in words):
            found.append(replace(item, span=Span(begin, end)))
        start = following
    return found or [item]


def mention_of(text: str, item: Named) -> Mention | None:
    """Cut a tagged span down to the name: no article, no title, no possessive. None if nothing is left."""
    start, end = item.span.start, item.span.end
    while start < end and text[start] in _EDGE:
        start += 1
    article = _ARTICLE.match(text, start, end)
    if article:
        start = article.end()
    title: Gender | None = None
    if item.type is EntityType.PERSON:
        start, title = _past_titles(text, start, end)
    start, end = _capital_part(text, start, end)
    inner = trimmed(text, start, end)
    bare = _bare(inner.of(text)) if inner is not None else ""
    pronoun = bare.casefold() in PRONOUNS and not bare[1:].isupper()  # "US" and "WHO" are names
    if inner is None or pronoun or not bare.strip(_EDGE) or bare.casefold() in _ARTICLES:
        return None
    return Mention(
        span=Span(inner.start, inner.start + len(bare)),
        type=item.type,
        text=" ".join(bare.split()),
        words=name_words(bare),
        title=title,
    )


def _capital_part(text: str, start: int, end: int) -> tuple[int, int]:
    """Cut a tagged span to one line, from its first word that is not an ordinary one to its last."""
    line = text.rfind("\n", start, end)
    if line >= 0:
        after = line + 1
        start, end = (after, end) if end - after >= line - start else (start, line)
    words = list(NAME_WORD.finditer(text, start, end))
    names = [word for word in words if not word.group().islower()]
    if not names:
        return start, start
    first = names[0].start()
    particles = [word for word in words if word.start() < first and word.group() in _PARTICLES]
    return (particles[-1].start() if particles else first), max(names[-1].end(), _bracket(text, names[-1].end(), end))


def _bracket(text: str, at: int, end: int) -> int:
    return at + 1 if at < end and text[at] in ").!" else at


def _past_titles(text: str, start: int, end: int) -> tuple[int, Gender | None]:
    """Return where the name begins after its titles, and the gender that they, or one before the span, show."""
    before = text[max(0, start - 8) : start].split()
    title = title_gender(before[-1]) if before else None
    while True:
        word = _TITLE.match(text, start, end)
        if word is None or word[1].casefold() not in TITLES or not text[word.end() : end].strip():
            return start, title
        title = title_gender(word[1]) or title
        start = word.end()


def _bare(name: str) -> str:
    """Drop what stands after a name: a possessive, a comma, a full stop that is not an abbreviation's."""
    bare = POSSESSIVE.sub("", name.rstrip(_AFTER))
    if bare.endswith(("s'", "s’")):
        bare = bare[:-1]
    if bare.endswith(".") and bare.count(".") == 1 and not bare.endswith(_ABBREVIATED):
        bare = bare[:-1]
    return bare[:-1] if bare.endswith(")") and "(" not in bare else bare


def title_gender(word: str) -> Gender | None:
    """Return the gender that a title such as "Mrs." shows, if any."""
    word = word.casefold()
    if word in MALE_TITLES:
        return Gender.MALE
    return Gender.FEMALE if word in FEMALE_TITLES else None


def core_words(words: Sequence[str]) -> list[str]:
    """Return the words of a name without "Jr." and the like."""
    return [word for word in words if word not in _SUFFIXES] or list(words)


def same_person(a: Sequence[str], b: Sequence[str]) -> bool:
    """Return whether two names of two words or more can be one person's: same surname, agreeing given names."""
    a, b = core_words(a), core_words(b)
    if a[-len(b) :] == b or b[-len(a) :] == a:
        return True  # a surname of several words
    if a[-1] != b[-1]:
        # Names with the family name first ("Park Ji-hyun") and shortened double surnames share a beginning.
        return len(a) != len(b) and min(len(a), len(b)) > 1 and (a[: len(b)] == b or b[: len(a)] == a)
    if a[0] == b[0]:
        return True
    first, second = sorted((a[0], b[0]), key=len)
    if len(first) <= 2 and second.startswith(first[0]):  # noqa: PLR2004 an initial
        return True
    return first in second and len(first) > 2 and second.startswith(first)  # noqa: PLR2004 Don, Donald


def fuller(name: str, than: str) -> bool:
    """Return whether one form of a name says more than another."""
    more, less = name_words(name), name_words(than)
    if len(more) != len(less):
        return len(more) > len(less)
    return len(name) > len(than) and name.casefold() != than.casefold()


def initials(name: str) -> set[str]:
    """Return the acronyms that a name may have: initials of all its words, and of all but the small ones."""
    parts = [word for word in re.split(r"[\s\-/]+", name) if word[:1].isalnum()]
    every = "".join(word[0] for word in parts)
    strong = "".join(word[0] for word in parts if word.casefold() not in CONNECTIVES)
    return {every.upper(), strong.upper()} if len(strong) > 1 else set()


def short_form(short: Sequence[str], full: Sequence[str]) -> bool:
    """Return whether one body's name is the beginning or the end of the other's ("Labour Court", "Fox")."""
    if not 0 < len(short) < len(full) <= LONGEST_NAME:
        return False
    if list(full[-len(short) :]) == list(short):
        return len(short) > 1  # one last word ("Party", "News") names a kind, not a body
    following = full[len(short)]
    return list(full[: len(short)]) == list(short) and following not in CONNECTIVES
