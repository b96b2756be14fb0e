"""Sources and cues that the tagger took for each other: in "said Said" the name is the one with the capital."""

from dataclasses import replace

from service.analysis.english.reporting_verbs import REPORTING
from service.core.model import Tagged
from service.core.span import Span

_LONGEST = 14  # letters of a reporting verb


def upright(text: str, tagged: Tagged) -> Tagged:
    """Return the tags with each capitalised cue behind a verb in small letters as source, and the verb as its cue."""
    names = [item for item in tagged.cues if _is_name(item.span.of(text))]
    verbs = {item.span: verb for item in names if (verb := _verb_before(text, item.span)) is not None}
    if not verbs:
        return tagged
    taken = set(verbs.values())
    cues = [replace(item, span=verbs.get(item.span, item.span)) for item in tagged.cues if item.span not in taken]
    named = {verbs[item.span]: item for item in names if item.span in verbs}
    sources = [replace(item, span=named[item.span].span) if item.span in named else item for item in tagged.sources]
    sources += [item for item in named.values() if not any(item.span.overlaps(one.span) for one in sources)]
    return replace(
        tagged,
        sources=tuple(sorted(sources, key=lambda item: item.span)),
        cues=tuple(sorted(cues, key=lambda item: item.span)),
    )


def _is_name(cue: str) -> bool:
    return cue[0].isupper() and cue.isalpha() and cue.casefold() in REPORTING


def _verb_before(text: str, name: Span) -> Span | None:
    """Return the reporting verb right before a name; in small letters, since any word may begin a sentence."""
    before = text[max(0, name.start - _LONGEST - 1) : name.start].split(" ")
    if len(before) < 2 or before[-1] or before[-2] not in REPORTING:  # noqa: PLR2004
        return None
    return Span(name.start - 1 - len(before[-2]), name.start - 1)
