"""Who may be meant in one article: everyone named or described so far, where, and who has spoken.

A scene is told of mentions and of speakers in reading order; `question` asks against it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from service.analysis.attributions.attribution import Attribution
from service.analysis.entities.actor import Actor
from service.analysis.languages.en import ENGLISH
from service.analysis.languages.language import Language
from service.analysis.languages.lookup import language_of
from service.core.document import Document
from service.core.model import Ints
from service.core.span import Span

_WORD = re.compile(r"\w[\w-]*")
_MARKS = 2  # code points of quotation marks at the start of a sentence
_NESTING = 4  # claims that may begin between the start of one and a mention in it


class Form(IntEnum):
    """How a mention speaks of somebody."""

    NAME = 0
    DESCRIPTION = 1
    PRONOUN = 2


def form_of(text: str, language: Language = ENGLISH) -> Form:
    """Return the form of a phrase that is not a name."""
    words = [language.folded(word) for word in _WORD.findall(text)]
    is_pronoun = len(words) == 1 and (words[0] in language.pronouns or words[0] in language.generic)
    return Form.PRONOUN if is_pronoun else Form.DESCRIPTION


def content_words(text: str, language: Language = ENGLISH) -> list[str]:
    """Return the stems of a phrase's words, those left out that say nothing of whom it describes."""
    return [
        language.stem(word)
        for word in _WORD.findall(text)
        if (folded := language.folded(word)) not in language.small_words and folded not in language.demonstratives
    ]


