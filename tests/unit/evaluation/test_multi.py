"""How the figures by language are counted."""

from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.multi import AUTHOR, NOBODY, Read, gold_opinions, opinions_f1, parity
from service.analysis.languages.lookup import language_of
from service.core.frames import Claim, ClaimKind, Speaker, SpeakerKind
from service.core.span import Span


def claim(speaker: str) -> Claim:
    """Return a claim of somebody."""
    kind = SpeakerKind.AUTHOR if speaker == "author" else SpeakerKind.PERSON
    return Claim(
        id="c1",
        spans=(Span(0, 1),),
        kind=ClaimKind.INDIRECT_QUOTE,
        speaker=Speaker(kind=kind, name=speaker, entity=None, span=None, confidence=1.0),
        cue=None,
        check_worthiness=0.5,
        confidence=1.0,
    )


def read(language: str, gold: Mapping[str, str], found: Mapping[str, str]) -> Read:
    """Return a document whose attributions have these speakers, by id, and whose matching claims have those."""
    rows: dict[str, Any] = {"attributions": [{"id": name, "speaker": speaker} for name, speaker in gold.items()]}
    matched = {("a", name): claim(speaker) for name, speaker in found.items()}
    return Read(language=language_of(language), tallies=[], in_any_case=[], gold={"a": rows}, matched=matched)


def test_speakers_are_the_same_where_the_annotators_are() -> None:
    """A speaker of the translation is that of the English side if both are one of the annotator's; so is the author."""
    english = read(
        "en",
        {"E1": "Ann Orlova", "E2": "Mark Ilyin", "E3": "author"},
        {"E1": "Orlova", "E2": "Orlova", "E3": "author", "E4": "Orlova"},
    )
    other = read(
        "ru",
        {"E1": "Анна Орлова", "E2": "Марк Ильин", "E3": "author"},
        {"E1": "Анны Орловой", "E2": "Марк Ильин", "E3": "author"},
    )
    assert parity(english, other) == (2, 3)


def test_opinions_are_read_as_words() -> None:
    """Holder and target are the words under their characters; an unnamed holder is nobody."""
    row = {
        "text": "Анна Орлова ругает мэрию",
        "opinions": [
            {"holder": [[0, 11]], "target": [[19, 24]], "label": "against"},
            {"holder": "author", "target": [[0, 4]], "label": "favor"},
            {"holder": [], "target": [[19, 24]], "label": "against"},
        ],
    }
    assert gold_opinions(row) == [
        (frozenset({0, 1}), frozenset({3}), "against"),
        (AUTHOR, frozenset({0}), "favor"),
        (NOBODY, frozenset({3}), "against"),
    ]


def test_an_opinion_counts_by_what_is_covered() -> None:
    """Half a holder counts half of its part, another label or target nothing, in both directions."""
    gold = [[(frozenset({0, 1}), frozenset({3}), "against")], [(AUTHOR, frozenset({1}), "favor")]]
    found = [[(frozenset({0}), frozenset({3}), "against")], [(AUTHOR, frozenset({1}), "against")]]
    recall, precision = (0.75 + 0) / 2, (1.0 + 0) / 2
    assert opinions_f1(gold, found) == pytest.approx(2 * precision * recall / (precision + recall))
    assert opinions_f1(gold, gold) == 1.0
    assert opinions_f1(gold, [[], []]) == 0.0
