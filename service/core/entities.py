"""Mentions to entities: who is who within one article.

Clustering is by rules over names, since within one article names behave: the full name comes once and the surname, the
acronym or the short form stands for it afterwards. A demonym or a capital is not taken for a country unless the text
itself equates the two.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.core.frames import EntityType, Span
from service.core.lexicon import FEMALE_TITLES, FIRST_NAMES_FEMALE, FIRST_NAMES_MALE, MALE_TITLES, TITLES, Gender
from service.core.ports import Named
from service.core.quotes import trimmed

_EDGE = " \t\n\r\xa0.,;:!?\"“”‘’'«»()[]–—-*"
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_NAME_WORD = re.compile(r"\w[\w.&'’/-]*")
_ACRONYM_AFTER = re.compile(
    r"['’]?s?\s{0,2}\(\s?[\"“‘']?(?:the\s|or\s|also\s)?([A-Z][\w.&/-]{1,14}(?:\([A-Z]+\))?)[\"”’']?\s?\)"
)
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_CONNECTIVES = frozenset(
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
_CLOSE = 300  # code points, some two sentences: nearer than that the last bearer of the name is meant
_LONGEST_NAME = 12  # words; a longer "name" is a tagging accident and is kept as it is, linked to nothing

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


@dataclass(slots=True, kw_only=True, eq=False)
class Actor:
    """An entity while the stages still add to it. `name` is the fullest form; `keys` are the forms it goes by."""

    name: str
    type: EntityType
    mentions: list[Span] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    gender: Gender | None = None
    unnamed: bool = False

    @property
    def words(self) -> list[str]:
        """The words of the name in lower case."""
        return name_words(self.name)


def name_words(name: str) -> list[str]:
    """Return a name's words in lower case, without a final dot, possessive or connective punctuation."""
    return [_POSSESSIVE.sub("", word).rstrip(".").casefold() for word in _NAME_WORD.findall(name)]


def key_of(name: str) -> str:
    """Return the form under which equal names meet: no article, no case, no possessive, one state one name."""
    plain = _ARTICLE.sub("", " ".join(name.split()), count=1) if _ARTICLE.match(name) else " ".join(name.split())
    plain = _POSSESSIVE.sub("", plain).rstrip(".").casefold()
    return _SAME_STATE.get(plain, plain)


@dataclass(slots=True, kw_only=True, eq=False)
class _Mention:
    span: Span
    type: EntityType
    confidence: float
    text: str
    words: list[str]
    title: Gender | None


def cluster(text: str, named: Sequence[Named]) -> list[Actor]:
    """Group the mentions of one text into actors, in order of first mention."""
    mentions = [mention for item in named if (mention := _mention(text, item)) is not None]
    people = _People([mention for mention in mentions if mention.type is EntityType.PERSON])
    bodies: list[_Mention] = []
    for mention in mentions:
        if mention.type is EntityType.PERSON:
            continue
        # A surname that the tagger took for a body once is still the person.
        person = people.bearer(mention, surname_only=True) if len(mention.words) == 1 else None
        if person is None:
            bodies.append(mention)
        else:
            _add(person, mention)
    actors = people.actors + _bodies(text, bodies)
    _find_untagged(text, actors)
    for actor in actors:
        actor.mentions = sorted(set(actor.mentions))
        actor.gender = actor.gender or _gender_of(actor)
    return sorted(actors, key=lambda actor: (actor.mentions[0], actor.name))


def _mention(text: str, item: Named) -> _Mention | None:
    """Cut a tagged span down to the name: no article, no title, no possessive."""
    start, end = item.span.start, item.span.end
    title: Gender | None = None
    while start < end and text[start] in _EDGE:
        start += 1
    article = _ARTICLE.match(text, start, end)
    if article:
        start = article.end()
    if item.type is EntityType.PERSON:
        while True:
            word = re.compile(r"[\w-]+\.?\s+").match(text, start, end)
            if word is None or word.group().strip().casefold() not in TITLES or not text[word.end() : end].strip():
                break
            title = title or title_gender(word.group().strip())
            start = word.end()
    inner = trimmed(text, start, end)
    if inner is None:
        return None
    name = inner.of(text)
    bare = _POSSESSIVE.sub("", name.rstrip(_EDGE.replace(".", "").replace("'", "").replace("’", "").replace(")", "")))
    bare = bare.rstrip("'’") if bare.endswith(("s'", "s’")) else bare
    if (
        bare.endswith(".")
        and bare.count(".") == 1
        and not bare.endswith(("Jr.", "Sr.", "Inc.", "Co.", "Corp.", "Ltd."))
    ):
        bare = bare[:-1]
    if bare.endswith(")") and "(" not in bare:
        bare = bare[:-1]
    if not bare.strip(_EDGE):
        return None
    span = Span(inner.start, inner.start + len(bare))
    before = text[max(0, span.start - 8) : span.start].split()
    if title is None and before and item.type is EntityType.PERSON:
        title = title_gender(before[-1])
    return _Mention(
        span=span,
        type=item.type,
        confidence=item.confidence,
        text=" ".join(bare.split()),
        words=name_words(bare),
        title=title,
    )


