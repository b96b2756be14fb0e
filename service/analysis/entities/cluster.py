"""Mentions to entities: who is who within one article.

Clustering is by rules over names, since within one article names behave: the full name comes once and the surname, the
acronym or the short form stands for it afterwards. A demonym or a capital is not taken for a country unless the text
itself equates the two.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from service.analysis.english.given_names import FIRST_NAMES_FEMALE, FIRST_NAMES_MALE
from service.analysis.english.noun_phrase import is_person_role
from service.analysis.english.role_nouns import COLLECTIVES
from service.analysis.english.states import STATES
from service.analysis.entities import written
from service.analysis.entities.acronyms import introduced
from service.analysis.entities.actor import Actor, add, gender_of
from service.analysis.entities.gender import learn
from service.analysis.entities.inflected import cluster_inflected
from service.analysis.entities.names import (
    NAME_WORD,
    POSSESSIVE,
    Mention,
    core_words,
    initials,
    key_of,
    mention_of,
    name_words,
    parted,
    short_form,
    spelling,
    typed,
)
from service.analysis.entities.surnames import People
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.core.frames import EntityType
from service.core.model import Named
from service.core.quotation_marks import CLOSING, OPENING
from service.core.span import Span

_FULL_NAME = re.compile(r"\b([A-Z][a-z]+)\s([A-Z][\w-]+)")
_ACRONYM_AFTER = re.compile(
    rf"['’]?s?\s{{0,2}}\(\s?[{OPENING}]?(?:the\s|or\s|also\s)?([A-Z][\w.&/-]{{1,14}}(?:\([A-Z]+\))?)[{CLOSING}]?\s?\)"
)


def cluster(
    text: str, named: Sequence[Named], sources: Sequence[Span] = (), *, language: Language = ENGLISH
) -> list[Actor]:
    """Group the mentions of one text into actors, in order of first mention.

    Args:
        text: what is read.
        named: the names that were tagged.
        sources: who was tagged as speaking.
        language: of the text.
    """
    if not language.has_grammar:
        return cluster_inflected(text, named, language)
    whole, nicknamed = written.nicknamed(text, written.with_surnames(text, named))
    apart = [
        piece for item in whole for piece in ([item] if item.span in nicknamed else parted(text, typed(text, item)))
    ]
    apart += _namesakes(text, apart)
    apart = sorted([*apart, *written.surnames_alone(text, apart, sources)], key=lambda item: item.span)
    mentions = [mention for item in _with_long_forms(text, apart) if (mention := mention_of(text, item)) is not None]
    _agree_on_types(mentions)
    people = People(text, [mention for mention in mentions if mention.type is EntityType.PERSON])
    bodies: list[Mention] = []
    for mention in mentions:
        if mention.type is EntityType.PERSON:
            continue
        # A surname that the tagger took for a body once is still the person.
        person = people.bearer(mention, surname_only=True) if len(mention.words) == 1 else None
        if person is None:
            bodies.append(mention)
        else:
            add(person, mention)
    actors = _with_offices(text, people.actors + _bodies(text, bodies))
    _find_untagged(text, actors)
    for actor in actors:
        actor.mentions = sorted(set(actor.mentions))
        actor.gender = actor.gender or gender_of(actor)
    learn(text, [actor for actor in actors if actor.type is EntityType.PERSON])
    return sorted(actors, key=lambda actor: (actor.mentions[0], actor.name))


def _namesakes(text: str, named: Sequence[Named]) -> list[Named]:
    """Return the full names that nobody tagged of people whose surname somebody tagged: "Ben Roe" beside "Ada Roe"."""
    surnames = {
        words[-1] for item in named if item.type is EntityType.PERSON and (words := name_words(item.span.of(text)))
    }
    taken = sorted(item.span for item in named)
    found: list[Named] = []
    for match in _FULL_NAME.finditer(text):
        if match[1].casefold() not in FIRST_NAMES_MALE | FIRST_NAMES_FEMALE:
            continue
        span = Span(*match.span())
        words = name_words(match[2])
        at = bisect_right(taken, Span(span.end - 1, span.end)) - 1
        free = not any(one.overlaps(span) for one in taken[max(0, at - 2) : at + 2])
        if free and words and words[-1] in surnames:
            found.append(Named(span=span, type=EntityType.PERSON, confidence=0.5))
    return found


def _with_long_forms(text: str, named: Sequence[Named]) -> list[Named]:
    """Return the tagged names, those inside a body's long form replaced by the whole."""
    whole = [
        Named(span=span, type=EntityType.ORGANIZATION, confidence=1.0) for pair in introduced(text) for span in pair
    ]
    if not whole:
        return list(named)
    starts = [item.span.start for item in whole]

    def inside(span: Span) -> bool:
        at = bisect_right(starts, span.end - 1) - 1
        return at >= 0 and whole[at].span.overlaps(span)

    return sorted([*whole, *(item for item in named if not inside(item.span))], key=lambda item: item.span)


