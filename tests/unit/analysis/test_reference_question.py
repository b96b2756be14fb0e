"""What the reference head is told: the parties of an article so far, and a question about one attribution."""

import numpy as np

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.question import CANDIDATE, CANDIDATES, CIRCUMSTANCES, PAIRS, ask
from service.analysis.coreference.scene import Form, Scene, content_words, form_of
from service.analysis.entities.actor import Actor
from service.analysis.entities.cluster import cluster
from service.analysis.text.document import segment
from service.core.frames import EntityType
from service.core.model import Named
from service.core.references import ReferenceQuestion
from service.core.span import Span

TEXT = (
    "Jane Roe met Paul Lind at the mill. “It is closed,” Jane Roe said.\n\n"
    "She added that the engineer had left. He told the board that Paul Lind knew."
)
SAID = (
    ("Jane Roe", "It is closed,"),
    ("She", "the engineer had left"),
    ("He", "Paul Lind knew"),
)


def _span(words: str, after: int = 0) -> Span:
    at = TEXT.index(words, after)
    return Span(at, at + len(words))


def _scene() -> tuple[Scene, dict[str, Actor]]:
    named = [
        Named(span=Span(at, at + len(name)), type=EntityType.PERSON, confidence=0.9)
        for name in ("Jane Roe", "Paul Lind")
        for at in range(len(TEXT))
        if TEXT.startswith(name, at)
    ]
    document = segment(TEXT)
    actors = cluster(TEXT, sorted(named, key=lambda one: one.span))
    attributions = []
    for source, content in SAID:
        after = TEXT.index("“") if source == "Jane Roe" else 0
        attributions.append(
            Attribution(contents=(_span(content),), cue=None, source=_span(source, after), confidence=0.9)
        )
    return Scene(document, actors, attributions), {actor.name: actor for actor in actors}


def _pair(question: ReferenceQuestion, name: str) -> dict[str, list[float]]:
    column = PAIRS.index(name)
    found: dict[str, list[float]] = {}
    for span, row in zip(question.mentions, question.pairs, strict=True):
        found.setdefault(span.of(TEXT), []).append(float(row[column]))
    return found


def _of(question: ReferenceQuestion, candidate: int, name: str) -> float:
    return float(question.candidates[candidate][CANDIDATE.index(name)])


def test_a_phrase_is_a_pronoun_or_a_description() -> None:
    """One closed-class word is a pronoun; whatever holds a noun is a description."""
    assert [form_of(phrase) for phrase in ("She", "many", "the engineer", "this report")] == [
        Form.PRONOUN,
        Form.PRONOUN,
        Form.DESCRIPTION,
        Form.DESCRIPTION,
    ]
    assert content_words("the chief of the Mill Board") == ["chief", "mill", "board"]


def test_a_name_inside_the_source_is_told() -> None:
    """The mention that the source holds has the features that say so; others have not."""
    scene, _ = _scene()
    parties, question = ask(scene, 0)
    assert {party.actor.name for party in parties} == {"Jane Roe", "Paul Lind"}
    assert _pair(question, "named_inside") == {"Jane Roe": [0.0, 1.0], "Paul Lind": [0.0, 0.0]}
    assert question.circumstances[CIRCUMSTANCES.index("content_quoted")] == 1.0
    assert question.circumstances[CIRCUMSTANCES.index("first")] == 1.0


def test_who_spoke_last_is_told() -> None:
    """A candidate knows how often and how lately it spoke."""
    scene, actors = _scene()
    scene.speak(actors["Jane Roe"])
    parties, question = ask(scene, 1)
    spoke = {party.actor.name: _of(question, at, "spoke_last") for at, party in enumerate(parties)}
    assert spoke == {"Jane Roe": 1.0, "Paul Lind": 0.0}
    assert question.circumstances[CIRCUMSTANCES.index("pronoun")] == 1.0


def test_somebody_described_becomes_a_candidate() -> None:
    """A speaker without a name is among the candidates of what follows, at the phrase that described them."""
    scene, actors = _scene()
    scene.speak(actors["Jane Roe"])
    engineer = Actor(name="the engineer", type=EntityType.PERSON, unnamed=True)
    scene.speak(engineer)
    parties, question = ask(scene, 2)
    at = [party.actor for party in parties].index(engineer)
    assert _of(question, at, "unnamed") == 1.0
    assert [span.of(TEXT) for span, owner in zip(question.mentions, question.owners, strict=True) if owner == at] == [
        "She"
    ]


def test_asking_changes_nothing() -> None:
    """The same question asked twice has the same answer sheet."""
    scene, actors = _scene()
    scene.speak(actors["Jane Roe"])
    (_, one), (_, other) = ask(scene, 1), ask(scene, 1)
    assert one.mentions == other.mentions
    for name in ("owners", "pairs", "candidates", "circumstances"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_the_authors_words_move_nobody() -> None:
    """After a statement of the author's nobody has spoken last in between."""
    scene, actors = _scene()
    scene.speak(actors["Paul Lind"])
    scene.speak(None)
    parties, question = ask(scene, 2)
    at = [party.actor.name for party in parties].index("Paul Lind")
    assert (_of(question, at, "spoke_last"), _of(question, at, "spoke_just_before")) == (1.0, 0.0)


def test_candidates_are_bounded() -> None:
    """An article full of names asks about the nearest ones only."""
    names = [f"Ada {'ABCDEFGHIJ'[number // 10]}{'abcdefghij'[number % 10]}rk" for number in range(90)]
    text = ", ".join(names) + ". She said that it rained."
    named, at = [], 0
    for name in names:
        named.append(Named(span=Span(at, at + len(name)), type=EntityType.PERSON, confidence=0.9))
        at += len(name) + 2
    document = segment(text)
    said = Attribution(
        contents=(Span(text.index("it rained"), text.index("it rained") + 9),),
        cue=None,
        source=Span(text.index("She"), text.index("She") + 3),
        confidence=0.9,
    )
    parties, question = ask(Scene(document, cluster(text, named), [said]), 0)
    assert len(parties) == len(question.candidates) == CANDIDATES
