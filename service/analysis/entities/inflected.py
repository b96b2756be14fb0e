"""Mentions to entities where names take endings: which of a text's names are one name in several cases.

No dictionary and no tagger of cases: two words are one where the language's table of endings makes one of them the
nominative of the other, or both cases of one stem. That is asked only within one article, where a surname is hardly
ever another's with an ending, and names in full must agree word by word. A name is never made: an entity is called by
the form in the nominative where the text has one, else by the commonest and shortest of its forms. An ending is cut off
that form only where it can be nothing else, or where two cases show the same whole name before their endings.
"""

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from service.analysis.entities.actor import Actor
from service.analysis.entities.bare import Bare, bare, untagged
from service.analysis.languages.language import Language, is_small
from service.core.deadline import in_time
from service.core.frames import EntityType
from service.core.model import Named

_BEARERS = 50  # of one name: more are a list, and the others are met by none
_ROOM = 16  # code points behind a name in which an acronym in brackets stands


@dataclass(slots=True, eq=False)
class _Entity:
    """The mentions of one entity, and its names as folded words."""

    type: EntityType
    mentions: list[Bare] = field(default_factory=list)
    forms: dict[tuple[str, ...], None] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)  # of the mentions, ascending

    def add(self, mention: Bare) -> None:
        self.mentions.append(mention)
        self.forms.setdefault(mention.words)
        insort(self.starts, mention.span.start)

    def last_before(self, place: int) -> int:
        at = bisect_left(self.starts, place)
        return self.starts[at - 1] if at else -1


def cluster_inflected(text: str, named: Sequence[Named], language: Language) -> list[Actor]:
    """Group the mentions of one text into actors, in order of first mention.

    Args:
        text: what is read.
        named: the names that were tagged.
        language: of the text.
    """
    mentions = [mention for item in named if (mention := bare(text, item, language)) is not None]
    clusters = _Clusters(language)
    people = [mention for mention in mentions if mention.type is EntityType.PERSON]
    for mention in people:
        if len(mention.words) > 1:
            clusters.add_full(mention)
    for mention in people:
        if len(mention.words) == 1:
            clusters.add_alone(mention)
    for mention in mentions:
        if mention.type is not EntityType.PERSON:
            clusters.add_body(mention)
    clusters.join_acronyms(text)
    actors = [clusters.actor(entity) for entity in clusters.entities]
    untagged(text, actors, language)
    return sorted(actors, key=lambda actor: (actor.mentions[0], actor.name))


