"""Names that a tagger of words cuts or passes over, found by how they are written.

A nickname in quotation marks or brackets stands inside a name; a surname that is an ordinary word as well ("Said",
"Reading") is a name where the text writes it with a capital inside a sentence, or lets it speak.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.analysis.english.reporting_verbs import end_with_surname
from service.analysis.english.titles import TITLES
from service.analysis.entities.names import core_words, name_words
from service.core.frames import EntityType
from service.core.model import Named
from service.core.quotation_marks import CLOSING, OPENING
from service.core.span import Span

_WORD = r"[^\W\d_a-z][\w’'-]{0,30}\.?"
_INNER = rf"(?:(?:the|de|el|la)\s)?{_WORD}(?:\s{_WORD}){{0,2}}"
_NICKNAMED = re.compile(
    rf"\b(?:(?P<given>{_WORD}(?:\s{_WORD}){{0,2}})\s[{OPENING}]{_INNER}[{CLOSING}]"
    rf"|(?P<bracketed>{_WORD}(?:\s[A-Z]\.)?)\s\((?![A-Z]{{2}})[{OPENING}]?{_INNER}[{CLOSING}]?\))"
    rf"\s(?P<surname>{_WORD}(?:-{_WORD})?)"
)
_WITHIN_SENTENCE = re.compile(r"[\w,;] \Z")
_CAPITALISED_WORD = re.compile(r"\b[^\W\d_a-z]\w+\b")
_CAPITAL = re.compile(r"-|\s[^\W\d_a-z]")
_NEAR = 8  # names that may reach into a stretch


def nicknamed(text: str, named: Sequence[Named]) -> tuple[list[Named], frozenset[Span]]:
    """Return the tagged names, those around a nickname as one, and where these stand: `William “Big Bill” Harker`.

    The surname must have been tagged as a person's: other names are written with brackets and quotation marks too, and
    headlines with a capital for each word ("Roe Calls Lind ‘A Disgrace’ Over Taxes").
    """
    given = sorted(named, key=lambda item: item.span)
    whole: list[Named] = []
    for match in _NICKNAMED.finditer(text):
        span = Span(_past_titles(match), match.end("surname"))
        if match["bracketed"] and span.start == match.start() and _follows_name(text, span.start):
            continue  # "Ann Smith (Labour) Bob Jones"
        people = [item for item in _over(given, span) if item.type is EntityType.PERSON]
        surname = Span(*match.span("surname"))
        if any(item.span.overlaps(surname) for item in people):
            whole.append(replace(max(people, key=lambda item: item.confidence), span=span))
    kept = [item for item in given if not _over(whole, item.span)]
    return sorted([*kept, *whole], key=lambda item: item.span), frozenset(item.span for item in whole)


def with_surnames(text: str, named: Sequence[Named]) -> list[Named]:
    """Return the names, with a surname that is a verb where its bearer speaks: "Kurban Said said", "Ann Said asks"."""
    given = sorted(named, key=lambda item: item.span)
    return [
        replace(item, span=Span(item.span.start, end))
        if item.type is EntityType.PERSON
        and (end := end_with_surname(text, item.span.start, item.span.end)) is not None
        and not _over(given, Span(item.span.end + 1, end))
        else item
        for item in given
    ]


def surnames_alone(text: str, named: Sequence[Named], sources: Sequence[Span]) -> Iterator[Named]:
    """Yield the places where a surname stands alone that nobody tagged, of people whom the text names in full.

    Args:
        text: what is read.
        named: what was tagged.
        sources: who is said to speak; a surname at the beginning of a sentence counts where it is one.
    """
    names = [(item, name_words(item.span.of(text))) for item in named]
    bearers = {
        core_words(words)[-1] for item, words in names if item.type is EntityType.PERSON and len(core_words(words)) > 1
    }
    bearers -= {words[-1] for _, words in names if len(words) == 1}
    if not bearers:
        return
    given = sorted(named, key=lambda item: item.span)
    speaking = {span.start for span in sources}
    for match in _CAPITALISED_WORD.finditer(text):
        if match.group().casefold() not in bearers:
            continue
        span = Span(*match.span())
        before = text[max(0, span.start - 12) : span.start].split(" ")
        titled = len(before) > 1 and before[-2].casefold() in TITLES
        within = titled or (_WITHIN_SENTENCE.search(text, max(0, span.start - 2), span.start) is not None)
        alone = not _CAPITAL.match(text, span.end) and (titled or not _follows_name(text, span.start))
        if alone and (within or span.start in speaking) and not _over(given, span):
            yield Named(span=span, type=EntityType.PERSON, confidence=0.5)


def _follows_name(text: str, at: int) -> bool:
    """Return whether the word before a place begins with a capital and is not a title."""
    before = text[max(0, at - 30) : at].split()
    if not before or text[at - 1] != " ":
        return False
    return before[-1][0].isupper() and before[-1][-1].isalpha() and before[-1].casefold() not in TITLES


def _over(named: Sequence[Named], span: Span) -> list[Named]:
    """Return those of some names in order, disjoint but for a few, that share a character with a span."""
    at = bisect_left(named, span.end, key=lambda item: item.span.start)
    return [item for item in named[max(0, at - _NEAR) : at] if item.span.overlaps(span)]


def _past_titles(match: re.Match[str]) -> int:
    """Return where the name begins: behind titles, of which the last given name is none."""
    start = match.start()
    words = (match["given"] or match["bracketed"]).split()
    for word in words[:-1]:
        if word.casefold() not in TITLES:
            break
        start += len(word) + 1
    return start
