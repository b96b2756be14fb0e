"""Who speaks in an article: its named actors, and those who are only described, each listed once."""

import re
from collections.abc import Collection, Sequence

from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import rank
from service.analysis.english import function_words, role_nouns
from service.analysis.english.gender import Gender
from service.analysis.english.noun_phrase import parse
from service.analysis.entities.actor import Actor
from service.analysis.entities.names import name_words
from service.analysis.speakers.voice import Voice
from service.core.frames import EntityType, SpeakerKind
from service.core.span import Span

_WITHIN = re.compile(r"(?<=\bof\s)(?:(his|her|its|their)\s(?=\w)|(them|him|her|it)\b)")
_CLEAR = 0.5  # probability from which a pronoun inside a description is replaced by a name
_TYPES = {
    SpeakerKind.PERSON: EntityType.PERSON,
    SpeakerKind.ORGANIZATION: EntityType.ORGANIZATION,
    SpeakerKind.DOCUMENT: EntityType.OTHER,
}
_CLAUSE = re.compile(r"[,՝]\s")  # behind which a noun phrase goes on as a clause, or in apposition
_REFLEXIVE = re.compile(r"\s(?:him|her|it|them)sel(?:f|ves)$")


class Roster:
    """The actors of one article; whoever speaks unnamed is added to `actors` and made known to `mentions`."""

    def __init__(self, text: str, actors: Sequence[Actor], mentions: Mentions) -> None:
        self._text = text
        self.actors = list(actors)
        self._mentions = mentions
        self._unnamed: dict[str, Actor] = {}
        self._writers: dict[Span, Actor] = {}

    def ranked(self, pronoun: Span, word: str, *, told: Collection[Span] = ()) -> list[tuple[Actor, float]]:
        """Return whom a pronoun may stand for, likeliest first; a plural may mean a group that nobody has noted yet."""
        if word in function_words.PLURAL:
            self._mentions.add_groups(pronoun.start)
        return rank(self._mentions, pronoun, word, told=told)

    def described(self, source: Span, confidence: float, *, span: Span, kind: SpeakerKind) -> Voice:
        """Return the voice of someone never named, by the noun phrase; "his wife" becomes "NAME's wife"."""
        if not self._mentions.language.has_grammar:
            name = _CLAUSE.split(" ".join(source.of(self._text).split()), maxsplit=1)[0]
            actor = self.register(name, _TYPES.get(kind, EntityType.PERSON), source)
            return Voice(kind=kind, actor=actor, span=span, confidence=confidence)
        phrase = parse(source.of(self._text))
        name = _description(self._spelled_out(source))
        if phrase.determiner in function_words.POSSESSIVES and phrase.head and " " in name:
            ranked = self.ranked(source, phrase.determiner)
            if ranked:
                name = f"{ranked[0][0].name}’s {name.split(' ', 1)[1]}"
        plural = EntityType.GROUP if phrase.plural else EntityType.PERSON
        actor = self.register(name, _TYPES.get(kind, plural), source)
        return Voice(kind=kind, actor=actor, span=span, confidence=confidence)

    def _spelled_out(self, source: Span) -> str:
        """Return a source phrase with the pronouns inside it replaced by whom they mean: "many of Roe’s voters"."""
        text = source.of(self._text)
        for pronoun in reversed(list(_WITHIN.finditer(text))):
            if pronoun.start() == 0:
                continue
            word = pronoun[1] or pronoun[2]
            ranked = self.ranked(Span(source.start + pronoun.start(), source.start + pronoun.end()), word.casefold())
            if ranked and ranked[0][1] > _CLEAR:
                owner = ranked[0][0].name + ("’s " if pronoun[1] else "")
                text = text[: pronoun.start()] + owner + text[pronoun.end() :]
        return text

    def writer(self, name: str, at: Span) -> Actor:
        """Return the person whose name stands at a place, made where no tagger saw a name there (a handle, say)."""
        if at not in self._writers:
            tagged = self._mentions.within(at)
            self._writers[at] = tagged[0][1] if tagged else Actor(name=name, type=EntityType.PERSON, mentions=[at])
            if not tagged:
                self.actors.append(self._writers[at])
        return self._writers[at]

    def register(self, name: str, kind: EntityType, source: Span) -> Actor:
        """Return the actor of that description, made at its first use."""
        plain = re.sub(r"^(?:the|a|an)\s+", "", name, flags=re.IGNORECASE).casefold()
        actor = self._unnamed.get(plain)
        if actor is None:
            actor = self._unnamed[plain] = Actor(name=name, type=kind, unnamed=True)
            words = set(name_words(name))
            if words & role_nouns.MALE_ROLES:
                actor.gender = Gender.MALE
            elif words & role_nouns.FEMALE_ROLES:
                actor.gender = Gender.FEMALE
            self.actors.append(actor)
        if source not in actor.mentions:
            actor.mentions.append(source)
            actor.mentions.sort()
        self._mentions.add(actor, source)
        return actor


def _description(source: str) -> str:
    """Cut a source phrase to the noun phrase that names an unnamed speaker: no relative clause, no apposition."""
    plain = " ".join(source.split())
    cut = re.split(r",?\s(?:who|which|whose|whom)\b|,\s", plain, maxsplit=1)[0]
    return _REFLEXIVE.sub("", (cut or plain).strip(" ,;:"))
