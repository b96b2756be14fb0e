"""Names as written in languages with endings: cut to the bare name, and found where nobody tagged them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from service.analysis.entities.actor import Actor
from service.analysis.languages.language import Language, is_small
from service.analysis.text.quotes import trimmed
from service.core.frames import EntityType
from service.core.model import Named
from service.core.quotation_marks import MARKS
from service.core.span import Span

_EDGE = " \t,;:!?()[]–—-*՝։․" + MARKS
_WORD = re.compile(r"\w[\w.&՛՜՞]*(?:[-'’/]\w[\w.&՛՜՞]*)*")
_ENDING = re.compile(rf"[{MARKS}]*[-'’֊](?P<ending>\w+)\Z")
_PARTICLES = frozenset("де ди да фон ван дер аль эль бин бен դե ֆոն վան ալ de di da von van der al el bin ben".split())  # noqa: SIM905
_LONGEST = 12  # words; a longer "name" is a tagging accident
_LEAST = 4  # letters of a word that is taken for a name in another case


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A tagged span cut to the bare name; `words` are its words as they are compared."""

    span: Span
    type: EntityType
    text: str
    words: tuple[str, ...]


def bare(text: str, item: Named, language: Language) -> Bare | None:
    """Cut a tagged span down to the name: one line, no marks around it, no ending that a mark sets apart.

    Of a person's name, what is written small before and behind it (an office, a verb) is cut off. None if nothing that
    is written as a name is left.
    """
    start, end = _line(text, item.span)
    start, end = _without_edges(text, start, end)
    end = _without_ending(text, start, end, language)
    start, end = _without_edges(text, start, end)
    words = list(_WORD.finditer(text, start, end))
    names = [word for word in words if not is_small(word.group()[0])]
    if not names:
        return None
    if item.type is EntityType.PERSON:
        first = next(at for at, word in enumerate(words) if word is names[0])
        while first and words[first - 1].group() in _PARTICLES:
            first -= 1
        start, end = words[first].start(), max(names[-1].end(), start)
        words = [word for word in words if start <= word.start() < end]
    span = trimmed(text, start, end)
    if span is None or len(words) > _LONGEST:
        return None
    folded = tuple(language.folded(word.group()).rstrip(".") for word in words)
    written = " ".join(span.of(text).split())
    return Bare(span=span, type=item.type, text=written, words=folded)


def _line(text: str, span: Span) -> tuple[int, int]:
    """Return the longest line of a span."""
    pieces = [match.span() for match in re.finditer(r"[^\n\r]+", span.of(text))] or [(0, 0)]
    start, end = max(pieces, key=lambda piece: piece[1] - piece[0])
    return span.start + start, span.start + end


def _without_edges(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start] in _EDGE or text[start] == "."):
        start += 1
    while start < end and (text[end - 1] in _EDGE or _is_full_stop(text, start, end)):
        end -= 1
    return start, end


def _is_full_stop(text: str, start: int, end: int) -> bool:
    """Return whether a name ends in a dot that is no abbreviation's."""
    before = text[start : end - 1]
    return text[end - 1] == "." and "." not in before and (is_small(before[-1:] or ".") or before[-1:] in _EDGE)


def _without_ending(text: str, start: int, end: int, language: Language) -> int:
    """Return where a name ends before an ending that a mark sets apart: `Ankara'nın`, `NATO-nun`, `«Haraparak»-ի`."""
    found = _ENDING.search(text, start, end)
    if found is None or not language.apart:
        return end
    is_apart = found.group().rstrip(found["ending"])[-1] in language.apart
    return found.start() if is_apart and language.folded(found["ending"]) in language.endings else end


def untagged(text: str, actors: Sequence[Actor], language: Language) -> None:
    """Add the places where a name stands that nobody tagged there: as it is written elsewhere, or in another case.

    A name in another case counts where it is one word and written as a name.
    """
    written, single = _index(text, actors, language)
    taken = sorted(span for actor in actors for span in actor.mentions)
    added: list[tuple[Span, Actor]] = []
    reach = 0  # the end of what was added last
    for word in _WORD.finditer(text):
        at = bisect_right(taken, word.start(), key=lambda span: span.start) - 1
        if word.start() < reach or (at >= 0 and taken[at].end > word.start()):
            continue
        limit = taken[at + 1].start if at + 1 < len(taken) else len(text)
        found = _as_written(text, word, written.get(word.group(), ()), limit)
        found = found or _in_another_case(text, word, single, language)
        if found is not None:
            added.append(found)
            reach = found[0].end
    for span, actor in added:
        actor.mentions.append(span)
    for actor in dict.fromkeys(actor for _, actor in added):
        actor.mentions.sort()


def _index(
    text: str, actors: Sequence[Actor], language: Language
) -> tuple[dict[str, list[tuple[str, Actor]]], dict[str, set[Actor]]]:
    """Return the forms of all names by their first word, the longest first, and who is called by one folded word."""
    written: dict[str, list[tuple[str, Actor]]] = {}
    single: dict[str, set[Actor]] = {}
    for actor in actors:
        for form in {actor.name} | {span.of(text) for span in actor.mentions}:
            words = _WORD.findall(form)
            if words and len(form) > 2 and not is_small(form[0]) and "\n" not in form:  # noqa: PLR2004
                written.setdefault(words[0], []).append((form, actor))
            if len(words) == 1 or (words and actor.type is EntityType.PERSON):
                single.setdefault(language.folded(words[-1]), set()).add(actor)
    for forms in written.values():
        forms.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return written, single


def _as_written(
    text: str, word: re.Match[str], forms: Sequence[tuple[str, Actor]], limit: int
) -> tuple[Span, Actor] | None:
    for form, actor in forms:
        end = word.start() + len(form)
        if end <= limit and text.startswith(form, word.start()) and not text[end : end + 1].isalnum():
            return Span(word.start(), end), actor
    return None


def _in_another_case(
    text: str, word: re.Match[str], single: dict[str, set[Actor]], language: Language
) -> tuple[Span, Actor] | None:
    end = _without_ending(text, word.start(), word.end(), language)
    written = text[word.start() : end]
    if len(written) < _LEAST or is_small(written[0]) or not written.isalpha():
        return None
    folded = language.folded(written)
    bearers = {actor for form in {folded, *language.nominatives(folded)} for actor in single.get(form, ())}
    if len(bearers) != 1:
        return None
    actor = bearers.pop()
    named = written[0].isupper() or actor.type in {EntityType.PERSON, EntityType.LOCATION}
    return (Span(word.start(), end), actor) if named else None
