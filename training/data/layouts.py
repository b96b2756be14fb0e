"""Annotated articles set again as transcripts and interviews: speech that a label, a letter or a dash introduces.

News prose introduces speech by a source and a cue, and the annotated articles hold little else. Here the quotations of
an article are set as its lines of speech, below its own beginning, so that the network learns that such a line is a
content from edge to edge, and that its label is the source.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from training.data.readers import Attribution, AttributionArticle, Offsets

_OPENING = "\"“‘'«"
_WORDS = 4  # of a line of speech, at least: a shorter quotation is a phrase in somebody else's sentence
_LINES = 2  # of speech that make a transcript, at least
_LEAD = 120  # characters of the article's own beginning, at least
_LAYOUTS = ("surname", "name", "letters", "dashes", "bare dashes")
_SPEECHES = ("surname", "name")  # layouts in which everybody speaks; the others are interviews with one person
_QUESTIONS = (
    "What happens now?",
    "Did you expect that?",
    "How do you explain it?",
    "And what did you do then?",
    "Some people see it differently. Are they wrong?",
    "Why now?",
    "Is that enough?",
    "What would you say to those who doubt it?",
    "Who should have known?",
    "You have been in this work for a long time. What has changed?",
    "Let us come back to the beginning. How did it start?",
    "Can it be repaired?",
    "What do you need most?",
    "Was there another way?",
    "What did the others say?",
)


def as_speech(article: AttributionArticle, chance: random.Random) -> AttributionArticle | None:
    """Return the article as a transcript or an interview, or None if it quotes too little.

    Args:
        article: completely annotated, with frames.
        chance: of the layout and the questions.
    """
    speeches = [item for item in article.attributions if _is_speech(article.text, item)]
    layout = chance.choice(_LAYOUTS)
    if layout not in _SPEECHES:
        names = [item.frame.speaker for item in speeches if item.frame]
        most = max(sorted(set(names)), key=names.count, default=None)
        speeches = [item for item in speeches if item.frame and item.frame.speaker == most]
    lead = _end_of_lead(article)
    speeches = [item for item in speeches if item.content[0][0] >= lead]
    if len(speeches) < _LINES:
        return None
    written = _Written(article, lead)
    for item in speeches:
        if layout not in _SPEECHES:
            written.line({"letters": "Q: "}.get(layout, "– ") + chance.choice(_QUESTIONS))
        written.speech(item, layout)
    return written.article(f"{article.id}/{layout}")


def _is_speech(text: str, item: Attribution) -> bool:
    """Return whether a named person says at least a clause of it in quotation marks."""
    if item.frame is None or item.frame.speaker_kind != "person" or not item.content:
        return False
    start, end = item.content[0]
    quoted = text[start - 1 : start] in _OPENING if start else False
    return quoted and text[start].isupper() and len(text[start:end].split()) >= _WORDS


def _end_of_lead(article: AttributionArticle) -> int:
    """Return where the first paragraph ends that leaves enough behind it and cuts through no attribution."""
    address = article.text.find("\n") + 1 if article.text.startswith("http") else 0
    at = article.text.find("\n", address + _LEAD)
    while at >= 0 and any(_edges(item)[0] < at < _edges(item)[1] for item in article.attributions):
        at = article.text.find("\n", at + 1)
    return max(at, 0)


def _edges(item: Attribution) -> Offsets:
    places = [place for spans in (item.source, item.cue, item.content) for place in spans]
    return min(start for start, _ in places), max(end for _, end in places)


class _Written:
    """A text as it is put together, and where each annotated character of the article went."""

    def __init__(self, article: AttributionArticle, lead: int) -> None:
        self._article = article
        self._text = article.text[:lead].rstrip()
        self._items = [item for item in article.attributions if _edges(item)[1] <= lead]

    def line(self, text: str) -> None:
        """Begin a new paragraph with `text`."""
        self._text += ("\n\n" if self._text else "") + text

    def speech(self, item: Attribution, layout: str) -> None:
        """Add a paragraph in which the speaker of `item` says its content, and what is attributed inside of it."""
        name = item.frame.speaker if item.frame else ""
        label = {"surname": name.split()[-1].upper(), "name": name}.get(layout, "")
        before = {"letters": "A: ", "dashes": "– "}.get(layout, label and f"{label}: ")
        self.line(before)
        start = len(self._text) - len(before)
        source = ((start, start + len(label)),) if label else ()
        shifts: list[tuple[Offsets, int]] = []
        pieces: list[Offsets] = []
        ends = item.content[0][0]
        for begin, end in item.content:
            apart = "\n" in self._article.text[ends:begin]
            if pieces:
                self._text = _ended(self._text) + "\n\n" if apart else self._text + " "
            at = len(self._text)
            self._text += self._article.text[begin:end]
            shifts.append(((begin, end), at - begin))
            if pieces and not apart:
                pieces[-1] = (pieces[-1][0], len(self._text))
            else:
                pieces.append((at, len(self._text)))
            ends = end
        self._text = _ended(self._text)
        self._items.append(replace(item, source=source, cue=(), content=tuple(pieces)))
        for inner in self._article.attributions:
            moved = _moved(inner, shifts) if inner is not item else None
            if moved:
                self._items.append(moved)

    def article(self, name: str) -> AttributionArticle:
        """Return the whole."""
        return replace(self._article, id=name, text=self._text, discard=(), attributions=tuple(self._items))


def _ended(text: str) -> str:
    """Return the text with a full stop where a comma led to the reporting clause."""
    return text[:-1] + "." if text.endswith(",") else text


def _moved(item: Attribution, shifts: Sequence[tuple[Offsets, int]]) -> Attribution | None:
    """Return an attribution that lies wholly inside the moved pieces where it lies now, or None."""

    def spans(given: Sequence[Offsets]) -> tuple[Offsets, ...] | None:
        moved = [
            (start + shift, end + shift)
            for start, end in given
            for (first, last), shift in shifts
            if first <= start and end <= last
        ]
        return tuple(moved) if len(moved) == len(given) else None

    source, cue, content = spans(item.source), spans(item.cue), spans(item.content)
    if source is None or cue is None or not content:
        return None
    return replace(item, source=source, cue=cue, content=content)
