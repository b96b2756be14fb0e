"""Transcripts and interviews: paragraphs that begin with the label of whoever speaks, `HALLEK:`, `Q:` and `A:`.

What follows a label is speech, without quotation marks. An interviewer's questions make no claims of their own, and an
interviewee's answers are those of the person whom the article introduces before the first question.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.analysis.attributions.attribution import Attribution, nests
from service.analysis.languages.lookup import language_of
from service.analysis.text.quotes import trimmed
from service.core.document import Document
from service.core.frames import EntityType
from service.core.model import Tagged
from service.core.quotation_marks import DOUBLE
from service.core.span import Span

_ASKED = re.compile(r"(?P<label>(?:[QA]\d{0,3}|Question|Answer)(?:(?=\s?:)|\.(?=\s)))\s?:?\s*(?=\S)")
_NAMED = re.compile(rf"(?P<label>[A-Z][^:\n{DOUBLE}?!]{{1,79}}):\s+(?=\S)")
_NAMED_ANYWHERE = re.compile(rf"(?P<label>[^\W\d_][^:\n{DOUBLE}?!]{{1,79}}):\s+(?=\S)")  # whatever the script
_DIRECTION = re.compile(r"\s*(?:\([^()]{1,60}\)|\[[^\[\]]{1,60}\])\s*")
_BRACKETED = re.compile(r"[\[(].*[\])]", re.DOTALL)
_BEHIND_NAME = re.compile(r"(?<=\w)\s*[(,].*$", re.DOTALL)
_QUESTIONS = re.compile(r"[^.!?]+\?(?:\s[^.!?]+\?)*")
_CONFIDENCE = 0.75
_SHARE = 3  # of the paragraphs from the first label on, one in so many at least begins with one
_WORDS = 3  # "Yes." and "Not yet." mean nothing without the question


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What somebody says between two labels; it `asks` or `answers` where the label says no more than that."""

    label: Span
    pieces: tuple[Span, ...]
    asks: bool = False
    answers: bool = False


def find_turns(document: Document, tagged: Tagged) -> list[Turn]:
    """Return the turns of a transcript or an interview in order; none of any other text."""
    language = language_of(document.language)
    asked = list(_labelled(document, _ASKED)) if language.has_grammar else []
    letters = Counter(document.text[label.start] for _, label, _ in asked)
    if letters["Q"] > 1 and letters["A"]:
        return list(_turns(document, asked))
    named = list(_labelled(document, _NAMED if language.has_grammar else _NAMED_ANYWHERE))
    times = Counter(label.of(document.text) for _, label, _ in named)
    starts = {item.span.start: item.type for item in tagged.entities}
    kinds = {label.of(document.text): _kind(label, starts) for _, label, _ in named}
    names = {label for label, kind in kinds.items() if kind is EntityType.PERSON}
    repeated = {label for label, number in times.items() if number > 1 and (label.isupper() or kinds[label])}
    numbers = [number for number, label, _ in named if label.of(document.text) in repeated | names]
    if not numbers:
        return []
    speaking = [
        one
        for one in named
        if one[1].of(document.text) in repeated | names or (one[1].of(document.text).isupper() and one[0] < numbers[-1])
    ]
    if letters["Q"] > 1:  # an interview whose answers have the names of those who give them
        speaking = sorted([*speaking, *(one for one in asked if document.text[one[1].start] == "Q")])
    labels = {label.of(document.text) for _, label, _ in speaking}
    lasts = len(document.paragraphs) - speaking[0][0]
    is_transcript = len(labels) > 1 and labels & names and _SHARE * len(speaking) >= lasts
    if not is_transcript or not (repeated or all(label.isupper() for label in labels)):
        return []
    turns = list(_turns(document, speaking))
    asking = labels - {turn.label.of(document.text) for turn in turns if not _is_question(document.text, turn)}
    outlets = asking & {
        item.span.of(document.text)
        for item in tagged.entities
        if item.type is EntityType.ORGANIZATION and not _is_label(turns, item.span)
    }
    return [replace(turn, asks=turn.asks or turn.label.of(document.text) in outlets) for turn in turns]


def _is_label(turns: Sequence[Turn], span: Span) -> bool:
    at = bisect_right(turns, span.start, key=lambda turn: turn.label.start)
    return at > 0 and turns[at - 1].label.overlaps(span)


def _is_question(text: str, turn: Turn) -> bool:
    return all(_QUESTIONS.fullmatch(piece.of(text)) for piece in turn.pieces)


def with_turns(document: Document, turns: Sequence[Turn], found: Sequence[Attribution]) -> list[Attribution]:
    """Return the attributions, each turn as one of whoever its label names.

    What was found inside a turn and has a cue of its own stays; a question is nobody's statement.
    """
    known = list(found)
    for turn in turns:
        source = _speaker(document.text, turn.label)
        told = Attribution(contents=turn.pieces, cue=None, source=source, confidence=_CONFIDENCE, spoken=True)
        hull = Span(turn.label.start, told.hull.end)
        known = [
            item
            for item in known
            if not item.hull.overlaps(hull) or (item.cue and told.hull.covers(item.cue) and nests(told, item))
        ]
        words = sum(piece.of(document.text).count(" ") + 1 for piece in turn.pieces)
        if not turn.asks and words >= _WORDS:
            known.append(told)
    return sorted(known, key=lambda item: (item.hull.start, -item.hull.end))


def _speaker(text: str, label: Span) -> Span:
    """Return a label without what it says of the speaker behind the name: a party in brackets, an office."""
    return Span(label.start, label.start + len(_BEHIND_NAME.sub("", label.of(text))))


def _kind(label: Span, starts: Mapping[int, EntityType]) -> EntityType | None:
    """Return what a label names, a person before anything else, at its beginning or behind a title; None if nothing."""
    kinds = {starts[at] for at in range(label.start, label.end) if at in starts}
    return EntityType.PERSON if EntityType.PERSON in kinds else min(kinds, default=None)


def _labelled(document: Document, pattern: re.Pattern[str]) -> Iterator[tuple[int, Span, int]]:
    """Yield the number of each paragraph that begins with a label, the label, and where its speech begins."""
    for number, paragraph in enumerate(document.paragraphs):
        match = pattern.match(document.text, paragraph.start, paragraph.end)
        if match is not None:
            yield number, Span(*match.span("label")), match.end()


def _turns(document: Document, labelled: Sequence[tuple[int, Span, int]]) -> Iterator[Turn]:
    """Yield a turn for each label. Paragraphs without one carry on the turn before, unless it is the last."""
    text = document.text
    ends = [*(number for number, _, _ in labelled[1:]), labelled[-1][0] + 1]
    for (number, label, begins), end in zip(labelled, ends, strict=True):
        direction = _DIRECTION.match(text, begins)
        own = trimmed(text, direction.end() if direction else begins, document.paragraphs[number].end)
        further = []
        for paragraph in document.paragraphs[number + 1 : end]:
            if _NAMED.match(text, paragraph.start, paragraph.end):
                break  # a speaker of one turn who is not named elsewhere
            if not _BRACKETED.fullmatch(text, paragraph.start, paragraph.end):
                further.append(paragraph)
        if own is not None:
            yield Turn(
                label=label,
                pieces=(own, *further),
                asks=text[label.start] == "Q" and _ASKED.match(text, label.start) is not None,
                answers=text[label.start] == "A" and _ASKED.match(text, label.start) is not None,
            )
