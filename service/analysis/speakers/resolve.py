"""Attributions to speakers: the entity, the described but unnamed voice, or the author behind each source.

Attributions are resolved in reading order, since who spoke last is the best evidence for who "he" is. What a source
can be: a name (with title and apposition), a pronoun, a role ("the analyst"), a document ("the same statement"), the
anonymous voice of a body ("a White House spokesman"), or nothing at all.
"""

import re
from collections.abc import Sequence

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference import short_forms
from service.analysis.coreference.descriptions import another, described, introduced_later, pair_in_view, several_people
from service.analysis.coreference.mentions import Mentions
from service.analysis.english import function_words, role_nouns
from service.analysis.english.noun_phrase import Form, Phrase, is_person_role, parse, singular
from service.analysis.entities.actor import Actor
from service.analysis.speakers.clause import antecedent_of_relative
from service.analysis.speakers.clause import subject as subject_of
from service.analysis.speakers.cue import ADDRESSED, carries_subject, is_nobody
from service.analysis.speakers.history import History
from service.analysis.speakers.signature import letter_around, letters, signatory
from service.analysis.speakers.source_head import joint, named_heads, with_name
from service.analysis.speakers.spokespeople import owner, part_of
from service.analysis.speakers.unnamed import Roster
from service.analysis.speakers.voice import AUTHOR_VOICE, Voice, speaker_kind
from service.core.document import Document
from service.core.frames import EntityType, SpeakerKind
from service.core.span import Span

_ISSUED = re.compile(
    r"\b(?:issued?|released?|published?|sent|sends?|wrote|writes?|signed|made|delivered|gave|posted|put out)\b"
)
_STATEMENT_REACH = 30  # sentences back that "the statement" may refer to
_SURE = 0.95


def resolve(
    document: Document, actors: Sequence[Actor], mentions: Mentions, attributions: Sequence[Attribution]
) -> tuple[list[Voice], Sequence[Actor]]:
    """Return the voice of each attribution, and all actors: those given, and speakers who are never named.

    Who spoke where is noted in `mentions`.
    """
    resolver = _Resolver(document, actors, mentions)
    return resolver.run(attributions), resolver.actors