def title_gender(word: str) -> Gender | None:
    """Return the gender that a title such as "Mrs." shows, if any."""
    word = word.casefold()
    if word in MALE_TITLES:
        return Gender.MALE
    return Gender.FEMALE if word in FEMALE_TITLES else None


def _core(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _SUFFIXES] or list(words)


def _same_person(a: Sequence[str], b: Sequence[str]) -> bool:
    """Tell whether two names of two words or more can be one person's: same surname, agreeing given names."""
    a, b = _core(a), _core(b)
    if a[-1] != b[-1]:
        # Names with the family name first ("Park Ji-hyun") and shortened double surnames share a beginning.
        return len(a) != len(b) and min(len(a), len(b)) > 1 and (a[: len(b)] == b or b[: len(a)] == a)
    if a[0] == b[0]:
        return True
    first, second = sorted((a[0], b[0]), key=len)
    if len(first) <= 2 and second.startswith(first[0]):  # noqa: PLR2004 an initial
        return True
    return first in second and len(first) > 2 and second.startswith(first)  # noqa: PLR2004 Don, Donald


class _People:
    """The persons of a text: full names first, then surnames and given names to their bearers."""

    def __init__(self, mentions: Sequence[_Mention]) -> None:
        self.actors: list[Actor] = []
        self._by_word: dict[str, list[Actor]] = {}
        self._full: dict[int, list[int]] = {}  # where an actor is named in full, by `id`
        full = [mention for mention in mentions if 1 < len(_core(mention.words)) <= _LONGEST_NAME]
        for mention in full:
            self._named_in_full(mention)
        lone: dict[str, Actor] = {}
        for mention in sorted(set(mentions) - set(full), key=lambda one: one.span):
            actor = self.bearer(mention)
            if actor is None:
                key = key_of(mention.text)
                actor = lone.get(key) or Actor(name=mention.text, type=EntityType.PERSON, gender=mention.title)
                lone[key] = actor
            _add(actor, mention)
        self.actors += lone.values()

    def _named_in_full(self, mention: _Mention) -> None:
        words = _core(mention.words)
        near = self._by_word.get(words[-1], []) + self._by_word.get(words[0], [])
        actor = next((a for a in near if _same_person(a.words, words) and _agree(a.gender, mention.title)), None)
        if actor is None:
            actor = Actor(name=mention.text, type=EntityType.PERSON, gender=mention.title)
            self.actors.append(actor)
            self._full[id(actor)] = []
        _add(actor, mention)
        self._full[id(actor)].append(mention.span.start)
        for word in words:
            bearers = self._by_word.setdefault(word, [])
            if actor not in bearers:
                bearers.append(actor)

    def bearer(self, mention: _Mention, *, surname_only: bool = False) -> Actor | None:
        """Return whom a surname (or given name) alone stands for: the one named close before, else the most named."""
        word = _core(mention.words)[-1] if mention.words else ""
        pool = self._by_word.get(word, [])
        fit = [actor for actor in pool if _core(actor.words)[-1] == word]
        if not fit and not surname_only:
            fit = pool
        if mention.title is not None:
            fit = [a for a in fit if (a.gender or _gender_of(a) or mention.title) is mention.title]
        return max(fit, key=lambda actor: self._prominence(actor, mention.span.start)) if fit else None

    def _prominence(self, actor: Actor, at: int) -> tuple[bool, int, int]:
        full = self._full[id(actor)]
        before = bisect_right(full, at)
        close = before > 0 and at - full[before - 1] < _CLOSE
        return close, len(full), -full[0]


def _agree(a: Gender | None, b: Gender | None) -> bool:
    return a is None or b is None or a is b


def _add(actor: Actor, mention: _Mention) -> None:
    actor.mentions.append(mention.span)
    actor.keys.add(key_of(mention.text))
    actor.gender = actor.gender or mention.title
    if len(mention.words) <= _LONGEST_NAME and _fuller(mention.text, actor.name):
        actor.name = mention.text


def _fuller(name: str, than: str) -> bool:
    more, less = name_words(name), name_words(than)
    if len(more) != len(less):
        return len(more) > len(less)
    return len(name) > len(than) and name.casefold() != than.casefold()


def _gender_of(actor: Actor) -> Gender | None:
    if actor.type is not EntityType.PERSON or len(actor.words) < 1:
        return None
    first = actor.words[0]
    if len(actor.words) == 1:
        return None
    if first in FIRST_NAMES_MALE:
        return Gender.MALE
    return Gender.FEMALE if first in FIRST_NAMES_FEMALE else None


def initials(name: str) -> set[str]:
    """Return the acronyms that a name may have: initials of all its words, and of all but the small ones."""
    parts = [word for word in re.split(r"[\s\-/]+", name) if word[:1].isalnum()]
    every = "".join(word[0] for word in parts)
    strong = "".join(word[0] for word in parts if word.casefold() not in _CONNECTIVES)
    return {every.upper(), strong.upper()} if len(strong) > 1 else set()


