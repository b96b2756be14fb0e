"""Who speaks in an article: its named actors, and those who are only described, each listed once."""

import re
from collections.abc import Collection, Sequence

from service.analysis.coreference.descriptions import telling
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.pronouns import rank
from service.analysis.english import function_words, role_nouns
from service.analysis.english.gender import Gender
from service.analysis.english.noun_phrase import Phrase, parse, singular
from service.analysis.entities.actor import Actor
from service.analysis.entities.names import name_words
from service.analysis.speakers.voice import Voice, speaker_kind
from service.core.frames import EntityType, SpeakerKind
from service.core.span import Span

_WITHIN = re.compile(r"(?<=\bof\s)(?:(his|her|its|their)\s(?=\w)|(them|him|her|it)\b)")
_CLEAR = 0.5  # probability from which a pronoun inside a description is replaced by a name
_TYPES = {
    SpeakerKind.PERSON: EntityType.PERSON,
    SpeakerKind.ORGANIZATION: EntityType.ORGANIZATION,
    SpeakerKind.DOCUMENT: EntityType.OTHER,
}
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

    def described(
        self,
        source: Span,
        phrase: Phrase,
        confidence: float,
        span: Span | None = None,
        kind: SpeakerKind | None = None,
    ) -> Voice:
        """Return the voice of someone never named, by the noun phrase; "his wife" becomes "NAME's wife".

        `kind` is what the model says it is; without it, the noun tells.
        """
        name = _description(self._spelled_out(source))
        if phrase.determiner in function_words.POSSESSIVES and phrase.head:
            ranked = self.ranked(source, phrase.determiner)
            if ranked and singular(phrase.head) in role_nouns.DOCUMENT_ROLES:  # what one's letter says one says
                return self.known(ranked[0][0], span or source, confidence * ranked[0][1])
            if ranked:
                name = f"{ranked[0][0].name}’s {name.split(' ', 1)[1]}" if " " in name else name
        if kind is not None:
            actor = self.register(name, _TYPES.get(kind) or _type_of(phrase), source)
            return Voice(kind=kind, actor=actor, span=span or source, confidence=confidence)
        document = singular(phrase.head) in role_nouns.DOCUMENT_ROLES
        type_ = EntityType.OTHER if document else EntityType.GROUP if phrase.plural else EntityType.PERSON
        if phrase.head in role_nouns.BODY_ROLES:
            type_ = EntityType.ORGANIZATION
        actor = self.register(name, type_, source)
        told_apart = type_ is EntityType.ORGANIZATION and bool(self._mentions.within(source))  # "the Roe campaign"
        return Voice(
            kind=SpeakerKind.DOCUMENT if document else SpeakerKind.ORGANIZATION if told_apart else SpeakerKind.UNNAMED,
            actor=actor,
            span=span or source,
            confidence=confidence,
        )

    def describe(self, actor: Actor, source: Span, phrase: Phrase) -> None:
        """Call someone never named by this description if it says more: "the Valley poll" after "a new poll"."""
        known = parse(actor.name)
        if not actor.unnamed or known.head != phrase.head or phrase.determiner in function_words.POSSESSIVES:
            return
        if len(phrase.proper) > len(known.proper) or (telling(phrase) and not telling(known)):
            actor.name = _description(self._spelled_out(source))

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

    def known(self, actor: Actor, span: Span, confidence: float) -> Voice:
        """Return the voice of an actor that was named before, or described and never listed."""
        if actor not in self.actors:
            self.actors.append(actor)
        return Voice(kind=speaker_kind(actor), actor=actor, span=span, confidence=confidence)

    def writer(self, name: str, at: Span) -> Actor:
        """Return the person whose name stands at a place, made where no tagger saw a name there (a handle, say)."""
        if at not in self._writers:
            tagged = self._mentions.within(at)
            self._writers[at] = tagged[0][1] if tagged else Actor(name=name, type=EntityType.PERSON, mentions=[at])
            if not tagged:
                self.actors.append(self._writers[at])
        return self._writers[at]

    def several(self, actors: Sequence[Actor], source: Span, span: Span) -> Voice:
        """Return the voice of several who speak as one; two who were named together are an actor already."""
        if len(actors) == 1:
            return self.known(actors[0], span, 0.7)
        names = [actor.name for actor in actors]
        return self.group(f"{', '.join(names[:-1])} and {names[-1]}", source, span, 0.7)

    def group(self, name: str, source: Span, span: Span, confidence: float = 0.8) -> Voice:
        """Return the voice of people who are named one by one."""
        actor = self.register(name, EntityType.GROUP, source)
        return Voice(kind=SpeakerKind.UNNAMED, actor=actor, span=span, confidence=confidence)

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


def _type_of(phrase: Phrase) -> EntityType:
    return EntityType.GROUP if phrase.plural else EntityType.PERSON


def _description(source: str) -> str:
    """Cut a source phrase to the noun phrase that names an unnamed speaker: no relative clause, no apposition."""
    plain = " ".join(source.split())
    cut = re.split(r",?\s(?:who|which|whose|whom)\b|,\s", plain, maxsplit=1)[0]
    return _REFLEXIVE.sub("", (cut or plain).strip(" ,;:"))
