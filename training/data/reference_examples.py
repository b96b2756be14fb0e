"""Articles with speakers to questions about references, asked by the service's own code and answered by annotators.

Names are the model's, spans and speakers the annotators'. Attributions go by in reading order, each question is asked
of a scene that knows the right answers before it.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.frames import in_the_form_of, name_words, same
from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.question import PAIRS, ask
from service.analysis.coreference.scene import Form, Scene, form_of
from service.analysis.entities.actor import Actor
from service.analysis.entities.cluster import cluster
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of
from service.core.document import Document
from service.core.frames import AUTHOR, EntityType, SpeakerKind
from service.core.model import Named
from service.core.references import ReferenceQuestion
from service.core.span import Span
from training.data import readers
from training.data.readers import AttributionArticle, Frame

UNKNOWN = -1  # the answer is no candidate: too many are nearer
_SAME = 0.6  # how much of two names must be shared for them to be one's
_WRONG_TYPE = 0.4
_MISTAKES = 0.12  # share of attributions whose speaker is told wrongly
_ACRONYM = 3  # letters of the shortest
_TYPES = {
    SpeakerKind.PERSON: EntityType.PERSON,
    SpeakerKind.ORGANIZATION: EntityType.ORGANIZATION,
    SpeakerKind.DOCUMENT: EntityType.OTHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question with its answer.

    Attributes:
        question: as the service asks it.
        answer: a candidate, n for somebody unnamed, n + 1 for the author; `UNKNOWN` where no candidate is right.
        kind: what kind of speaker it is.
        source: "none", "name", "pronoun" or "description".
    """

    question: ReferenceQuestion
    answer: int
    kind: str
    source: str


def examples(
    article: AttributionArticle, document: Document, named: Sequence[Named], mistaken: random.Random | None = None
) -> list[Example]:
    """Return the questions about every attribution with a known speaker, in reading order.

    Args:
        article: attributions with frames.
        document: the article's text, segmented.
        named: the entities that the model found in it.
        mistaken: draws a wrong speaker for some attributions, of whom later questions are told. The service tells the
            head its own answers, right or wrong (exposure bias; Ranzato et al., ICLR 2016).
    """
    language = language_of(document.language)
    actors = cluster(document.text, named, language=language)
    framed = [(_attribution(item), item.frame) for item in article.attributions if item.content]
    framed.sort(key=lambda one: (one[0].hull.start, -one[0].hull.end))
    scene = Scene(document, actors, [attribution for attribution, _ in framed])
    described: dict[str, Actor] = {}
    known: dict[str, Actor | None] = {}
    found: list[Example] = []
    for number, (attribution, frame) in enumerate(framed):
        if frame is None:
            scene.speak(None)
            continue
        if frame.speaker not in known:
            known[frame.speaker] = aligned(frame, actors, language)
        speaker = None if frame.speaker == AUTHOR else known[frame.speaker]
        key = " ".join(sorted(name_words(frame.speaker)))
        if speaker is None or frame.speaker_kind == SpeakerKind.UNNAMED:
            speaker = described.get(key)
        parties, question = ask(scene, number)
        candidates = [party.actor for party in parties]
        if frame.speaker == AUTHOR:
            answer = len(candidates) + 1
        elif speaker is None:
            answer = len(candidates)
            speaker = described[key] = Actor(
                name=frame.speaker, type=_TYPES.get(SpeakerKind(frame.speaker_kind), EntityType.GROUP), unnamed=True
            )
        else:
            answer = candidates.index(speaker) if speaker in candidates else UNKNOWN
        form = _form(document.text, attribution.source, question, language)
        found.append(Example(question=question, answer=answer, kind=frame.speaker_kind, source=form))
        said = None if frame.speaker == AUTHOR else speaker
        if mistaken is not None and candidates and mistaken.random() < _MISTAKES:
            said = mistaken.choice([*candidates, None])
        scene.speak(said)
    return found


def aligned(frame: Frame, actors: Sequence[Actor], language: Language = ENGLISH) -> Actor | None:
    """Return the actor that an annotator's speaker is, by name: in whatever case, where the language has cases."""
    best: tuple[float, Actor | None] = (_SAME, None)
    for actor in actors:
        score = _likeness(frame, actor, in_the_form_of(frame.speaker, actor.name, language))
        if score >= best[0] and (best[1] is None or score > best[0]):
            best = (score, actor)
    return best[1]


def _likeness(frame: Frame, actor: Actor, name: str) -> float:
    gold, other = name_words(frame.speaker), name_words(name)
    if not gold or not other:
        return 0.0
    score = len(gold & other) / len(gold | other)
    is_person = actor.type is EntityType.PERSON
    if frame.speaker_kind == SpeakerKind.PERSON:
        mine, theirs = frame.speaker.casefold().split(), name.casefold().split()
        if same(frame.speaker, name) and (mine[-1] == theirs[-1] or len(theirs) == 1):
            score += _WRONG_TYPE
        return score if is_person else score - _WRONG_TYPE
    if frame.speaker.casefold().removeprefix("the ") in actor.keys:
        score = max(score, 0.95)
    if _is_acronym(frame.speaker, actor.name) or _is_acronym(actor.name, frame.speaker):
        score = max(score, 0.9)
    return score - _WRONG_TYPE if is_person else score


def _is_acronym(short: str, name: str) -> bool:
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    return short.isupper() and len(short) >= _ACRONYM and initials.startswith(short)


def _attribution(item: readers.Attribution) -> Attribution:
    return Attribution(
        contents=tuple(sorted(Span(*piece) for piece in item.content if piece[0] < piece[1])),
        cue=_hull(item.cue),
        source=_hull(item.source),
        confidence=1.0,
    )


def _hull(pieces: Sequence[tuple[int, int]]) -> Span | None:
    return Span(min(start for start, _ in pieces), max(end for _, end in pieces)) if pieces else None


def _form(text: str, source: Span | None, question: ReferenceQuestion, language: Language) -> str:
    if source is None:
        return "none"
    if form_of(source.of(text), language) is Form.PRONOUN:
        return "pronoun"
    return "name" if question.pairs[:, PAIRS.index("named_inside")].any() else "description"