def _agree_on_types(mentions: Sequence[Mention]) -> None:
    """Give all mentions of one name one type: what most of them have, and a state is a place.

    A surname is a person's where the article names its bearer in full.
    """
    votes: dict[str, Counter[EntityType]] = {}
    surnames: set[str] = set()
    for mention in mentions:
        votes.setdefault(spelling(mention.text), Counter())[mention.type] += 1
        if mention.type is EntityType.PERSON and len(core_words(mention.words)) > 1:
            surnames.add(core_words(mention.words)[-1])
    for mention in mentions:
        key = key_of(mention.text)
        if key in STATES:
            mention.type = EntityType.LOCATION
        elif key in COLLECTIVES:
            mention.type = EntityType.GROUP
        elif not (key in surnames and mention.type is EntityType.PERSON):
            cast = votes[spelling(mention.text)]
            mention.type = max(cast, key=lambda kind: (cast[kind], kind.value))


def _bodies(text: str, mentions: Sequence[Mention]) -> list[Actor]:
    """Cluster what is not a person: equal names, acronyms (given in brackets, or by their letters), short forms."""
    actors: dict[str, Actor] = {}
    types: dict[str, Counter[EntityType]] = {}
    acronyms: dict[str, str] = {}
    for mention in mentions:
        key = key_of(mention.text)
        actor = actors.setdefault(key, Actor(name=mention.text, type=mention.type))
        add(actor, mention)
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
    parent = dict(_parents(actors, acronyms)) | _respelled(actors)
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


def _respelled(actors: dict[str, Actor]) -> dict[str, str]:
    """Return the names that the text spells in two ways, each with the spelling that comes first."""
    first: dict[str, str] = {}
    return {key: one for key in actors if (one := first.setdefault(spelling(key), key)) != key}


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
        elif key not in bodies or (actor.type is EntityType.GROUP and len(actor.words) < 2):  # noqa: PLR2004
            continue  # "Russian" is not a short form of a Russian body
        elif actor.name.replace(".", "").isupper() and plain in by_initials and by_initials[plain] != key:
            yield key, by_initials[plain]
        else:
            words = actor.words
            edges = {words[0], words[-1]} if words else set()
            near = [other for word in edges for other in by_edge.get(word, [])]
            fuller = [other for other in near if short_form(words, bodies[other].words)]
            if len(set(fuller)) == 1:
                yield key, fuller[0]


def _with_offices(text: str, actors: Sequence[Actor]) -> list[Actor]:
    """Give the acronym of an office to whoever holds it: "Chief Mill Commissioner (CMC) Jane Roe" is the CMC."""
    named = {mention: actor for actor in actors for mention in actor.mentions}
    people = {mention.start: actor for mention, actor in named.items() if actor.type is EntityType.PERSON}
    spent: set[Actor] = set()
    for office, acronym in introduced(text):
        if not is_person_role(name_words(office.of(text))[-1]):
            continue
        body, holder = named.get(acronym), people.get(acronym.end + len(") "))
        if body is not None and holder is not None and body not in spent:
            holder.mentions += body.mentions
            spent.add(body)
    return [actor for actor in actors if actor not in spent]


def _find_untagged(text: str, actors: Sequence[Actor]) -> None:
    """Add the places where an actor's name stands and the tagger saw none. One pass over the words of the text."""
    forms = _forms(text, actors)
    taken = sorted((span.start, span.end) for actor in actors for span in actor.mentions)
    cursor = 0
    reach = 0  # the furthest end of what is taken up to here
    for word in NAME_WORD.finditer(text):
        at = word.start()
        while cursor < len(taken) and taken[cursor][0] <= at:
            reach = max(reach, taken[cursor][1])
            cursor += 1
        if at < reach:
            continue
        limit = taken[cursor][0] if cursor < len(taken) else len(text)
        for length, named in forms.get(POSSESSIVE.sub("", word.group()), {}).items():
            end = at + length
            actor = named.get(text[at:end])
            if actor is not None and end <= limit and not _goes_on(text, end):
                actor.mentions.append(Span(at, end))
                reach = end
                break


def _forms(text: str, actors: Sequence[Actor]) -> dict[str, dict[int, dict[str, Actor]]]:
    """Return the written forms of all names by their first word and their length, the longest first."""
    forms: dict[str, dict[int, dict[str, Actor]]] = {}
    for actor in actors:
        for form in sorted({actor.name} | {span.of(text) for span in actor.mentions}):
            first = NAME_WORD.match(form)
            if first and len(form) > 2 and form[0].isupper() and "\n" not in form:  # noqa: PLR2004
                lengths = forms.setdefault(POSSESSIVE.sub("", first.group()), {})
                lengths.setdefault(len(form), {}).setdefault(form, actor)
    return {first: dict(sorted(lengths.items(), reverse=True)) for first, lengths in forms.items()}


def _goes_on(text: str, end: int) -> bool:
    """Return whether the word that a name ends in is longer than the name."""
    return end < len(text) and (text[end].isalnum() or text[end] == "-")
