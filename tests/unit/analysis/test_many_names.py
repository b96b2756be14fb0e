"""A text of nothing but names: the work per name does not grow with their number."""

import itertools
import sys
from types import FrameType

import pytest

from service.analysis.entities.cluster import cluster
from service.analysis.entities.names import Mention
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of
from service.core.frames import EntityType
from service.core.model import Named
from service.core.span import Span

SYLLABLES = ["".join(each) for each in itertools.product("BDFGKLMN", "aeiou", "rlnst", "aeo")]


def calls(number: int, kind: EntityType, language: Language = ENGLISH) -> int:
    """Return how many functions are called to cluster a sentence of that many different names."""
    size = len(SYLLABLES)
    names = [f"{SYLLABLES[n % size]} {SYLLABLES[n * 7 % size]}{SYLLABLES[n // size].lower()}" for n in range(number)]
    starts = itertools.accumulate((len(name) + 2 for name in names), initial=0)
    named = [
        Named(span=Span(at, at + len(name)), type=kind, confidence=0.9) for at, name in zip(starts, names, strict=False)
    ]
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        actors = cluster(", ".join(names) + " said no.", named, language=language)
    finally:
        sys.setprofile(None)
    assert len(actors) == number
    return counted


@pytest.mark.parametrize("kind", [EntityType.PERSON, EntityType.ORGANIZATION])
def test_many_names_are_told_apart_in_steps_that_grow_with_their_number(
    kind: EntityType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the names take four times the steps, not sixteen; work in sets is counted by hashes."""
    monkeypatch.setattr(Mention, "__hash__", lambda mention: id(mention) >> 4)
    assert calls(1_200, kind) < 5 * calls(300, kind)


@pytest.mark.parametrize("kind", [EntityType.PERSON, EntityType.ORGANIZATION])
@pytest.mark.parametrize("code", ["ru", "tr"])
def test_names_with_endings_are_told_apart_in_as_many_steps(code: str, kind: EntityType) -> None:
    """A name is held against those that it may be a case of alone."""
    assert calls(1_200, kind, language_of(code)) < 6 * calls(300, kind, language_of(code))
