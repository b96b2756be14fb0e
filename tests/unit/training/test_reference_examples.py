"""Annotated speakers as questions with answers: which candidate, somebody unnamed, the author."""

from service.analysis.text.document import segment
from service.core.frames import EntityType
from service.core.model import Named
from service.core.span import Span
from training.data.readers import Attribution, AttributionArticle, Frame
from training.data.reference_examples import UNKNOWN, examples

TEXT = (
    "Mayor Jane Roe opened the dam. She said that it holds. An engineer said that it leaks, and he warned that it may "
    "burst. The Mill Board (TMB) said that it knew. It was cold, reportedly."
)
SAID = (
    ("She", "it holds", "Jane Roe", "person"),
    ("An engineer", "it leaks", "An engineer", "unnamed"),
    ("he", "it may burst", "An engineer", "unnamed"),
    ("The Mill Board", "it knew", "TMB", "organization"),
    (None, "It was cold", "author", "author"),
    (None, "It was cold", "Paul Lind", "person"),
)


def _named(name: str, kind: EntityType) -> Named:
    at = TEXT.index(name)
    return Named(span=Span(at, at + len(name)), type=kind, confidence=0.9)


def _article() -> AttributionArticle:
    items = []
    for number, (source, content, speaker, kind) in enumerate(SAID):
        at = TEXT.index(content)
        place = TEXT.rindex(source, 0, at) if source else 0
        items.append(
            Attribution(
                id=f"E{number}",
                source=((place, place + len(source)),) if source else (),
                cue=(),
                content=((at, at + len(content)),),
                frame=Frame(speaker=speaker, speaker_kind=kind, stances=(), check_worthy=False),
            )
        )
    return AttributionArticle(id="a", text=TEXT, discard=(), attributions=tuple(items))


def test_each_speaker_is_a_candidate_somebody_new_or_the_author() -> None:
    """Answers point at the actor that bears the annotator's name; a description is new once and known afterwards."""
    named = [
        _named("Jane Roe", EntityType.PERSON),
        _named("Mill Board", EntityType.ORGANIZATION),
        _named("TMB", EntityType.ORGANIZATION),
    ]
    found = examples(_article(), segment(TEXT), named)
    forms = [one.source for one in found]
    assert forms == ["pronoun", "description", "pronoun", "name", "none", "none"]
    counts = [len(one.question.candidates) for one in found]
    answers = [one.answer for one in found]
    assert answers[0] < counts[0]
    assert answers[1] == counts[1]
    assert answers[2] < counts[2]
    assert answers[3] < counts[3]
    assert answers[4] == counts[4] + 1


def test_a_speaker_whom_the_text_does_not_name_teaches_nothing() -> None:
    """Where the model found nobody of that name, and no source stands, no candidate is right."""
    found = examples(_article(), segment(TEXT), [_named("Jane Roe", EntityType.PERSON)])
    assert found[5].answer in {UNKNOWN, len(found[5].question.candidates)}