@dataclass(slots=True, eq=False)
class Party:
    """Someone who may be meant: the rows of the mentions, and the numbers of the attributions made."""

    actor: Actor
    rows: list[int] = field(default_factory=list)
    spoke: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All mentions so far as columns, shape (mentions,) each.

    Attributes:
        start, end: code points.
        party: whose mention it is.
        form: a `Form`.
        spoke: the number of the attribution whose source it is, else -1.
        sentence, paragraph: where it stands.
        lead: code points from the start of the sentence.
        quoted: it stands in quotation marks.
        claim: row of the smallest claim around it in `Scene.claims`, else -1.
        possessive: a possessive ending follows.
        sorted: all starts, ascending.
        starts: `start` as a list, of which single items are looked up faster.
    """

    start: Ints
    end: Ints
    party: Ints
    form: Ints
    spoke: Ints
    sentence: Ints
    paragraph: Ints
    lead: Ints
    quoted: NDArray[np.bool_]
    claim: Ints
    possessive: NDArray[np.bool_]
    sorted: Ints
    starts: list[int]


class Scene:
    """The parties of one article.

    Args:
        document: the text.
        actors: everyone named in it.
        attributions: all of it, in reading order; which of them is asked about is told by number.
    """

    def __init__(self, document: Document, actors: Sequence[Actor], attributions: Sequence[Attribution]) -> None:
        self.text = document.text
        self.language = language_of(document.language)
        self.attributions = attributions
        self.parties: list[Party] = []
        self.spoken: list[tuple[int, int]] = []  # attribution, party
        self.speakers: list[int | None] = []  # of every attribution so far; None is the author
        self._numbers: dict[Actor, int] = {}
        self._rows: list[tuple[int, int, int, int]] = []
        self._spoke: list[int] = []
        self._words: list[frozenset[str]] = []
        self._heads: list[str] = []
        self._known: dict[tuple[int, int, int], int] = {}
        self._places: Places | None = None
        self._sentences = _column(sentence.span.start for sentence in document.sentences)
        self._paragraphs = _column(sentence.paragraph for sentence in document.sentences)
        quotes = [quote.span for quote in document.quotes if quote.depth == 0]
        self._quotes = np.asarray([(span.start, span.end) for span in quotes], dtype=np.int64).reshape(-1, 2)
        pieces = sorted(piece for attribution in attributions for piece in attribution.contents)
        self.claims = np.asarray([(span.start, span.end) for span in pieces], dtype=np.int64).reshape(-1, 2)
        index: dict[str, list[int]] = {}
        for word in _WORD.finditer(self.text):
            index.setdefault(self.language.stem(word.group()), []).append(word.start())
        self._index = {word: np.asarray(starts) for word, starts in index.items()}
        for actor in actors:
            for mention in actor.mentions:
                self.add(actor, mention, Form.NAME)

    def add(self, actor: Actor, mention: Span, form: Form, spoke: int = -1) -> None:
        """Note a mention; `spoke` is the number of the attribution whose source it is."""
        if actor not in self._numbers:
            self._numbers[actor] = len(self.parties)
            self.parties.append(Party(actor=actor))
        party = self._numbers[actor]
        row = self._known.setdefault((mention.start, mention.end, party), len(self._rows))
        self._places = None
        if row == len(self._rows):
            self.parties[party].rows.append(row)
            self._rows.append((mention.start, mention.end, party, form))
            words = content_words(mention.of(self.text), self.language)
            self._words.append(frozenset(words))
            self._heads.append(words[-1] if words else "")
            self._spoke.append(spoke)
        elif spoke >= 0:
            self._spoke[row] = spoke

    def speak(self, actor: Actor | None) -> None:
        """Note who makes the next attribution in reading order; None is the author."""
        number = len(self.speakers)
        if actor is None:
            self.speakers.append(None)
            return
        source = self.attributions[number].source
        if source is not None:
            named = [
                row
                for row in (self.parties[self._numbers[actor]].rows if actor in self._numbers else ())
                if self._rows[row][3] == Form.NAME
                and source.start <= self._rows[row][0]
                and self._rows[row][1] <= source.end
            ]
            for row in named:
                self._spoke[row] = number
            self._places = None
            if not named:
                self.add(actor, source, form_of(source.of(self.text), self.language), number)
        if actor in self._numbers:
            party = self._numbers[actor]
            self.parties[party].spoke.append(number)
            self.spoken.append((number, party))
            self.speakers.append(party)
        else:
            self.speakers.append(None)

    def sentence(self, position: int | Ints) -> Ints:
        """Return the number of the sentence at each position."""
        found: Ints = np.maximum(np.searchsorted(self._sentences, position, side="right") - 1, 0)
        return found

    def paragraph(self, sentence: int | Ints) -> Ints:
        """Return the number of the paragraph of each sentence."""
        found: Ints = self._paragraphs[sentence]
        return found

    def opens_paragraph(self, position: int) -> bool:
        """Return whether a paragraph begins at a position, marks of quotation aside."""
        number = int(self.sentence(position))
        first = number == 0 or self._paragraphs[number] != self._paragraphs[number - 1]
        return bool(first) and position - int(self._sentences[number]) <= _MARKS

    def is_quoted(self, position: int | Ints) -> NDArray[np.bool_]:
        """Return whether each position stands in quotation marks."""
        if not len(self._quotes):
            return np.zeros(np.shape(position), dtype=np.bool_)
        at = np.searchsorted(self._quotes[:, 0], position, side="right") - 1
        found: NDArray[np.bool_] = (at >= 0) & (self._quotes[np.maximum(at, 0), 1] > position)
        return found

    def starts_of(self, word: str) -> Ints:
        """Return where words of a stem stand in the text."""
        return self._index.get(word, _NOWHERE)

    def words(self, row: int) -> tuple[frozenset[str], str]:
        """Return the stems of a mention's content words, and the last of them."""
        return self._words[row], self._heads[row]

    def places(self) -> Places:
        """Return all mentions so far."""
        if self._places is None:
            table = np.asarray(self._rows, dtype=np.int64).reshape(-1, 4)
            start, end = table[:, 0], table[:, 1]
            sentence = self.sentence(start)
            self._places = Places(
                start=start,
                end=end,
                party=table[:, 2],
                form=table[:, 3],
                spoke=np.asarray(self._spoke, dtype=np.int64),
                sentence=sentence,
                paragraph=self.paragraph(sentence),
                lead=start - self._sentences[sentence],
                quoted=self.is_quoted(start),
                claim=self._claims_around(start, end),
                possessive=np.asarray([_is_possessive(self.text, at) for at in end.tolist()], dtype=np.bool_),
                sorted=np.sort(start),
                starts=start.tolist(),
            )
        return self._places

    def _claims_around(self, start: Ints, end: Ints) -> Ints:
        found = np.full(len(start), -1)
        if len(self.claims):
            last = np.searchsorted(self.claims[:, 0], start, side="right") - 1
            for back in range(_NESTING):
                at = last - back
                hit = (at >= 0) & (found < 0) & (self.claims[np.maximum(at, 0), 1] >= end)
                found[hit] = at[hit]
        return found


_NOWHERE = np.zeros(0, dtype=np.int64)


def _column(values: object) -> Ints:
    return np.asarray(list(values), dtype=np.int64)  # type: ignore[call-overload]


def _is_possessive(text: str, end: int) -> bool:
    return text[end : end + 2] in {"'s", "’s"} or (text[end : end + 1] in {"'", "’"} and text[end - 1 : end] == "s")
