"""Attributions to speakers by the model's reference head: an entity, somebody never named, or the author.

Attributions go by in reading order, since who spoke before is the best evidence for who "he" is.
"""

from collections.abc import Sequence

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.question import ask
from service.analysis.coreference.scene import Form, Scene, content_words, form_of
from service.analysis.english import function_words
from service.analysis.entities.actor import Actor
from service.analysis.languages.lookup import language_of
from service.analysis.speakers.clause import antecedent_of_relative
from service.analysis.speakers.signature import letter_around, letters
from service.analysis.speakers.unnamed import Roster
from service.analysis.speakers.voice import Voice, speaker_kind
from service.core.document import Document
from service.core.frames import SpeakerKind
from service.core.references import Referee, Reference
from service.core.span import Span


def refer(
    document: Document,
    actors: Sequence[Actor],
    mentions: Mentions,
    attributions: Sequence[Attribution],
    referee: Referee,
) -> tuple[list[Voice], Sequence[Actor]]:
    """Return the voice of each attribution, and all actors: those given, and speakers who are never named.

    `mentions` is told who spoke where.
    """
    resolver = _Resolver(document, actors, mentions, attributions, referee)
    return resolver.run(), resolver.roster.actors


class _Resolver:
    """One pass over the attributions of one article."""

    def __init__(
        self,
        document: Document,
        actors: Sequence[Actor],
        mentions: Mentions,
        attributions: Sequence[Attribution],
        referee: Referee,
    ) -> None:
        self.roster = Roster(document.text, actors, mentions)
        self._text = document.text
        self._language = language_of(document.language)
        self._mentions = mentions
        self._attributions = attributions
        self._referee = referee
        self._scene = Scene(document, actors, attributions)
        self._letters = letters(document)
        self._last: dict[Actor, Voice] = {}

    def run(self) -> list[Voice]:
        self._mentions.add_claims([piece for attribution in self._attributions for piece in attribution.contents])
        voices: list[Voice] = []
        for number, attribution in enumerate(self._attributions):
            parties, question = ask(self._scene, number)
            answer = self._referee.refer(question)
            voice = self._signed(self._voice(attribution, [party.actor for party in parties], answer), attribution)
            voices.append(voice)
            self._scene.speak(voice.actor)
            if voice.actor is not None:
                self._last[voice.actor] = voice
                self._mentions.add_speaker(voice.actor, (attribution.source or attribution.hull).start)
        return voices

    def _voice(self, attribution: Attribution, candidates: Sequence[Actor], answer: Reference) -> Voice:
        best = int(answer.candidates.argmax()) if candidates else -1
        likeliest = float(answer.candidates[best]) if candidates else 0.0
        source = attribution.source
        unnamed = answer.unnamed if source is not None and (self._describes(source) or not candidates) else 0.0
        if answer.author >= max(likeliest, unnamed):
            return Voice(kind=SpeakerKind.AUTHOR, actor=None, span=source, confidence=answer.author)
        if source is not None and unnamed > likeliest:
            return self._described(source, answer)
        actor = candidates[best]
        if attribution.spoken and source is not None and self._is_another(source, actor):
            return self._described(source, answer)
        before = self._last.get(actor)
        if source is not None and form_of(source.of(self._text), self._language) is Form.DESCRIPTION:
            self._mentions.add(actor, source)
        return Voice(
            kind=before.kind if before else speaker_kind(actor),
            actor=actor,
            span=source or (before.span if before else None),
            confidence=likeliest,
        )

    def _is_another(self, label: Span, actor: Actor) -> bool:
        """Return whether a transcript's label holds no word of any name of somebody; "Q" and "A" may be anybody's."""
        words = {word for word in self._words(label) if len(word) > 1}
        return bool(words) and not any(words.intersection(self._words(name)) for name in actor.mentions)

    def _words(self, span: Span) -> list[str]:
        return content_words(span.of(self._text), self._language)

    def _describes(self, source: Span) -> bool:
        """Return whether a phrase can name somebody: "an engineer", and "who" by what stands before it; not "he"."""
        return self._language.folded(source.of(self._text)) not in self._language.pronouns

    def _described(self, source: Span, answer: Reference) -> Voice:
        """Name somebody by the phrase; "who" by the phrase that it stands for."""
        phrase = source
        if self._language.has_grammar and source.of(self._text).casefold() in function_words.RELATIVE:
            phrase = antecedent_of_relative(self._mentions, source) or source
        return self.roster.described(phrase, answer.unnamed, span=source, kind=answer.kind)

    def _signed(self, voice: Voice, attribution: Attribution) -> Voice:
        """Give what would be the author's on a page of letters to whoever signs below."""
        letter = letter_around(self._letters, attribution.source or attribution.hull)
        if letter is None or voice.kind is not SpeakerKind.AUTHOR:
            return voice
        writer = self.roster.writer(letter.name, letter.at)
        return Voice(kind=SpeakerKind.PERSON, actor=writer, span=voice.span, confidence=voice.confidence)