class _Resolver:
    """One pass over the attributions of one article."""

    def __init__(self, document: Document, actors: Sequence[Actor], mentions: Mentions) -> None:
        self._document = document
        self._text = document.text
        self._roster = Roster(document.text, actors, mentions)
        self._mentions = mentions
        self._history = History()
        self._signatory = signatory(document, actors)
        self._letters = letters(document)
        self._told: tuple[Span, ...] = ()  # the content of the attribution at hand

    @property
    def actors(self) -> Sequence[Actor]:
        """Everyone named, and everyone who speaks unnamed."""
        return self._roster.actors

    def run(self, attributions: Sequence[Attribution]) -> list[Voice]:
        voices: list[Voice] = []
        self._mentions.add_claims([piece for attribution in attributions for piece in attribution.contents])
        for attribution in attributions:
            self._told = attribution.contents
            voice = self._signed(self._voice(attribution), attribution)
            voices.append(voice)
            self._history.add(attribution, voice)
            if voice.actor is not None:
                at = (attribution.source or attribution.hull).start
                self._mentions.add_speaker(voice.actor, at)
            self._address(attribution)
        return voices

    def _address(self, attribution: Attribution) -> None:
        """Put whoever is asked something in view: the answer is the next thing to be said."""
        cue = attribution.cue
        if cue is None or not ADDRESSED.match(cue.of(self._text)):
            return
        subject = self._subject_before(cue)
        for _, actor in self._mentions.within(subject) if subject is not None else ():
            self._mentions.add_speaker(actor, max(cue.end, attribution.hull.end))

    def _voice(self, attribution: Attribution) -> Voice:
        source = attribution.source
        if source is None:
            return self._silent(attribution)
        if is_nobody(self._text, source, attribution.cue):
            return AUTHOR_VOICE
        phrase = parse(source.of(self._text))
        if phrase.form is Form.PRONOUN and not named_heads(self._mentions, source):  # "He (Roe)" is Roe
            return self._pronoun(source, phrase)
        return self._nominal(source, phrase)

    def _signed(self, voice: Voice, attribution: Attribution) -> Voice:
        """Give what would be the author's on a page of letters to whoever signs below."""
        letter = letter_around(self._letters, attribution.source or attribution.hull)
        if letter is None or voice.kind is not SpeakerKind.AUTHOR:
            return voice
        writer = self._roster.writer(letter.name, letter.at)
        return Voice(kind=SpeakerKind.PERSON, actor=writer, span=voice.span, confidence=voice.confidence)

    # Nothing written

    def _silent(self, attribution: Attribution) -> Voice:
        """Resolve an attribution without a source: it carries on a voice, or it is the author's."""
        if attribution.follows:
            return self._introducer(attribution) or AUTHOR_VOICE
        anchor = attribution.cue or attribution.hull
        direct = self._mentions.quoted_share(attribution.hull) > 0.5  # noqa: PLR2004
        carried = attribution.cue is not None and carries_subject(self._text, attribution.cue)
        for earlier, voice in self._history.latest(6):
            beside = self._mentions.sentence(earlier.hull.end - 1) == self._mentions.sentence(anchor.start)
            if beside and (carried or direct):
                return voice.again(0.85)
            if attribution.cue is None and self._paragraph(earlier) >= self._paragraph(attribution) - 1:
                return voice.again(0.75 if direct else 0.6)
        return (self._of_clause(attribution) if carried else None) or AUTHOR_VOICE

    def _of_clause(self, attribution: Attribution) -> Voice | None:
        """Return the subject of the sentence as the voice of a verb that shares it: "Roe came and praised the plan"."""
        if attribution.cue is None:
            return None
        subject = self._subject_before(attribution.cue)
        if subject is None or any(piece.overlaps(subject) for piece in attribution.contents):
            return None
        return self._of_subject(subject).again(0.7)

    def _subject_before(self, cue: Span) -> Span | None:
        start = self._mentions.start_of(cue.start)
        return subject_of(self._mentions, Span(start, cue.start)) if start < cue.start else None

    def _of_subject(self, subject: Span) -> Voice:
        phrase = parse(subject.of(self._text))
        return self._pronoun(subject, phrase) if phrase.form is Form.PRONOUN else self._nominal(subject, phrase)

    def _paragraph(self, attribution: Attribution) -> int:
        return self._mentions.paragraph(attribution.hull.start)

    def _introducer(self, attribution: Attribution) -> Voice | None:
        """Return the voice that the paragraph before leads in: of its last attribution, or its subject."""
        number = self._paragraph(attribution)
        if number == 0:
            return None
        before = self._document.paragraphs[number - 1]
        last = self._mentions.sentence(before.end - 1)
        sentence = self._document.sentences[last].span
        for earlier, voice in self._history.latest(6):
            if sentence.covers(earlier.cue or earlier.hull):
                return voice.again(0.9)
        subject = subject_of(self._mentions, sentence)
        if subject is not None:
            return self._of_subject(subject)
        for earlier, voice in self._history.latest(3):
            if self._paragraph(earlier) >= number - 2:
                return voice.again(0.6)
        return None

    # Pronouns

    def _pronoun(self, source: Span, phrase: Phrase) -> Voice:
        word = phrase.head
        if word in function_words.FIRST_SINGULAR | function_words.FIRST_PLURAL:
            return self._first_person(source)
        if word in function_words.RELATIVE:
            head = antecedent_of_relative(self._mentions, source)
            if head is not None:
                noun = parse(head.of(self._text))
                restricts = (
                    noun.plural and self._text[head.end : source.start] == " " and not named_heads(self._mentions, head)
                )
                if restricts:  # "the voters who stayed" are not voters spoken of before
                    return self._roster.described(head, noun, 0.8, span=source)
                return self._nominal(head, noun, at=source)
        ranked = self._roster.ranked(source, word, told=self._told)
        if not ranked:
            return self._roster.described(source, phrase, 0.3)
        return self._roster.known(ranked[0][0], source, ranked[0][1])

    def _first_person(self, source: Span) -> Voice:
        """Return who "I" is: whoever is quoted; outside every claim, in a quote the last to speak; else who signs."""
        quoted = self._history.around(source)
        if quoted is not None:
            return Voice(kind=quoted.kind, actor=quoted.actor, span=source, confidence=0.85)
        if self._mentions.quoted_share(source):
            for earlier, voice in self._history.latest(3):
                if self._paragraph(earlier) >= self._mentions.paragraph(source.start) - 1:
                    return voice.again(0.5)
        elif self._signatory is not None:
            return Voice(kind=SpeakerKind.PERSON, actor=self._signatory, span=source, confidence=0.7)
        return Voice(kind=SpeakerKind.AUTHOR, actor=None, span=source, confidence=0.7)

    # Names and descriptions

    def _nominal(self, source: Span, phrase: Phrase, at: Span | None = None) -> Voice:
        """Resolve a source that is a name or a description; `at` is the relative pronoun that stands for it."""
        span = at or source
        source = with_name(self._mentions, source, phrase)
        named = named_heads(self._mentions, source)
        if named:
            together = joint(self._mentions, named)
            if together is not None:
                return self._roster.group(together, source, span)
            people = [actor for _, actor in named if actor.type is EntityType.PERSON]
            if people and (is_person_role(phrase.head) or named[0][1].type is EntityType.PERSON):
                return Voice(kind=SpeakerKind.PERSON, actor=people[0], span=span, confidence=_SURE)
            return Voice(kind=speaker_kind(named[0][1]), actor=named[0][1], span=span, confidence=0.92)
        short = self._short(source, phrase, span)
        if short is not None:
            return short
        return self._owned(source, phrase, span) or self._role(source, phrase, span)

    def _owned(self, source: Span, phrase: Phrase, span: Span) -> Voice | None:
        """Resolve the anonymous voice of a body, and a document, to whose it is."""
        document = part_of(self._text, source)
        if document is not None:
            return self._nominal(document, parse(document.of(self._text)), at=span)
        whose = owner(self._mentions, source, phrase)
        if whose is not None:
            return Voice(kind=speaker_kind(whose), actor=whose, span=span, confidence=0.75)
        if phrase.form is Form.DEFINITE and singular(phrase.head) in role_nouns.DOCUMENT_ROLES:
            issued = self._issuer(source, phrase)
            if issued is not None and issued.actor is not None:
                self._roster.describe(issued.actor, source, phrase)
                return Voice(kind=issued.kind, actor=issued.actor, span=span, confidence=min(0.8, issued.confidence))
        return None

    def _role(self, source: Span, phrase: Phrase, span: Span) -> Voice:
        """Resolve a description to the actor that the text describes so, else to someone never named."""
        possessed = re.search(r"['’]s?\s+\S", source.of(self._text)) is not None  # "the mayor's aide" is not the mayor
        office = phrase.determiner is None and is_person_role(phrase.head) and bool(self._mentions.within(source))
        if not possessed and (phrase.form is Form.DEFINITE or phrase.head in role_nouns.BODY_ROLES or office):
            around = self._history.around(source)
            match = described(self._mentions, source, phrase, around.actor if around else None)
            if match is not None:
                self._mentions.add(match[0], source)
                return self._roster.known(match[0], span, match[1])
        several = (
            several_people(self._mentions, source, phrase) if phrase.form is Form.DEFINITE and not possessed else None
        )
        if several is not None and not several:
            self._mentions.add_groups(source.start)
            several = pair_in_view(self._mentions, source)
        if several:
            return self._roster.several(several, source, span)
        if not possessed and is_person_role(phrase.head):
            later = introduced_later(self._mentions, source, phrase)
            if later is not None:
                return self._roster.known(later, span, 0.6)
        return self._roster.described(source, phrase, 0.8, span=span)

    def _short(self, source: Span, phrase: Phrase, span: Span) -> Voice | None:
        """Resolve a short form of people or a body named before."""
        if short_forms.means_two(self._text, source):
            self._mentions.add_groups(source.start)
            pair = short_forms.two(self._mentions, source)
            if pair:
                return self._roster.several(pair, source, span)
        one = short_forms.one_of_two(self._mentions, source)
        if one is not None:
            return self._roster.known(one, span, 0.7)
        name = short_forms.body(self._text, source, phrase)
        if name is not None:
            body = self._roster.register(name, EntityType.ORGANIZATION, source)
            return Voice(kind=SpeakerKind.ORGANIZATION, actor=body, span=span, confidence=0.75)
        return None

    def _issuer(self, source: Span, phrase: Phrase) -> Voice | None:
        """Return whose "the statement" is: that of the last sentence that speaks of one."""
        here = self._mentions.sentence(source.start)
        noun = re.compile(rf"\b{re.escape(singular(phrase.head))}s?\b", re.IGNORECASE)
        for number in range(here - 1, max(-1, here - _STATEMENT_REACH), -1):
            sentence = self._document.sentences[number].span
            place = noun.search(self._text, sentence.start, sentence.end)
            if place is None:
                continue
            told = Span(*place.span())
            if self._mentions.quoted_share(told):
                continue
            if self._text[place.end() : place.end() + 2] in {"'s", "’s"}:
                continue  # "the report's summary" is another document
            for voice in self._history.at(told):
                if voice.actor is not None and not another(parse(voice.actor.name), phrase):
                    return voice
            subject = subject_of(self._mentions, sentence)
            if (
                subject is not None
                and subject.end <= place.start()
                and _ISSUED.search(self._text, subject.end, place.start())
            ):
                return self._nominal(subject, parse(subject.of(self._text)))
        return None