class _Clusters:
    """The entities of one text so far."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._indeclinable = re.compile(language.indeclinable)
        self.entities: list[_Entity] = []
        self._near: dict[str, list[_Entity]] = {}  # by the nominatives that the ends of its names may have

    # People

    def add_full(self, mention: Bare) -> None:
        """Add a person's name of several words to whoever bears it."""
        in_time()
        fit = (
            entity
            for entity in self._meeting(mention.words[-1], EntityType.PERSON)
            if any(self._same_person(form, mention.words) for form in entity.forms)
        )
        self._put(next(fit, None), mention)

    def add_alone(self, mention: Bare) -> None:
        """Add a person's name of one word to the one of that surname, or else given name, who was named last."""
        in_time()
        (word,) = mention.words
        near = self._meeting(word, EntityType.PERSON)
        for place in (-1, 0):
            for alike in (str.__eq__, self._language.one_word):
                fit = [entity for entity in near if any(alike(form[place], word) for form in entity.forms)]
                if fit:
                    at = mention.span.start
                    self._put(max(fit, key=lambda one: (one.last_before(at), len(one.mentions))), mention)
                    return
        self._put(None, mention)

    def _same_person(self, a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        """Return whether two full names may be one: the surname agrees, and the given name; middle names may lack."""
        if len(a) < 2 or len(b) < 2 or not self._language.one_word(a[-1], b[-1]):  # noqa: PLR2004
            return False
        if len(a) == len(b):
            return self._agree(a, b)
        short, full = sorted((a, b), key=len)
        if all(self._given_alike(x, y) for x, y in zip(short[:-1], full[len(full) - len(short) : -1], strict=True)):
            return True
        return self._given_alike(short[0], full[0])

    def _agree(self, a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        """Return whether two names of as many words agree: where words decline together, none stays behind.

        "Саша Петрова" is not a case of "Саша Петров", whose given name would have another ending then.
        """
        if not all(self._given_alike(x, y) for x, y in zip(a[:-1], b[:-1], strict=True)):
            return False
        stays = len(a) == 2 and a[0] == b[0] and a[1] != b[1]  # noqa: PLR2004
        return not (stays and self._language.given_names_decline and not self._indeclinable.fullmatch(a[0]))

    def _given_alike(self, a: str, b: str) -> bool:
        if a == b or (self._language.given_names_decline and self._language.one_word(a, b)):
            return True
        short, full = sorted((a, b), key=len)
        return len(short.rstrip(".")) == 1 and full.startswith(short[0])  # an initial

    # Bodies, places, groups

    def add_body(self, mention: Bare) -> None:
        """Add what is not a person to what bears its name; a word that is somebody's surname in this case is theirs."""
        in_time()
        words = mention.words
        if len(words) == 1:
            people = self._meeting(words[0], EntityType.PERSON)
            bearer = next((one for one in people if any(form[-1] == words[0] for form in one.forms)), None)
            if bearer is not None:
                bearer.add(mention)
                return
        fit = (
            entity
            for entity in self._meeting(words[-1], None)
            if any(form == words for form in entity.forms) or any(self._same_body(form, words) for form in entity.forms)
        )
        self._put(next(fit, None), mention)

    def _same_body(self, a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        if len(a) != len(b) or not self._language.one_word(a[-1], b[-1]):
            return False
        alike = self._language.one_word if self._language.agrees else str.__eq__
        return all(alike(x, y) for x, y in zip(a[:-1], b[:-1], strict=True))

    def join_acronyms(self, text: str) -> None:
        """Join to each body the acronym that stands behind it in brackets, or that is its initials."""
        bodies = [entity for entity in self.entities if entity.type is not EntityType.PERSON]
        short = {form[0]: entity for entity in bodies for form in entity.forms if len(form) == 1}
        for entity in bodies:
            for acronym in [*_bracketed(text, entity), *_initials(entity)]:
                other = short.get(self._language.folded(acronym))
                if other is None or other is entity or not all(_is_acronym(one.text) for one in other.mentions):
                    continue
                for mention in other.mentions:
                    entity.add(mention)
                other.mentions = []
        self.entities = [entity for entity in self.entities if entity.mentions]

    # Names

    def actor(self, entity: _Entity) -> Actor:
        """Return an entity with its name: in the nominative where it has one, then the fullest, commonest, shortest."""
        written = Counter(mention.text for mention in entity.mentions)
        words = {mention.text: mention.words for mention in entity.mentions}
        own = {word for form in words.values() for word in form}
        first = {mention.text: -place for place, mention in reversed(list(enumerate(entity.mentions)))}
        name = min(
            written,
            key=lambda text: (
                sum(any(self._language.is_case_of(word, other) for other in own - {word}) for word in words[text]),
                -len(words[text]),
                -written[text],
                len(text),
                -first[text],
            ),
        )
        kinds = Counter(mention.type for mention in entity.mentions)
        return Actor(
            name=self._without_ending(name, words[name][-1], {form[-1] for form in words.values()}),
            type=max(kinds, key=lambda kind: (kinds[kind], kind.value)),
            mentions=sorted({mention.span for mention in entity.mentions}),
            keys={" ".join(form) for form in words.values()},
        )

    def _without_ending(self, name: str, last: str, cases: Collection[str]) -> str:
        """Return a name without the ending of its last word, where that is certain or other cases show it."""
        certain = re.search(rf"{self._language.certain}\Z", name) if self._language.certain else None
        if certain is not None:
            return name[: certain.start()]
        stem = self._language.stem_of_cases(cases)
        if stem is None or self._language.folded(name[len(name) - len(last) :]) != last:
            return name
        return name[: len(name) - len(last) + len(stem)]

    # Looking up

    def _meeting(self, word: str, kind: EntityType | None) -> list[_Entity]:
        """Return the entities, people or others, of which a name may begin or end in a case of a word, as they came."""
        near = {one: None for key in sorted(self._language.meeting(word)) for one in self._near.get(key, ())}
        fit = [one for one in near if (one.type is EntityType.PERSON) == (kind is EntityType.PERSON)]
        return sorted(fit, key=lambda one: one.starts[0])

    def _put(self, entity: _Entity | None, mention: Bare) -> None:
        if entity is None:
            entity = _Entity(type=mention.type)
            self.entities.append(entity)
        known = mention.words in entity.forms
        entity.add(mention)
        for word in () if known else {mention.words[0], mention.words[-1]}:
            for key in self._language.meeting(word):
                near = self._near.setdefault(key, [])
                if entity not in near and len(near) < _BEARERS:
                    near.append(entity)


def _is_acronym(written: str) -> bool:
    return written.isalpha() and not any(map(is_small, written))


def _bracketed(text: str, entity: _Entity) -> Iterator[str]:
    for mention in entity.mentions:
        if len(mention.words) > 1 and text[mention.span.end : mention.span.end + 2] == " (":
            inside, closed, _ = text[mention.span.end + 2 : mention.span.end + _ROOM].partition(")")
            if closed and inside.isalpha() and not is_small(inside[-1]):
                yield inside


def _initials(entity: _Entity) -> Iterator[str]:
    for words in entity.forms:
        if len(words) > 1:
            yield "".join(word[0] for word in words)
