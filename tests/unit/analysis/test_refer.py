"""Speakers by a referee's answers: a known actor, somebody never named, the author, a letter's writer."""

import numpy as np
import pytest

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.mentions import Mentions
from service.analysis.entities.cluster import cluster
from service.analysis.speakers.refer import refer
from service.analysis.speakers.voice import Voice
from service.analysis.text.document import segment
from service.core.frames import EntityType, SpeakerKind
from service.core.model import Named
from service.core.references import Reference, ReferenceQuestion
from service.core.span import Span

LETTERS = (
    "Readers write\n\n"
    "I don't care for the new bridge, and I asked my neighbours, who say the same.\n\nMarta Quist\n\n"
    "Everything they say about it is wrong.\n\n@harbour_cat\n"
)


class Told:
    """A referee that answers, one after another, with a name of the article, "new" or "author"."""

    def __init__(self, text: str, *answers: str, kind: SpeakerKind = SpeakerKind.UNNAMED) -> None:
        self._text = text
        self._answers = list(answers)
        self._kind = kind

    def refer(self, question: ReferenceQuestion) -> Reference:
        """Be nine tenths sure of the next answer."""
        answer = self._answers.pop(0)
        count = len(question.candidates)
        named = [
            int(owner)
            for span, owner in zip(question.mentions, question.owners, strict=True)
            if span.of(self._text) == answer
        ]
        at = {"new": count, "author": count + 1}[answer] if answer in {"new", "author"} else named[0]
        spread = np.full(count + 2, 0.08 / (count + 1), dtype=np.float32)
        spread[-1] = 0.02
        spread[at] = 0.9
        return Reference(candidates=spread[:-2], unnamed=float(spread[-2]), author=float(spread[-1]), kind=self._kind)


def voices(
    text: str, said: list[tuple[str | None, str, str]], kind: SpeakerKind = SpeakerKind.UNNAMED, **kinds: str
) -> list[Voice]:
    """Return who says each (source, content, the referee's answer); names are given as person="Jane Roe|Roe"."""
    named = [
        Named(span=Span(at, at + len(name)), type=EntityType(kind_of), confidence=0.9)
        for kind_of, names in kinds.items()
        for name in names.split("|")
        for at in range(len(text))
        if text.startswith(name, at)
    ]
    document = segment(text)
    actors = cluster(text, sorted(named, key=lambda item: item.span))
    attributions = []
    reach = 0
    for source, content, _ in said:
        inside = text.index(content, reach)
        place = text.index(source, reach) if source else None
        attributions.append(
            Attribution(
                contents=(Span(inside, inside + len(content)),),
                cue=None,
                source=Span(place, place + len(source)) if source and place is not None else None,
                confidence=0.9,
            )
        )
        reach = max(inside, place or 0)
    referee = Told(text, *(answer for *_, answer in said), kind=kind)
    return refer(document, actors, Mentions(document, actors), attributions, referee)[0]


def test_the_likeliest_candidate_speaks() -> None:
    """A source is whoever the referee is surest of, with that probability."""
    text = "Jane Roe met Paul Lind. She said that it rained."
    (voice,) = voices(text, [("She", "that it rained", "Jane Roe")], person="Jane Roe|Paul Lind")
    assert (voice.name, voice.kind, round(voice.confidence, 2)) == ("Jane Roe", SpeakerKind.PERSON, 0.9)
    assert voice.span is not None
    assert voice.span.of(text) == "She"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("An engineer who knows the dam", "An engineer"),
        ("Her daughter", "Jane Roe’s daughter"),
        ("Many of her voters", "Many of Jane Roe’s voters"),
        ("The zoo keeper herself", "The zoo keeper"),
    ],
)
def test_somebody_never_named_is_called_by_the_phrase(source: str, name: str) -> None:
    """A description is cut to its noun phrase, and a pronoun inside it is spelled out."""
    text = f"Jane Roe came home. {source} said that it rained."
    (voice,) = voices(text, [(source, "that it rained", "new")], person="Jane Roe")
    assert (voice.name, voice.kind) == (name, SpeakerKind.UNNAMED)


def test_the_model_says_what_somebody_unnamed_is() -> None:
    """A report is a document where the referee says so, whatever its noun is called."""
    text = "A new study says that it rained."
    (voice,) = voices(text, [("A new study", "that it rained", "new")], kind=SpeakerKind.DOCUMENT)
    assert (voice.name, voice.kind) == ("A new study", SpeakerKind.DOCUMENT)


def test_whoever_was_described_can_be_meant_again() -> None:
    """A speaker without a name is a candidate from the first claim on."""
    text = "An engineer said that it rained. She added that it was cold."
    said = [("An engineer", "that it rained", "new"), ("She", "that it was cold", "An engineer")]
    assert [voice.name for voice in voices(text, said)] == ["An engineer", "An engineer"]


def test_he_is_nobody_new() -> None:
    """A personal pronoun names nobody by itself: where the referee thinks so, the likeliest candidate speaks."""
    text = "Jane Roe came home. She said that it rained."
    (voice,) = voices(text, [("She", "that it rained", "new")], person="Jane Roe")
    assert voice.name == "Jane Roe"


def test_who_is_called_by_what_stands_before_it() -> None:
    """A relative pronoun that means somebody unnamed takes the phrase before it for a name."""
    text = "Officials met a farmer who said that it rained."
    (voice,) = voices(text, [("who", "that it rained", "new")])
    assert voice.name == "a farmer"


def test_without_a_source_the_author_or_somebody_known_speaks() -> None:
    """Nobody is described where no phrase stands."""
    text = "Jane Roe came home. It had rained, reportedly. “It was cold.”"
    said = [(None, "It had rained", "author"), (None, "It was cold.", "Jane Roe")]
    assert [voice.name for voice in voices(text, said, person="Jane Roe")] == ["author", "Jane Roe"]


def test_letters_are_their_writers_own() -> None:
    """What would be the author's is given to whoever signs below, tagged as a name or not."""
    said = [("I", "asked my neighbours", "author"), (None, "Everything they say about it is wrong.", "author")]
    assert [voice.name for voice in voices(LETTERS, said, person="Marta Quist")] == ["Marta Quist", "@harbour_cat"]
