"""Gold articles with people renamed, so that the network learns from the text and not from who the person is.

The gold frames are few and mostly about a handful of politicians. A network that sees them several times memorizes who
is against whom. So every time but the first, each person of the article gets a name drawn from the entity corpus, the
same one throughout; stances, spans and everything else stay the same.
"""

import random
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from training.data import readers
from training.data.readers import AttributionArticle, FrameQuery, Offsets

_OFTEN = 2  # how often a word must begin a person's name to count as a given name
_LONG = 3  # letters of a word that may be replaced: an initial stays
_NAME_WORDS = 3  # of a person's name; a longer one is a description


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Given names and surnames: to recognize persons by, and to draw new names from."""

    given: tuple[str, ...]
    surnames: tuple[str, ...]
    known: frozenset[str]

    def and_those(self, people: Iterable[str]) -> "Names":
        """Return a copy that also recognizes persons by the given names of more people."""
        return replace(self, known=self.known | {name.split()[0] for name in people if name.split()[1:]})


def speakers(articles: Iterable[AttributionArticle]) -> set[str]:
    """Return the names of all persons who are speakers in the gold frames."""
    frames = (item.frame for article in articles for item in article.attributions if item.frame)
    return {frame.speaker for frame in frames if frame.speaker_kind == "person"}


def names_of(rows: Iterable[readers.TaggedRow]) -> Names:
    """Collect the names of the persons that the entity corpus marks."""
    given: Counter[str] = Counter()
    surnames: Counter[str] = Counter()
    for row in rows:
        for first, last, kind in readers.tagged_spans(row, {"Person": "person"}):
            words = row.tokens[first : last + 1]
            if kind == "person" and len(words) == 2 and all(_is_name(word) for word in words):  # noqa: PLR2004
                given[words[0]] += 1
                surnames[words[1]] += 1
    return Names(
        given=tuple(sorted(given)),
        surnames=tuple(sorted(surnames)),
        known=frozenset(word for word, count in given.items() if count >= _OFTEN),
    )


def renamed(
    article: AttributionArticle, queries: Sequence[FrameQuery], names: Names, chance: random.Random
) -> tuple[AttributionArticle, list[FrameQuery]]:
    """Return the article and its stance questions with every person renamed."""
    other = _others(article, names, chance)
    if not other:
        return article, list(queries)
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(other, key=len, reverse=True))) + r")\b")

    def rewritten(text: str) -> str:
        return pattern.sub(lambda match: other[match[1]], text)

    moved = _Moved([(match.span(), len(other[match[1]])) for match in pattern.finditer(article.text)])
    return (
        replace(
            article,
            text=rewritten(article.text),
            discard=moved.spans(article.discard),
            attributions=tuple(
                replace(
                    item,
                    source=moved.spans(item.source),
                    cue=moved.spans(item.cue),
                    content=moved.spans(item.content),
                    frame=item.frame
                    and replace(
                        item.frame,
                        speaker=rewritten(item.frame.speaker),
                        stances=tuple((rewritten(target), label) for target, label in item.frame.stances),
                    ),
                )
                for item in article.attributions
            ),
        ),
        [replace(query, target=moved.spans([query.target])[0], name=rewritten(query.name)) for query in queries],
    )


def _others(article: AttributionArticle, names: Names, chance: random.Random) -> dict[str, str]:
    """Draw a new word for each word of the names of the persons that the frames speak of."""
    frames = [item.frame for item in article.attributions if item.frame]
    people = speakers([article])
    people |= {name for frame in frames for name, _ in frame.stances if name.split()[0] in names.known}
    drawn: dict[str, str] = {}
    for person in sorted(people):
        words = [word for word in re.findall(r"[\w-]+", person) if _is_name(word)]
        if len(words) > _NAME_WORDS:
            continue
        for at, word in enumerate(words):
            if word not in drawn and not re.search(rf"\b{re.escape(word.lower())}\b", article.text):
                drawn[word] = chance.choice(names.given if at == 0 and len(words) > 1 else names.surnames)
    return drawn


def _is_name(word: str) -> bool:
    return len(word) >= _LONG and word[0].isupper() and not word.isupper() and word.replace("-", "").isalpha()


class _Moved:
    """Maps offsets after words were replaced; an offset inside a replaced word moves to its edge."""

    def __init__(self, replaced: Sequence[tuple[Offsets, int]]) -> None:
        self._starts = [start for (start, _), _ in replaced]
        self._ends = [end for (_, end), _ in replaced]
        self._shift = [0]
        for (start, end), length in replaced:
            self._shift.append(self._shift[-1] + length - (end - start))

    def spans(self, spans: Iterable[Offsets]) -> tuple[Offsets, ...]:
        return tuple((self._start(start), self._end(end)) for start, end in spans)

    def _start(self, at: int) -> int:
        number = bisect_right(self._starts, at)  # words that begin at or before it
        if number and at < self._ends[number - 1]:
            at, number = self._starts[number - 1], number - 1
        return at + self._shift[number]

    def _end(self, at: int) -> int:
        number = bisect_right(self._starts, at - 1)  # words that begin before it
        if number and at < self._ends[number - 1]:
            at = self._ends[number - 1]
        return at + self._shift[number]
