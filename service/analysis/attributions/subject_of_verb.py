"""The subject of a reporting verb by word order, for attributions whose source no link gives.

English puts the subject right before its verb, or right after it behind a quote ("…," said Roe) and after
"according to". What stands there is a tagged source, a name, a pronoun, or a noun phrase of ordinary words.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from service.analysis.attributions.attribution import is_stray
from service.analysis.english import function_words, role_nouns
from service.analysis.english.noun_phrase import CLOSED
from service.analysis.english.prepositions import ATTACHING, governing
from service.analysis.english.reporting_verbs import REPORTING
from service.analysis.languages.en import ENGLISH
from service.analysis.text.quotes import trimmed
from service.core.document import Document
from service.core.model import Tagged
from service.core.quotation_marks import CLOSING, DOUBLE
from service.core.span import Span

_REACH = 80  # code points between a subject and its verb
_WORD = re.compile(r"[\w’'.-]+|[^\w\s]")
_PRONOUN = re.compile(r"\b(?:he|she|they|it|who|we|I|others|some|many)\b", re.IGNORECASE)
_INVERTED = re.compile(rf"[{CLOSING},.!?]\s*$")
_ADJUNCT = re.compile(r"\b(?:while|when|after|before|in|by|without|since)\s+$", re.IGNORECASE)
_JOINED = re.compile(r"\b(?:and|but|or)\s+$")
_FOLLOWED = re.compile(r"(?:\bto|\bby)$", re.IGNORECASE)
_NOMINAL = re.compile(r"\b(?:for|of|about|against|over)$", re.IGNORECASE)
_AUXILIARIES = frozenset(
    {"has", "have", "had", "is", "are", "was", "were", "also", "then", "later", "now", "never", "not", "once", "just"}
)
_VERBS = frozenset(
    {"came", "comes", "went", "spoke", "speaks", "stood", "stands", "fought", "thinks", "talked", "talks"}
)
_PHRASE_WORDS = 6
_ASKED = re.compile(
    r"(?:(?:is|are|was|were|been|being|be|got|getting)\s(?:\w+ly\s|also\s)?)?"
    r"(?:asked|pressed|told|urged|accused|criticized|criticised|questioned|challenged|quizzed|grilled|invited|advised|"
    r"informed|warned)\b",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(r"(?:is|are|was|were|been|being|be|got)\b", re.IGNORECASE)
_BY = re.compile(r"\s+by\s+")
_ENDS_BY = re.compile(r".*\sby$")
_ASIDE = re.compile(r",\s(?:who|which|whose|an?|the|with|[a-z]+(?:ed|ing))\s[^,;:]{2,120},\s(?:\w+ly\s)?$")


class Subjects:
    """Where the subjects of one document can stand."""

    def __init__(self, document: Document, tagged: Tagged) -> None:
        self._text = document.text
        self._sentences = [sentence.span for sentence in document.sentences]
        self._starts = [span.start for span in self._sentences]
        self._sources = sorted(item.span for item in tagged.sources if not is_stray(document.text, item.span, ENGLISH))
        self._spans = sorted({*self._sources, *(item.span for item in tagged.entities)})

    def of(self, cue: Span, contents: Sequence[Span]) -> Span | None:
        """Return the subject of a cue, outside the contents that it introduces, or None."""
        sentence = self._sentences[max(0, bisect_right(self._starts, cue.start) - 1)]
        wording = cue.of(self._text).strip()
        verb = wording.split(" ", 1)[0].casefold()
        if _FOLLOWED.search(wording):
            return self._after(cue, sentence, contents)
        before = self._text[max(sentence.start, cue.start - 5) : cue.start]
        if _JOINED.search(before):
            return None  # "… and vowed": the subject of the verb before is the subject of this one
        aside = _ASIDE.search(self._text, max(sentence.start, cue.start - 2 * _REACH), cue.start)
        if aside is not None:  # "Roe, goaded by Lind, said": the subject stands before the first comma
            found = self._before(Span(aside.start(), aside.start() + 1), sentence, contents)
            if found is not None:
                return found
        if _INVERTED.search(before) or cue.start <= sentence.start:
            found = self._after(cue, sentence, contents)
            if found is not None:
                return found
        if verb.endswith("ing") and _ADJUNCT.search(self._text, sentence.start, cue.start):
            return self._of_clause(cue, sentence, contents)
        if verb.endswith("ing") and self._text[sentence.start : cue.start].rstrip()[-1:] == ",":
            return None  # "…, adding that": it shares the subject of the clause before
        if _NOMINAL.search(wording) and verb not in _AUXILIARIES | _VERBS | REPORTING:
            return None  # "calls for", "fears of": a noun has no subject
        return self._before(cue, sentence, contents)

    def asks(self, cue: Span, source: Span | None) -> bool:
        """Return whether a cue is a passive of asking or telling, whose subject is the one asked, not the one who asks.

        "Roe was pressed on it" and "Asked whether it rained, Roe …" say nothing of who asks, or name him behind "by".
        """
        verb = _ASKED.match(self._text, cue.start, cue.end)
        if verb is None:
            return False
        if _AUXILIARY.match(verb.group()):
            return source is None or source.end <= cue.start
        sentence = self._sentences[max(0, bisect_right(self._starts, cue.start) - 1)]
        opens = not self._text[sentence.start : cue.start].strip(f" {DOUBLE}—–-")
        when = self._text[max(0, cue.start - 5) : cue.start] == "when "
        by = _BY.match(self._text, verb.end()) is not None
        return (opens or when or by) and (source is None or not source.overlaps(cue))

    def agent(self, cue: Span, contents: Sequence[Span]) -> Span | None:
        """Return who does what a passive tells: the phrase behind "by"."""
        sentence = self._sentences[max(0, bisect_right(self._starts, cue.start) - 1)]
        by = _BY.match(self._text, cue.end, sentence.end) or _ENDS_BY.match(self._text, cue.start, cue.end)
        return self._after(Span(cue.start, by.end()), sentence, contents) if by else None

    def beside(self, contents: Sequence[Span]) -> Span | None:
        """Return a tagged source in the sentence of a content without cue, the nearest before it, or behind it."""
        sentence = self._sentences[max(0, bisect_right(self._starts, contents[0].start) - 1)]
        near = self._sources_in(sentence, contents)
        before = [span for span in near if span.end <= contents[0].start]
        if before or near:
            return before[-1] if before else near[0]
        start = max(sentence.start, contents[0].start - _REACH)
        named = list(self._within(start, contents[0].start))
        return self._whole(named[0], start) if named else self._phrase(start, contents[0].start)

    def _sources_in(self, sentence: Span, contents: Sequence[Span]) -> list[Span]:
        """Return the tagged sources of a sentence, outside contents."""
        first, last = (bisect_left(self._sources, Span(at, at + 1)) for at in (sentence.start, sentence.end))
        return [
            span
            for span in self._sources[first:last]
            if sentence.covers(span) and not any(piece.overlaps(span) for piece in contents)
        ]

    def _of_clause(self, cue: Span, sentence: Span, contents: Sequence[Span]) -> Span | None:
        """Return the tagged source of the clause that an adjunct belongs to: "While discussing it, Roe said …"."""
        inside = self._sources_in(sentence, contents)
        before = [span for span in inside if span.end <= cue.start]
        after = [span for span in inside if span.start >= cue.end]
        return before[-1] if before else after[0] if after else self._before(cue, sentence, contents)

    def _after(self, cue: Span, sentence: Span, contents: Sequence[Span]) -> Span | None:
        end = min((piece.start for piece in contents if piece.start >= cue.end), default=sentence.end)
        end = min(end, sentence.end)
        for span in self._within(cue.end, end):
            if not self._text[cue.end : span.start].strip(" ,") or self._is_title(cue.end, span.start):
                return Span(cue.end + len(self._text[cue.end :]) - len(self._text[cue.end :].lstrip()), span.end)
            break
        words = list(_WORD.finditer(self._text, cue.end, end))[: _PHRASE_WORDS + 2]
        stop = next((at for at, word in enumerate(words) if not word.group()[0].isalnum()), len(words))
        if stop > 0 and words[0].group().casefold() in function_words.DEFINITES | function_words.INDEFINITES | {
            "he",
            "she",
            "they",
        }:
            return trimmed(self._text, words[0].start(), words[stop - 1].end())
        return None

    def _is_title(self, start: int, end: int) -> bool:
        words = self._text[start:end].split()
        return 0 < len(words) <= _PHRASE_WORDS and not any(word.casefold() in CLOSED for word in words)

    def _before(self, cue: Span, sentence: Span, contents: Sequence[Span]) -> Span | None:
        start = max([sentence.start, cue.start - _REACH, *(piece.end for piece in contents if piece.end <= cue.start)])
        nearest = None
        for span in self._within(start, cue.start):
            nearest = span
        for pronoun in _PRONOUN.finditer(self._text, start, cue.start):
            if nearest is None or pronoun.start() >= nearest.end:
                nearest = Span(*pronoun.span())
        if nearest is not None and self._is_close(nearest.end, cue.start):
            return self._whole(nearest, start)
        return self._phrase(start, cue.start) or (self._whole(nearest, start) if nearest is not None else None)

    def _is_close(self, start: int, end: int) -> bool:
        """Return whether nothing but adverbs, auxiliaries or an apposition between commas parts subject and verb."""
        between = self._text[start:end]
        if between.count(",") >= 2 or re.fullmatch(r"\s*,[^,]*,?\s*", between):  # noqa: PLR2004
            return True
        return all(
            word.strip(",").casefold() in _AUXILIARIES or word.strip(",").endswith("ly") for word in between.split()
        )

    def _whole(self, span: Span, start: int) -> Span:
        """Take in the noun that a name complements: "the mayor of Riverton"."""
        before = governing(self._text, start, span.start)
        if before is None or before[1] not in ATTACHING:
            return span
        words = list(_WORD.finditer(self._text, start, before.start()))
        first = self._phrase_start(words, len(words))
        return Span(words[first].start(), span.end) if first < len(words) else span

    def _phrase(self, start: int, end: int) -> Span | None:
        words = list(_WORD.finditer(self._text, start, end))
        while words and words[-1].group().casefold() in _AUXILIARIES:
            words.pop()
        first = self._phrase_start(words, len(words))
        bare = function_words.DEFINITES | {"a", "an"}
        if first == len(words) or (first == len(words) - 1 and words[first].group().casefold() in bare):
            return None  # in "the calls for" the determiner is the cue's
        head = words[-1].group().casefold()
        opening = words[first].group().casefold()
        known = (
            opening in function_words.DEFINITES | function_words.INDEFINITES | function_words.POSSESSIVES
            or head in role_nouns.COLLECTIVES
        )
        return Span(words[first].start(), words[-1].end()) if known else None

    @staticmethod
    def _phrase_start(words: Sequence[re.Match[str]], end: int) -> int:
        first = end
        while first > 0 and end - first < _PHRASE_WORDS:
            word = words[first - 1].group()
            plain = word.casefold()
            if not word[0].isalnum() or plain in CLOSED - function_words.POSSESSIVES or plain in REPORTING:
                break
            first -= 1
            if plain in function_words.DEFINITES | function_words.INDEFINITES | function_words.POSSESSIVES:
                break
        return first

    def _within(self, start: int, end: int) -> Iterator[Span]:
        at = bisect_right(self._spans, Span(start, start + 1)) - 1
        for span in self._spans[max(0, at) :]:
            if span.start >= end:
                return
            if start <= span.start and span.end <= end:
                yield span