def _bodies(text: str, mentions: Sequence[_Mention]) -> list[Actor]:
    """Cluster what is no person: equal names, acronyms (given in brackets, or by their letters), short forms."""
    actors: dict[str, Actor] = {}
    types: dict[str, Counter[EntityType]] = {}
    acronyms: dict[str, str] = {}
    for mention in mentions:
        key = key_of(mention.text)
        actor = actors.setdefault(key, Actor(name=mention.text, type=mention.type))
        _add(actor, mention)
        types.setdefault(key, Counter())[mention.type] += 1
        inside = re.fullmatch(r"(.{4,}?)\s*\(([A-Z][\w.&-]{1,14})\)?", mention.text)
        if inside:
            actor.name = inside[1]
            acronyms.setdefault(key_of(inside[2]), key)
            actor.keys.add(key_of(inside[1]))
        given = _ACRONYM_AFTER.match(text, mention.span.end, mention.span.end + 24)
        if given:
            acronyms.setdefault(key_of(given[1]), key)
            actor.mentions.append(Span(*given.span(1)))
    for key, actor in actors.items():
        actor.type = max(types[key], key=lambda kind: (types[key][kind], kind.value))
    parent = dict(_parents(actors, acronyms))
    for key, actor in list(actors.items()):
        root = parent.get(key)
        seen = {key}
        while root in parent and root not in seen:
            seen.add(root)
            root = parent[root]
        if root is None or root == key or root not in actors:
            continue
        target = actors[root]
        target.mentions += actor.mentions
        target.keys |= actor.keys
        actor.mentions = []
    for short, key in acronyms.items():
        root = parent.get(key, key)
        if root in actors:
            actors[root].keys.add(short)
    return [actor for actor in actors.values() if actor.mentions]


def _parents(actors: dict[str, Actor], acronyms: dict[str, str]) -> Iterable[tuple[str, str]]:
    """Yield (short form, fuller form) for every name that stands for another one of the article."""
    bodies = {key: actor for key, actor in actors.items() if actor.type is not EntityType.LOCATION}
    by_initials: dict[str, str] = {}
    by_edge: dict[str, list[str]] = {}
    for key, actor in bodies.items():
        if len(actor.words) < 2:  # noqa: PLR2004
            continue
        for short in initials(actor.name):
            by_initials.setdefault(short.casefold(), key)
        for word in {actor.words[0], actor.words[-1]}:
            by_edge.setdefault(word, []).append(key)
    for key, actor in actors.items():
        plain = key.replace(".", "")
        if key in acronyms and acronyms[key] != key:
            yield key, acronyms[key]
        elif key not in bodies or actor.type is EntityType.GROUP:
            continue  # "Russian" is no short form of a Russian body
        elif actor.name.replace(".", "").isupper() and plain in by_initials and by_initials[plain] != key:
            yield key, by_initials[plain]
        else:
            words = actor.words
            fuller = (
                [
                    other
                    for word in {words[0], words[-1]}
                    if words
                    for other in by_edge.get(word, [])
                    if _short_form(words, bodies[other].words)
                ]
                if words
                else []
            )
            if len(set(fuller)) == 1:
                yield key, fuller[0]


def _short_form(short: Sequence[str], full: Sequence[str]) -> bool:
    """Tell whether one body's name is the beginning or the end of the other's ("Labour Court", "Fox")."""
    if not 0 < len(short) < len(full) <= _LONGEST_NAME:
        return False
    if list(full[-len(short) :]) == list(short):
        return len(short) > 1  # one last word ("Party", "News") names a kind, not a body
    following = full[len(short)]
    return list(full[: len(short)]) == list(short) and following not in _CONNECTIVES


def _find_untagged(text: str, actors: Sequence[Actor]) -> None:
    """Add the places where an actor's name stands and the tagger saw none. One pass over the words of the text."""
    names: dict[str, list[tuple[str, Actor]]] = {}
    for actor in actors:
        forms = {actor.name} | {span.of(text) for span in actor.mentions}
        for form in forms:
            if len(form) > 2 and form[0].isupper() and "\n" not in form:  # noqa: PLR2004
                first = _NAME_WORD.match(form)
                if first:
                    names.setdefault(_POSSESSIVE.sub("", first.group()), []).append((form, actor))
    for candidates in names.values():
        candidates.sort(key=lambda item: -len(item[0]))
    taken = sorted((span.start, span.end) for actor in actors for span in actor.mentions)
    starts = {start for start, _ in taken}
    cursor = 0
    reach = 0
    for word in _NAME_WORD.finditer(text):
        at = word.start()
        while cursor < len(taken) and taken[cursor][0] <= at:
            reach = max(reach, taken[cursor][1])
            cursor += 1
        if at in starts or at < reach:
            continue
        for form, actor in names.get(_POSSESSIVE.sub("", word.group()), ()):
            end = at + len(form)
            whole = end >= len(text) or not (text[end].isalnum() or text[end] == "-")
            if text.startswith(form, at) and whole and (cursor >= len(taken) or end <= taken[cursor][0]):
                actor.mentions.append(Span(at, end))
                reach = end
                break
